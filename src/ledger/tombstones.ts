/**
 * Computes the bits of a card that a tombstone drops (the days up to and including an erasure, and
 * single bits that were proven wrong), and merges tombstones.
 */

import { daysThrough } from '../days.ts';
import type { DayBits } from './card.ts';
import { type Access, type Ledger, PERSON_TOMBSTONES, type Tombstone } from './ledger.ts';

/** Tombstones that are read, sent or compared at once, so that no event loop is held. */
export const PIECE = 1000;

const NONE: DayBits = { homeDays: 0, outsideDays: 0 };

/** Returns the bits of a month's card that a tombstone drops. */
export function droppedBy(tombstone: Tombstone | undefined): DayBits {
  if (tombstone === undefined) return NONE;
  const erased = daysThrough(tombstone.month, tombstone.through);
  return {
    homeDays: erased | (tombstone.homeDays ?? 0),
    outsideDays: erased | (tombstone.outsideDays ?? 0),
  };
}

/** Returns the bits of a card without the dropped bits. */
export const keptOf = (bits: DayBits, dropped: DayBits): DayBits => ({
  homeDays: bits.homeDays & ~dropped.homeDays,
  outsideDays: bits.outsideDays & ~dropped.outsideDays,
});

export const isEmpty = ({ homeDays, outsideDays }: DayBits): boolean =>
  (homeDays | outsideDays) === 0;

/** Returns whether a single access falls on a dropped bit. */
export function isAccessDropped(
  { at, fromHome }: Pick<Access, 'at' | 'fromHome'>,
  dropped: DayBits,
): boolean {
  const bit = 1 << (new Date(at * 1000).getUTCDate() - 1);
  return ((fromHome ? dropped.homeDays : dropped.outsideDays) & bit) !== 0;
}

/** Merges two tombstones of one pseudonym. The result drops what either of them drops. */
export function mergeTombstones(before: Tombstone | undefined, tombstone: Tombstone): Tombstone {
  const through = (before?.through ?? '') > tombstone.through ? before!.through : tombstone.through;
  const homeDays = (before?.homeDays ?? 0) | (tombstone.homeDays ?? 0);
  const outsideDays = (before?.outsideDays ?? 0) | (tombstone.outsideDays ?? 0);
  return {
    month: tombstone.month,
    digest: tombstone.digest,
    through,
    ...(homeDays !== 0 && { homeDays }),
    ...(outsideDays !== 0 && { outsideDays }),
  };
}

/** Merges the tombstones of each pseudonym into one. */
export function mergedTombstones(tombstones: readonly Tombstone[]): Tombstone[] {
  const byKey = new Map<string, Tombstone>();
  for (const tombstone of tombstones)
    byKey.set(
      tombstoneKey(tombstone),
      mergeTombstones(byKey.get(tombstoneKey(tombstone)), tombstone),
    );
  return [...byKey.values()];
}

const isSameTombstone = (a: Tombstone | undefined, b: Tombstone): boolean =>
  a !== undefined &&
  a.through === b.through &&
  (a.homeDays ?? 0) === (b.homeDays ?? 0) &&
  (a.outsideDays ?? 0) === (b.outsideDays ?? 0);

/** Returns whether a tombstone drops something that the previous one does not. */
export const dropsMore = (before: Tombstone | undefined, tombstone: Tombstone): boolean =>
  !isSameTombstone(before, mergeTombstones(before, tombstone));

/**
 * Returns whether a tombstone has expired: that of a card with the month of the card, that of the
 * person records when its day is before the month.
 */
export const isTombstoneExpired = (
  { month, through }: Pick<Tombstone, 'month' | 'through'>,
  before: string,
): boolean => (PERSON_TOMBSTONES.includes(month) ? through : month) < before;

export const tombstoneKey = ({ month, digest }: Pick<Tombstone, 'month' | 'digest'>): string =>
  `${month} ${digest}`;

/** Returns those of the tombstones that drop something that the known ones do not. */
export function missingFrom(
  known: ReadonlyMap<string, Tombstone>,
  tombstones: readonly Tombstone[],
): Tombstone[] {
  return tombstones.filter(tombstone => dropsMore(known.get(tombstoneKey(tombstone)), tombstone));
}

/** Yields all tombstones of a ledger in pages. */
export async function* tombstonePages(
  ledger: Pick<Ledger, 'tombstonePage'>,
): AsyncGenerator<readonly Tombstone[]> {
  for (let cursor = ''; ; ) {
    const { tombstones, next } = await ledger.tombstonePage(cursor, PIECE);
    yield tombstones;
    if (next === '') return;
    cursor = next;
  }
}
