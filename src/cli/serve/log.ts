/** The log of a long-running command: lines with time, level and process on standard error, as text or as JSON. */
import type { Tell } from '../reload.ts';

export type LogFormat = 'text' | 'json';

/** A line as pino writes it. */
interface Line {
  readonly time: string;
  readonly level: string;
  readonly pid: number;
  readonly msg: string;
}

/** `2026-11-26T11:13:37.123Z INFO 4242 message`, always one line. */
function textOf(json: string): string {
  const { time, level, pid, msg } = JSON.parse(json) as Line;
  return `${time} ${level.toUpperCase()} ${pid} ${msg.replaceAll(/\s*\n\s*/g, ' ')}\n`;
}

/** Opens the log. Each line is on its way when the call returns, so that nothing is lost at an end. */
export async function openLog(format: LogFormat): Promise<Tell> {
  const { pino, stdTimeFunctions } = await import('pino');
  const write = (line: string): void => void process.stderr.write(format === 'json' ? line : textOf(line));
  const logger = pino(
    {
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
    },
    { write },
  );
  return (level, event, message, fields = {}) => logger[level]({ event, ...fields }, message);
}
