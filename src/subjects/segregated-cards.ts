/** Stores segregated cards under the hold key, row by row, with optimistic concurrency. */

import { utcDay } from '../days.ts';
import { portabilityError } from '../errors.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Ledger } from '../ledger/ledger.ts';
import {
  accessesText,
  parseAccesses,
  type SegregatedCardRow,
  type SingleAccess,
} from '../ledger/person-records.ts';
import * as RECORDING from '../messages/recording.ts';
import type { MonthDays } from './subject-data.ts';

/** The store of a person's data, and the time. */
export interface SubjectContext {
  readonly ledger: Ledger;
  readonly keyring: Keyring;
  /** Milliseconds since 1970. */
  readonly time: number;
}

export function todayOf({ time }: SubjectContext): string {
  const today = utcDay(time);
  if (today === undefined) throw portabilityError(RECORDING.clockNoDay);
  return today.day;
}

/**
 * Changes a row of segregated cards, and tries again if another writer was faster. A row that was
 * removed is not restored.
 */
export async function changeSegregated(
  context: SubjectContext,
  row: SegregatedCardRow,
  edit: (row: SegregatedCardRow) => SegregatedCardRow,
): Promise<void> {
  const { personRecords } = context.ledger;
  const { pseudonym, month, why } = row;
  let now: SegregatedCardRow | undefined = row;
  while (now !== undefined && !(await personRecords.change('apart', now, edit(now))))
    [now] = await personRecords.read('apart', { pseudonym, month, why });
}

type MonthAccess = SingleAccess & { readonly month: string };

/** Adds cards to the segregated rows. Existing days and accesses in these rows are kept. */
export async function segregate(
  context: SubjectContext,
  subscriber: string,
  why: string,
  months: readonly MonthDays[],
  accesses: readonly MonthAccess[],
): Promise<void> {
  const { personRecords } = context.ledger;
  const pseudonym = context.keyring.holdPseudonym(subscriber);
  for (const month of new Set([...months, ...accesses].map(each => each.month))) {
    const card = months.find(each => each.month === month);
    const single = accesses.filter(each => each.month === month);
    const fresh: SegregatedCardRow = {
      pseudonym,
      month,
      why,
      since: todayOf(context),
      accesses: accessesText(single),
      home: card?.homeDays ?? 0,
      outside: card?.outsideDays ?? 0,
    };
    if (await personRecords.add('apart', fresh)) continue;
    const [before] = await personRecords.read('apart', { pseudonym, month, why });
    if (before !== undefined)
      await changeSegregated(context, before, row => ({
        ...row,
        home: row.home | fresh.home,
        outside: row.outside | fresh.outside,
        since: fresh.since,
        accesses: accessesText([...parseAccesses(row.accesses), ...single]),
      }));
  }
}
