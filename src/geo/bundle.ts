/**
 * Encodes a zone table to one checksummed bundle file and decodes it. The file contains the arrays
 * as they lie in memory. docs/bundle.md specifies the format.
 */

import { createHash } from 'node:crypto';
import { endianness } from 'node:os';
import { portabilityError } from '../errors.ts';
import * as GEO from '../messages/geo.ts';
import type { Message } from '../messages.ts';
import { MAGIC } from './bundle-magic.ts';
import { CHECKED_TABLE } from './checked-table.ts';
import type { RowFinding } from './findings.ts';
import { checkLayout } from './layout-check.ts';
import type { OverlayEdition } from './overlay.ts';
import { aligned, ELEMENT_BYTES, endOf, placesOf, type SharedLayout } from './shared-memory.ts';
import type { SourceEdition } from './source.ts';
import type { Edition, SharedTable } from './zone-table.ts';

const DIGEST = 32;
const LENGTH = 4;

const rejectBundle = (message: Message, offset: number): never => {
  throw portabilityError(message, { offset });
};

/** Reverses the bytes of each element of an array, in place. */
export function swapBytes(bytes: Buffer, elementBytes: number): void {
  if (elementBytes === 2) bytes.swap16();
  else if (elementBytes === 4) bytes.swap32();
  else if (elementBytes === 8) bytes.swap64();
}

/** Converts an array between the order of a file, which is little-endian, and of this machine. */
const toFileOrder = { LE: (): void => {}, BE: swapBytes }[endianness()];

/** Bytes of the lengths of all arrays. */
const LENGTHS = ELEMENT_BYTES.length * LENGTH;

/** Encodes the lengths of the arrays and the arrays: what a table contains, as in its file. */
export function encodeLayout({ buffer, places }: SharedLayout): Buffer {
  const targets = placesOf(
    places.map(({ length }) => length),
    LENGTHS,
  );
  const content = Buffer.alloc(endOf(targets));
  places.forEach(({ offset, length }, index) => {
    const elementBytes = ELEMENT_BYTES[index]!;
    const array = Buffer.from(buffer, offset, length * elementBytes);
    const target = targets[index]!.offset;
    content.writeUInt32LE(length, index * LENGTH);
    array.copy(content, target);
    toFileOrder(content.subarray(target, target + array.length), elementBytes);
  });
  return content;
}

/** Encodes a whole table to the bytes of one file. */
export function encodeBundle({ edition, ...layout }: SharedTable): Buffer {
  const text = Buffer.from(JSON.stringify(edition));
  const head = Buffer.alloc(aligned(MAGIC.length + LENGTH + text.length));
  MAGIC.copy(head);
  head.writeUInt32LE(text.length, MAGIC.length);
  text.copy(head, MAGIC.length + LENGTH);
  const content = Buffer.concat([head, encodeLayout(layout)]);
  return Buffer.concat([content, createHash('sha256').update(content).digest()]);
}

const LARGEST_EDITION = 2 ** 20;

/** An acceptance passes every guard, so a value that is not a time is rejected. */
const isAcceptance = (accepted: unknown): boolean =>
  accepted === undefined ||
  (typeof accepted === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(accepted));

const areTexts = (words: readonly unknown[]): boolean =>
  words.every(word => typeof word === 'string');

/** Concatenates lists; throws if one of them is not a list. */
const lists = <Item>(...all: readonly (readonly Item[])[]): Item[] =>
  all.flatMap(list => (Array.isArray(list) ? list : rejectBundle(GEO.tableEditionUnreadable, 0)));

const isFinding = ({ problem, effect, count, lines, codes = [] }: RowFinding): boolean =>
  areTexts([problem, effect, ...lists(codes)]) &&
  [count, ...lists(lines)].every(value => Number.isSafeInteger(value));

const areFindings = ({ findings = [] }: Pick<SourceEdition, 'findings'>): boolean =>
  lists(findings).every(isFinding);

function parseEdition(bytes: Buffer, offset: number): Edition {
  if (bytes.length > LARGEST_EDITION) rejectBundle(GEO.tableEditionTooLarge, offset);
  try {
    const edition = JSON.parse(bytes.toString('utf8')) as Edition;
    const words = [
      edition.id,
      edition.home,
      edition.on,
      edition.compiled,
      ...edition.sources.flatMap(s => [s.name, s.built, s.sha256]),
    ];
    const { overlays = [], licence: { also = [], except = [] } = {} } = edition;
    const isOverlay = ({ name, kind, sha256, built = '', through = '' }: OverlayEdition): boolean =>
      areTexts([name, kind, sha256, built, through]);
    const isSound =
      areTexts([...words, ...lists(also, except)]) &&
      lists(overlays).every(isOverlay) &&
      [...edition.sources, ...overlays].every(areFindings);
    if (isSound && isAcceptance(edition.accepted)) return edition;
  } catch {
    // The error below is thrown instead: a message of JSON.parse quotes the file.
  }
  return rejectBundle(GEO.tableEditionUnreadable, offset);
}

function copyToSharedMemory(bytes: Uint8Array): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(bytes.length);
  new Uint8Array(buffer).set(bytes);
  return buffer;
}

/**
 * Decodes a bundle to a table. A SharedArrayBuffer becomes the memory of the table, and no one else
 * may change it; bytes are copied, so that a later change of them has no effect. The checksum is
 * verified before the arrays are checked and the edition is decoded. The arrays of the bundled table
 * are not checked again.
 * @param checked digest of a table whose arrays were checked before, in hexadecimal
 * @throws PortabilityError `ERR_TABLE_TRUNCATED`, `ERR_TABLE_CHECKSUM`, `ERR_TABLE_FORMAT`, with
 * the byte offset if there is one.
 */
export function decodeBundle(
  input: Uint8Array | SharedArrayBuffer,
  checked = CHECKED_TABLE,
): SharedTable {
  const buffer = input instanceof SharedArrayBuffer ? input : copyToSharedMemory(input);
  const file = Buffer.from(buffer);
  if (!MAGIC.equals(file.subarray(0, MAGIC.length))) rejectBundle(GEO.tableFormat, 0);
  const end = file.length - DIGEST;
  const truncated = (offset: number): never => {
    throw portabilityError(GEO.tableTruncated, { offset });
  };
  const edition = MAGIC.length + LENGTH;
  if (edition > end) truncated(MAGIC.length);
  const editionEnd = edition + file.readUInt32LE(MAGIC.length);
  const lengthsAt = aligned(editionEnd);
  if (lengthsAt + LENGTHS > end) truncated(MAGIC.length);
  const lengths = ELEMENT_BYTES.map((_, index) => file.readUInt32LE(lengthsAt + index * LENGTH));
  const places = placesOf(lengths, lengthsAt + LENGTHS);
  if (endOf(places) > end) truncated(lengthsAt);
  if (endOf(places) < end) rejectBundle(GEO.tableTrailingBytes, endOf(places));
  const digest = createHash('sha256').update(file.subarray(0, end)).digest();
  if (!digest.equals(file.subarray(end))) throw portabilityError(GEO.tableChecksum);
  places.forEach(({ offset, length }, index) => {
    const elementBytes = ELEMENT_BYTES[index]!;
    toFileOrder(file.subarray(offset, offset + length * elementBytes), elementBytes);
  });
  const layout = { buffer, places };
  if (digest.toString('hex') !== checked) checkLayout(layout);
  return { edition: parseEdition(file.subarray(edition, editionEnd), edition), ...layout };
}
