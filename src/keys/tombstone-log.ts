/**
 * The tombstones of a keyring file: lines after its head, one for each erasure. A line is written
 * at once and has a checksum: after a crash the last line is there as a whole, or is ignored.
 */

import { createHash, randomBytes } from 'node:crypto';
import { portabilityError } from '../errors.ts';
import type { Tombstone } from '../ledger/ledger.ts';
import { isTombstoneExpired, PIECE } from '../ledger/tombstones.ts';
import * as KEYS from '../messages/keys.ts';
import type { TombstonePiece } from './keyring.ts';
import type { SecretFile } from './secret-file.ts';

const BLOCK = 1 << 16;
const NEWLINE = 0x0a;
const HEX_DIGITS = 16;
const LINE = /^(\S+) ([0-9a-f]{16}) ([0-9a-f]{16})$/;
const RECORD = /^([a-z0-9-]+),([0-9a-f]{64}),((?:\d{4}-\d\d-\d\d)?)(?:,(\d{1,10}),(\d{1,10}))?$/;

const checksumOf = (body: string, token: string): string =>
  createHash('sha256').update(`${body} ${token}`).digest('hex').slice(0, HEX_DIGITS);

const recordOf = ({ month, digest, through, homeDays = 0, outsideDays = 0 }: Tombstone): string =>
  `${month},${digest},${through}${(homeDays | outsideDays) === 0 ? '' : `,${homeDays},${outsideDays}`}`;

/**
 * Returns a line with tombstones. Its random token names the point in the history of the keyring
 * that the line ends: a keyring that was restored from an older backup does not have it.
 */
function lineOf(tombstones: readonly Tombstone[]): string {
  const body = tombstones.map(recordOf).join(';');
  const token = randomBytes(HEX_DIGITS / 2).toString('hex');
  return `${body} ${checksumOf(body, token)} ${token}\n`;
}

/** Returns the lines of any number of tombstones. */
export const linesOf = (tombstones: readonly Tombstone[]): string[] =>
  Array.from({ length: Math.ceil(tombstones.length / PIECE) }, (_, n) =>
    lineOf(tombstones.slice(n * PIECE, (n + 1) * PIECE)),
  );

/** Parses a line without its newline. Returns `undefined` if it is not whole. */
function parseLine(line: string): Tombstone[] | undefined {
  const [, body, sum, token] = LINE.exec(line) ?? [];
  if (body === undefined || sum !== checksumOf(body, token!)) return undefined;
  const tombstones: Tombstone[] = [];
  for (const record of body.split(';')) {
    const [, month, digest, through, home, outside] = RECORD.exec(record) ?? [];
    if (month === undefined) return undefined;
    const homeDays = Number(home ?? 0);
    const outsideDays = Number(outside ?? 0);
    tombstones.push({
      month,
      digest: digest!,
      through: through!,
      ...(homeDays !== 0 && { homeDays }),
      ...(outsideDays !== 0 && { outsideDays }),
    });
  }
  return tombstones;
}

const linesFrom = ({ linesFrom: from, size }: SecretFile): number => from ?? size;

/** A whole line of the file. */
interface LogLine {
  readonly tombstones: readonly Tombstone[];
  readonly text: string;
  /** Offset of the end of the line, in bytes after the head. */
  readonly end: number;
}

/**
 * Yields the lines from an offset on. The last one is ignored if it is not whole.
 * @throws PortabilityError `ERR_KEYRING_FORMAT` if another line is damaged
 */
async function* readLines(file: SecretFile, offset: number): AsyncGenerator<LogLine> {
  const start = linesFrom(file);
  let rest = Buffer.alloc(0);
  let end = offset;
  let isDamaged = false;
  for (let at = start + offset; at < file.size; ) {
    const block = await file.read(at, Math.min(BLOCK, file.size - at));
    if (block.length === 0) return;
    at += block.length;
    rest = Buffer.concat([rest, block]);
    for (let stop = rest.indexOf(NEWLINE); stop !== -1; stop = rest.indexOf(NEWLINE)) {
      if (isDamaged) throw portabilityError(KEYS.keyringDamaged);
      const text = rest.subarray(0, stop + 1).toString('latin1');
      rest = rest.subarray(stop + 1);
      end += stop + 1;
      const tombstones = parseLine(text.slice(0, -1));
      if (tombstones === undefined) isDamaged = true;
      else yield { tombstones, text, end };
    }
  }
}

const positionAt = (end: number, tail: string): string =>
  end === 0 ? '' : `${end}:${tail.slice(-HEX_DIGITS - 1, -1)}`;

/**
 * Returns the length of the file up to the end of its last whole line: what follows is the rest of
 * a write that a crash interrupted.
 */
export async function endOfLog(file: SecretFile): Promise<number> {
  const start = linesFrom(file);
  let tail = Buffer.alloc(0);
  let from = file.size;
  while (from > start) {
    const length = Math.min(BLOCK, from - start);
    from -= length;
    tail = Buffer.concat([await file.read(from, length), tail]);
    const last = tail.lastIndexOf(NEWLINE);
    const before = last <= 0 ? -1 : tail.lastIndexOf(NEWLINE, last - 1);
    if (before === -1 && from > start) continue;
    const isWhole = last >= 0 && parseLine(tail.toString('latin1', before + 1, last)) !== undefined;
    return from + (isWhole ? last : before) + 1;
  }
  return start;
}

/** Two positions at which the same tombstones lie behind: before and after a purge of the log. */
export type Moved = readonly [from: string, to: string];

/**
 * Returns the offset of a position after the head, or `undefined` if the file does not have it: it
 * belongs to a later backup, to another keyring, or the lines were purged.
 */
export async function offsetOf(
  file: SecretFile,
  position: string,
  moved: Moved | undefined,
): Promise<number | undefined> {
  const wanted = moved !== undefined && position === moved[0] ? moved[1] : position;
  const [, digits, token] = /^(\d{1,15}):([0-9a-f]{16})$/.exec(wanted) ?? [];
  if (digits === undefined) return wanted === '' ? 0 : undefined;
  const offset = Number(digits);
  const at = linesFrom(file) + offset - HEX_DIGITS - 1;
  if (at < linesFrom(file)) return undefined;
  const found = (await file.read(at, HEX_DIGITS + 1)).toString('latin1');
  return found === `${token}\n` ? offset : undefined;
}

/**
 * Reads the next tombstones from an offset on, and no more of the file than they take. Returns
 * `undefined` at the end.
 */
export async function readPiece(
  file: SecretFile,
  offset: number,
): Promise<TombstonePiece | undefined> {
  const tombstones: Tombstone[] = [];
  let position = '';
  for await (const line of readLines(file, offset)) {
    tombstones.push(...line.tombstones);
    position = positionAt(line.end, line.text);
    if (tombstones.length >= PIECE) break;
  }
  return tombstones.length === 0 ? undefined : { tombstones, position };
}

/** The lines that stay when the tombstones of old months are purged. */
export interface PurgedLog {
  readonly lines: readonly string[];
  readonly moved: Moved;
}

/** Removes the tombstones that expire before a month. A line that keeps them all stays the same. */
export async function purgeLog(file: SecretFile, before: string): Promise<PurgedLog> {
  const lines: string[] = [];
  let length = 0;
  let end = '';
  for await (const { tombstones, text, end: offset } of readLines(file, 0)) {
    end = positionAt(offset, text);
    const left = tombstones.filter(tombstone => !isTombstoneExpired(tombstone, before));
    if (left.length === 0) continue;
    const line = left.length === tombstones.length ? text : lineOf(left);
    lines.push(line);
    length += line.length;
  }
  return { lines, moved: [end, positionAt(length, lines.at(-1) ?? '')] };
}
