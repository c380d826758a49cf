/**
 * Updates a table: fetches the files of the configuration, compiles them if one has changed, checks
 * the table against its guards and puts it in place.
 */

import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../clock.ts';
import type { Configuration } from '../../config/configuration.ts';
import { resolveSecret } from '../../config/locations.ts';
import { type FileOrigin, nameOf, type OverlayEntry } from '../../config/table-sources.ts';
import { dayOf } from '../../days.ts';
import {
  detailsOf,
  PortabilityError,
  portabilityError,
  textOf,
  withDetails,
} from '../../errors.ts';
import type { Guards, GuardViolation } from '../../geo/guards.ts';
import type { Overlay } from '../../geo/overlay.ts';
import type { Source, SourceEdition } from '../../geo/source.ts';
import type { Edition } from '../../geo/zone-table.ts';
import * as UPDATE from '../../messages/update.ts';
import { runCompileJob } from '../../tables/compile-worker-host.ts';
import { openEditionArchive } from '../../tables/edition-archive.ts';
import { cannotWrite } from '../option-at-fault.ts';
import { outputAt, placeTable } from '../table/place-table.ts';
import { type Fetched, fetchFile, type Wanted } from './fetch-file.ts';
import { ComeBackLater } from './https-client.ts';
import { exclusively } from './lock.ts';
import { type KnownFile, readState, type UpdateState, writeState } from './state.ts';

/** What came of the file of one entry. */
export interface FileReport {
  readonly name: string;
  readonly outcome: 'new' | 'unchanged' | 'failed';
  /** UTC day of the data in use, if known. */
  readonly built?: string | undefined;
  /** SHA-256 of the file in use. */
  readonly sha256?: string | undefined;
  readonly error?: PortabilityError | undefined;
  /** ISO 8601: since when it cannot be fetched. */
  readonly failingSince?: string | undefined;
}

/** What came of an update. */
export interface UpdateReport {
  readonly outcome: 'updated' | 'unchanged' | 'held' | 'failed';
  /** The table in place, or the one that is held back. */
  readonly edition?: Edition | undefined;
  readonly bytes?: number | undefined;
  /** Sources in order, then overlays. */
  readonly sources: readonly FileReport[];
  readonly violations: readonly GuardViolation[];
  /** Why no table could be compiled, or why the one in place could not be kept as an edition. */
  readonly error?: PortabilityError | undefined;
  /** Whether there was a table to compare with. */
  readonly isCompared: boolean;
}

/** What an update works on. */
export interface UpdatePlan {
  readonly table: string;
  readonly downloads: string;
  /** Folder of past editions, and the months for which they are kept. */
  readonly editions?: string | undefined;
  readonly months?: number | undefined;
  readonly sources: readonly FileOrigin[];
  readonly overlays: readonly OverlayEntry[];
  readonly standpoint: Pick<Configuration, 'home' | 'on' | 'licence'>;
  readonly guards: Guards;
}

/** How an update runs. */
export interface UpdateRun {
  readonly isAccepted?: boolean;
  /** Whether the table is compiled with low priority. */
  readonly isInBackground?: boolean;
  readonly signal?: AbortSignal;
  readonly onStep?: (done: number, of: number) => void;
}

/**
 * Returns what an update works on.
 * @throws PortabilityError `ERR_CONFIG` if the configuration has no sources or no table
 */
export function planOf(
  configuration: Configuration | undefined,
  table: string | undefined,
  guards: Guards,
): UpdatePlan {
  const { sources = [], overlays = [], home, on, licence, editions } = configuration ?? {};
  if (sources.length === 0)
    throw portabilityError(UPDATE.updateSourcesMissing, { option: 'sources' });
  if (table === undefined) throw portabilityError(UPDATE.updateTableMissing, { option: 'table' });
  const { downloads = `${table}.downloads` } = configuration ?? {};
  const keys = [...sources, ...overlays].map(keyOf);
  if (new Set(keys).size < keys.length)
    throw portabilityError(UPDATE.originsAlike, { option: 'sources' });
  const standpoint = { home, on, licence };
  const months = configuration?.evidence?.retentionMonths;
  return { table, downloads, editions, months, sources, overlays, standpoint, guards };
}

/**
 * Returns the name of an entry's file in the folder of the downloads. It depends on where the file
 * comes from: an entry that is changed starts without a last good file.
 */
export function keyOf(origin: FileOrigin): string {
  const { name: _, licence: __, built: ___, ...place } = origin;
  const { ca: ____, timeoutSeconds: _____, ...where } = place as Record<string, unknown>;
  const digest = createHash('sha256').update(JSON.stringify(where)).digest('hex').slice(0, 8);
  const slug = nameOf(origin).replaceAll(/[^\w.-]+/g, '-');
  return `${slug.slice(0, 60).replace(/^[.-]+/, '')}-${digest}`;
}

const SUFFIX = '.source';

/** Wraps an error that is not from the library. Its message may quote anything. */
const ours = (error: unknown): PortabilityError =>
  error instanceof PortabilityError ? error : portabilityError(UPDATE.downloadUnreachable);

/** Names the entry in an error instead of the temporary file that was read. */
function withEntry(error: PortabilityError, { field }: Wanted): PortabilityError {
  const { path, file: _, ...details } = detailsOf(error);
  const isSource = error.code.startsWith('ERR_SOURCE_') && error.code !== 'ERR_SOURCE_OPEN';
  return new PortabilityError(error.code, textOf(error), {
    option: field,
    ...details,
    ...(path !== undefined && !isSource && { path }),
  });
}

/** Returns a fetched file as the compiler takes it. */
function sourceOf(wanted: Wanted, path: string, stated: string | undefined): Source & Overlay {
  const { name: _, licence, built = stated } = wanted.origin;
  const { kind, fields } = wanted.origin as OverlayEntry;
  const sha256 = 'sha256' in wanted.origin ? wanted.origin.sha256 : undefined;
  return {
    path,
    name: wanted.name,
    ...(licence !== undefined && { licence }),
    ...(built !== undefined && { built }),
    ...(sha256 !== undefined && { sha256 }),
    ...(kind !== undefined && { kind }),
    ...(fields !== undefined && { fields }),
  };
}

interface Job {
  readonly plan: UpdatePlan;
  readonly run: UpdateRun;
  readonly state: UpdateState;
  readonly signal: AbortSignal;
}

const isOverlay = ({ field }: Wanted): boolean => field.startsWith('overlays');

/** Reads a fetched file with the reader of its kind, alone: a file at fault replaces no good one. */
async function checkFile(
  wanted: Wanted,
  fetched: NonNullable<Fetched>,
  job: Job,
  under: readonly Source[],
): Promise<void> {
  const source = sourceOf(wanted, fetched.temporary, fetched.stated);
  const from = isOverlay(wanted)
    ? { sources: under, overlays: [source] }
    : { sources: [withoutKind(source)] };
  const { isInBackground = false } = job.run;
  const check = { from, time: wanted.now, wants: 'table', isInBackground } as const;
  await runCompileJob(check, {}, { signal: job.signal });
}

const withoutKind = ({ kind: _, fields: __, ...source }: Source & Overlay): Source => source;

/** Returns what is known after a failure. */
function failed(known: KnownFile, error: PortabilityError, now: number, waitMs = 0): KnownFile {
  const { failingSince = new Date(now).toISOString() } = known;
  return {
    ...known,
    failingSince,
    failure: error.code,
    ...(waitMs > 0 && { notBefore: new Date(now + waitMs).toISOString() }),
  };
}

/** The result for one entry: what is reported, and what is remembered. */
interface Taken {
  readonly known: KnownFile;
  readonly outcome: FileReport['outcome'];
  readonly error?: PortabilityError;
}

/** Seconds that are left until a server wants to be asked again. */
const waitOf = ({ notBefore }: KnownFile, now: number): number =>
  notBefore === undefined ? 0 : Math.ceil((Date.parse(notBefore) - now) / 1000);

async function takeFile(wanted: Wanted, job: Job, under: readonly Source[]): Promise<Taken> {
  const { known, now } = wanted;
  const seconds = waitOf(known, now);
  if (seconds > 0) {
    const error = withEntry(portabilityError(UPDATE.downloadBusy, {}, { seconds }), wanted);
    return { known: failed(known, error, now), outcome: 'failed', error };
  }
  const checked = new Date(now).toISOString();
  const { failingSince: _, failure: __, notBefore: ___, ...well } = known;
  const temporary = `${wanted.path}.new`;
  try {
    const fetched = await fetchFile(wanted);
    if (fetched === undefined || fetched.sha256 === known.sha256) {
      const { temporary: ____, ...facts } = fetched ?? { temporary };
      return { known: { ...well, ...facts, checked }, outcome: 'unchanged' };
    }
    await checkFile(wanted, fetched, job, under);
    await rename(temporary, wanted.path).catch(error => {
      throw cannotWrite(undefined, wanted.path, error);
    });
    const { temporary: ____, ...facts } = fetched;
    return { known: { key: known.key, ...facts, checked }, outcome: 'new' };
  } catch (error) {
    const isLater = error instanceof ComeBackLater;
    const told = withEntry(isLater ? error.error : ours(error), wanted);
    const waitMs = isLater ? error.afterMs : 0;
    const before = { ...known, notBefore: undefined };
    return { known: failed(before, told, now, waitMs), outcome: 'failed', error: told };
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
  }
}

/**
 * Takes the files in order. An overlay is read over the first source. While a source has no file at
 * all there will be no table, and overlays wait for the next run.
 */
async function takeAll(wanted: readonly Wanted[], job: Job): Promise<Taken[]> {
  const taken: Taken[] = [];
  const under: Source[] = [];
  for (const each of wanted) {
    const isWaiting = isOverlay(each) && under.length === 0;
    const one: Taken = isWaiting
      ? { known: each.known, outcome: 'unchanged' }
      : await takeFile(each, job, under.slice(0, 1));
    taken.push(one);
    if (one.known.sha256 !== undefined && !isOverlay(each))
      under.push(withoutKind(sourceOf(each, each.path, one.known.stated)));
  }
  return taken;
}

/** Returns the entries of a plan with what is known of their files. */
async function wantedOf({ plan, state, signal }: Job): Promise<Wanted[]> {
  const there = await readdir(plan.downloads);
  const now = systemClock();
  const entries = [
    ...plan.sources.map((origin, at) => ({ origin, field: `sources[${at}]` })),
    ...plan.overlays.map((origin, at) => ({ origin, field: `overlays[${at}]` })),
  ];
  return entries.map(({ origin, field }) => {
    const key = keyOf(origin);
    const known = state.files.find(file => file.key === key) ?? { key };
    const isThere = there.includes(key + SUFFIX);
    const { failingSince, failure, notBefore } = known;
    return {
      origin,
      field,
      name: nameOf(origin),
      path: join(plan.downloads, key + SUFFIX),
      // Without its file, what is known of it would keep it from being fetched.
      known: isThere ? known : { key, failingSince, failure, notBefore },
      now,
      folder: plan.downloads,
      signal,
      resolveSecret,
    };
  });
}

/** Removes the files of entries that the configuration no longer has, and what a kill left. */
async function removeOthers(folder: string, keys: readonly string[]): Promise<void> {
  const kept = keys.map(key => key + SUFFIX);
  const isOurs = /\.source(?:\.download|\.new)?$/;
  const others = (await readdir(folder)).filter(name => isOurs.test(name) && !kept.includes(name));
  await Promise.all(others.map(name => rm(join(folder, name), { force: true })));
}

const sha256Of = (path: string): Promise<string | undefined> =>
  readFile(path).then(
    file => createHash('sha256').update(file).digest('hex'),
    () => undefined,
  );

/** Digest of everything that a table is made of. Corrections depend on the day, too. */
function inputsOf(plan: UpdatePlan, files: readonly (Source & Overlay)[], taken: readonly Taken[]) {
  const { standpoint, guards, overlays } = plan;
  const day = overlays.some(({ kind }) => kind === 'corrections') ? dayOf(systemClock()) : '';
  const digests = taken.map(({ known }) => known.sha256);
  const all = [standpoint, guards, day, files, digests];
  return createHash('sha256').update(JSON.stringify(all)).digest('hex');
}

const builtOf = (edition: Edition | undefined, sha256: string | undefined): string | undefined => {
  const all: readonly (SourceEdition | { sha256: string; built?: string })[] = [
    ...(edition?.sources ?? []),
    ...(edition?.overlays ?? []),
  ];
  return all.find(source => source.sha256 === sha256)?.built;
};

function reportOf(wanted: Wanted, taken: Taken, edition: Edition | undefined): FileReport {
  const { sha256, failingSince } = taken.known;
  return {
    name: wanted.name,
    outcome: taken.outcome,
    built: builtOf(edition, sha256) ?? wanted.origin.built ?? taken.known.stated,
    sha256,
    error: taken.error,
    failingSince: taken.outcome === 'failed' ? failingSince : undefined,
  };
}

async function updateIn(job: Job): Promise<UpdateReport> {
  const { plan, run, signal } = job;
  const { isAccepted = false, isInBackground = false, onStep } = run;
  const wanted = await wantedOf(job);
  await removeOthers(
    plan.downloads,
    wanted.map(({ known }) => known.key),
  );
  const taken = await takeAll(wanted, job);
  if (signal.aborted) throw portabilityError(UPDATE.downloadAborted);
  const ran = new Date(wanted[0]!.now).toISOString();
  let state: UpdateState = { ...job.state, files: taken.map(({ known }) => known), ran };
  const remember = (next: UpdateState): Promise<void> => {
    state = next;
    return writeState(plan.downloads, next).catch(error => {
      throw cannotWrite(undefined, plan.downloads, error);
    });
  };
  await remember(state);
  const output = await outputAt(plan.table, isAccepted, 'table');
  const isCompared = output.table !== undefined;
  const report = (
    outcome: UpdateReport['outcome'],
    edition: Edition | undefined,
    more: Partial<UpdateReport> = {},
  ): UpdateReport => ({
    outcome,
    edition,
    sources: wanted.map((each, at) => reportOf(each, taken[at]!, edition)),
    violations: [],
    isCompared,
    ...more,
  });
  const inPlace = output.table?.edition;
  // A table without one of its sources would be another table.
  if (taken.some(({ known }) => known.sha256 === undefined)) return report('failed', inPlace);
  const files = wanted.map((each, at) => sourceOf(each, each.path, taken[at]!.known.stated));
  const inputs = inputsOf(plan, files, taken);
  const isKnown = state.table?.inputs === inputs && !isAccepted;
  if (isKnown && state.table?.sha256 === (await sha256Of(output.path)))
    return report('unchanged', inPlace);
  const count = plan.sources.length;
  const config = {
    ...plan.standpoint,
    sources: files.slice(0, count).map(withoutKind),
    overlays: files.slice(count),
  };
  const placing = {
    guards: plan.guards,
    isAccepted,
    option: 'table',
    isInBackground,
    keepsEqual: true,
    signal,
    ...(onStep && { onStep }),
  };
  const placed = await placeTable(config, output, placing).catch(error => ours(error));
  if (placed instanceof PortabilityError) return report('failed', inPlace, { error: placed });
  const { edition, bundle, violations } = placed;
  if (placed.outcome === 'held') return report('held', edition, { violations });
  const isWritten = placed.outcome === 'written';
  if (isWritten) await rm(`${output.path}.held`, { force: true }).catch(() => {});
  const error = isWritten ? await keepEdition(plan, edition, bundle) : undefined;
  const sha256 = await sha256Of(output.path);
  if (sha256 !== undefined) await remember({ ...state, table: { inputs, sha256 } });
  const outcome = isWritten ? 'updated' : 'unchanged';
  return report(outcome, edition, { bytes: bundle.length, violations, error });
}

/**
 * Keeps a table that was put in place, where the configuration names a folder for that. Returns why
 * it could not be kept: the table is in place all the same.
 */
async function keepEdition(
  { editions, months }: UpdatePlan,
  edition: Edition,
  bundle: Uint8Array,
): Promise<PortabilityError | undefined> {
  if (editions === undefined) return undefined;
  try {
    const archive = await openEditionArchive(editions, { months });
    await archive.keep(edition, bundle);
    return undefined;
  } catch (error) {
    return withDetails(ours(error), { option: 'editions' }) as PortabilityError;
  }
}

/**
 * Updates a table. If a file cannot be fetched, its last good one is used. If the table violates
 * its guards, it is written next to the one in place, which stays.
 * @throws PortabilityError `ERR_OUTPUT` if a file cannot be written; `ERR_TABLE_...` if the table
 * in place cannot be read
 */
export async function updateTable(plan: UpdatePlan, run: UpdateRun = {}): Promise<UpdateReport> {
  const { downloads } = plan;
  await mkdir(downloads, { recursive: true, mode: 0o755 }).catch(error => {
    throw cannotWrite('downloads', downloads, error);
  });
  const signal = run.signal ?? new AbortController().signal;
  return exclusively(downloads, async () => {
    const state = await readState(downloads);
    return updateIn({ plan, run, state, signal });
  });
}
