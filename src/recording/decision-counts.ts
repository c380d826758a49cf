/** Counts decisions per day, reason and table edition, without any data of a person. */
import { randomUUID } from 'node:crypto';
import type { EditionDay, TallyRow } from '../ledger/ledger.ts';

const DAYS_KEPT = 3;

interface DayTally {
  readonly counts: Float64Array;
  readonly editions: Set<string>;
}

/**
 * Counts in memory and returns cumulative rows. The ledger merges rows by maximum, so a row that is
 * written twice counts once.
 */
export class DecisionCounts {
  private readonly reasons: readonly string[];
  private readonly epoch: number;
  private readonly writer = randomUUID();
  private readonly days = new Map<string, DayTally>();
  private today: DayTally;

  /** @param epoch Start of the writer's first day, in milliseconds since 1970. */
  constructor(reasons: readonly string[], epoch: number) {
    this.reasons = reasons;
    this.epoch = epoch;
    this.today = this.newDay();
  }

  /** Counts one decision of the current day by the index of its reason. */
  count(reason: number): void {
    this.today.counts[reason]!++;
  }

  /** Sets the current day and table edition. */
  setDay(day: string, edition: string): void {
    this.today = this.days.get(day) ?? this.newDay();
    this.today.editions.add(edition);
    this.days.set(day, this.today);
    for (const old of [...this.days.keys()].sort().slice(0, -DAYS_KEPT)) this.days.delete(old);
  }

  /**
   * Returns all rows of the last three days: the next write repeats what a failed write did not
   * store.
   */
  rows(): { readonly tally: readonly TallyRow[]; readonly editions: readonly EditionDay[] } {
    const { reasons, writer, epoch } = this;
    return {
      tally: [...this.days].flatMap(([day, { counts }]) =>
        reasons.flatMap((reason, index) =>
          counts[index] === 0 ? [] : [{ day, reason, writer, epoch, count: counts[index]! }],
        ),
      ),
      editions: [...this.days].flatMap(([day, { editions }]) =>
        [...editions].map(edition => ({ day, edition })),
      ),
    };
  }

  private newDay(): DayTally {
    return { counts: new Float64Array(this.reasons.length), editions: new Set() };
  }
}
