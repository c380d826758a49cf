/** Computes the bits of a card that a tombstone drops, and merges tombstones. */

import { daysThrough } from '../days.ts';
import type { DayBits } from './card.ts';
import { type Access, type Mark, REGISTER_MARKS } from './ledger.ts';

const NONE: DayBits = { homeDays: 0, outsideDays: 0 };

/** The bits of a month's card that a tombstone drops. */
export function droppedBy(mark: Mark | undefined): DayBits {
  if (mark === undefined) return NONE;
  const erased = daysThrough(mark.month, mark.through);
  return { homeDays: erased | (mark.homeDays ?? 0), outsideDays: erased | (mark.outsideDays ?? 0) };
}

/** A card's bits without those. */
export const keptOf = (bits: DayBits, dropped: DayBits): DayBits => ({
  homeDays: bits.homeDays & ~dropped.homeDays,
  outsideDays: bits.outsideDays & ~dropped.outsideDays,
});

export const isEmpty = ({ homeDays, outsideDays }: DayBits): boolean => (homeDays | outsideDays) === 0;

/** Whether a single access falls on a dropped bit. */
export function isAccessDropped({ at, fromHome }: Pick<Access, 'at' | 'fromHome'>, dropped: DayBits): boolean {
  const bit = 1 << (new Date(at * 1000).getUTCDate() - 1);
  return ((fromHome ? dropped.homeDays : dropped.outsideDays) & bit) !== 0;
}

/** Two tombstones of one pseudonym as one: it drops what either drops. */
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

/** Tombstones of one pseudonym become one. */
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

/** Whether a tombstone drops something that the one before it does not. */
export const isNews = (before: Mark | undefined, mark: Mark): boolean => !sameMark(before, mergeMarks(before, mark));

/** Whether a tombstone has had its time: that of a card with the card's month, one of the register when its day lies before the month. */
export const isMarkOver = ({ month, through }: Pick<Mark, 'month' | 'through'>, before: string): boolean =>
  (REGISTER_MARKS.includes(month) ? through : month) < before;

export const markKey = ({ month, digest }: Pick<Mark, 'month' | 'digest'>): string => `${month} ${digest}`;
