/** Reads a keyring file past the library: the JSON of its head, and the lines after it. */
import { readFileSync } from 'node:fs';

const HEAD_END = '\n}\n';

export interface KeyringParts {
  // biome-ignore lint/suspicious/noExplicitAny: tests read and spoil any part of the head
  readonly head: any;
  /** The lines, each with its newline. */
  readonly lines: readonly string[];
}

export function keyringParts(path: string): KeyringParts {
  const text = readFileSync(path, 'utf8');
  const end = text.indexOf(HEAD_END) + HEAD_END.length;
  return { head: JSON.parse(text.slice(0, end)), lines: text.slice(end).match(/.*\n|.+$/g) ?? [] };
}
