/**
 * Implements `audit replay`: decides the requests of a file again, each with what was in force at
 * its moment, and compares with the verdicts of the file if it has them. No address is printed.
 */

import { open } from 'node:fs/promises';
import { fileDetails } from '../../config/option-at-fault.ts';
import { PortabilityError, portabilityError, textOf, withDetails } from '../../errors.ts';
import { type Gate, openGate } from '../../gate.ts';
import type { ZoneTable } from '../../geo/zone-table.ts';
import { basisOf } from '../../law/reasons.ts';
import { STANDINGS, type Standing } from '../../law/rule.ts';
import * as CLI from '../../messages/cli.ts';
import type { Message } from '../../messages.ts';
import type { Offers } from '../../tables/edition-archive.ts';
import { parseMoment } from '../dates.ts';
import { REFUSED } from '../outlook.ts';
import type { Terminal } from '../terminal.ts';
import { chunksOf, flagField, linesOf, separatorOf, splitRow } from '../text-rows.ts';
import {
  ledgerOf,
  type PastGap,
  type PastOptions,
  PastReader,
  type PastState,
} from './in-force.ts';
import { pastLines } from './words.ts';

/** The columns of a file of requests. The first three are mandatory. */
const COLUMNS = ['time', 'address', 'standing', 'offer', 'excepted', 'verdict', 'reason'] as const;
const MANDATORY = 3;

/** Messages about rows that are printed; the others are counted. */
const SHOWN = 10;

type Row = Readonly<Partial<Record<(typeof COLUMNS)[number], string>>>;

/** Reads a line to a row; throws if it is not one. */
type LineReader = (text: string) => Row;

const readJsonLine: LineReader = text => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The message of the parser quotes the line.
  }
  if (typeof value !== 'object' || value === null) throw portabilityError(CLI.replayRowJson);
  const given = Object.entries(value).filter(([, each]) => each !== null && each !== '');
  const known: readonly string[] = COLUMNS;
  const isSound =
    given.every(([name]) => known.includes(name)) &&
    COLUMNS.slice(0, MANDATORY).every(name => Object.hasOwn(value, name));
  if (!isSound) throw portabilityError(CLI.replayRowJson);
  return Object.fromEntries(given.map(([name, each]) => [name, String(each)]));
};

function csvReader(header: string): LineReader {
  const separator = separatorOf(header);
  const columns = splitRow(header, separator) ?? [];
  const known: readonly string[] = COLUMNS;
  const isComplete =
    columns.every(column => known.includes(column)) &&
    COLUMNS.slice(0, MANDATORY).every(column => columns.includes(column)) &&
    new Set(columns).size === columns.length;
  if (!isComplete)
    throw portabilityError(CLI.replayHeader, { line: 1 }, { columns: COLUMNS.join(', ') });
  return text => {
    const row = splitRow(text, separator);
    if (row?.length !== columns.length) throw portabilityError(CLI.replayRowFields);
    return Object.fromEntries(
      columns.map((column, index) => [column, row[index]!]).filter(([, field]) => field !== ''),
    );
  };
}

const isStanding = (word: unknown): word is Standing =>
  (STANDINGS as readonly unknown[]).includes(word);

/** Returns the moment of a row, or throws. */
function momentOf({ time = '' }: Row): number {
  const moment = parseMoment(time);
  if (typeof moment === 'number') return moment;
  throw portabilityError(moment as Message & typeof CLI.momentForm);
}

/** Whether a row is about a subscriber with an exception. */
function isExcepted({ excepted }: Row): boolean {
  const flag = excepted === undefined ? false : flagField(excepted);
  if (typeof flag === 'boolean') return flag;
  throw portabilityError(CLI.replayFlag);
}

/** The result of one request. */
interface Replayed {
  readonly line: number;
  readonly time: string;
  readonly edition: string;
  readonly verdict: string;
  readonly reason: string;
  readonly code: string;
  readonly basis: string;
  /** Whether the file says the same; `undefined` if it says nothing. */
  readonly same: boolean | undefined;
}

/** Decides requests again. Gates of different tables are cached. */
class Replay {
  readonly gaps = new Set<PastGap>();
  readonly editions = new Map<string, number>();
  readonly #terminal: Terminal;
  readonly #past: PastReader;
  readonly #gates = new WeakMap<ZoneTable, Map<Offers, Gate>>();

  constructor(terminal: Terminal, past: PastReader) {
    this.#terminal = terminal;
    this.#past = past;
  }

  async #gateOf({ table, offers }: PastState): Promise<Gate> {
    const gates = this.#gates.get(table) ?? new Map<Offers, Gate>();
    this.#gates.set(table, gates);
    const gate = gates.get(offers) ?? (await openGate({ table, offers }));
    gates.set(offers, gate);
    return gate;
  }

  /** Returns a result for each table that may have been in force: usually one. */
  async decide(row: Row, line: number): Promise<Replayed[]> {
    const { address, standing, offer } = row;
    if (!isStanding(standing))
      throw portabilityError(CLI.replayStanding, {}, { known: STANDINGS.join(', ') });
    const at = momentOf(row);
    const { states, gaps } = await this.#past.at(at);
    for (const gap of gaps) this.gaps.add(gap);
    const results: Replayed[] = [];
    for (const state of states) {
      const gate = await this.#gateOf(state);
      const request = { address, standing, subscriber: '', offer, excepted: isExcepted(row) };
      const { verdict, reason, code } = gate.decide(request);
      const edition = state.table.edition.id;
      this.editions.set(edition, (this.editions.get(edition) ?? 0) + 1);
      results.push({
        line,
        time: new Date(at).toISOString(),
        edition,
        verdict,
        reason,
        code,
        basis: basisOf(reason, this.#terminal.language),
        same:
          row.verdict === undefined && row.reason === undefined
            ? undefined
            : (row.verdict ?? verdict) === verdict && (row.reason ?? reason) === reason,
      });
    }
    return results;
  }
}

const quoted = (field: string): string =>
  /[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;

const HEADER = ['line', 'time', 'edition', 'verdict', 'reason', 'code', 'basis', 'same'] as const;

const csvLine = ({ line, same, ...rest }: Replayed): string =>
  [
    String(line),
    rest.time,
    rest.edition,
    rest.verdict,
    rest.reason,
    rest.code,
    rest.basis,
    same === undefined ? '' : same ? 'yes' : 'no',
  ]
    .map(quoted)
    .join(',');

/** The rows of a run, by what came of them. */
interface Counts {
  rows: number;
  failed: number;
  compared: number;
  different: number;
  /** Rows that are equal to one of several answers. */
  partly: number;
}

function tellEnd(terminal: Terminal, replay: Replay, counts: Counts): void {
  const { note, say, language } = terminal;
  const number = (value: number): string => value.toLocaleString(language);
  const { rows, failed, compared, different, partly } = counts;
  note(say('replayDone', { rows: number(rows), editions: number(replay.editions.size) }));
  for (const [edition, count] of replay.editions) note(`- ${edition}: ${number(count)}`);
  if (compared > 0)
    note(
      say('replayCompared', {
        compared: number(compared),
        different: number(different),
        partly: number(partly),
      }),
    );
  if (failed > 0) note(say('replayFailed', { failed: number(failed) }));
  for (const line of pastLines(terminal, [...replay.gaps], undefined)) note(line);
}

async function replayLines(
  terminal: Terminal,
  replay: Replay,
  lines: AsyncIterable<string>,
): Promise<Counts> {
  const { print, note, say, json, language, streams } = terminal;
  const counts: Counts = { rows: 0, failed: 0, compared: 0, different: 0, partly: 0 };
  let line = 0;
  let read: LineReader | undefined;
  for await (const text of lines) {
    line++;
    if (text.trim() === '') continue;
    if (read === undefined && !text.trimStart().startsWith('{')) {
      read = csvReader(text);
      if (!json) print(HEADER.join(','));
      continue;
    }
    if (read === undefined && !json) print(HEADER.join(','));
    read ??= readJsonLine;
    counts.rows++;
    try {
      const results = await replay.decide(read(text), line);
      for (const result of results) print(json ? JSON.stringify(result) : csvLine(result));
      const equal = results.filter(({ same }) => same === true).length;
      if (results.some(({ same }) => same !== undefined)) {
        counts.compared++;
        if (equal === 0) counts.different++;
        else if (equal < results.length) counts.partly++;
      }
    } catch (error) {
      if (!(error instanceof PortabilityError)) throw error;
      counts.failed++;
      const problem = textOf(error)[language];
      if (counts.failed <= SHOWN) note(say('replayRow', { line: String(line), problem }));
    }
    // A reader that is slower than the replay must not fill the memory.
    if (streams.stdout.writableNeedDrain)
      await new Promise(resolve => streams.stdout.once('drain', resolve));
  }
  return counts;
}

/** Opens a file, or standard input for `-`, which is read as it comes and stored nowhere. */
async function openRows(terminal: Terminal, path: string) {
  const { stdin } = terminal.streams;
  if (path === '-')
    return { chunks: stdin as AsyncIterable<Buffer>, close: async (): Promise<void> => {} };
  const file = await open(path, 'r').catch(error => {
    throw portabilityError(CLI.replayUnreadable, fileDetails(undefined, path, error));
  });
  return { chunks: chunksOf(file), close: () => file.close() };
}

/**
 * Replays a file, or standard input for `-`. Exit code 0 if every row was decided, and as the file
 * says where it says something; 2 if a verdict or reason differs from all answers; 1 if a row could
 * not be decided, or if there is none. Rows in the order of time are the fastest.
 */
export async function auditReplay(
  terminal: Terminal,
  path: string,
  options: PastOptions,
): Promise<number> {
  const past = await PastReader.open(terminal, options.editions, ledgerOf(options, terminal));
  const file = await openRows(terminal, path);
  try {
    const replay = new Replay(terminal, past);
    const counts = await replayLines(terminal, replay, linesOf(file.chunks)).catch(error => {
      throw withDetails(error, { path });
    });
    if (counts.rows === 0) throw portabilityError(CLI.replayNoRows, { path });
    tellEnd(terminal, replay, counts);
    if (counts.failed > 0) return 1;
    return counts.different > 0 ? REFUSED : 0;
  } finally {
    await file.close();
  }
}
