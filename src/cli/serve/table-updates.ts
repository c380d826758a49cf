/** Updates the table inside `serve` at an interval, one update at a time, and logs what comes of it. */

import { randomInt } from 'node:crypto';
import { systemClock } from '../../clock.ts';
import { HOUR_MS, MINUTE_MS } from '../../days.ts';
import { detailsOf, PortabilityError } from '../../errors.ts';
import type { UpdateStatus } from '../../http/update-status.ts';
import { describeError } from '../error-line.ts';
import type { Tell } from '../reload-on-sighup.ts';
import { violationText } from '../table/build.ts';
import type { Terminal } from '../terminal.ts';
import { sourceFailure, updateSentence } from '../update/command.ts';
import { readState } from '../update/state.ts';
import { type UpdatePlan, type UpdateReport, updateTable } from '../update/update-table.ts';

/** What an update works on, and what happens with a new table. */
export interface Updating {
  readonly hours: number;
  readonly plan: UpdatePlan;
  readonly status: UpdateStatus;
  /** Called once the table's file is replaced. */
  onUpdated(): void;
}

/** Largest share of the interval by which an update is late, so that a fleet does not ask at once. */
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
  { hours, plan, status, onUpdated }: Updating,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const run = async (): Promise<void> => {
    try {
      const report = await updateTable(plan, { isInBackground: true, signal });
      if (signal.aborted) return;
      status.record({
        outcome: report.outcome,
        sources: report.sources.map(({ name, built, failingSince, error }) => ({
          name,
          built,
          failingSince,
          code: error?.code,
        })),
      });
      tellUpdate(terminal, tell, report);
      if (report.outcome === 'updated') onUpdated();
    } catch (error) {
      if (signal.aborted) return;
      status.record({ outcome: 'failed', sources: status.last()?.sources ?? [] });
      const isOurs = error instanceof PortabilityError;
      const why = isOurs ? describeError(error, terminal.language) : String((error as Error).name);
      const fields = isOurs ? { code: error.code, ...detailsOf(error) } : {};
      tell('error', 'table-update', why, { outcome: 'failed', ...fields });
    }
  };
  /** Sleeps an hour at most: a timer cannot be set further than 24 days. */
  const sleepUntil = (moment: number): void => {
    if (signal.aborted) return;
    const left = moment - systemClock();
    timer = setTimeout(
      () => {
        if (left > HOUR_MS) sleepUntil(moment);
        else
          running = run().finally(() =>
            sleepUntil(systemClock() + hours * HOUR_MS * (1 + random() * JITTER)),
          );
      },
      Math.min(Math.max(0, left), HOUR_MS),
    );
  };
  const begin = async (): Promise<void> => {
    const { ran } = await readState(plan.downloads).catch(() => ({ ran: undefined }));
    const last = ran === undefined ? undefined : Date.parse(ran);
    const delay = delayUntilUpdate(last, systemClock(), hours * HOUR_MS, random());
    const minutes = String(Math.ceil(delay / MINUTE_MS));
    tell(
      'info',
      'table-updates',
      terminal.say('logUpdatePlanned', { hours: String(hours), minutes }),
      {
        hours,
      },
    );
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
