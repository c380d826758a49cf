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
import type { FileInput } from '../assets.ts';
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
import { DAY_MS, dayOf, HOUR_MS, MINUTE_MS, monthsBefore } from '../days.ts';
import { PortabilityError, portabilityError, systemCodeOf, withDetails } from '../errors.ts';
import { decodeBundle } from '../geo/bundle.ts';
import { readWhole } from '../geo/read-file.ts';
import { type Edition, openShared, type ZoneTable } from '../geo/zone-table.ts';
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
  /**
   * Number of the newest editions that are kept, however old they are: from 1 to 1,000. Default: 3.
   */
  readonly least?: number | undefined;
  /** As in `compileZoneTable`. */
  readonly compileWorker?: FileInput | undefined;
  /** Milliseconds since 1970; default: the system clock. */
  readonly clock?: Clock | undefined;
}

/** What a gate decided with at a moment. */
export interface InForce {
  /** Id of the edition. */
  readonly edition: string;
  /** The moment from which a gateway had it without a break, ISO 8601 in UTC. */
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
  /**
   * Returns the editions that the notes name for a period, in milliseconds since 1970: those in
   * force at its start, and those noted within it.
   */
  editionsBetween(from: number, to: number): ReadonlySet<string>;
  /**
   * Number of notes in the folder that cannot be read, or are before the one that the same gateway
   * wrote before them, because its clock was set back. They may concern any moment.
   */
  readonly damaged: number;
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
   * Notes that a table is in force from the moment of the call on, keeps it, and prunes. A note
   * that cannot be written is tried again with its moment, at the next call and every ten minutes;
   * the same timer repeats the note every twelve hours, so that a process that was killed is told
   * from one that runs. It does not keep the process alive.
   */
  note(table: ZoneTable): Promise<void>;
  /** Notes that the gate stopped: no table of it is in force any more. Ends the timer. */
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

/** A note, with the moment since which its gateway had the same without a break. */
interface Note extends NoteLine {
  readonly since: string;
}

/** A line of the notes. */
interface NoteLine {
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
    compileWorker: checkedElsewhere(),
    clock: checkedElsewhere(),
  }))();

const EDITION_ID = /^\d{4}-\d{2}-\d{2}-[0-9a-f]{12}$/;
const BUNDLE = '.zones';
const OFFERS = /^offers-[0-9a-f]{12}\.json$/;
const NOTES = /^in-force-(\d{4}-\d{2})\.jsonl$/;

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
    const { at, gateway, edition, offers, library } = JSON.parse(line) as NoteLine;
    const isSound =
      new Date(at).toISOString() === at &&
      (edition === '' || EDITION_ID.test(edition)) &&
      [gateway, offers, library].every(each => typeof each === 'string');
    return isSound ? { at, gateway, edition, offers, library, since: at } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Parses the lines of notes. A line that a full disk or a power cut left in part is counted, and so
 * is one that is before the line that its gateway wrote before.
 */
function parseNotes(content: string): { notes: Note[]; damaged: number } {
  const lines = content.split('\n').filter(line => line.trim() !== '');
  const notes = lines.map(parseNote).filter(note => note !== undefined);
  let damaged = lines.length - notes.length;
  const lastOf = new Map<string, string>();
  for (const { gateway, at } of notes) {
    if (at < (lastOf.get(gateway) ?? '')) damaged++;
    lastOf.set(gateway, at);
  }
  return { notes, damaged };
}

/** Returns how many of the times, in order, are not after a time. */
function countUpTo(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A gateway repeats its note. One that is silent for longer is not known to run. */
const REPEAT_MS = 12 * HOUR_MS;
const LONGEST_SILENCE_MS = REPEAT_MS + HOUR_MS;

/**
 * Returns the notes that were in force at a moment. A gateway has what it noted last, if a later
 * note shows that it still ran, or if the last note is recent: a process that was killed leaves no
 * note of its end.
 */
function notesInForce(notes: readonly Note[], time: number): Note[] {
  const moment = new Date(time).toISOString();
  const isLater = ({ at }: Note): boolean => at > moment;
  const noteLater = new Set(notes.filter(isLater).map(({ gateway }) => gateway));
  const lastOf = new Map<string, Note>();
  for (const note of notes) {
    if (isLater(note)) break;
    const before = lastOf.get(note.gateway);
    // A note that is repeated leaves the beginning as it was.
    const isSame = before?.edition === note.edition && before.offers === note.offers;
    lastOf.set(note.gateway, { ...note, since: isSame ? before.since : note.at });
  }
  const unique = new Map<string, Note>();
  for (const note of lastOf.values()) {
    const isRecent = time - Date.parse(note.at) <= LONGEST_SILENCE_MS;
    if (note.edition === '' || !(isRecent || noteLater.has(note.gateway))) continue;
    const key = `${note.edition} ${note.offers} ${note.library}`;
    const known = unique.get(key);
    if (known === undefined || note.since < known.since) unique.set(key, note);
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
async function bundleOf(
  table: ZoneTable,
  time: number,
  compileWorker: FileInput | undefined,
): Promise<Uint8Array> {
  const job = { from: table.share(), time, wants: 'bundle', isInBackground: true } as const;
  // A job in the background does not keep the process alive; the timer does, until it is written.
  const hold = setInterval(() => {}, 2 ** 30);
  try {
    return (await runCompileJob(job, {}, { compileWorker })).bundle!;
  } finally {
    clearInterval(hold);
  }
}

/** Reads a file of the folder; an empty text if another process removed it meanwhile. */
const readIfThere = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch(error =>
    systemCodeOf(error) === 'ENOENT' ? '' : Promise.reject(error),
  );

async function readNotes(folder: string): Promise<{ notes: Note[]; damaged: number }> {
  const notes: Note[] = [];
  let damaged = 0;
  for (const name of (await readdir(folder)).filter(each => NOTES.test(each)).sort()) {
    const parsed = parseNotes(await readIfThere(join(folder, name)));
    notes.push(...parsed.notes);
    damaged += parsed.damaged;
  }
  // Gateways that share a folder append in the order in which they reach it, not of their clocks.
  notes.sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0));
  return { notes, damaged };
}

async function readOffers(folder: string, digest: string): Promise<Offers | undefined> {
  if (digest === '') return undefined;
  const content = await readFile(join(folder, `offers-${digest}.json`), 'utf8').catch(() => '');
  return digestOf(content) === digest ? (JSON.parse(content) as Offers) : undefined;
}

async function readHistory(folder: string): Promise<EditionHistory> {
  const { notes, damaged } = await readNotes(folder);
  const offersOf = new Map<string, Offers | undefined>();
  for (const digest of new Set(notes.map(note => note.offers)))
    offersOf.set(digest, await readOffers(folder, digest));
  // The answer changes at a note, and when a gateway has been silent for too long.
  const times = notes.map(({ at }) => Date.parse(at));
  const changes = [...times, ...times.map(time => time + LONGEST_SILENCE_MS + 1)].sort(
    (one, other) => one - other,
  );
  const known = new Map<number, readonly InForce[]>();
  const inForceAt = (time: number): readonly InForce[] => {
    const period = countUpTo(changes, time);
    const found =
      known.get(period) ??
      notesInForce(notes, time).map(({ edition, since, offers, library }) => ({
        edition,
        since,
        offers: offersOf.get(offers),
        library,
      }));
    known.set(period, found);
    return found;
  };
  return {
    damaged,
    inForceAt,
    editionsBetween: (from, to) =>
      new Set([
        ...inForceAt(from).map(({ edition }) => edition),
        ...notes.slice(countUpTo(times, from), countUpTo(times, to)).map(({ edition }) => edition),
      ]),
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

/** A clock that is so far after the last note may be wrong: then nothing is removed. */
const LONGEST_GAP_MS = 45 * DAY_MS;

async function prune(folder: string, now: number, months: number, least: number): Promise<number> {
  const from = `${monthsBefore(dayOf(now).slice(0, 7), months)}-01`;
  const { notes } = await readNotes(folder);
  const earlier = notes.findLast(({ at }) => Date.parse(at) < now - MINUTE_MS);
  if (earlier !== undefined && now - Date.parse(earlier.at) > LONGEST_GAP_MS) return 0;
  const needed = new Set([
    ...notes.filter(({ at }) => at >= from).map(({ edition }) => edition),
    ...notesInForce(notes, Date.parse(from)).map(({ edition }) => edition),
  ]);
  const kept = await listEditions(folder);
  const newest = new Set(kept.slice(-least).map(({ id }) => id));
  const ended = kept.filter(
    ({ id, keptAt }) => !needed.has(id) && !newest.has(id) && keptAt < Date.parse(from),
  );
  for (const { id } of ended) await rm(pathOfBundle(folder, id), { force: true });
  const removed = new Set(ended.map(({ id }) => id));
  await pruneNotes(folder, from, new Set(kept.map(({ id }) => id).filter(id => !removed.has(id))));
  return ended.length;
}

/**
 * Removes the notes of ended months that name no edition in the folder, the oldest first, and only
 * while nothing older is left: what is removed would otherwise look as if the note before it had
 * stayed in force. Removes offers that no note names; those of the last day may not have one yet.
 */
async function pruneNotes(folder: string, from: string, left: ReadonlySet<string>): Promise<void> {
  const names = (await readdir(folder)).sort();
  const used = new Set<string>();
  let isOldest = true;
  for (const name of names) {
    const month = NOTES.exec(name)?.[1];
    if (month === undefined) continue;
    const { notes } = parseNotes(await readIfThere(join(folder, name)));
    isOldest &&= month < from.slice(0, 7) && !notes.some(({ edition }) => left.has(edition));
    if (isOldest) await rm(join(folder, name), { force: true });
    else for (const { offers } of notes) used.add(`offers-${offers}.json`);
  }
  for (const name of names.filter(each => OFFERS.test(each) && !used.has(each))) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found !== undefined && found.mtimeMs < Date.parse(from))
      await rm(join(folder, name), { force: true });
  }
}

async function loadEdition(folder: string, id: string): Promise<ZoneTable> {
  const path = pathOfBundle(folder, id);
  if (!EDITION_ID.test(id) || (await stat(path).catch(() => undefined)) === undefined)
    throw portabilityError(TABLES.editionMissing, { path: folder }, { edition: id });
  const file = await readWhole(path, 'ERR_TABLE_OPEN');
  try {
    const table = decodeBundle(file);
    // The id is computed from the content: a file that was renamed or changed has another one.
    if (table.edition.id !== id || editionOf(table, table.edition).id !== id)
      throw portabilityError(TABLES.editionOther, {}, { edition: id });
    return openShared(table);
  } catch (error) {
    throw withDetails(error, { path });
  }
}

/** How often notes that could not be written are tried again. */
const RETRY_MS = 10 * MINUTE_MS;

/** Writes the notes of one gateway, and repeats them. */
class NoteWriter {
  readonly #folder: string;
  readonly #offers: string;
  readonly #library: string;
  readonly #clock: Clock;
  readonly #compileWorker: FileInput | undefined;
  readonly #gateway = randomBytes(4).toString('hex');
  /** Notes that are not written yet, with the tables that are to be kept. */
  #pending: { readonly at: string; readonly table: ZoneTable | undefined }[] = [];
  #table: ZoneTable | undefined;
  #notedAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    folder: string,
    offers: string,
    { library = '', clock = systemClock, compileWorker }: EditionArchiveOptions,
  ) {
    this.#folder = folder;
    this.#offers = offers;
    this.#library = library;
    this.#clock = clock;
    this.#compileWorker = compileWorker;
  }

  /** Adds a note to those that are to be written. @param table `undefined` for the end */
  add(table: ZoneTable | undefined): void {
    this.#table = table;
    this.#notedAt = this.#clock();
    this.#pending.push({ at: new Date(this.#notedAt).toISOString(), table });
  }

  /** Writes what is pending, each note before the bundle of its table. */
  async write(): Promise<void> {
    for (let next = this.#pending[0]; next !== undefined; next = this.#pending[0]) {
      await this.#append(next.table?.edition.id ?? '', next.at);
      this.#pending.shift();
      if (next.table !== undefined) await this.keep(next.table);
    }
  }

  async keep(table: ZoneTable): Promise<void> {
    await keepBundle(this.#folder, table.edition.id, this.#clock(), () =>
      bundleOf(table, this.#clock(), this.#compileWorker),
    );
  }

  async #append(edition: string, at: string): Promise<void> {
    const offers = this.#offers === '' ? '' : digestOf(this.#offers);
    if (offers !== '')
      await writeWhole(join(this.#folder, `offers-${offers}.json`), Buffer.from(this.#offers));
    const note: NoteLine = { at, gateway: this.#gateway, edition, offers, library: this.#library };
    await appendLine(join(this.#folder, `in-force-${at.slice(0, 7)}.jsonl`), JSON.stringify(note));
  }

  /** Starts the timer that repeats the note, and tries again what could not be written. */
  start(again: () => void): void {
    this.#timer ??= setInterval(() => {
      if (this.#table !== undefined && this.#clock() - this.#notedAt >= REPEAT_MS)
        this.add(this.#table);
      if (this.#pending.length > 0) again();
    }, RETRY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** Keeps a bundle, or renews the age of the one that is there. */
async function keepBundle(
  folder: string,
  id: string,
  time: number,
  bytes: () => Promise<Uint8Array>,
): Promise<void> {
  const path = pathOfBundle(folder, id);
  const now = new Date(time);
  const isThere = await utimes(path, now, now).then(
    () => true,
    () => false,
  );
  if (!isThere) await writeWhole(path, await bytes());
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
  const { months = 12, least = 3, clock = systemClock } = options;
  const offers = options.offers === undefined ? '' : offersText(options.offers);
  await inFolder(folder, () => mkdir(folder, { recursive: true }));
  const writer = new NoteWriter(folder, offers, options);
  let running: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const next = running.then(() => inFolder(folder, work));
    running = next.catch(() => undefined);
    return next;
  };
  const pruneNow = (): Promise<number> => prune(folder, clock(), months, least);
  const write = (): Promise<void> =>
    inTurn(async () => {
      await writer.write();
      // What could not be removed is removed later; the note is written.
      await pruneNow().catch(() => 0);
    });
  return {
    keep: ({ id }, bundle) => inTurn(() => keepBundle(folder, id, clock(), async () => bundle)),
    note: table => {
      writer.add(table);
      writer.start(() => void write().catch(() => undefined));
      return write();
    },
    noteStop: () => {
      writer.stop();
      writer.add(undefined);
      return inTurn(() => writer.write());
    },
    history: () => inFolder(folder, () => readHistory(folder)),
    list: () => inFolder(folder, () => listEditions(folder)),
    load: id => inFolder(folder, () => loadEdition(folder, id)),
    prune: () => inTurn(pruneNow),
  };
}
