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

async function firstLine({ stdin }: Streams): Promise<string> {
  for await (const line of createInterface({ input: stdin })) return line;
  return '';
}

/**
 * Returns the identifier of a subscriber. It is asked for at a terminal, else it is the first line
 * of standard input. An identifier on the command line causes a warning.
 */
export async function readIdentifier(
  terminal: Terminal,
  given: string | undefined,
): Promise<string> {
  if (given !== undefined) terminal.note(terminal.say('idWarning'));
  const { streams } = terminal;
  const text =
    given ??
    (streams.stdin.isTTY ? await ask(streams, terminal.say('askId')) : await firstLine(streams));
  const identifier = text.trim();
  if (identifier !== '') return identifier;
  throw portabilityError(DESK.subscriberEmpty);
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
