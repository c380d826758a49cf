/** How is a person asked? The identifier and the confirmation: at a prompt, or from standard input, never from where others can read it. */
import { createInterface } from 'node:readline/promises';
import { PortabilityError } from '../errors.ts';
import type { Terminal } from './terminal.ts';
import type { Word } from './words.ts';

const givenUp = (): PortabilityError => new PortabilityError('ERR_CONFIRMATION', 'given up: nothing was changed');

/** Questions go to standard error, so that the answer of the command can be piped away. */
async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question);
  } catch {
    // Ctrl-C or Ctrl-D instead of an answer.
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

/** The identifier of a subscriber: asked for at a terminal, else the first line of standard input; on the command line with a warning. */
export async function readIdentifier(terminal: Terminal, given: string | undefined): Promise<string> {
  if (given !== undefined) terminal.note(terminal.say('idWarning'));
  const text = given ?? (process.stdin.isTTY ? await ask(terminal.say('askId')) : await firstLine());
  const identifier = text.trim();
  if (identifier !== '') return identifier;
  throw new PortabilityError('ERR_ARGUMENT', 'a subscriber is a text that is not empty');
}

/**
 * Asks before what cannot be undone; in a script `--yes` says it.
 * @throws PortabilityError `ERR_CONFIRMATION`
 */
export async function confirm(terminal: Terminal, yes: boolean | undefined, question: Word): Promise<void> {
  if (yes === true) return;
  if (!process.stdin.isTTY) throw new PortabilityError('ERR_CONFIRMATION', 'this cannot be undone: say --yes');
  const answer = await ask(`${terminal.say(question)} ${terminal.say('yesOrNo')} `);
  if (terminal.say('yesWords').split(' ').includes(answer.trim().toLowerCase())) return;
  throw givenUp();
}
