/** Implements `keyring list`: shows the keys and, next to a ledger, whether each belongs to it. */

import type { KeyringLocation, LedgerLocation } from '../../config/locations.ts';
import { type Keyring, LASTING_KEYS, type MonthKey, nameOf } from '../../keys/keyring.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { destroyedBefore } from '../../subjects/retention.ts';
import { dateCell } from '../dates.ts';
import type { Terminal } from '../terminal.ts';
import { plainTable } from '../text-table.ts';
import type { PlainWord } from '../words/words.ts';
import { readingWith, withKeyring, withLedger } from './open-stores.ts';

export interface ListOptions extends KeyringLocation, Partial<LedgerLocation> {}

/** What a ledger says about a key. A destroyed key has no check value to compare. */
const OUTCOMES = {
  belongs: 'keyBelongs',
  foreign: 'keyForeign',
  unknown: 'keyUnknown',
  missing: 'keyMissingHere',
} as const satisfies Readonly<Record<string, PlainWord>>;

interface ListedKey {
  readonly name: string;
  readonly state: 'held' | 'destroyed' | 'missing';
  readonly destroyed?: string;
  readonly ledger?: keyof typeof OUTCOMES;
}

const WRONG = 1;

/** Compares every key with the ledger. Writes nothing. */
async function keysIn(ledger: Ledger, keyring: Keyring): Promise<ListedKey[]> {
  const stored = await ledger.keyChecks();
  const outcomeOf = (name: string): keyof typeof OUTCOMES => {
    if (stored[name] === undefined) return 'unknown';
    return stored[name] === keyring.checkValue(name) ? 'belongs' : 'foreign';
  };
  const months = await keyring.months();
  const listed: ListedKey[] = LASTING_KEYS.map(name => ({
    name,
    state: 'held',
    ledger: outcomeOf(name),
  }));
  for (const { month, state, destroyed } of months) {
    const name = nameOf(month);
    if (state === 'held') await keyring.ensureMonth(month);
    listed.push({
      name,
      state,
      ...(destroyed !== undefined && { destroyed }),
      ...(state === 'held' && { ledger: outcomeOf(name) }),
    });
  }
  const present = new Set(months.map(({ month }) => nameOf(month)));
  // A keyring need not list the months whose keys retention destroyed.
  const since = nameOf(await destroyedBefore(ledger));
  const missing = Object.keys(stored).filter(
    name => name.startsWith('card-') && name >= since && !present.has(name),
  );
  return [
    ...listed,
    ...missing.sort().map((name): ListedKey => ({ name, state: 'missing', ledger: 'missing' })),
  ];
}

function printKeys(
  { print, say, note, language, rowWidth }: Terminal,
  keys: readonly ListedKey[],
): void {
  const rows = keys.map(({ name, state, destroyed = '', ledger }) => [
    dateCell(language, name.replace(/^card-/, '')),
    state === 'missing' ? '' : say(state === 'held' ? 'keyHeld' : 'keyDestroyed'),
    dateCell(language, destroyed),
    ledger === undefined ? '' : say(OUTCOMES[ledger]),
  ]);
  print(plainTable([say('key'), '', say('day'), say('inLedger')], rows, [], rowWidth));
  const has = (outcome: string): boolean => keys.some(({ ledger }) => ledger === outcome);
  if (has('foreign')) note(say('keyringForeignNote'));
  else if (has('missing')) note(say('keyringOlderNote'));
}

/** Lists every key against a ledger. Returns exit code 1 if one does not belong, or is missing. */
async function listAgainst(terminal: Terminal, ledger: Ledger, keyring: Keyring): Promise<number> {
  const keys = await keysIn(ledger, keyring);
  const isWrong = keys.some(key => key.ledger === 'foreign' || key.ledger === 'missing');
  if (terminal.json) terminal.print(JSON.stringify({ belongs: !isWrong, keys }));
  else printKeys(terminal, keys);
  return isWrong ? WRONG : 0;
}

function printMonths(
  { print, say, language, rowWidth }: Terminal,
  months: readonly MonthKey[],
): void {
  const rows = months.map(({ month, state, destroyed }) => [
    dateCell(language, month),
    say(state === 'held' ? 'keyHeld' : 'keyDestroyed'),
    dateCell(language, destroyed ?? ''),
  ]);
  print(
    rows.length === 0
      ? say('nothing')
      : plainTable([say('month'), say('key'), say('day')], rows, [], rowWidth),
  );
}

export function keyringList(
  terminal: Terminal,
  { ledger, personRecords, ...place }: ListOptions,
): Promise<number> {
  return withKeyring(place, async keyring => {
    if (ledger !== undefined)
      return withLedger(
        { ledger, ...(personRecords !== undefined && { personRecords }) },
        stored => listAgainst(terminal, stored, keyring),
        readingWith(terminal),
      );
    const months = await keyring.months();
    if (terminal.json) terminal.print(JSON.stringify(months));
    else printMonths(terminal, months);
    return 0;
  });
}
