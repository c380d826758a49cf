/**
 * Implements a ledger in memory for tests and trials; its content is lost when the process ends.
 */

import { portabilityError } from '../errors.ts';
import * as LEDGER from '../messages/ledger.ts';
import type { Card, DayBits } from './card.ts';
import {
  type Access,
  type Batch,
  type CardKey,
  digestOf,
  type EditionDay,
  type Ledger,
  latestPurge,
  ownersOf,
  type RecordsBefore,
  type Run,
  type TallyRow,
  type Tombstone,
  withoutOwners,
} from './ledger.ts';
import { memoryPersonRecords } from './memory/person-records.ts';
import {
  droppedBy,
  dropsMore,
  isAccessDropped,
  isEmpty,
  isTombstoneExpired,
  keptOf,
  mergeTombstones,
  tombstoneKey,
} from './tombstones.ts';

const keyOf = (...parts: readonly (string | number | boolean)[]): string => parts.join(' ');

interface Stored {
  readonly cards: Map<string, Card>;
  readonly accesses: Map<string, Access>;
  readonly tombstones: Map<string, Tombstone>;
  readonly tally: Map<string, TallyRow>;
  readonly editions: Map<string, EditionDay>;
  readonly runs: Run[];
  readonly keyChecks: Map<string, string>;
  position: string;
}

/** Returns the bits of a card that its tombstone drops. */
const droppedOf = ({ tombstones }: Stored, { month, pseudonym }: CardKey): DayBits =>
  droppedBy(
    tombstones.size === 0
      ? undefined
      : tombstones.get(tombstoneKey({ month, digest: digestOf(pseudonym) })),
  );

function mergeCard(stored: Stored, card: Card): void {
  const { month, pseudonym } = card;
  const key = keyOf(month, pseudonym);
  const before = stored.cards.get(key);
  const merged = {
    homeDays: (before?.homeDays ?? 0) | card.homeDays,
    outsideDays: (before?.outsideDays ?? 0) | card.outsideDays,
  };
  const kept = keptOf(merged, droppedOf(stored, card));
  if (isEmpty(kept)) stored.cards.delete(key);
  else stored.cards.set(key, { month, pseudonym, ...kept });
}

function mergeAccess(stored: Stored, access: Access): void {
  const key = keyOf(access.month, access.pseudonym, access.at, access.fromHome);
  if (isAccessDropped(access, droppedOf(stored, access))) stored.accesses.delete(key);
  else stored.accesses.set(key, access);
}

function write(stored: Stored, { cards, accesses, tally, editions }: Batch): void {
  for (const card of cards) mergeCard(stored, card);
  for (const access of accesses) mergeAccess(stored, access);
  for (const row of tally) {
    const key = keyOf(row.day, row.reason, row.writer, row.epoch);
    if (row.count > (stored.tally.get(key)?.count ?? 0)) stored.tally.set(key, row);
  }
  for (const row of editions) stored.editions.set(keyOf(row.day, row.edition), row);
}

function restoreTombstones(stored: Stored, tombstones: readonly Tombstone[]): void {
  for (const tombstone of tombstones)
    stored.tombstones.set(
      tombstoneKey(tombstone),
      mergeTombstones(stored.tombstones.get(tombstoneKey(tombstone)), tombstone),
    );
  for (const card of [...stored.cards.values()]) mergeCard(stored, card);
  for (const access of [...stored.accesses.values()]) mergeAccess(stored, access);
}

function removeWhere<V>(map: Map<string, V>, isGone: (value: V) => boolean): number {
  const gone = [...map].filter(([, value]) => isGone(value));
  for (const [key] of gone) map.delete(key);
  return gone.length;
}

function sumTally(
  { tally }: Stored,
  from: string,
  to: string,
): { day: string; reason: string; count: number }[] {
  const sums = new Map<string, { day: string; reason: string; count: number }>();
  for (const { day, reason, count } of tally.values()) {
    if (day < from || day > to) continue;
    const sum = sums.get(keyOf(day, reason)) ?? { day, reason, count: 0 };
    sum.count += count;
    sums.set(keyOf(day, reason), sum);
  }
  return [...sums.values()].sort((a, b) =>
    keyOf(a.day, a.reason) < keyOf(b.day, b.reason) ? -1 : 1,
  );
}

function monthCounts({ cards }: Stored): { month: string; cards: number }[] {
  const counts = new Map<string, number>();
  for (const { month } of cards.values()) counts.set(month, (counts.get(month) ?? 0) + 1);
  return [...counts]
    .map(([month, count]) => ({ month, cards: count }))
    .sort((a, b) => (a.month < b.month ? -1 : 1));
}

const isAsked = (keys: readonly CardKey[]): ((row: CardKey) => boolean) => {
  const asked = new Set(keys.map(({ month, pseudonym }) => keyOf(month, pseudonym)));
  return ({ month, pseudonym }) => asked.has(keyOf(month, pseudonym));
};

function erase(stored: Stored, keys: readonly CardKey[], through: string): number {
  const before = stored.cards.size;
  restoreTombstones(
    stored,
    keys.map(({ month, pseudonym }) => ({ month, digest: digestOf(pseudonym), through })),
  );
  return before - stored.cards.size;
}

/**
 * Removes counts, editions and runs, except the newest edition and the last destruction of keys.
 */
function purgeRecords(stored: Stored, { counts, runs }: RecordsBefore): void {
  const newest = [...stored.editions.values()].reduce(
    (last, { day }) => (day > last ? day : last),
    '',
  );
  const purged = latestPurge(stored.runs);
  const isOld = ({ day }: { readonly day: string }): boolean => day < counts;
  removeWhere(stored.tally, isOld);
  removeWhere(stored.editions, edition => isOld(edition) && edition.day < newest);
  const left = stored.runs.filter(
    ({ at, what, before }) => at >= runs || (what !== 'erase' && before === purged),
  );
  stored.runs.splice(0, stored.runs.length, ...left);
}

function purgeBefore(
  stored: Stored,
  month: string,
  records?: RecordsBefore,
): { cards: number; accesses: number } {
  if (records !== undefined) purgeRecords(stored, records);
  const isOld = (row: { readonly month: string }): boolean => row.month < month;
  removeWhere(stored.tombstones, tombstone => isTombstoneExpired(tombstone, month));
  return { cards: removeWhere(stored.cards, isOld), accesses: removeWhere(stored.accesses, isOld) };
}

const editionsOf = ({ editions }: Stored, from: string, to: string): EditionDay[] =>
  [...editions.values()]
    .filter(({ day }) => day >= from && day <= to)
    .sort((a, b) => (a.day < b.day ? -1 : 1));

const allOf = ({ cards, accesses, tally, editions }: Stored): Batch => ({
  cards: [...cards.values()],
  accesses: [...accesses.values()],
  tally: [...tally.values()],
  editions: [...editions.values()],
});

const nothing = (): Stored => ({
  cards: new Map(),
  accesses: new Map(),
  tombstones: new Map(),
  tally: new Map(),
  editions: new Map(),
  runs: [],
  keyChecks: new Map(),
  position: '',
});

/** Creates a ledger that keeps everything in memory. */
export function memoryLedger(): Ledger {
  const stored = nothing();
  const { personRecords, restoreTombstones: applyToPersonRecords } = memoryPersonRecords();
  let isClosed = false;
  const open = <Args extends readonly unknown[], Result>(work: (...args: Args) => Result) => {
    return async (...args: Args): Promise<Result> => {
      if (isClosed) throw portabilityError(LEDGER.ledgerClosed);
      return work(...args);
    };
  };
  return {
    kind: 'memory',
    personRecords,
    write: async batch => {
      if (isClosed) throw portabilityError(LEDGER.ledgerClosed);
      const restricted = await personRecords.among('restrictions', ownersOf(batch));
      write(stored, withoutOwners(batch, restricted));
      return restricted;
    },
    cards: open(keys => [...stored.cards.values()].filter(isAsked(keys))),
    accesses: open(keys =>
      [...stored.accesses.values()].filter(isAsked(keys)).sort((a, b) => a.at - b.at),
    ),
    erase: open((keys, through) => erase(stored, keys, through)),
    clear: open(({ month, pseudonym }, bits) =>
      restoreTombstones(stored, [{ month, digest: digestOf(pseudonym), through: '', ...bits }]),
    ),
    restoreTombstones: open(tombstones => {
      const lost = tombstones.filter(tombstone =>
        dropsMore(stored.tombstones.get(tombstoneKey(tombstone)), tombstone),
      );
      if (lost.length === 0) return;
      restoreTombstones(stored, lost);
      applyToPersonRecords(lost);
    }),
    tombstones: open(() => [...stored.tombstones.values()]),
    tombstonePage: open((cursor, limit) => {
      const from = Number(cursor);
      const tombstones = [...stored.tombstones.values()].slice(from, from + limit);
      return { tombstones, next: tombstones.length < limit ? '' : `${from + limit}` };
    }),
    tombstonePosition: open(() => stored.position),
    setTombstonePosition: open(position => {
      stored.position = position;
    }),
    purgeBefore: open((month, records) => purgeBefore(stored, month, records)),
    purgeAccesses: open(before => removeWhere(stored.accesses, row => row.at < before)),
    months: open(() => monthCounts(stored)),
    tally: open((from, to) => sumTally(stored, from, to)),
    editions: open((from, to) => editionsOf(stored, from, to)),
    recordRun: open(run => {
      stored.runs.push(run);
    }),
    runs: open(() => [...stored.runs]),
    purgedBefore: open(() => latestPurge(stored.runs)),
    keyChecks: open(() => Object.fromEntries(stored.keyChecks)),
    addKeyChecks: open(checks => {
      for (const [name, value] of Object.entries(checks))
        if (!stored.keyChecks.has(name)) stored.keyChecks.set(name, value);
    }),
    verify: open(() => []),
    scan: open(() => ({ batch: allOf(stored), next: '' })),
    close: async () => {
      isClosed = true;
    },
  };
}
