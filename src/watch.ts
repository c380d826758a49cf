/** How does a running gate get a newer table? Sees a replaced file, compiles it apart, holds it against guards, swaps; else the old one stays. */
import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { endOf } from './age.ts';
import { type Clock, systemClock } from './clock.ts';
import { checkTime, completeRecipe, type Recipe } from './compiling.ts';
import { PortabilityError } from './errors.ts';
import { type Breach, checkGuards, type Guards } from './place/guards.ts';
import { type Edition, openShared, type ZoneTable } from './place/table.ts';
import { checkLimits, type Limits, performApart } from './workshop.ts';

/** What came of a look at the files. */
export type TableEvent =
  /** The new table is in force. */
  | { readonly type: 'replaced'; readonly table: ZoneTable; readonly edition: Edition; readonly previous: Edition }
  /** The files say what the table in force says. */
  | { readonly type: 'unchanged'; readonly edition: Edition }
  /** The new table is sound but does not pass the guards: it waits until its edition is accepted, or the files change. */
  | { readonly type: 'held'; readonly edition: Edition; readonly breaches: readonly Breach[] }
  /** The files are missing, not whole or not sound: they are tried again when they change, and after a while. */
  | { readonly type: 'refused'; readonly error: PortabilityError; readonly retryInMs: number };

export interface WatchOptions {
  /** Milliseconds between two looks at the files; 1000 unless given. */
  readonly everyMs?: number;
  /** Milliseconds that the files must be left alone before they are read; 1000 unless given. */
  readonly quietMs?: number;
  /** Milliseconds until files that were refused are tried again, doubled each time up to `longestRetryMs`; 1000 and 300,000 unless given. */
  readonly retryMs?: number;
  readonly longestRetryMs?: number;
  readonly guards?: Guards;
  /** Ids of editions that are put in force whatever the guards say. */
  readonly accept?: readonly string[];
  readonly limits?: Limits;
  /** Called after each look that came to something. What it throws is dropped: a reload must not end a process. */
  readonly onEvent?: (event: TableEvent) => void;
  /** Milliseconds since 1970; the system's clock unless given. */
  readonly clock?: Clock;
}

/** What a watch puts tables into: a gate, say. */
export interface TableHolder {
  readonly table: ZoneTable;
  replaceTable(table: ZoneTable): void;
}

export interface TableWatch {
  /** Looks now, without waiting for quiet: what a SIGHUP asks for. */
  check(): Promise<TableEvent>;
  /** Accepts an edition, whatever the guards say, and looks now. */
  accept(editionId: string): Promise<TableEvent>;
  /** Ends the watch, and a look under way; from then on nothing is put in force and nothing told. */
  close(): void;
}

/** Identity of a file's content as the file system has it; follows symbolic links. */
const identityOf = (path: string): Promise<string> =>
  stat(path, { bigint: true }).then(
    ({ dev, ino, size, mtimeNs, ctimeNs }) => [dev, ino, size, mtimeNs, ctimeNs].join(),
    () => 'none',
  );

const contentOf = ({ id, sources, overlays }: Edition): string => JSON.stringify([id, sources, overlays]);

function checkTimes(times: Readonly<Record<string, unknown>>): void {
  if (Object.values(times).every(time => typeof time === 'number' && time >= 1 && time < 2 ** 31)) return;
  throw new PortabilityError('ERR_ARGUMENT', 'a watch has times in milliseconds');
}

/** One watch: what it was given, and how far it has come. Moments are milliseconds of a clock that never jumps. */
interface Session extends Required<Omit<WatchOptions, 'accept'>> {
  readonly from: string | Recipe;
  readonly paths: readonly string[];
  readonly holder: TableHolder;
  readonly accepted: Set<string>;
  /** The files as last seen, and since when they are so. */
  seen: string;
  seenAt: number;
  /** The files as last tried. */
  tried: string;
  /** When the end of a correction was last acted upon. */
  endTried: number;
  retryAt: number;
  /** How long to wait after the next refusal. */
  wait: number;
  /** Aborted once the watch is closed. */
  readonly closing: AbortController;
}

const NEVER = Number.POSITIVE_INFINITY;
const now = (): number => performance.now();

function openSession(holder: TableHolder, from: string | Recipe, options: WatchOptions): Session {
  const { everyMs = 1000, quietMs = 1000, retryMs = 1000, longestRetryMs = 300_000 } = options;
  checkTimes({ everyMs, quietMs, retryMs, longestRetryMs });
  const { accept = [], clock = systemClock, onEvent = () => {} } = options;
  const isSound =
    typeof holder?.replaceTable === 'function' && [clock, onEvent].every(each => typeof each === 'function');
  if (!isSound || !Array.isArray(accept) || accept.some(id => typeof id !== 'string'))
    throw new PortabilityError('ERR_ARGUMENT', 'a watch has a gate, functions, and ids of editions that it accepts');
  const recipe = typeof from === 'string' ? from : completeRecipe(from);
  const files = typeof recipe === 'string' ? [{ path: recipe }] : [...recipe.sources, ...recipe.overlays];
  return {
    ...{ holder, everyMs, quietMs, retryMs, longestRetryMs, from: recipe, paths: files.map(({ path }) => path) },
    ...{ guards: checkGuards(options.guards ?? {}), limits: checkLimits(options.limits) },
    ...{ accepted: new Set(accept), clock, onEvent },
    ...{ seen: '', seenAt: 0, tried: '', endTried: 0, retryAt: NEVER, wait: retryMs, closing: new AbortController() },
  };
}

const identity = async ({ paths }: Session): Promise<string> => (await Promise.all(paths.map(identityOf))).join(';');

/** Compiles once and puts the table in force if it is fit; nothing comes of files that change meanwhile. */
async function attempt(session: Session, begun: string): Promise<TableEvent | undefined> {
  const { from, holder, guards, limits, accepted, clock, closing } = session;
  const fitness = { inForce: holder.table.share(), guards };
  const job = { from, time: checkTime(clock), wants: 'table', fitness, isInBackground: true } as const;
  const product = await performApart(job, limits, { signal: closing.signal });
  if (begun !== (await identity(session)) || closing.signal.aborted) return undefined;
  const { edition, breaches = [] } = product;
  const previous = holder.table.edition;
  if (edition.home !== previous.home) throw new PortabilityError('ERR_HOME', 'the new table is of another home state');
  if (contentOf(edition) === contentOf(previous)) return { type: 'unchanged', edition: previous };
  if (breaches.length > 0 && !accepted.has(edition.id)) return { type: 'held', edition, breaches };
  const table = openShared(product.table!);
  holder.replaceTable(table);
  return { type: 'replaced', table, edition, previous };
}

/** Files that were refused are tried again, each time after a longer while; those that change under the eye say nothing yet. */
async function refusal(session: Session, error: unknown, begun: string): Promise<TableEvent | undefined> {
  if (begun !== (await identity(session)) || session.closing.signal.aborted) return undefined;
  const retryInMs = session.wait;
  session.retryAt = now() + retryInMs;
  session.wait = Math.min(session.longestRetryMs, retryInMs * 2);
  const isOurs = error instanceof PortabilityError;
  const known = isOurs ? error : new PortabilityError('ERR_SOURCE_LIMIT', 'the look at the files failed');
  return { type: 'refused', error: known, retryInMs };
}

function tell({ onEvent }: Session, event: TableEvent): TableEvent {
  try {
    onEvent(event);
  } catch {
    // The listener's own affair.
  }
  return event;
}

async function look(session: Session): Promise<TableEvent> {
  while (!session.closing.signal.aborted) {
    const begun = await identity(session);
    if (begun !== session.tried) session.wait = session.retryMs;
    [session.tried, session.retryAt] = [begun, NEVER];
    const event = await attempt(session, begun).catch(error => refusal(session, error, begun));
    if (event?.type !== 'refused') session.wait = session.retryMs;
    if (event !== undefined) return tell(session, event);
    await delay(session.quietMs, undefined, { ref: false });
  }
  return { type: 'unchanged', edition: session.holder.table.edition };
}

/** Whether a correction has ended that was not acted upon. A clock that fails ends none. */
function hasEnded(session: Session): boolean {
  const end = endOf(session.holder.table.edition);
  try {
    if (!(session.clock() >= end) || end === session.endTried) return false;
  } catch {
    return false;
  }
  session.endTried = end;
  return true;
}

/** Whether the files have changed and been left alone since, or are to be tried again, or a correction has ended. */
async function isDue(session: Session): Promise<boolean> {
  const files = await identity(session);
  if (files !== session.seen) [session.seen, session.seenAt] = [files, now()];
  if (hasEnded(session)) return true;
  if (now() >= session.retryAt) return true;
  return files !== session.tried && (session.tried === '' || now() - session.seenAt >= session.quietMs);
}

/**
 * Watches the files of a table: a bundle or an MMDB file by its path, or the sources and overlays of a recipe. Renaming, rewriting in place and
 * swapping a symbolic link are all seen. New files are compiled in a thread of their own, checked, and held against `guards`; the table in force
 * stays until then, and whenever anything fails. Corrections are compiled anew when one of them ends. The first look is at once. A watch does not
 * keep a process alive.
 * @throws PortabilityError `ERR_ARGUMENT` and what `compileZoneTable` throws on options; failures of files are events
 */
export function watchZoneTable(holder: TableHolder, from: string | Recipe, options: WatchOptions = {}): TableWatch {
  const session = openSession(holder, from, options ?? {});
  let running: Promise<unknown> = Promise.resolve();
  const inTurn = (): Promise<TableEvent> => {
    const next = running.then(() => look(session));
    running = next;
    return next;
  };
  // Who waits for an answer holds the process until it has come; the watch by itself does not.
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
