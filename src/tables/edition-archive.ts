/**
 * Keeps past editions of a table in a folder, with notes of when each one was in force, so that a
 * request of an earlier moment can be decided again as it was.
 *
 * The folder holds `EDITION.zones`, the bundle of an edition; `offers-DIGEST.json`, the offers of a
 * gate; and `in-force-MONTH.jsonl`, the notes. It holds no data of a person.
 */

import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../atomic-write.ts';
import { type Clock, systemClock } from '../clock.ts';
import {
  checkedElsewhere,
  checkSchema,
  fields,
  optional,
  text,
  wholeNumber,
} from '../config-schema.ts';
import { monthsBefore } from '../days.ts';
import { PortabilityError, portabilityError, systemCodeOf, withDetails } from '../errors.ts';
import { decodeBundle } from '../geo/bundle.ts';
import { readWhole } from '../geo/source.ts';
import { createZoneTable, type Edition, type ZoneTable } from '../geo/zone-table.ts';
import { completeOffer, type OfferChoices } from '../law/offer.ts';
import * as TABLES from '../messages/tables.ts';
import { syncToDisk } from '../sync-to-disk.ts';
import { editionOf } from './compile-sources.ts';
import { runCompileJob } from './compile-worker-host.ts';

/** Offers by name, as a gate takes them. */
export type Offers = Readonly<Record<string, OfferChoices>>;

/** What an archive writes with its notes, and how long it keeps editions. */
export interface EditionArchiveOptions {
  /** The offers of the gate whose table is noted. Default: not noted. */
  readonly offers?: Offers | undefined;
  /** Version of the library that decides. Default: not noted. */
  readonly library?: string | undefined;
  /**
   * Number of complete months, besides the current one, for which an edition is kept after it was
   * last in force: from 0 to 120. Default: 12, as for cards.
   */
  readonly months?: number | undefined;
  /** Number of the newest editions that are kept, however old they are: from 1 to 1,000. Default: 3. */
  readonly least?: number | undefined;
  /** Milliseconds since 1970; default: the system clock. */
  readonly clock?: Clock | undefined;
}

/** What a gate decided with at a moment. */
export interface InForce {
  /** Id of the edition. */
  readonly edition: string;
  /** The moment from which it was in force, ISO 8601 in UTC. */
  readonly since: string;
  /** The offers of the gate; `undefined` if they were not noted, or are not in the folder. */
  readonly offers: Offers | undefined;
  /** Version of the library, or empty if it was not noted. */
  readonly library: string;
}

/** What the notes in a folder say, read once. */
export interface EditionHistory {
  /**
   * Returns what was in force at a moment, in milliseconds since 1970: usually one. Several if
   * gateways that share the folder had different editions or offers. None if the notes begin later,
   * or if every gateway was stopped. The same list is returned for all moments between two notes.
   */
  inForceAt(time: number): readonly InForce[];
  /** Number of notes in the folder that cannot be read. One of them may concern any moment. */
  readonly unreadable: number;
}

/** An edition in the folder. */
export interface KeptEdition {
  readonly id: string;
  /** Size of the bundle in bytes. */
  readonly bytes: number;
  /** The moment at which it was last kept, in milliseconds since 1970. */
  readonly keptAt: number;
}

/** A folder of past editions. All operations reject with `ERR_EDITION` if the folder fails. */
export interface EditionArchive {
  /** Keeps the bundle of an edition. Does nothing but renew its age if the edition is there. */
  keep(edition: Pick<Edition, 'id'>, bundle: Uint8Array): Promise<void>;
  /**
   * Keeps a table and notes that it is in force from now on; then prunes. Calls run one after the
   * other, and the moment is that of the call.
   */
  note(table: ZoneTable): Promise<void>;
  /** Notes that the gate stopped: no table of it is in force any more. */
  noteStop(): Promise<void>;
  /** Reads the notes of all gateways. */
  history(): Promise<EditionHistory>;
  /** Returns the editions in the folder, the oldest first. */
  list(): Promise<KeptEdition[]>;
  /**
   * Loads an edition, in this thread, and checks that its content is the one that its id names.
   * @throws PortabilityError `ERR_EDITION` if it is not in the folder or is not that edition;
   * `ERR_TABLE_...` if the bundle is damaged
   */
  load(id: string): Promise<ZoneTable>;
  /**
   * Removes the editions whose retention has ended, and the notes that name none of those left.
   * Returns the number of editions removed.
   */
  prune(): Promise<number>;
}

/** A line of the notes. */
interface Note {
  /** ISO 8601 in UTC, to the millisecond. */
  readonly at: string;
  /** A random name of the process: notes of gateways that share the folder are told apart by it. */
  readonly gateway: string;
  /** Id of the edition; empty once the gate has stopped. */
  readonly edition: string;
  /** Digest of the offers, or empty. */
  readonly offers: string;
  readonly library: string;
}

const OPTIONS = /* @__PURE__ */ (() =>
  fields({
    offers: checkedElsewhere(),
    library: optional(text),
    months: optional(wholeNumber(0, 120)),
    least: optional(wholeNumber(1, 1000)),
    clock: checkedElsewhere(),
  }))();

const EDITION_ID = /^\d{4}-\d{2}-\d{2}-[0-9a-f]{12}$/;
const BUNDLE = '.zones';
const NOTES = /^in-force-(\d{4}-\d{2})\.jsonl$/;
const LARGEST_NOTES = 64 * 2 ** 20;

/** Runs an operation of the folder. Errors of the system become one clear line. */
async function inFolder<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PortabilityError) throw error;
    throw portabilityError(TABLES.archiveFolder, { path: folder, system: systemCodeOf(error) });
  }
}

function parseNote(line: string): Note | undefined {
  try {
    const { at, gateway, edition, offers, library } = JSON.parse(line) as Note;
    const isSound =
      new Date(at).toISOString() === at &&
      (edition === '' || EDITION_ID.test(edition)) &&
      [gateway, offers, library].every(each => typeof each === 'string');
    return isSound ? { at, gateway, edition, offers, library } : undefined;
  } catch {
    return undefined;
  }
}

/** Parses the lines of notes. A line that a full disk or a power cut left in part is counted. */
function parseNotes(content: string): { notes: Note[]; unreadable: number } {
  const lines = content.split('\n').filter(line => line.trim() !== '');
  const notes = lines.map(parseNote).filter(note => note !== undefined);
  return { notes, unreadable: lines.length - notes.length };
}

/** Returns how many notes, in order, are not after a moment. */
function countBy(notes: readonly Note[], at: string): number {
  let low = 0;
  let high = notes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (notes[middle]!.at <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Returns the notes that were in force after the first `count` notes and before the next. A gateway has what it noted last, if a later
 * note shows that it still ran, or if no gateway noted anything after it by that moment: a process
 * that was killed leaves no note of its end.
 */
function notesInForce(notes: readonly Note[], count: number): Note[] {
  const newest = notes[count - 1];
  const lastOf = new Map(notes.slice(0, count).map(note => [note.gateway, note]));
  const noteLater = new Set(notes.slice(count).map(({ gateway }) => gateway));
  const unique = new Map<string, Note>();
  for (const note of lastOf.values()) {
    const isAlive = note === newest || noteLater.has(note.gateway);
    if (!isAlive || note.edition === '') continue;
    const key = `${note.edition} ${note.offers} ${note.library}`;
    if (!unique.has(key)) unique.set(key, note);
  }
  return [...unique.values()];
}

const digestOf = (content: string): string =>
  createHash('sha256').update(content).digest('hex').slice(0, 12);

/** Returns offers as a text that is equal for equal offers: complete, and ordered by name. */
const offersText = (offers: Offers): string =>
  JSON.stringify(
    Object.fromEntries(
      Object.keys(offers)
        .sort()
        .map(name => [name, completeOffer(offers[name]!)]),
    ),
  );

const pathOfBundle = (folder: string, id: string): string => join(folder, `${id}${BUNDLE}`);

/** Returns the bytes of a table's bundle, made in a worker thread. */
async function bundleOf(table: ZoneTable, time: number): Promise<Uint8Array> {
  const job = { from: table.share(), time, wants: 'bundle', isInBackground: true } as const;
  // A job in the background does not keep the process alive; the timer does, until it is written.
  const hold = setInterval(() => {}, 2 ** 30);
  try {
    return (await runCompileJob(job)).bundle!;
  } finally {
    clearInterval(hold);
  }
}

async function readNotes(folder: string): Promise<{ notes: Note[]; unreadable: number }> {
  const notes: Note[] = [];
  let unreadable = 0;
  for (const name of (await readdir(folder)).filter(each => NOTES.test(each)).sort()) {
    const path = join(folder, name);
    if ((await stat(path)).size > LARGEST_NOTES) {
      unreadable++;
      continue;
    }
    const parsed = parseNotes(await readFile(path, 'utf8'));
    notes.push(...parsed.notes);
    unreadable += parsed.unreadable;
  }
  // Gateways that share a folder append in the order in which they reach it, not of their clocks.
  notes.sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0));
  return { notes, unreadable };
}

async function readOffers(folder: string, digest: string): Promise<Offers | undefined> {
  if (digest === '') return undefined;
  const content = await readFile(join(folder, `offers-${digest}.json`), 'utf8').catch(() => '');
  return digestOf(content) === digest ? (JSON.parse(content) as Offers) : undefined;
}

async function readHistory(folder: string): Promise<EditionHistory> {
  const { notes, unreadable } = await readNotes(folder);
  const digests = new Set(notes.map(note => note.offers));
  const offersOf = new Map<string, Offers | undefined>();
  for (const digest of digests) offersOf.set(digest, await readOffers(folder, digest));
  const known = new Map<number, readonly InForce[]>();
  return {
    unreadable,
    inForceAt: time => {
      const count = countBy(notes, new Date(time).toISOString());
      const found =
        known.get(count) ??
        notesInForce(notes, count).map(({ edition, at: since, offers, library }) => ({
          edition,
          since,
          offers: offersOf.get(offers),
          library,
        }));
      known.set(count, found);
      return found;
    },
  };
}

async function listEditions(folder: string): Promise<KeptEdition[]> {
  const kept: KeptEdition[] = [];
  for (const name of await readdir(folder)) {
    const id = name.slice(0, -BUNDLE.length);
    if (!name.endsWith(BUNDLE) || !EDITION_ID.test(id)) continue;
    // Another process may have removed it meanwhile.
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found !== undefined) kept.push({ id, bytes: found.size, keptAt: found.mtimeMs });
  }
  return kept.sort((one, other) => one.keptAt - other.keptAt);
}

/** Appends a line. A line that was cut off before it is ended first. */
async function appendLine(path: string, line: string): Promise<void> {
  const file = await open(path, 'a', 0o644);
  try {
    await file.writeFile(`\n${line}\n`);
    await syncToDisk(file);
  } finally {
    await file.close();
  }
}

async function prune(folder: string, from: string, least: number): Promise<number> {
  const { notes } = await readNotes(folder);
  const needed = new Set([
    ...notes.filter(({ at }) => at >= from).map(({ edition }) => edition),
    ...notesInForce(notes, countBy(notes, from)).map(({ edition }) => edition),
  ]);
  const kept = await listEditions(folder);
  const newest = new Set(kept.slice(-least).map(({ id }) => id));
  const ended = kept.filter(
    ({ id, keptAt }) => !needed.has(id) && !newest.has(id) && keptAt < Date.parse(from),
  );
  for (const { id } of ended) await rm(pathOfBundle(folder, id), { force: true });
  await pruneNotes(folder, from, new Set(kept.map(({ id }) => id).filter(id => !isIn(ended, id))));
  return ended.length;
}

const isIn = (editions: readonly KeptEdition[], id: string): boolean =>
  editions.some(edition => edition.id === id);

/** Removes the notes of ended months that name no edition in the folder, and unused offers. */
async function pruneNotes(folder: string, from: string, left: ReadonlySet<string>): Promise<void> {
  const names = await readdir(folder);
  const used = new Set<string>();
  for (const name of names) {
    const month = NOTES.exec(name)?.[1];
    if (month === undefined) continue;
    const { notes } = parseNotes(await readFile(join(folder, name), 'utf8'));
    if (month < from.slice(0, 7) && !notes.some(({ edition }) => left.has(edition)))
      await rm(join(folder, name), { force: true });
    else for (const { offers } of notes) used.add(`offers-${offers}.json`);
  }
  for (const name of names)
    if (/^offers-[0-9a-f]{12}\.json$/.test(name) && !used.has(name))
      await rm(join(folder, name), { force: true });
}

async function loadEdition(folder: string, id: string): Promise<ZoneTable> {
  const path = pathOfBundle(folder, id);
  if (!EDITION_ID.test(id) || (await stat(path).catch(() => undefined)) === undefined)
    throw portabilityError(TABLES.editionMissing, { path: folder }, { edition: id });
  const file = await readWhole(path, 'ERR_TABLE_OPEN');
  try {
    const { edition, intervals } = decodeBundle(file);
    // The id is computed from the content: a file that was renamed or changed has another one.
    if (edition.id !== id || editionOf(intervals, edition).id !== id)
      throw portabilityError(TABLES.editionOther, {}, { edition: id });
    return createZoneTable(edition, intervals);
  } catch (error) {
    throw withDetails(error, { path });
  }
}

/**
 * Opens a folder of past editions, which is created if it does not exist. Gateways may share one.
 * Nothing in it is secret, and nothing in it concerns a person.
 * @throws PortabilityError `ERR_ARGUMENT` for invalid options, `ERR_OFFER` for invalid offers,
 * `ERR_EDITION` if the folder cannot be created
 */
export async function openEditionArchive(
  folder: string,
  options: EditionArchiveOptions = {},
): Promise<EditionArchive> {
  checkSchema(OPTIONS, options, 'ERR_ARGUMENT', {
    en: 'the archive of editions',
    fr: 'l’archive des éditions',
  });
  const { library = '', months = 12, least = 3, clock = systemClock } = options;
  const offers = options.offers === undefined ? '' : offersText(options.offers);
  const gateway = randomBytes(4).toString('hex');
  await inFolder(folder, () => mkdir(folder, { recursive: true }));

  const keep = async (id: string, bytes: () => Promise<Uint8Array>): Promise<void> => {
    const path = pathOfBundle(folder, id);
    const now = new Date(clock());
    const isThere = await utimes(path, now, now).then(
      () => true,
      () => false,
    );
    if (!isThere) await writeWhole(path, await bytes());
  };
  const append = async (edition: string, at: string): Promise<void> => {
    const digest = offers === '' ? '' : digestOf(offers);
    if (digest !== '') await writeWhole(join(folder, `offers-${digest}.json`), Buffer.from(offers));
    const note: Note = { at, gateway, edition, offers: digest, library };
    await appendLine(join(folder, `in-force-${at.slice(0, 7)}.jsonl`), JSON.stringify(note));
  };
  const pruneNow = (): Promise<number> =>
    prune(folder, `${monthsBefore(new Date(clock()).toISOString().slice(0, 7), months)}-01`, least);
  let running: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const next = running.then(() => inFolder(folder, work));
    running = next.catch(() => undefined);
    return next;
  };
  return {
    keep: (edition, bundle) => inTurn(() => keep(edition.id, async () => bundle)),
    note: table => {
      const at = new Date(clock()).toISOString();
      return inTurn(async () => {
        await keep(table.edition.id, () => bundleOf(table, clock()));
        await append(table.edition.id, at);
        await pruneNow();
      });
    },
    noteStop: () => {
      const at = new Date(clock()).toISOString();
      return inTurn(() => append('', at));
    },
    history: () => inFolder(folder, () => readHistory(folder)),
    list: () => inFolder(folder, () => listEditions(folder)),
    load: id => inFolder(folder, () => loadEdition(folder, id)),
    prune: () => inTurn(pruneNow),
  };
}
