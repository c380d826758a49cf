/**
 * Reads identifiers and confirmations from a prompt or from standard input, where other users
 * cannot see them.
 */
import { createInterface } from 'node:readline/promises';
import { PortabilityError } from '../errors.ts';
import type { Terminal } from './terminal.ts';
import type { Word } from './words.ts';

const givenUp = (): PortabilityError =>
  new PortabilityError('ERR_CONFIRMATION', 'given up: nothing was changed');

/** Asks on standard error, so that the output of the command can be piped. */
async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question);
  } catch {
    // The user pressed Ctrl-C or Ctrl-D.
    process.stderr.write('\n');
    throw givenUp();
  } finally {
    lines.close();
  }
}

async function firstLine(): Promise<string> {
  for await (const line of createInterface({ input: process.stdin })) return line;
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
  const text =
    given ?? (process.stdin.isTTY ? await ask(terminal.say('askId')) : await firstLine());
  const identifier = text.trim();
  if (identifier !== '') return identifier;
  throw new PortabilityError('ERR_ARGUMENT', 'a subscriber is a text that is not empty');
}

/**
 * Asks for confirmation before an operation that cannot be undone. Scripts pass `--yes`.
 * @throws PortabilityError `ERR_CONFIRMATION`
 */
export async function confirm(
  terminal: Terminal,
  yes: boolean | undefined,
  question: Word,
): Promise<void> {
  if (yes === true) return;
  if (!process.stdin.isTTY)
    throw new PortabilityError('ERR_CONFIRMATION', 'this cannot be undone: say --yes');
  const answer = await ask(`${terminal.say(question)} ${terminal.say('yesOrNo')} `);
  if (terminal.say('yesWords').split(' ').includes(answer.trim().toLowerCase())) return;
  throw givenUp();
}
