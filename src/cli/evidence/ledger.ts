/**
 * Implements `ledger prepare`, which creates the schema that the role of a gateway may not create,
 * and `ledger copy`, which copies between engines and can be resumed.
 */

import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { SingleBar } from 'cli-progress';
import type { KeyringLocation, LedgerLocation } from '../../config/locations.ts';
import { fileDetails } from '../../config/option-at-fault.ts';
import { portabilityError } from '../../errors.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { copyLedger, type Inventory, takeInventory } from '../../ledger/copy-ledger.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import * as CLI from '../../messages/cli.ts';
import { acceptKeyring, checkKeyring } from '../../subjects/keyring-check.ts';
import { cannotWrite } from '../option-at-fault.ts';
import type { Terminal } from '../terminal.ts';
import { plainTable } from '../text-table.ts';
import type { PlainWord } from '../words/words.ts';
import { readingWith, withKeyring, withLedger } from './open-stores.ts';

export interface CopyOptions {
  readonly from: string;
  readonly to: string;
  readonly fromPersonRecords?: string;
  readonly toPersonRecords?: string;
  readonly state?: string;
  readonly months?: number;
}

const DIFFERENT = 1;

const placeOf = (ledger: string, personRecords: string | undefined): LedgerLocation => ({
  ledger,
  ...(personRecords !== undefined && { personRecords }),
});

/**
 * Returns the position at which an earlier run was interrupted, if the state is of the same two
 * ledgers.
 */
async function cursorOf({ state, from, to }: CopyOptions): Promise<string> {
  if (state === undefined) return '';
  const text = await readFile(state, 'utf8').catch(error => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw portabilityError(CLI.copyStateUnreadable, fileDetails('--state', state, error));
  });
  if (text === undefined) return '';
  try {
    const saved = JSON.parse(text) as { pair: string; cursor: string };
    if (saved.pair === pairOf(from, to)) return saved.cursor;
  } catch {}
  throw portabilityError(CLI.copyStateOther, fileDetails('--state', state));
}

/** Returns a digest of both locations, because a location may contain a password. */
const pairOf = (from: string, to: string): string =>
  createHash('sha256').update(`${from}\n${to}`).digest('hex');

const isSame = (a: Inventory, b: Inventory): boolean => a.digest === b.digest;

async function copyWithBar(
  terminal: Terminal,
  options: CopyOptions,
  from: Ledger,
  to: Ledger,
): Promise<void> {
  const total = (await from.months()).reduce((sum, { cards }) => sum + cards, 0);
  const isShown = terminal.streams.stderr.isTTY === true && !terminal.json;
  const bar = new SingleBar({
    format: `${terminal.say('copying')} {bar} {percentage} % · {value}/{total}`,
    stream: terminal.streams.stderr,
  });
  if (isShown) bar.start(total, 0);
  try {
    await copyLedger(from, to, await cursorOf(options), async ({ cursor, rows }) => {
      if (isShown) bar.update(Math.min(rows, total));
      const { state, from: source, to: target } = options;
      if (state !== undefined)
        await writeFile(state, JSON.stringify({ pair: pairOf(source, target), cursor }), {
          mode: 0o600,
        }).catch(error => Promise.reject(cannotWrite('--state', state, error)));
    });
  } finally {
    if (isShown) bar.stop();
  }
  if (options.state !== undefined) await rm(options.state, { force: true });
}

/** The kinds of rows, in the order of the table, and their names. */
const KINDS = {
  cards: 'kindCards',
  accesses: 'kindAccesses',
  tally: 'kindTally',
  editions: 'kindEditions',
  tombstones: 'kindTombstones',
  dossiers: 'kindDossiers',
  restrictions: 'kindRestrictions',
  holds: 'kindHolds',
  apart: 'kindSegregated',
  directives: 'kindDirectives',
  exceptions: 'kindExceptions',
  requests: 'kindRequests',
  proposals: 'kindProposals',
  journal: 'kindJournal',
  keyChecks: 'kindKeyChecks',
} as const satisfies Readonly<Record<string, PlainWord>>;

function countTable({ say, rowWidth }: Terminal, from: Inventory, to: Inventory): string {
  const count = ({ counts }: Inventory, kind: string): string => String(counts[kind] ?? 0);
  const rows = Object.entries(KINDS).map(([kind, name]) => [
    say(name),
    count(from, kind),
    count(to, kind),
  ]);
  return plainTable(['', '--from', '--to'], rows, [1, 2], rowWidth);
}

/**
 * Copies and compares. Returns exit code 1 if count or digest differ afterwards: another process
 * wrote meanwhile, or the target was not empty.
 */
async function copyBetween(
  terminal: Terminal,
  options: CopyOptions,
  from: Ledger,
  to: Ledger,
): Promise<number> {
  await copyWithBar(terminal, options, from, to);
  const source = await takeInventory(from);
  const target = await takeInventory(to);
  const { say } = terminal;
  if (terminal.json)
    terminal.print(JSON.stringify({ same: isSame(source, target), from: source, to: target }));
  else {
    terminal.print(countTable(terminal, source, target));
    if (isSame(source, target))
      terminal.tell(`\n${say('copied', { digest: target.digest.slice(0, 16) })}`);
    else terminal.note(say('copyDiffers'));
  }
  return isSame(source, target) ? 0 : DIFFERENT;
}

export function ledgerCopy(terminal: Terminal, options: CopyOptions): Promise<number> {
  const { months } = options;
  const target = {
    ...placeOf(options.to, options.toPersonRecords),
    ...(months !== undefined && { keepMonths: months }),
  };
  return withLedger(
    placeOf(options.from, options.fromPersonRecords),
    from =>
      withLedger(target, to => copyBetween(terminal, options, from, to), { create: true }, '--to'),
    readingWith(terminal),
    '--from',
  );
}

export interface PrepareOptions extends LedgerLocation, Partial<KeyringLocation> {
  /** The operator vouches for a keyring that nothing in the ledger proves. */
  readonly acceptKeyring?: boolean;
}

/**
 * Creates the ledger and the keyring if they do not exist, or migrates their schema to the current
 * version. A ledger without check values receives those of a keyring that it proves right, or that
 * the operator vouches for.
 */
export async function ledgerPrepare(terminal: Terminal, options: PrepareOptions): Promise<number> {
  const { keyring: place, keyringKey, acceptKeyring: isAccepted = false } = options;
  if (isAccepted && place === undefined) throw portabilityError(CLI.acceptWithoutKeyring);
  const check = async (ledger: Ledger, keyring: Keyring): Promise<boolean> => {
    if (isAccepted) await acceptKeyring(ledger, keyring);
    return checkKeyring(ledger, keyring);
  };
  const isProven = await withLedger(
    options,
    async ledger => {
      await ledger.shrink?.({ rewrites: true });
      if (place === undefined) return true;
      const keys = { keyring: place, ...(keyringKey !== undefined && { keyringKey }) };
      return withKeyring(keys, keyring => check(ledger, keyring), true);
    },
    { create: true },
  );
  if (terminal.json) {
    const outcome = place === undefined ? {} : { isKeyringProven: isProven };
    terminal.print(JSON.stringify({ prepared: true, ...outcome }));
    return 0;
  }
  terminal.print(terminal.say('prepared'));
  if (!isProven) terminal.note(terminal.say('keyringUnprovenNote'));
  return 0;
}
