/**
 * Reads what the person records hold of many subscribers in one question: after a restart, the
 * subscribers of an evening arrive within seconds, and each of them must be read once.
 */

import { portabilityError } from '../errors.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ResidenceRow } from '../ledger/person-records.ts';
import * as GATE from '../messages/gate.ts';
import { SERVER_WAIT_MS } from '../timeouts.ts';

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

interface Waiting {
  readonly pseudonym: string;
  readonly day: string;
  resolve(rows: readonly ResidenceRow[]): void;
  reject(error: unknown): void;
}

/** Gives up an answer that does not come, so that it does not hold up later questions for ever. */
function inTime<Answer>(coming: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const giveUp = (): void => reject(portabilityError(GATE.personRecordsTimeout));
    timer = setTimeout(giveUp, SERVER_WAIT_MS).unref();
  });
  return Promise.race([coming, late]).finally(() => clearTimeout(timer));
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
  private waiting: Waiting[] = [];
  private open = 0;
  private isScheduled = false;

  constructor(ledger: Ledger) {
    this.ledger = ledger;
  }

  /**
   * Returns the rows of one subscriber on a day; none if there is neither a dossier nor an
   * exception.
   * @throws PortabilityError `ERR_LEDGER_BUSY` if too many wait, and what the ledger throws
   */
  load(pseudonym: string, day: string): Promise<readonly ResidenceRow[]> {
    if (this.waiting.length >= MOST_WAITING)
      return Promise.reject(portabilityError(GATE.personRecordsTimeout));
    return new Promise((resolve, reject) => {
      this.waiting.push({ pseudonym, day, resolve, reject });
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

  private async askOnce(): Promise<void> {
    const { day } = this.waiting[0]!;
    // At midnight the first of another day wait for the next question.
    const other = this.waiting.findIndex(each => each.day !== day);
    const count = Math.min(MOST_AT_ONCE, other < 0 ? this.waiting.length : other);
    const asked = this.waiting.splice(0, count);
    this.open++;
    try {
      const pseudonyms = asked.map(({ pseudonym }) => pseudonym);
      const rows = await inTime(this.ledger.personRecords.residencesOf(pseudonyms, day));
      const byPseudonym = grouped(rows);
      for (const { pseudonym, resolve } of asked) resolve(byPseudonym.get(pseudonym) ?? NO_ROWS);
    } catch (error) {
      for (const { reject } of asked) reject(error);
    } finally {
      this.open--;
      this.schedule();
    }
  }
}
