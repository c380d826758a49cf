/**
 * Reads what the person records hold of many subscribers in one question: after a restart, the
 * subscribers of an evening arrive within seconds, and each of them must be read once.
 */

import { portabilityError } from '../errors.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ResidenceRow } from '../ledger/person-records.ts';
import * as GATE from '../messages/gate.ts';
import { SERVER_WAIT_MS, STANDING_WAIT_MS } from '../timeouts.ts';

/**
 * Subscribers of one question at most. Its answer is handled in one piece: with 100, the event loop
 * is held for about a millisecond.
 */
const MOST_AT_ONCE = 100;

/** Questions that may be open at the same time. Others wait and are combined meanwhile. */
const MOST_OPEN = 2;

/** Subscribers who may wait. Beyond it a read fails at once, as one that takes too long does. */
const MOST_WAITING = 100_000;

const NO_ROWS: readonly ResidenceRow[] = [];

/** The rows of a subscriber, and the day for which they were read. */
export interface Residences {
  readonly rows: readonly ResidenceRow[];
  readonly day: string;
}

interface Waiting {
  readonly pseudonym: string;
  /** Milliseconds of the process from which it waits. */
  readonly since: number;
  resolve(residences: Residences): void;
  reject(error: unknown): void;
}

const late = () => portabilityError(GATE.personRecordsTimeout);

/** Gives up an answer that does not come, so that it does not hold up later questions for ever. */
function inTime<Answer>(coming: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), SERVER_WAIT_MS).unref();
  });
  return Promise.race([coming, tooLate]).finally(() => clearTimeout(timer));
}

/** Groups rows by pseudonym: at most two, a dossier and an exception. */
function grouped(rows: readonly ResidenceRow[]): Map<string, ResidenceRow[]> {
  const groups = new Map<string, ResidenceRow[]>();
  for (const row of rows) {
    const group = groups.get(row.pseudonym);
    if (group === undefined) groups.set(row.pseudonym, [row]);
    else group.push(row);
  }
  return groups;
}

/** Combines reads of the same moment. The caller sees to it that no subscriber is asked twice. */
export class ResidenceLoader {
  private readonly ledger: Ledger;
  private readonly today: () => string;
  private waiting: Waiting[] = [];
  private open = 0;
  private isScheduled = false;

  /** @param today returns the UTC day of a question */
  constructor(ledger: Ledger, today: () => string) {
    this.ledger = ledger;
    this.today = today;
  }

  /**
   * Returns the rows of one subscriber on the day on which the question is asked; none if there is
   * neither a dossier nor an exception.
   * @throws PortabilityError `ERR_LEDGER_BUSY` if too many wait or if this one has waited so long
   * that its request was given up, and what the ledger throws
   */
  load(pseudonym: string): Promise<Residences> {
    if (this.waiting.length >= MOST_WAITING) return Promise.reject(late());
    return new Promise((resolve, reject) => {
      this.waiting.push({ pseudonym, since: performance.now(), resolve, reject });
      this.schedule();
    });
  }

  /** Asks once the requests of this moment have been added. */
  private schedule(): void {
    if (this.isScheduled || this.open >= MOST_OPEN || this.waiting.length === 0) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      void this.askOnce();
      this.schedule();
    });
  }

  /** Fails those whose requests were answered without them in the meantime. */
  private dropAbandoned(): void {
    const oldest = performance.now() - STANDING_WAIT_MS;
    const kept = this.waiting.findIndex(({ since }) => since >= oldest);
    const gone = this.waiting.splice(0, kept < 0 ? this.waiting.length : kept);
    for (const { reject } of gone) reject(late());
  }

  private async askOnce(): Promise<void> {
    this.dropAbandoned();
    const asked = this.waiting.splice(0, MOST_AT_ONCE);
    if (asked.length === 0) return;
    const day = this.today();
    this.open++;
    try {
      const pseudonyms = asked.map(({ pseudonym }) => pseudonym);
      const rows = await inTime(this.ledger.personRecords.residencesOf(pseudonyms, day));
      const byPseudonym = grouped(rows);
      for (const { pseudonym, resolve } of asked)
        resolve({ rows: byPseudonym.get(pseudonym) ?? NO_ROWS, day });
    } catch (error) {
      for (const { reject } of asked) reject(error);
    } finally {
      this.open--;
      this.schedule();
    }
  }
}
