/**
 * Reads the rows of an import from a file of JSON lines or CSV, one row an event or one row a
 * subscriber, with constant memory.
 */

import { createHash, type Hash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { fileDetails } from '../../config/option-at-fault.ts';
import type { ImportSource } from '../../desk/import.ts';
import { type PortabilityError, portabilityError } from '../../errors.ts';
import * as CLI from '../../messages/cli.ts';
import * as DESK from '../../messages/desk.ts';
import type { Message } from '../../messages.ts';
import type { ImportRow } from '../../subjects/dossier-import.ts';
import { isoDay } from '../dates.ts';
import { chunksOf, copyOfInput, flagField, linesOf, separatorOf, splitRow } from '../text-rows.ts';

/** Stands for bytes that are not UTF-8. */
const NOT_UTF8 = '\ufffd';

/** Reads one line to a row. */
type LineReader = (text: string, line: number) => ImportRow;

const rejected = (line: number, message: Message, subscriber?: string): ImportRow => ({
  line,
  subscriber,
  events: [],
  error: portabilityError(message),
});

function checkIdentifier(value: unknown): { readonly id: string } | { readonly error: Message } {
  const id = typeof value === 'string' ? value.trim() : '';
  if (id === '') return { error: DESK.subscriberEmpty };
  return id.includes(NOT_UTF8) ? { error: CLI.identifierNotUtf8 } : { id };
}

const readJsonLine: LineReader = (text, line) => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The message of the parser quotes the line.
  }
  if (typeof value !== 'object' || value === null) return rejected(line, CLI.importRowJson);
  const { subscriber, ...rest } = value as Readonly<Record<string, unknown>>;
  const found = checkIdentifier(subscriber);
  if ('error' in found) return rejected(line, found.error);
  if (!('events' in rest)) return { line, subscriber: found.id, events: [rest] };
  const { events, ...others } = rest;
  return Array.isArray(events) && Object.keys(others).length === 0
    ? { line, subscriber: found.id, events }
    : rejected(line, CLI.importRowJson, found.id);
};

/** The columns of a CSV file with one row an event: the fields of all events. */
const EVENT_COLUMNS = [
  'subscriber',
  'type',
  'on',
  'renewsEvery',
  'outcome',
  'means',
  'occasion',
  'by',
  'postalAddressRegistered',
  'reason',
  'answerBy',
  'heldDataProveResidence',
  'until',
] as const;

/** The columns of a CSV file with one row a subscriber: a contract and its verification. */
const SUBSCRIBER_COLUMNS = [
  'subscriber',
  'concluded',
  'renewsEvery',
  'verified',
  'outcome',
  'means',
  'occasion',
  'by',
  'postalAddressRegistered',
  'ended',
] as const;

const VERIFICATION_COLUMNS = ['outcome', 'means', 'occasion', 'by', 'postalAddressRegistered'];

/** Reads a field. A text that does not fit is left as it is: the check of the event refuses it. */
function fieldValue(column: string, text: string): unknown {
  switch (column) {
    case 'on':
    case 'answerBy':
    case 'until':
    case 'concluded':
    case 'verified':
    case 'ended':
      return isoDay(text);
    case 'renewsEvery':
      return /^\d{1,3}$/.test(text) ? Number(text) : text;
    case 'means':
      return text.split(/[\s,;+]+/).filter(letter => letter !== '');
    case 'postalAddressRegistered':
    case 'heldDataProveResidence':
      return flagField(text);
    default:
      return text;
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** What a verification is if the file has no column for it. */
const DEFAULTS = { outcome: 'home', occasion: 'conclusion', by: 'provider' } as const;

/**
 * Returns the events of a row with one subscriber, or the message why it is refused. A default
 * stands for a missing column, never for an empty field: what is not known is not guessed.
 */
function eventsOfSubscriber(
  fields: Fields,
  columns: readonly string[],
): readonly unknown[] | Message {
  const { concluded, renewsEvery, verified, ended, ...verification } = fields;
  if (concluded === undefined) return CLI.importConcludedMissing;
  const events: Fields[] = [{ type: 'contract-concluded', on: concluded, renewsEvery }];
  if (verified !== undefined)
    events.push({
      type: 'residence-verified',
      on: verified,
      ...Object.fromEntries(Object.entries(DEFAULTS).filter(([name]) => !columns.includes(name))),
      ...verification,
    });
  else if (VERIFICATION_COLUMNS.some(column => fields[column] !== undefined))
    return CLI.importVerifiedMissing;
  if (ended !== undefined) events.push({ type: 'contract-ended', on: ended });
  return events;
}

/** Returns the reader of the rows under a CSV header. */
function csvReader(header: string): LineReader {
  const separator = separatorOf(header);
  const columns = splitRow(header, separator) ?? [];
  const isOneEvent = columns.includes('type');
  const known: readonly string[] = isOneEvent ? EVENT_COLUMNS : SUBSCRIBER_COLUMNS;
  const strange = columns.find(column => !known.includes(column));
  const isComplete =
    columns.includes('subscriber') && columns.includes(isOneEvent ? 'on' : 'concluded');
  if (strange !== undefined || !isComplete || new Set(columns).size < columns.length)
    throw portabilityError(
      CLI.importHeader,
      { line: 1 },
      { events: EVENT_COLUMNS.join(', '), subscribers: SUBSCRIBER_COLUMNS.join(', ') },
    );
  return (text, line) => {
    const row = splitRow(text, separator);
    if (row === undefined || row.length !== columns.length)
      return rejected(line, CLI.importRowFields);
    const fields: Record<string, unknown> = {};
    for (const [index, column] of columns.entries())
      if (row[index] !== '') fields[column] = fieldValue(column, row[index]!);
    const { subscriber, ...rest } = fields;
    const found = checkIdentifier(subscriber);
    if ('error' in found) return rejected(line, found.error);
    const events = isOneEvent ? [rest] : eventsOfSubscriber(rest, columns);
    return 'code' in events
      ? rejected(line, events, found.id)
      : { line, subscriber: found.id, events };
  };
}

/** A file that can be read several times from its start. */
interface ImportFile extends ImportSource {
  /** Whether a path leads to this file. */
  isAt(path: string): Promise<boolean>;
  close(): Promise<void>;
}

const unreadable = (path: string, error: unknown): PortabilityError =>
  portabilityError(CLI.importUnreadable, fileDetails(undefined, path, error));

/** Passes chunks on and adds them to a hash. */
async function* hashed(chunks: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

/**
 * Opens a file of JSON lines or CSV, or standard input for `-`. The form is recognised by the first
 * line. Blank lines are skipped.
 * @throws PortabilityError `ERR_IMPORT` if the file cannot be read; while rows are read, if the
 *   header is unknown or the file is not text
 */
export async function openImportFile(path: string, input: Readable): Promise<ImportFile> {
  const file = await (path === '-' ? copyOfInput(input) : open(path, 'r')).catch(error =>
    Promise.reject(unreadable(path, error)),
  );
  const { dev, ino } = await file.stat();
  let digest = '';
  return {
    digest: () => digest,
    isAt: async other => {
      const found = await stat(other).catch(() => undefined);
      return found !== undefined && found.dev === dev && found.ino === ino;
    },
    close: () => file.close(),
    async *rows() {
      const hash = createHash('sha256');
      let line = 0;
      let read: LineReader | undefined;
      try {
        for await (const text of linesOf(hashed(chunksOf(file), hash))) {
          line++;
          if (text.trim() === '') continue;
          if (read === undefined && !text.trimStart().startsWith('{')) {
            read = csvReader(text);
            continue;
          }
          read ??= readJsonLine;
          yield read(text, line);
        }
      } catch (error) {
        throw (error as NodeJS.ErrnoException).syscall === 'read' ? unreadable(path, error) : error;
      }
      digest = hash.digest('hex');
    },
  };
}
