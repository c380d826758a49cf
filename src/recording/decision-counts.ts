/** Counts decisions per day, reason and table edition, without any data of a person. */
import { randomUUID } from 'node:crypto';
import type { EditionDay, TallyRow } from '../ledger/ledger.ts';

/**
 * Counts in memory and returns cumulative rows. The ledger merges rows by maximum, so a row that is
 * written twice counts once.
 */
export interface DecisionCounts {
  /** Counts one decision of the current day by the index of its reason. */
  count(reason: number): void;
  /** Sets the current day and table edition. */
  turn(day: string, edition: string): void;
  /**
   * Returns all rows of the last three days: the next write repeats what a failed write did not
   * store.
   */
  rows(): { readonly tally: readonly TallyRow[]; readonly editions: readonly EditionDay[] };
}

const DAYS_KEPT = 3;

interface DayTally {
  readonly counts: Float64Array;
  readonly editions: Set<string>;
}

export function openDecisionCounts(reasons: readonly string[], epoch: number): DecisionCounts {
  const writer = randomUUID();
  const days = new Map<string, DayTally>();
  let today: DayTally = { counts: new Float64Array(reasons.length), editions: new Set() };
  return {
    count: reason => {
      today.counts[reason]!++;
    },
    turn: (day, edition) => {
      today = days.get(day) ?? { counts: new Float64Array(reasons.length), editions: new Set() };
      today.editions.add(edition);
      days.set(day, today);
      for (const old of [...days.keys()].sort().slice(0, -DAYS_KEPT)) days.delete(old);
    },
    rows: () => ({
      tally: [...days].flatMap(([day, { counts }]) =>
        reasons.flatMap((reason, index) =>
          counts[index] === 0 ? [] : [{ day, reason, writer, epoch, count: counts[index]! }],
        ),
      ),
      editions: [...days].flatMap(([day, { editions }]) =>
        [...editions].map(edition => ({ day, edition })),
      ),
    }),
  };
}
