/**
 * Writes the log of a long-running command to standard error, as text or JSON, with time, level and
 * process id.
 */
import { pino, stdTimeFunctions } from 'pino';
import type { Tell } from '../reload-on-sighup.ts';
import type { Streams } from '../terminal.ts';

export type LogFormat = 'text' | 'json';

/** A log line as pino writes it. */
interface Line {
  readonly time: string;
  readonly level: string;
  readonly pid: number;
  readonly msg: string;
}

/** Formats a line as `2026-11-26T11:13:37.123Z INFO 4242 message`, always on a single line. */
function textOf(json: string): string {
  const { time, level, pid, msg } = JSON.parse(json) as Line;
  return `${time} ${level.toUpperCase()} ${pid} ${msg.replaceAll(/\s*\n\s*/g, ' ')}\n`;
}

/**
 * Opens the log. Each line is passed to standard error before the call returns, so that no line is
 * lost when the process ends.
 */
export function openLog(format: LogFormat, { stderr }: Streams): Tell {
  const write = (line: string): void => void stderr.write(format === 'json' ? line : textOf(line));
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
