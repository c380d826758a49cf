/** `ledger prepare`: makes what the role of a gateway may not. `ledger copy`: from one engine to another, with a bar; what was broken off goes on. */
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { SingleBar } from 'cli-progress';
import type { Command } from 'commander';
import { PortabilityError } from '../errors.ts';
import { copyLedger, type Inventory, takeInventory } from '../evidence/copying.ts';
import type { Ledger } from '../evidence/ledger.ts';
import { acting, addKeyring, addLedger, type Outline, wholeNumber } from './outline.ts';
import { type KeyringPlace, type LedgerPlace, openKeyringAt, openLedgerAt } from './places.ts';
import type { Terminal } from './terminal.ts';
import { say, type Word } from './words.ts';

interface CopyOptions {
  readonly from: string;
  readonly to: string;
  readonly fromRegister?: string;
  readonly toRegister?: string;
  readonly state?: string;
  readonly months?: number;
}

const DIFFERENT = 1;

const placeOf = (ledger: string, register: string | undefined): LedgerPlace => ({
  ledger,
  ...(register !== undefined && { register }),
});

/** Where an earlier run was broken off, if the state is of the same two ledgers. */
async function cursorOf({ state, from, to }: CopyOptions): Promise<string> {
  if (state === undefined) return '';
  const text = await readFile(state, 'utf8').catch(() => undefined);
  if (text === undefined) return '';
  try {
    const saved = JSON.parse(text) as { pair: string; cursor: string };
    if (saved.pair === pairOf(from, to)) return saved.cursor;
  } catch {}
  throw new PortabilityError('ERR_ARGUMENT', 'the state is of another copy: remove it to begin anew');
}

/** A place may hold a password: the state keeps a digest. */
const pairOf = (from: string, to: string): string => createHash('sha256').update(`${from}\n${to}`).digest('hex');

const isSame = (a: Inventory, b: Inventory): boolean => JSON.stringify(a) === JSON.stringify(b);

async function copyWithBar(terminal: Terminal, options: CopyOptions, from: Ledger, to: Ledger): Promise<void> {
  const total = (await from.months()).reduce((sum, { cards }) => sum + cards, 0);
  const isShown = process.stderr.isTTY === true && !terminal.json;
  const bar = new SingleBar({
    format: `${terminal.say('copying')} {bar} {percentage} % · {value}/{total}`,
    stream: process.stderr,
  });
  if (isShown) bar.start(total, 0);
  try {
    await copyLedger(from, to, await cursorOf(options), async ({ cursor, rows }) => {
      if (isShown) bar.update(Math.min(rows, total));
      const { state, from: source, to: target } = options;
      if (state !== undefined)
        await writeFile(state, JSON.stringify({ pair: pairOf(source, target), cursor }), { mode: 0o600 });
    });
  } finally {
    if (isShown) bar.stop();
  }
  if (options.state !== undefined) await rm(options.state, { force: true });
}

/** Exit code 1 where count or digest differ afterwards: somebody wrote meanwhile, or the other one was not empty. */
async function ledgerCopy(terminal: Terminal, options: CopyOptions): Promise<number> {
  const from = await openLedgerAt(placeOf(options.from, options.fromRegister));
  const { months } = options;
  const target = { ...placeOf(options.to, options.toRegister), ...(months !== undefined && { keepMonths: months }) };
  const to = await openLedgerAt(target, true).catch(error => from.close().then(() => Promise.reject(error)));
  try {
    await copyWithBar(terminal, options, from, to);
    const [source, target] = [await takeInventory(from), await takeInventory(to)];
    const { cards, digest } = target;
    if (terminal.json) terminal.print(JSON.stringify({ same: isSame(source, target), from: source, to: target }));
    else if (isSame(source, target))
      terminal.print(terminal.say('copied', { cards: String(cards), digest: digest.slice(0, 16) }));
    else terminal.note(terminal.say('copyDiffers', { from: String(source.cards), to: String(cards) }));
    return isSame(source, target) ? 0 : DIFFERENT;
  } finally {
    await from.close();
    await to.close();
  }
}

/** Makes ledger and keyring where they are not there, or brings their schema to the present version. */
async function ledgerPrepare(terminal: Terminal, places: LedgerPlace & Partial<KeyringPlace>): Promise<number> {
  const { keyring, keyringKey } = places;
  await (await openLedgerAt(places, true)).close();
  if (keyring !== undefined) {
    const opened = await openKeyringAt({ keyring, ...(keyringKey !== undefined && { keyringKey }) }, true);
    await opened.close();
  }
  if (terminal.json) terminal.print(JSON.stringify({ prepared: true }));
  else terminal.print(terminal.say('prepared'));
  return 0;
}

export function addLedgerCommands(program: Command, outline: Outline): void {
  const word = (key: Word): string => say(outline.language, key);
  const ledger = program.command('ledger').description(word('cmdLedger')).helpCommand(false);
  const prepare = ledger.command('prepare').description(word('cmdLedgerPrepare'));
  addKeyring(addLedger(prepare, outline.language), outline.language, false).action(
    acting(outline, (terminal, places: LedgerPlace & Partial<KeyringPlace>) => ledgerPrepare(terminal, places)),
  );
  ledger
    .command('copy')
    .description(word('cmdLedgerCopy'))
    .requiredOption('--from <place>', word('optFromLedger'))
    .requiredOption('--to <place>', word('optToLedger'))
    .option('--from-register <place>', word('optRegister'))
    .option('--to-register <place>', word('optRegister'))
    .option('--months <count>', word('optMonths'), wholeNumber)
    .option('--state <file>', word('optState'))
    .action(acting(outline, (terminal, options: CopyOptions) => ledgerCopy(terminal, options)));
}
