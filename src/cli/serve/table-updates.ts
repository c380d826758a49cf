/**
 * Updates the table inside `serve` at an interval, one update at a time, and logs what comes of it.
 */

import { randomInt } from 'node:crypto';
import { systemClock } from '../../clock.ts';
import { HOUR_MS, MINUTE_MS } from '../../days.ts';
import { detailsOf } from '../../errors.ts';
import type { Edition } from '../../geo/zone-table.ts';
import type { UpdateStatus } from '../../http/update-status.ts';
import type { Tell } from '../reload-on-sighup.ts';
import { violationText } from '../table/build.ts';
import type { Terminal } from '../terminal.ts';
import { sourceFailure, updateSentence } from '../update/command.ts';
import { readState, type UpdateState } from '../update/state.ts';
import {
  lastUpdate,
  type UpdatePlan,
  type UpdateReport,
  updateTable,
} from '../update/update-table.ts';

/** What an update works on, and what happens with a new table. */
export interface Updating {
  readonly hours: number;
  readonly plan: UpdatePlan;
  readonly status: UpdateStatus;
  /** Returns the edition in force. */
  inForce(): Edition;
  /** Called if another table than the one in force is in place. */
  onUpdated(): void;
}

/**
 * Largest share of the interval by which an update is late, so that a fleet does not ask at once.
 */
const JITTER = 0.1;

/**
 * Returns the milliseconds until the next update: none if there was no update within the interval.
 * @param ran the last update, in milliseconds since 1970
 * @param random from 0 to 1
 */
export function delayUntilUpdate(
  ran: number | undefined,
  now: number,
  everyMs: number,
  random: number,
): number {
  const due = (ran ?? Number.NEGATIVE_INFINITY) + everyMs;
  // A last update in the future is the fault of a clock.
  if (due <= now || (ran ?? 0) > now) return 0;
  return due - now + random * JITTER * everyMs;
}

/** Returns the milliseconds until the next update: an hour at most if the last one failed. */
export const intervalAfter = (isWell: boolean, everyMs: number): number =>
  isWell ? everyMs : Math.min(everyMs, HOUR_MS);

const random = (): number => randomInt(2 ** 32) / 2 ** 32;

/** Logs an update: each source that cannot be fetched, each guard, and the result. */
export function tellUpdate(terminal: Terminal, tell: Tell, report: UpdateReport): void {
  const { outcome, edition, sources, violations, error } = report;
  for (const source of sources) {
    if (source.outcome !== 'failed') continue;
    const { name, failingSince, error: fault } = source;
    tell('warn', 'table-source-failing', sourceFailure(terminal, source), {
      source: name,
      failingSince,
      ...(fault && { code: fault.code, ...detailsOf(fault) }),
    });
  }
  for (const violation of violations)
    tell('warn', 'table-guard', `- ${violationText(terminal, violation)}`, { ...violation });
  const isWell = outcome === 'updated' || outcome === 'unchanged';
  tell(isWell ? 'info' : 'warn', 'table-update', updateSentence(terminal, report), {
    outcome,
    ...(edition && { edition: edition.id }),
    ...(error && { code: error.code, ...detailsOf(error) }),
  });
}

/**
 * Starts to update the table: at once if the last update is older than the interval, else when it
 * is due. `stop` cancels an update in progress, which leaves the table as it is.
 */
export function startUpdates(
  terminal: Terminal,
  tell: Tell,
  { hours, plan, status, inForce, onUpdated }: Updating,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const everyMs = hours * HOUR_MS;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  /** Runs an update, and returns whether all went well. */
  const run = async (): Promise<boolean> => {
    const report = await updateTable(plan, { isInBackground: true, signal });
    if (signal.aborted) return true;
    const { outcome, edition, sources } = report;
    const files = sources.map(({ name, built, failingSince, error }) => ({
      name,
      built,
      failingSince,
      code: error?.code,
    }));
    status.record({ outcome, sources: files.length > 0 ? files : (status.last()?.sources ?? []) });
    tellUpdate(terminal, tell, report);
    // Another process may have put it in place.
    const isInPlace = outcome === 'updated' || outcome === 'unchanged';
    if (isInPlace && edition?.id !== inForce().id) onUpdated();
    return outcome !== 'failed' && sources.every(source => source.outcome !== 'failed');
  };
  /**
   * Sleeps an hour at most: a timer cannot be set further than 24 days. A clock that was set back
   * lengthens the wait to the longest one at most.
   */
  const sleepUntil = (moment: number): void => {
    if (signal.aborted) return;
    const left = Math.min(moment - systemClock(), everyMs * (1 + JITTER));
    const wakes = (): void => {
      if (left > HOUR_MS) sleepUntil(Math.min(moment, systemClock() + left - HOUR_MS));
      else
        running = run().then(isWell =>
          sleepUntil(systemClock() + intervalAfter(isWell, everyMs) * (1 + random() * JITTER)),
        );
    };
    timer = setTimeout(wakes, Math.min(Math.max(0, left), HOUR_MS));
  };
  const begin = async (): Promise<void> => {
    const state = await readState(plan.downloads).catch((): UpdateState => ({ files: [] }));
    const last = lastUpdate(plan, state, inForce());
    if (last !== undefined) status.restore(last);
    const isWell =
      state.outcome !== 'failed' && state.files.every(file => file.failingSince === undefined);
    const ran = last && Date.parse(last.at);
    const interval = intervalAfter(isWell, everyMs);
    const delay = delayUntilUpdate(ran, systemClock(), interval, random());
    const minutes = String(Math.ceil(delay / MINUTE_MS));
    const message = terminal.say('logUpdatePlanned', { hours: String(hours), minutes });
    tell('info', 'table-updates', message, { hours });
    sleepUntil(systemClock() + delay);
  };
  const begun = begin();
  return {
    stop: async () => {
      stopping.abort();
      clearTimeout(timer);
      await begun;
      await running;
      clearTimeout(timer);
    },
  };
}
