/**
 * Computes the bits of a card that a tombstone drops (the days up to and including an erasure, and
 * single bits that were proven wrong), and merges tombstones.
 */

import { daysThrough } from '../days.ts';
import type { DayBits } from './card.ts';
import { type Access, type Mark, REGISTER_MARKS } from './ledger.ts';

const NONE: DayBits = { homeDays: 0, outsideDays: 0 };

/** Returns the bits of a month's card that a tombstone drops. */
export function droppedBy(mark: Mark | undefined): DayBits {
  if (mark === undefined) return NONE;
  const erased = daysThrough(mark.month, mark.through);
  return { homeDays: erased | (mark.homeDays ?? 0), outsideDays: erased | (mark.outsideDays ?? 0) };
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
export function mergeMarks(before: Mark | undefined, mark: Mark): Mark {
  const through = (before?.through ?? '') > mark.through ? before!.through : mark.through;
  const [homeDays, outsideDays] = [
    (before?.homeDays ?? 0) | (mark.homeDays ?? 0),
    (before?.outsideDays ?? 0) | (mark.outsideDays ?? 0),
  ];
  return {
    month: mark.month,
    digest: mark.digest,
    through,
    ...(homeDays !== 0 && { homeDays }),
    ...(outsideDays !== 0 && { outsideDays }),
  };
}

/** Merges the tombstones of each pseudonym into one. */
export function mergedMarks(marks: readonly Mark[]): Mark[] {
  const byKey = new Map<string, Mark>();
  for (const mark of marks) byKey.set(markKey(mark), mergeMarks(byKey.get(markKey(mark)), mark));
  return [...byKey.values()];
}

const sameMark = (a: Mark | undefined, b: Mark): boolean =>
  a !== undefined &&
  a.through === b.through &&
  (a.homeDays ?? 0) === (b.homeDays ?? 0) &&
  (a.outsideDays ?? 0) === (b.outsideDays ?? 0);

/** Returns whether a tombstone drops something that the previous one does not. */
export const isNews = (before: Mark | undefined, mark: Mark): boolean =>
  !sameMark(before, mergeMarks(before, mark));

/**
 * Returns whether a tombstone has expired: that of a card with the month of the card, that of the
 * person records when its day is before the month.
 */
export const isMarkOver = (
  { month, through }: Pick<Mark, 'month' | 'through'>,
  before: string,
): boolean => (REGISTER_MARKS.includes(month) ? through : month) < before;

export const markKey = ({ month, digest }: Pick<Mark, 'month' | 'digest'>): string =>
  `${month} ${digest}`;
