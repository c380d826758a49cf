/**
 * Watches the files of a table, compiles changed files in a worker, checks the result against
 * guards, and replaces the table in force.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { errorOf, type PlainError, PortabilityError, portabilityError } from '../errors.ts';
import { type Edition, openShared, type ZoneTable } from '../geo/zone-table.ts';
import * as TABLES from '../messages/tables.ts';
import type { TableConfig } from './compile-config.ts';
import { checkTime } from './compile-sources.ts';
import { runCompileJob } from './compile-worker-host.ts';
import {
  identity,
  isDue,
  NEVER,
  now,
  openSession,
  type Session,
  type StaleFile,
  type Staleness,
  type TableEvent,
  type TableHolder,
  type WatchOptions,
} from './hot-reload-session.ts';

/** Watches the files of a table until it is closed. */
export interface TableWatch {
  /** Checks the files now, without waiting until they are quiet; for a SIGHUP, for example. */
  check(): Promise<TableEvent>;
  /** Accepts an edition regardless of the guards, and checks the files now. */
  accept(editionId: string): Promise<TableEvent>;
  /**
   * Ends the watch and a check in progress. After that, no table is put in force and no event is
   * reported.
   */
  close(): void;
}

const contentOf = ({ id, sources, overlays }: Edition): string =>
  JSON.stringify([id, sources, overlays]);

/**
 * Whether two editions have equal content and equal sources, whenever they were compiled or
 * accepted.
 */
export const hasSameContent = (one: Edition, other: Edition): boolean =>
  contentOf(one) === contentOf(other);

/** Returns the delay until the next attempt, which doubles each time. */
function scheduleRetry(session: Session): number {
  const retryInMs = session.wait;
  session.retryAt = now() + retryInMs;
  session.wait = Math.min(session.longestRetryMs, retryInMs * 2);
  return retryInMs;
}

/** Remembers since when files cannot be read, and schedules another attempt if there are any. */
function stalenessOf(session: Session, failures: readonly PlainError[]): Staleness {
  const { staleSince, clock } = session;
  const at = new Date(checkTime(clock)).toISOString();
  const stale = failures.map((failure): StaleFile => {
    const error = errorOf(failure);
    const file = error.file!;
    return { file, path: error.path!, error, since: staleSince.get(file) ?? at };
  });
  staleSince.clear();
  for (const { file, since } of stale) staleSince.set(file, since);
  return stale.length === 0 ? {} : { stale, retryInMs: scheduleRetry(session) };
}

/** Notes that a table is in force. The archive tries again what it cannot write. */
function keepTable({ archive }: Session, table: ZoneTable): void {
  archive?.note(table).catch(() => {});
}

/**
 * Compiles once and puts the table in force if it passes. Has no result if the files change
 * meanwhile.
 */
async function attempt(session: Session, begun: string): Promise<TableEvent | undefined> {
  const { from, holder, guards, limits, accepted, clock, closing, kept, compileWorker } = session;
  const fitness = { inForce: holder.table.share(), guards };
  const job = {
    from,
    time: checkTime(clock),
    wants: 'table',
    fitness,
    isInBackground: true,
    ...(kept !== undefined && { kept }),
  } as const;
  const product = await runCompileJob(job, limits, { signal: closing.signal, compileWorker });
  if (begun !== (await identity(session)) || closing.signal.aborted) return undefined;
  const { edition, violations = [], files, failures = [] } = product;
  const previous = holder.table.edition;
  if (edition.home !== previous.home) throw portabilityError(TABLES.tableOtherHome);
  const staleness = stalenessOf(session, failures);
  if (hasSameContent(edition, previous)) {
    session.kept = files;
    return { type: 'unchanged', edition: previous, ...staleness };
  }
  const isAccepted = edition.accepted !== undefined || accepted.has(edition.id);
  if (violations.length > 0 && !isAccepted)
    return { type: 'held', edition, violations, ...staleness };
  const table = openShared(product.table!);
  holder.replaceTable(table);
  keepTable(session, table);
  session.kept = files;
  return { type: 'replaced', table, edition, previous, ...staleness };
}

/**
 * Schedules another attempt for refused files, each time after a longer delay. Has no result if the
 * files change meanwhile.
 */
async function refusal(
  session: Session,
  error: unknown,
  begun: string,
): Promise<TableEvent | undefined> {
  if (begun !== (await identity(session)) || session.closing.signal.aborted) return undefined;
  const retryInMs = scheduleRetry(session);
  const isOurs = error instanceof PortabilityError;
  const known = isOurs ? error : portabilityError(TABLES.lookFailed);
  return { type: 'refused', error: known, retryInMs };
}

function tell({ onEvent }: Session, event: TableEvent): TableEvent {
  try {
    onEvent(event);
  } catch {
    // An error of the listener must not affect the watch.
  }
  return event;
}

async function look(session: Session): Promise<TableEvent> {
  while (!session.closing.signal.aborted) {
    const begun = await identity(session);
    if (begun !== session.tried) session.wait = session.retryMs;
    [session.tried, session.retryAt] = [begun, NEVER];
    const event = await attempt(session, begun).catch(error => refusal(session, error, begun));
    if (event === undefined || !('retryInMs' in event)) session.wait = session.retryMs;
    if (event !== undefined) return tell(session, event);
    await delay(session.quietMs, undefined, { ref: false });
  }
  return { type: 'unchanged', edition: session.holder.table.edition };
}

/**
 * Watches the files of a table: a bundle or an MMDB file by its path, or the sources and overlays
 * of a configuration. Detects renaming, rewriting in place and swapping a symbolic link. New files
 * are compiled in a worker thread, checked, and compared with `guards`. The table in force stays
 * until then, and whenever anything fails. A bundle that `table build --accept` wrote passes the
 * guards. Corrections are compiled again when one of them ends. The first check is immediate. A
 * watch does not keep a process alive.
 * @throws PortabilityError `ERR_ARGUMENT` and the errors of `compileZoneTable` on options; failures
 * of files are events
 */
export function watchZoneTable(
  holder: TableHolder,
  from: string | TableConfig,
  options: WatchOptions = {},
): TableWatch {
  const session = openSession(holder, from, options ?? {});
  keepTable(session, holder.table);
  let running: Promise<unknown> = Promise.resolve();
  const inTurn = (): Promise<TableEvent> => {
    const next = running.then(() => look(session));
    running = next;
    return next;
  };
  // A caller that waits for a result keeps the process alive until it arrives; the watch itself
  // does not.
  const check = (): Promise<TableEvent> => {
    const hold = setInterval(() => {}, 2 ** 30);
    return inTurn().finally(() => clearInterval(hold));
  };
  const tick = async (): Promise<void> => {
    await running;
    if (await isDue(session)) await inTurn();
    if (!session.closing.signal.aborted) setTimeout(tick, session.everyMs).unref();
  };
  void tick();
  return {
    check,
    accept: editionId => {
      session.accepted.add(editionId);
      return check();
    },
    close: () => session.closing.abort(),
  };
}
