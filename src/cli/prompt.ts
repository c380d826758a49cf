/**
 * Reads identifiers and confirmations from a prompt or from standard input, where other users
 * cannot see them.
 */

import { createInterface } from 'node:readline/promises';
import { type PortabilityError, portabilityError } from '../errors.ts';
import * as CLI from '../messages/cli.ts';
import * as DESK from '../messages/desk.ts';
import type { Streams, Terminal } from './terminal.ts';
import type { PlainWord } from './words/words.ts';

const givenUp = (): PortabilityError => portabilityError(CLI.cancelled);

/** Asks on standard error, so that the output of the command can be piped. */
async function ask({ stdin, stderr }: Streams, question: string): Promise<string> {
  const lines = createInterface({ input: stdin, output: stderr });
  try {
    return await lines.question(question);
  } catch {
    // The user pressed Ctrl-C or Ctrl-D.
    stderr.write('\n');
    throw givenUp();
  } finally {
    lines.close();
  }
}

/**
 * Returns the only line of standard input. Blank lines may follow it.
 * @throws PortabilityError `ERR_ARGUMENT` if there is a second line: one command is about one
 *   person
 */
async function onlyLine({ stdin }: Streams): Promise<string> {
  let only: string | undefined;
  for await (const line of createInterface({ input: stdin })) {
    if (only === undefined) only = line;
    else if (line.trim() !== '') throw portabilityError(CLI.identifierSecondLine);
  }
  return only ?? '';
}

/** Stands for bytes that are not UTF-8: two identifiers with different bytes would be the same. */
const NOT_UTF8 = '\ufffd';

/**
 * Returns the identifier of a subscriber. It is asked for at a terminal, else it is the only line
 * of standard input. It is never an argument, which stays in the history of the shell and in the
 * list of processes.
 * @throws PortabilityError if it is empty, is not UTF-8, or is followed by a second line
 */
export async function readIdentifier({ streams, say }: Terminal): Promise<string> {
  const text = streams.stdin.isTTY ? await ask(streams, say('askId')) : await onlyLine(streams);
  const identifier = text.trim();
  if (identifier === '') throw portabilityError(DESK.subscriberEmpty);
  if (identifier.includes(NOT_UTF8)) throw portabilityError(CLI.identifierNotUtf8);
  return identifier;
}

/**
 * Asks for confirmation before an operation that cannot be undone. Scripts pass `--yes`.
 * @throws PortabilityError `ERR_CONFIRMATION`
 */
export async function confirm(
  terminal: Terminal,
  yes: boolean | undefined,
  question: PlainWord,
): Promise<void> {
  if (yes === true) return;
  if (!terminal.streams.stdin.isTTY) throw portabilityError(CLI.confirmationMissing);
  const answer = await ask(
    terminal.streams,
    `${terminal.say(question)} ${terminal.say('yesOrNo')} `,
  );
  if (terminal.say('yesWords').split(' ').includes(answer.trim().toLowerCase())) return;
  throw givenUp();
}
