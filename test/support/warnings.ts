/** Collects the process warnings of one code. */
export function warningsOf(code: string): { warnings(): readonly string[]; stop(): void } {
  const messages: string[] = [];
  const emit = process.emitWarning;
  process.emitWarning = ((message: string | Error, options: { code?: string }) => {
    if (options?.code === code) messages.push(String(message));
  }) as typeof process.emitWarning;
  return {
    warnings: () => messages,
    stop: () => {
      process.emitWarning = emit;
    },
  };
}
