/** Shows how far a long list of addresses is. */
import { fstatSync } from 'node:fs';
import { SingleBar } from 'cli-progress';
import type { Terminal } from './terminal.ts';

/**
 * Shows a progress bar on standard error, only if standard error is a terminal and standard output
 * is not.
 */
export function progressBar(terminal: Terminal): {
  advance(bytes: number, lines: number): void;
  stop(): void;
} {
  const { stdout, stderr } = terminal.streams;
  if (!stderr.isTTY || stdout.isTTY) return { advance: () => {}, stop: () => {} };
  const total = fstatSync(0).size;
  const format = `${total === 0 ? '' : '{bar} {percentage} % · '}{lines} ${terminal.say('addresses')}`;
  const bar = new SingleBar({
    format,
    stream: stderr,
    clearOnComplete: true,
    linewrap: true,
  });
  let lines = 0;
  bar.start(total, 0, { lines });
  return {
    advance: (bytes, more) => {
      lines += more;
      bar.increment(bytes, { lines });
    },
    stop: () => bar.stop(),
  };
}
