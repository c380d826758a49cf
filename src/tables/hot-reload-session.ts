/** Holds the state of a table watch and determines when the files are due to be read. */

import { stat } from 'node:fs/promises';
import type { FileInput } from '../assets.ts';
import { type Clock, systemClock } from '../clock.ts';
import { type PortabilityError, portabilityError } from '../errors.ts';
import { checkGuards, type Guards, type GuardViolation } from '../geo/guards.ts';
import { locationsPathOf, type Source } from '../geo/source.ts';
import type { Edition, ZoneTable } from '../geo/zone-table.ts';
import * as TABLES from '../messages/tables.ts';
import { type Completed, completeTableConfig, type TableConfig } from './compile-config.ts';
import type { KeptFiles } from './compile-sources.ts';
import { checkLimits, type Limits } from './compile-worker-host.ts';
import type { EditionArchive } from './edition-archive.ts';
import { endOf } from './table-age.ts';

/** A file of a configuration that cannot be read, so that its last good content still applies. */
export interface StaleFile {
  /** Number of the file, from 1: sources in order, then overlays. */
  readonly file: number;
  readonly path: string;
  readonly error: PortabilityError;
  /** Time of the first check that could not read it, ISO 8601 in UTC. */
  readonly since: string;
}

/** What an event says about files that cannot be read. Absent if all can be read. */
export interface Staleness {
  readonly stale?: readonly StaleFile[];
  /** Milliseconds until the stale files are tried again, if they do not change before. */
  readonly retryInMs?: number;
}

/**
 * The result of a check of the files. If a configuration has several files and one of them cannot
 * be read any more, its last good content applies, the others are compiled as they are, and the
 * event lists it in `stale`.
 */
export type TableEvent =
  /** The new table is in force. */
  | ({
      readonly type: 'replaced';
      readonly table: ZoneTable;
      readonly edition: Edition;
      readonly previous: Edition;
    } & Staleness)
  /** The files have the same content as the table in force. */
  | ({ readonly type: 'unchanged'; readonly edition: Edition } & Staleness)
  /**
   * The new table is valid but violates the guards. It waits until its edition is accepted or the
   * files change.
   */
  | ({
      readonly type: 'held';
      readonly edition: Edition;
      readonly violations: readonly GuardViolation[];
    } & Staleness)
  /**
   * The files are missing, incomplete or invalid. They are tried again when they change, and after
   * `retryInMs`.
   */
  | { readonly type: 'refused'; readonly error: PortabilityError; readonly retryInMs: number };

/** Intervals, guards and limits of a watch. */
export interface WatchOptions {
  /** Milliseconds between two checks of the files; default: 1000. */
  readonly everyMs?: number | undefined;
  /** Milliseconds that the files must be unchanged before they are read; default: 1000. */
  readonly quietMs?: number | undefined;
  /**
   * Milliseconds until refused files are tried again, doubled each time up to `longestRetryMs`;
   * defaults: 1000 and 300,000.
   */
  readonly retryMs?: number | undefined;
  readonly longestRetryMs?: number | undefined;
  readonly guards?: Guards | undefined;
  /** Ids of editions that are put in force regardless of the guards. */
  readonly accept?: readonly string[] | undefined;
  readonly limits?: Limits | undefined;
  /** As in `compileZoneTable`. */
  readonly compileWorker?: FileInput | undefined;
  /**
   * Called after each check that has a result. An error that it throws is ignored, because a reload
   * must not end a process.
   */
  readonly onEvent?: ((event: TableEvent) => void) | undefined;
  /**
   * Keeps the table that is in force when the watch begins, and each one that replaces it. What it
   * cannot write it tries again by itself. Default: no table is kept.
   */
  readonly archive?: Pick<EditionArchive, 'note'> | undefined;
  /** Milliseconds since 1970; default: the system clock. */
  readonly clock?: Clock | undefined;
}

/** The holder of the table that a watch replaces, such as a gate. */
export interface TableHolder {
  readonly table: ZoneTable;
  /** Puts another table in force. */
  replaceTable(table: ZoneTable): void;
}

/** Returns the identity of a file's content by the file system. Follows symbolic links. */
const identityOf = (path: string): Promise<string> =>
  stat(path, { bigint: true }).then(
    ({ dev, ino, size, mtimeNs, ctimeNs }) => [dev, ino, size, mtimeNs, ctimeNs].join(),
    () => 'none',
  );

/** The paths that a file of a configuration consists of. */
function pathsOf(file: Source): string[] {
  const locations = locationsPathOf(file);
  return locations === undefined ? [file.path] : [file.path, locations];
}

function checkTimes(times: Readonly<Record<string, unknown>>): void {
  if (Object.values(times).every(time => typeof time === 'number' && time >= 1 && time < 2 ** 31))
    return;
  throw portabilityError(TABLES.watchTimes);
}

/** One watch: its options and its progress. Moments are milliseconds of a monotonic clock. */
export interface Session
  extends Completed<Omit<WatchOptions, 'accept' | 'archive' | 'compileWorker'>> {
  readonly archive: WatchOptions['archive'];
  readonly compileWorker: WatchOptions['compileWorker'];
  readonly from: string | TableConfig;
  readonly paths: readonly string[];
  readonly holder: TableHolder;
  readonly accepted: Set<string>;
  /** The files as last seen, and the moment since which they are unchanged. */
  seen: string;
  seenAt: number;
  /** The files as last tried. */
  tried: string;
  /** The end of the correction that was handled last, in milliseconds since 1970. */
  endTried: number;
  retryAt: number;
  /** Delay after the next refusal. */
  wait: number;
  /**
   * The content of the files of the table in force, while the process runs. Absent where there is
   * one file only: then the table in force is its last good state.
   */
  kept: KeptFiles | undefined;
  /** By number of the file: the time since which it cannot be read. */
  readonly staleSince: Map<number, string>;
  /** Aborted when the watch is closed. */
  readonly closing: AbortController;
}

export const NEVER = Number.POSITIVE_INFINITY;
export const now = (): number => performance.now();

export function openSession(
  holder: TableHolder,
  from: string | TableConfig,
  options: WatchOptions,
): Session {
  const { everyMs = 1000, quietMs = 1000, retryMs = 1000, longestRetryMs = 300_000 } = options;
  checkTimes({ everyMs, quietMs, retryMs, longestRetryMs });
  const { accept = [], archive, clock = systemClock, onEvent = () => {} } = options;
  const isSound =
    typeof holder?.replaceTable === 'function' &&
    [clock, onEvent].every(each => typeof each === 'function') &&
    (archive === undefined || typeof archive.note === 'function');
  if (!isSound || !Array.isArray(accept) || accept.some(id => typeof id !== 'string'))
    throw portabilityError(TABLES.watchOptions);
  const config = typeof from === 'string' ? from : completeTableConfig(from);
  const files =
    typeof config === 'string' ? [{ path: config }] : [...config.sources, ...config.overlays];
  return {
    holder,
    everyMs,
    quietMs,
    retryMs,
    longestRetryMs,
    from: config,
    paths: files.flatMap(pathsOf),
    guards: checkGuards(options.guards ?? {}),
    limits: checkLimits(options.limits),
    accepted: new Set(accept),
    clock,
    onEvent,
    archive,
    compileWorker: options.compileWorker,

    seen: '',
    seenAt: 0,
    tried: '',
    endTried: 0,
    retryAt: NEVER,
    wait: retryMs,
    kept: files.length > 1 ? [] : undefined,
    staleSince: new Map(),
    closing: new AbortController(),
  };
}

export const identity = async ({ paths }: Session): Promise<string> =>
  (await Promise.all(paths.map(identityOf))).join(';');

/**
 * Whether a correction has ended that is not handled yet. If the clock fails, no correction ends.
 */
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

/**
 * Whether the files have changed and then stayed unchanged, or are due for another attempt, or a
 * correction has ended.
 */
export async function isDue(session: Session): Promise<boolean> {
  const files = await identity(session);
  if (files !== session.seen) [session.seen, session.seenAt] = [files, now()];
  if (hasEnded(session)) return true;
  if (now() >= session.retryAt) return true;
  return (
    files !== session.tried && (session.tried === '' || now() - session.seenAt >= session.quietMs)
  );
}
