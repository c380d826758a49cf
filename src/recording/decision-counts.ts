/** Counts decisions per day, reason and table edition, without any data of a person. */
import { randomUUID } from 'node:crypto';
import type { EditionDay, TallyRow } from '../ledger/ledger.ts';

/** Days whose rows stay in memory while a ledger does not take them. */
const DAYS_KEPT = 45;

interface DayTally {
  readonly counts: Float64Array;
  /** The counts that the ledger has. */
  readonly stored: Float64Array;
  readonly editions: Set<string>;
  readonly storedEditions: Set<string>;
}

/** Counts and editions, as a batch carries them. */
export interface CountRows {
  readonly tally: readonly TallyRow[];
  readonly editions: readonly EditionDay[];
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

  /** Returns the rows that the ledger does not have: those that changed since it took them. */
  rows(): CountRows {
    const { reasons, writer, epoch } = this;
    return {
      tally: [...this.days].flatMap(([day, { counts, stored }]) =>
        reasons.flatMap((reason, index) =>
          counts[index] === stored[index]
            ? []
            : [{ day, reason, writer, epoch, count: counts[index]! }],
        ),
      ),
      editions: [...this.days].flatMap(([day, { editions, storedEditions }]) =>
        [...editions]
          .filter(edition => !storedEditions.has(edition))
          .map(edition => ({ day, edition })),
      ),
    };
  }

  /** Says that the ledger has taken rows. */
  setStored({ tally, editions }: CountRows): void {
    for (const { day, reason, count } of tally) {
      const of = this.days.get(day);
      if (of !== undefined) of.stored[this.reasons.indexOf(reason)] = count;
    }
    for (const { day, edition } of editions) this.days.get(day)?.storedEditions.add(edition);
  }

  private newDay(): DayTally {
    const { length } = this.reasons;
    return {
      counts: new Float64Array(length),
      stored: new Float64Array(length),
      editions: new Set(),
      storedEditions: new Set(),
    };
  }
}
