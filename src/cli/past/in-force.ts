/**
 * Finds what a gateway decided with at an earlier moment: the table and the offers in force, from
 * the folder of past editions or, to the day, from the ledger.
 */

import { stat } from 'node:fs/promises';
import { LRUCache } from 'lru-cache';
import { readOffers } from '../../config/operator-files.ts';
import { dayOf } from '../../days.ts';
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
import { libraryVersion, type Terminal } from '../terminal.ts';

/** The options of a command that can answer for an earlier moment. */
export interface PastOptions {
  /** Milliseconds since 1970. */
  readonly at?: number;
  /** Folder of past editions. */
  readonly editions?: string;
}

/**
 * What the records do not say about a moment:
 * - `notes-damaged`: some notes in the folder cannot be read;
 * - `moment-by-day`: the edition is known from the ledger, which knows days and not times;
 * - `several-editions`: gateways had different ones, or it changed on that day;
 * - `offers-unknown`: the offers were not noted; those of the configuration file are used;
 * - `library-differs`: another version of the library decided then.
 */
export type PastGap =
  | 'notes-damaged'
  | 'moment-by-day'
  | 'several-editions'
  | 'offers-unknown'
  | 'library-differs';

/** A table and the offers that a gateway decided with. */
export interface PastState {
  readonly table: ZoneTable;
  readonly offers: Offers;
  /** From when it was in force, ISO 8601 in UTC; `undefined` if only the day is known. */
  readonly since: string | undefined;
}

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

/** Returns the editions of a day in the ledger, in the form of the notes. */
async function ofLedger(ledger: Ledger | undefined, at: number): Promise<readonly InForce[]> {
  if (ledger === undefined) return [];
  const day = dayOf(at);
  const rows = await ledger.editions(day, day);
  return rows.map(({ edition }) => ({ edition, since: '', offers: undefined, library: '' }));
}

/** Tables in memory at a time: each takes a few megabytes. */
const MOST_TABLES = 8;

/** Reads what was in force at moments of the past. The notes are read once, tables are cached. */
export class PastReader {
  readonly #terminal: Terminal;
  readonly #archive: EditionArchive;
  readonly #history: EditionHistory;
  readonly #ledger: Ledger | undefined;
  readonly #tables = new LRUCache<string, Promise<ZoneTable>>({ max: MOST_TABLES });
  /** The answer to the last question: the next one is often about the same time. */
  #last: { readonly found: readonly InForce[]; readonly past: Past } | undefined;

  private constructor(
    terminal: Terminal,
    archive: EditionArchive,
    history: EditionHistory,
    ledger: Ledger | undefined,
  ) {
    this.#terminal = terminal;
    this.#archive = archive;
    this.#history = history;
    this.#ledger = ledger;
  }

  /** @param ledger asked for the editions of a day that the notes do not reach */
  static async open(
    terminal: Terminal,
    folder: string | undefined,
    ledger?: Ledger,
  ): Promise<PastReader> {
    const archive = await openEditions(folder);
    return new PastReader(terminal, archive, await archive.history(), ledger);
  }

  /**
   * Returns what was in force at a moment, in milliseconds since 1970. Where only the day is known,
   * everything of that day may have been.
   * @throws PortabilityError `ERR_EDITION` if nothing is known, or if an edition is not in the folder
   */
  async at(time: number): Promise<Past> {
    const noted = this.#history.inForceAt(time);
    if (noted === this.#last?.found) return this.#last.past;
    const found = noted.length > 0 ? noted : await ofLedger(this.#ledger, time);
    if (found.length === 0) throw portabilityError(CLI.pastUnknown, { option: '--at' });
    const past = await this.#pastOf(found, noted.length > 0);
    if (noted.length > 0) this.#last = { found: noted, past };
    return past;
  }

  async #pastOf(found: readonly InForce[], isNoted: boolean): Promise<Past> {
    const gaps = new Set<PastGap>();
    if (this.#history.unreadable > 0) gaps.add('notes-damaged');
    if (!isNoted) gaps.add('moment-by-day');
    if (new Set(found.map(({ edition }) => edition)).size > 1) gaps.add('several-editions');
    const states: PastState[] = [];
    for (const { edition, since, offers, library } of found) {
      if (offers === undefined) gaps.add('offers-unknown');
      if (library !== '' && library !== libraryVersion()) gaps.add('library-differs');
      states.push({
        table: await this.#tableOf(edition),
        offers: offers ?? (await readOffers(this.#terminal.configuration?.offers)),
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
