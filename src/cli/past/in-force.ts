/**
 * Finds what a gateway decided with at an earlier moment: the table and the offers in force, from
 * the folder of past editions or, to the day, from the ledger.
 */

import { stat } from 'node:fs/promises';
import { LRUCache } from 'lru-cache';
import type { LedgerLocation } from '../../config/locations.ts';
import { readOffers } from '../../config/operator-files.ts';
import { DAY_MS, dayOf } from '../../days.ts';
import { portabilityError, withDetails } from '../../errors.ts';
import type { ZoneTable } from '../../geo/zone-table.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import * as CLI from '../../messages/cli.ts';
import {
  type EditionArchive,
  type EditionHistory,
  type InForce,
  type Offers,
  openEditionArchive,
} from '../../tables/edition-archive.ts';
import { loadZoneTable } from '../../tables.ts';
import { readingWith, withLedger } from '../evidence/open-stores.ts';
import type { Terminal } from '../terminal.ts';
import { libraryVersion } from '../version.ts';

/** The options of a command that can answer for an earlier moment. */
export interface PastOptions extends Partial<LedgerLocation> {
  /** Milliseconds since 1970. */
  readonly at?: number;
  /** Folder of past editions. */
  readonly editions?: string;
}

/**
 * What the records do not say about a moment:
 * - `notes-damaged`: some notes in the folder cannot be read, or go back in time;
 * - `moment-by-day`: the edition is known from the ledger, which knows days and not times;
 * - `several-editions`: gateways had different ones;
 * - `several-offers`: gateways had different offers;
 * - `ledger-differs`: the ledger names an edition of that day that the notes do not;
 * - `offers-unknown`: the offers were not noted; those of the configuration file are used;
 * - `library-differs`: another version of the library decided then, or one that was not noted.
 */
export type PastGap =
  | 'notes-damaged'
  | 'moment-by-day'
  | 'several-editions'
  | 'several-offers'
  | 'ledger-differs'
  | 'offers-unknown'
  | 'library-differs';

/** A table and the offers that a gateway decided with. */
export interface PastState {
  readonly table: ZoneTable;
  readonly offers: Offers;
  /** From when it was in force, ISO 8601 in UTC; `undefined` if only the day is known. */
  readonly since: string | undefined;
}

/** Reads the editions of a day from the ledger of the options, if they name one. */
export const ledgerOf = (
  { ledger, ...rest }: PastOptions,
  terminal: Terminal,
): EditionsOfDay | undefined =>
  ledger === undefined ? undefined : editionsAt({ ...rest, ledger }, terminal);

/** Everything that may have been in force at a moment, and what is not known of it. */
export interface Past {
  readonly states: readonly PastState[];
  readonly gaps: readonly PastGap[];
}

/** Opens the folder of `--editions`. A command that only reads does not create it. */
async function openEditions(folder: string | undefined): Promise<EditionArchive> {
  if (folder === undefined) throw portabilityError(CLI.pastNeedsEditions, { option: '--editions' });
  const details = { option: '--editions', path: folder };
  const isFolder = await stat(folder).then(
    found => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw portabilityError(CLI.editionsFolderMissing, details);
  return openEditionArchive(folder).catch(error => {
    throw withDetails(error, details);
  });
}

/** Reads the editions of a UTC day from the ledger. */
export type EditionsOfDay = (day: string) => Promise<readonly string[]>;

export const editionsIn =
  (ledger: Ledger): EditionsOfDay =>
  async day =>
    (await ledger.editions(day, day)).map(({ edition }) => edition);

/** Opens the ledger of a command for each question. */
export const editionsAt =
  (place: LedgerLocation, terminal: Terminal): EditionsOfDay =>
  day =>
    withLedger(place, ledger => editionsIn(ledger)(day), readingWith(terminal));

/** Returns an edition that is known to the day only, in the form of the notes. */
const knownByDay = (edition: string): InForce => ({
  edition,
  since: '',
  offers: undefined,
  library: '',
});

/** Tables in memory at a time: each takes a few megabytes. */
const MOST_TABLES = 8;

/** Reads what was in force at moments of the past. The notes are read once, tables are cached. */
export class PastReader {
  readonly #terminal: Terminal;
  readonly #archive: EditionArchive;
  readonly #history: EditionHistory;
  readonly #ofLedger: EditionsOfDay | undefined;
  readonly #ofDay = new Map<string, Promise<readonly string[]>>();
  readonly #tables = new LRUCache<string, Promise<ZoneTable>>({ max: MOST_TABLES });
  #configured: Promise<Offers> | undefined;
  /** The answer to the last question: the next one is often about the same time. */
  #last:
    | { readonly day: string; readonly noted: readonly InForce[]; readonly past: Promise<Past> }
    | undefined;

  private constructor(
    terminal: Terminal,
    archive: EditionArchive,
    history: EditionHistory,
    ofLedger: EditionsOfDay | undefined,
  ) {
    this.#terminal = terminal;
    this.#archive = archive;
    this.#history = history;
    this.#ofLedger = ofLedger;
  }

  /** @param ofLedger reads the editions of a day from the ledger; default: none are known */
  static async open(
    terminal: Terminal,
    folder: string | undefined,
    ofLedger?: EditionsOfDay,
  ): Promise<PastReader> {
    const archive = await openEditions(folder);
    return new PastReader(terminal, archive, await archive.history(), ofLedger);
  }

  /**
   * Returns what was in force at a moment, in milliseconds since 1970. Where only the day is known,
   * everything of that day may have been.
   * @throws PortabilityError `ERR_EDITION` if nothing is known, or if an edition is not in the
   * folder
   */
  async at(time: number): Promise<Past> {
    const day = dayOf(time);
    const noted = this.#history.inForceAt(time);
    if (this.#last?.day === day && this.#last.noted === noted) return this.#last.past;
    const ofDay = await this.#editionsOn(day);
    const found = noted.length > 0 ? noted : ofDay.map(knownByDay);
    if (found.length === 0) throw portabilityError(CLI.pastUnknown, { option: '--at' });
    this.#last = { day, noted, past: this.#pastOf(found, day, ofDay) };
    return this.#last.past;
  }

  #editionsOn(day: string): Promise<readonly string[]> {
    const known = this.#ofDay.get(day) ?? this.#ofLedger?.(day) ?? Promise.resolve([]);
    this.#ofDay.set(day, known);
    return known;
  }

  async #pastOf(found: readonly InForce[], day: string, ofDay: readonly string[]): Promise<Past> {
    const gaps = new Set<PastGap>();
    const isNoted = found[0]!.since !== '';
    const start = Date.parse(day);
    const noted = this.#history.editionsBetween(start, start + DAY_MS);
    if (this.#history.damaged > 0) gaps.add('notes-damaged');
    if (!isNoted) gaps.add('moment-by-day');
    if (isNoted && ofDay.some(edition => !noted.has(edition))) gaps.add('ledger-differs');
    const editions = new Set(found.map(({ edition }) => edition));
    if (isNoted && editions.size > 1) gaps.add('several-editions');
    if (isNoted && editions.size < found.length) gaps.add('several-offers');
    const states: PastState[] = [];
    for (const { edition, since, offers, library } of found) {
      if (offers === undefined) gaps.add('offers-unknown');
      if (library !== libraryVersion()) gaps.add('library-differs');
      this.#configured ??= readOffers(this.#terminal.configuration?.offers);
      states.push({
        table: await this.#tableOf(edition),
        offers: offers ?? (await this.#configured),
        since: since === '' ? undefined : since,
      });
    }
    return { states, gaps: [...gaps] };
  }

  /**
   * Loads an edition of the folder, or takes the table of the command if it is that one. A failure
   * is remembered too: a file of requests asks for the same edition again and again.
   */
  #tableOf(edition: string): Promise<ZoneTable> {
    const known = this.#tables.get(edition);
    if (known !== undefined) return known;
    const table = this.#load(edition);
    this.#tables.set(edition, table);
    return table;
  }

  async #load(edition: string): Promise<ZoneTable> {
    try {
      return await this.#archive.load(edition);
    } catch (error) {
      const present = await loadZoneTable(this.#terminal.table).catch(() => undefined);
      if (present?.edition.id === edition) return present;
      throw withDetails(error, { option: '--editions' });
    }
  }
}
