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
import {
  type FileOrigin,
  type LocalFile,
  nameOf,
  type OverlayEntry,
} from '../../config/table-sources.ts';
import { dayOf } from '../../days.ts';
import {
  detailsOf,
  PortabilityError,
  portabilityError,
  systemCodeOf,
  textOf,
  withDetails,
} from '../../errors.ts';
import type { Guards, GuardViolation } from '../../geo/guards.ts';
import type { Overlay } from '../../geo/overlay.ts';
import type { Source, SourceEdition } from '../../geo/source.ts';
import type { Edition, SharedTable } from '../../geo/zone-table.ts';
import type { LastUpdate } from '../../http/update-status.ts';
import * as UPDATE from '../../messages/update.ts';
import { runCompileJob } from '../../tables/compile-worker-host.ts';
import { openEditionArchive } from '../../tables/edition-archive.ts';
import { loadZoneTable } from '../../tables.ts';
import { cannotWrite } from '../option-at-fault.ts';
import { type Output, outputAt, placeTable } from '../table/place-table.ts';
import { libraryVersion } from '../version.ts';
import { type Fetched, fetchFile, sha256Of, type Wanted } from './fetch-file.ts';
import { abortedError, busyUntil, ComeBackLater, withinTime } from './https-client.ts';
import { LONGEST_FILE_MS, LONGEST_PATIENCE_MS } from './limits.ts';
import { exclusively } from './lock.ts';
import { NPM_FOLDER } from './npm-package.ts';
import {
  type KnownFile,
  type KnownTable,
  readStateForUpdate,
  type UpdateOutcome,
  type UpdateState,
  writeState,
} from './state.ts';

/** What came of the file of one entry. */
export interface FileReport {
  readonly name: string;
  /** An overlay is `waiting` while no source has a file. */
  readonly outcome: 'new' | 'unchanged' | 'failed' | 'waiting';
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
  readonly outcome: UpdateOutcome;
  /** The table in place, or the one that is held back. */
  readonly edition?: Edition | undefined;
  readonly bytes?: number | undefined;
  /** Sources in order, then overlays. */
  readonly sources: readonly FileReport[];
  readonly violations: readonly GuardViolation[];
  /**
   * Why no table could be compiled, why one without violations is held back, or what went wrong
   * besides.
   */
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
  /** Variables with secrets of the configuration. */
  readonly secretVariables: readonly string[];
  readonly sources: readonly FileOrigin[];
  readonly overlays: readonly OverlayEntry[];
  readonly standpoint: Pick<Configuration, 'home' | 'on' | 'licence'>;
  readonly guards: Guards;
}

/** How an update runs. */
export interface UpdateRun {
  /** Whether the table that is held back is put in place, if it is still the newest. */
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
  const entries = [...sources, ...overlays];
  if (areSomeEqual(entries.map(keyOf)))
    throw portabilityError(UPDATE.originsAlike, { option: 'sources' });
  // Reports and metrics name an entry by its name only.
  if (areSomeEqual(entries.map(nameOf)))
    throw portabilityError(UPDATE.originNamesAlike, { option: 'sources' });
  const standpoint = { home, on, licence };
  const months = configuration?.evidence?.retentionMonths;
  const variables = JSON.stringify(configuration).matchAll(/"env:([^"]+)"/g);
  const secretVariables = [...variables].map(([, name]) => name!);
  const folders = { downloads, editions, months };
  return { table, ...folders, secretVariables, sources, overlays, standpoint, guards };
}

const areSomeEqual = (values: readonly string[]): boolean => new Set(values).size < values.length;

/** The fields that name a file and its kind. All others may change without another file. */
const PLACE = ['from', 'url', 'edition', 'package', 'file', 'path', 'sha256', 'kind', 'fields'];

/**
 * Returns the name of an entry's file in the folder of the downloads. It depends on where the file
 * comes from: an entry for another file starts without a last good one.
 */
export function keyOf(origin: FileOrigin): string {
  const given = origin as unknown as Readonly<Record<string, unknown>>;
  const where = JSON.stringify(PLACE.map(field => given[field] ?? null));
  const digest = createHash('sha256').update(where).digest('hex').slice(0, 8);
  const slug = nameOf(origin).replaceAll(/[^\w.-]+/g, '-');
  return `${slug.slice(0, 60).replace(/^[.-]+/, '')}-${digest}`;
}

const SUFFIX = '.source';

/** Wraps an error that is not from the library. Its message may quote anything. */
const ours = (error: unknown): PortabilityError =>
  error instanceof PortabilityError
    ? error
    : portabilityError(UPDATE.updateFails, { system: systemCodeOf(error) });

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

/** Returns a fetched file as the compiler takes it, which checks its digest. */
function sourceOf(
  wanted: Wanted,
  path: string,
  { stated, sha256: found }: Pick<KnownFile, 'stated' | 'sha256'>,
): Source & Overlay {
  const { name: _, licence, built = stated } = wanted.origin;
  const { kind, fields } = wanted.origin as OverlayEntry;
  const { sha256 = found } = wanted.origin as LocalFile;
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
  readonly damage?: PortabilityError | undefined;
  readonly signal: AbortSignal;
}

const isOverlay = ({ field }: Wanted): boolean => field.startsWith('overlays');

/**
 * Reads a fetched file with the reader of its kind, alone: a file at fault replaces no good one.
 */
async function checkFile(
  wanted: Wanted,
  fetched: NonNullable<Fetched>,
  job: Job,
  under: readonly Source[],
): Promise<void> {
  const source = sourceOf(wanted, fetched.temporary, fetched);
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

/**
 * Returns the moment before which a server does not want to be asked, in milliseconds since 1970. A
 * moment that no server can have set is the fault of a clock.
 */
function waitUntil({ notBefore = '' }: KnownFile, now: number): number | undefined {
  const moment = Date.parse(notBefore);
  return moment > now && moment <= now + LONGEST_PATIENCE_MS ? moment : undefined;
}

async function takeFile(wanted: Wanted, job: Job, under: readonly Source[]): Promise<Taken> {
  const { known, now } = wanted;
  const moment = waitUntil(known, now);
  if (moment !== undefined) {
    const error = withEntry(busyUntil(moment), wanted);
    return { known: failed(known, error, now), outcome: 'failed', error };
  }
  const { failingSince: _, failure: __, notBefore: ___, ...well } = known;
  let temporary: string | undefined;
  try {
    const fetched = await withinTime(job.signal, LONGEST_FILE_MS, signal =>
      fetchFile({ ...wanted, signal }),
    );
    if (fetched === undefined) return { known: well, outcome: 'unchanged' };
    const { temporary: place, ...facts } = fetched;
    temporary = place;
    if (fetched.sha256 === known.sha256)
      return { known: { ...well, ...facts }, outcome: 'unchanged' };
    await checkFile(wanted, fetched, job, under);
    await rename(temporary, wanted.path).catch(error => {
      throw cannotWrite(undefined, wanted.path, error);
    });
    return { known: { key: known.key, ...facts }, outcome: 'new' };
  } catch (error) {
    const isLater = error instanceof ComeBackLater;
    const told = withEntry(isLater ? error.error : ours(error), wanted);
    const waitMs = isLater ? error.afterMs : 0;
    const before = { ...known, notBefore: undefined };
    return { known: failed(before, told, now, waitMs), outcome: 'failed', error: told };
  } finally {
    if (temporary !== undefined) await rm(temporary, { force: true }).catch(() => {});
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
      ? { known: each.known, outcome: 'waiting' }
      : await takeFile(each, job, under.slice(0, 1));
    taken.push(one);
    if (one.known.sha256 !== undefined && !isOverlay(each))
      under.push(withoutKind(sourceOf(each, each.path, one.known)));
  }
  return taken;
}

/** Returns the entries of a plan with what is known of their files. */
async function wantedOf({ plan, state, signal }: Job): Promise<Wanted[]> {
  const now = systemClock();
  const entries = [
    ...plan.sources.map((origin, at) => ({ origin, field: `sources[${at}]` })),
    ...plan.overlays.map((origin, at) => ({ origin, field: `overlays[${at}]` })),
  ];
  const { secretVariables, downloads: folder } = plan;
  const known = entries.map(({ origin }) => knownOf(keyOf(origin), folder, state));
  return (await Promise.all(known)).map((each, at) => {
    const { origin, field } = entries[at]!;
    const path = join(folder, each.key + SUFFIX);
    const name = nameOf(origin);
    const place = { path, folder, secretVariables };
    return { origin, field, name, known: each, now, signal, resolveSecret, ...place };
  });
}

/**
 * Returns what is known of a file that is there, whole. Without it, what is known of it would keep
 * it from being fetched.
 */
async function knownOf(key: string, folder: string, state: UpdateState): Promise<KnownFile> {
  const known = state.files.find(file => file.key === key) ?? { key };
  const found = await sha256Of(join(folder, key + SUFFIX)).catch(() => undefined);
  if (found !== undefined && found === known.sha256) return known;
  const { version, failingSince, failure, notBefore } = known;
  return { key, version, failingSince, failure, notBefore };
}

/** Removes what a run that was killed left in the folder of the downloads. */
async function removeTemporary(folder: string): Promise<void> {
  const isOurs = (name: string): boolean =>
    name.startsWith(NPM_FOLDER) ||
    /-[0-9a-f]{8}\.source\.[0-9a-f]{8}\.(?:download|new)$/.test(name);
  const left = (await readdir(folder)).filter(isOurs);
  await Promise.all(left.map(name => rm(join(folder, name), { recursive: true, force: true })));
}

/** Removes the files of entries that the configuration no longer has. */
async function removeOthers(folder: string, wanted: readonly Wanted[]): Promise<void> {
  const kept = wanted.map(({ known }) => known.key + SUFFIX);
  const isOther = (name: string): boolean =>
    /-[0-9a-f]{8}\.source$/.test(name) && !kept.includes(name);
  const others = (await readdir(folder)).filter(isOther);
  await Promise.all(others.map(name => rm(join(folder, name), { force: true })));
}

/**
 * Digest of everything that a table is made of, with the law of this version. Corrections depend on
 * the day, too.
 */
function inputsOf(plan: UpdatePlan, files: readonly (Source & Overlay)[], taken: readonly Taken[]) {
  const { standpoint, guards, overlays } = plan;
  const day = overlays.some(({ kind }) => kind === 'corrections') ? dayOf(systemClock()) : '';
  const digests = taken.map(({ known }) => known.sha256);
  const all = [libraryVersion(), standpoint, guards, day, files, digests];
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

/** Returns the last update as its state tells it, `undefined` if there was none. */
export function lastUpdate(
  { sources, overlays }: UpdatePlan,
  { ran, outcome = 'unchanged', files }: UpdateState,
  edition: Edition,
): LastUpdate | undefined {
  if (ran === undefined) return undefined;
  const known = [...sources, ...overlays].map(origin => {
    const { sha256, stated, failingSince, failure } =
      files.find(({ key }) => key === keyOf(origin)) ?? {};
    const built = builtOf(edition, sha256) ?? origin.built ?? stated;
    return { name: nameOf(origin), built, failingSince, code: failure };
  });
  return { outcome, at: ran, sources: known };
}

/** Loads a table that may be missing or damaged. */
const loadIfThere = async (path: string) =>
  readFile(path)
    .then(loadZoneTable)
    .catch(() => undefined);

/**
 * Returns the table to compare with if the one in place is gone: the last one that was in force.
 */
async function lastTable({ table, editions }: UpdatePlan): Promise<SharedTable | undefined> {
  const inForce = await loadIfThere(`${table}.in-force`);
  if (inForce !== undefined || editions === undefined) return inForce?.share();
  try {
    const archive = await openEditionArchive(editions);
    const newest = (await archive.list()).at(-1);
    return newest && (await archive.load(newest.id)).share();
  } catch {
    return undefined;
  }
}

/** The result of the second half of an update. */
interface Finished {
  readonly report: UpdateReport;
  /** What the table in place is made of, if that is known. */
  readonly table?: KnownTable;
}

/** Compiles the fetched files and puts the table in place, if there is something new. */
async function compileAndPlace(
  job: Job,
  wanted: readonly Wanted[],
  taken: readonly Taken[],
): Promise<Finished> {
  const { plan, run, signal, state } = job;
  const { isAccepted = false, isInBackground = false, onStep } = run;
  let isCompared = false;
  const finished = (
    outcome: UpdateOutcome,
    edition: Edition | undefined,
    more: Partial<UpdateReport> = {},
  ): Finished => {
    const sources = wanted.map((each, at) => reportOf(each, taken[at]!, edition));
    return { report: { outcome, edition, sources, violations: [], isCompared, ...more } };
  };
  const found = await outputAt(plan.table, isAccepted, 'table').catch(ours);
  if (found instanceof PortabilityError) return finished('failed', undefined, { error: found });
  const inPlace = found.table?.edition;
  const isThere = found.mode !== undefined;
  // A table without one of its sources would be another table.
  if (taken.some(({ known }) => known.sha256 === undefined)) return finished('failed', inPlace);
  const files = wanted.map((each, at) => sourceOf(each, each.path, taken[at]!.known));
  const inputs = inputsOf(plan, files, taken);
  const held = `${found.path}.held`;
  const removeHeld = (): Promise<void> => rm(held, { force: true }).catch(() => {});
  if (isThere && !isAccepted && state.table?.inputs === inputs) {
    const sha256 = await sha256Of(found.path).catch(() => undefined);
    if (state.table.sha256 === sha256 && inPlace !== undefined) {
      await removeHeld();
      const error = await keepEdition(plan, inPlace, found.path);
      return { ...finished('unchanged', inPlace, { error }), table: state.table };
    }
  }
  const compared = isThere ? found.table : await lastTable(plan);
  isCompared = compared !== undefined;
  const output: Output = { ...found, ...(compared && { table: compared }) };
  const isGone = !isThere && !isCompared && state.table !== undefined;
  const count = plan.sources.length;
  const config = {
    ...plan.standpoint,
    sources: files.slice(0, count).map(withoutKind),
    overlays: files.slice(count),
  };
  const seen = isAccepted ? (await loadIfThere(held))?.edition.id : undefined;
  const placing = {
    guards: plan.guards,
    isAccepted: false,
    option: 'table',
    isInBackground,
    keepsEqual: isThere,
    isHeld: isGone,
    signal,
    ...(seen !== undefined && { acceptedId: seen }),
    ...(onStep && { onStep }),
  };
  const placed = await placeTable(config, output, placing).catch(error =>
    signal.aborted ? abortedError(signal) : ours(error),
  );
  if (placed instanceof PortabilityError) return finished('failed', inPlace, { error: placed });
  const { edition, bundle, violations } = placed;
  if (placed.outcome === 'held') {
    const gone = portabilityError(UPDATE.updateTableGone, { option: 'table', path: plan.table });
    const error = isGone && violations.length === 0 ? gone : undefined;
    return finished('held', edition, { violations, error });
  }
  await removeHeld();
  const error = await keepEdition(plan, edition, output.path);
  const sha256 = await sha256Of(output.path);
  const outcome = placed.outcome === 'written' ? 'updated' : 'unchanged';
  const more = { bytes: bundle.length, violations, error };
  return { ...finished(outcome, edition, more), table: { inputs, sha256 } };
}

async function updateIn(job: Job): Promise<UpdateReport> {
  const { plan, state, damage, signal } = job;
  const { downloads } = plan;
  await removeTemporary(downloads);
  const wanted = await wantedOf(job);
  const taken = await takeAll(wanted, job);
  if (signal.aborted) throw abortedError(signal);
  const ran = new Date(wanted[0]!.now).toISOString();
  const files = taken.map(({ known }) => known);
  const others = state.files.filter(({ key }) => files.every(file => file.key !== key));
  const remember = (next: UpdateState): Promise<void> =>
    writeState(downloads, next).catch(error => {
      throw cannotWrite(undefined, downloads, error);
    });
  const fetched = { ...state, files: [...files, ...others], ran, outcome: 'failed' } as const;
  await remember(fetched);
  const { report, table = state.table } = await compileAndPlace(job, wanted, taken);
  const { outcome } = report;
  const isDone =
    (outcome === 'updated' || outcome === 'unchanged') &&
    taken.every(each => each.outcome !== 'failed');
  if (isDone) await removeOthers(downloads, wanted).catch(() => {});
  await remember({ ...fetched, ...(isDone && { files }), table, outcome });
  return { ...report, error: report.error ?? damage };
}

/**
 * Keeps the table in place as an edition, where the configuration names a folder for that, and
 * removes those whose time is over. Returns why that failed: the table is in place all the same.
 */
async function keepEdition(
  { editions, months }: UpdatePlan,
  edition: Edition,
  path: string,
): Promise<PortabilityError | undefined> {
  if (editions === undefined) return undefined;
  try {
    const archive = await openEditionArchive(editions, { months });
    await archive.keep(edition, await readFile(path));
    await archive.prune();
    return undefined;
  } catch (error) {
    return withDetails(ours(error), { option: 'editions' }) as PortabilityError;
  }
}

/**
 * Updates a table. If a file cannot be fetched, its last good one is used. If the table violates
 * its guards, it is written next to the one in place, which stays. An error that ends the update is
 * in the report.
 */
export async function updateTable(plan: UpdatePlan, run: UpdateRun = {}): Promise<UpdateReport> {
  const { downloads } = plan;
  const signal = run.signal ?? new AbortController().signal;
  try {
    await mkdir(downloads, { recursive: true, mode: 0o700 }).catch(error => {
      throw cannotWrite('downloads', downloads, error);
    });
    return await exclusively(downloads, async () => {
      const { state, damage } = await readStateForUpdate(downloads);
      return updateIn({ plan, run, state, damage, signal });
    });
  } catch (error) {
    return {
      outcome: 'failed',
      sources: [],
      violations: [],
      error: ours(error),
      isCompared: false,
    };
  }
}
