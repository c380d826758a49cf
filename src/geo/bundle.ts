/**
 * Encodes compiled intervals to one checksummed bundle file and decodes it. docs/bundle.md
 * specifies the format.
 */

import { createHash } from 'node:crypto';
import { portabilityError } from '../errors.ts';
import * as GEO from '../messages/geo.ts';
import { decodeIntervals, rejectBundle } from './bundle-decode.ts';
import { MAGIC } from './bundle-magic.ts';
import type { RowFinding } from './findings.ts';
import type { Intervals } from './intervals.ts';
import type { ZoneIntervals } from './merge-sources.ts';
import type { OverlayEdition } from './overlay.ts';
import type { SourceEdition } from './source.ts';
import type { Edition } from './zone-table.ts';

const DIGEST = 32;
const LENGTH = 4;

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(LENGTH);
  bytes.writeUInt32LE(value);
  return bytes;
};

const withLength = (bytes: Buffer): Buffer[] => [uint32(bytes.length), bytes];

/** Writes the bytes of start `at`, most significant first. */
function startBytes({ starts, width }: Intervals, at: number, into: Buffer): void {
  for (let word = 0; word < width; word++) into.writeUInt32BE(starts[at * width + word]!, word * 4);
}

/**
 * Encodes intervals. Each start after the first is a byte (bytes shared with the previous start x
 * 16 + number of bytes that follow - 1) and the bytes that follow, without trailing zeros. The
 * location code comes after it.
 */
export function encodeIntervals(intervals: Intervals): Buffer {
  const size = intervals.width * 4;
  const previous = Buffer.alloc(size);
  const current = Buffer.alloc(size);
  const out = Buffer.alloc(intervals.length * (size + 2));
  let at = 0;
  for (let interval = 0; interval < intervals.length; interval++) {
    if (interval > 0) {
      startBytes(intervals, interval, current);
      let shared = 0;
      while (current[shared] === previous[shared]) shared++;
      let end = size;
      while (current[end - 1] === 0) end--;
      out[at++] = (shared << 4) | (end - shared - 1);
      at += current.copy(out, at, shared, end);
      current.copy(previous);
    }
    out[at++] = intervals.values[interval]!;
  }
  return out.subarray(0, at);
}

/** Encodes a whole table to the bytes of one file. */
export function encodeBundle(edition: Edition, intervals: ZoneIntervals): Buffer {
  const parts = [
    MAGIC,
    ...withLength(Buffer.from(JSON.stringify(edition))),
    ...withLength(encodeIntervals(intervals.ipv4)),
    ...withLength(encodeIntervals(intervals.ipv6)),
  ];
  const content = Buffer.concat(parts);
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

/**
 * Decodes a bundle. The checksum is verified before the edition and the intervals are decoded.
 * @throws PortabilityError `ERR_TABLE_TRUNCATED`, `ERR_TABLE_CHECKSUM`, `ERR_TABLE_FORMAT`, with
 * the byte offset.
 */
export function decodeBundle(input: Uint8Array): { edition: Edition; intervals: ZoneIntervals } {
  const file = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  if (!MAGIC.equals(file.subarray(0, MAGIC.length)))
    throw portabilityError(GEO.tableFormat, {
      offset: 0,
    });
  const end = file.length - DIGEST;
  let at = MAGIC.length;
  const section = (): { bytes: Buffer; offset: number } => {
    const offset = at + LENGTH;
    const length = offset <= end ? file.readUInt32LE(at) : Number.POSITIVE_INFINITY;
    if (offset + length > end) throw portabilityError(GEO.tableTruncated, { offset: at });
    at = offset + length;
    return { bytes: file.subarray(offset, at), offset };
  };
  const header = section();
  const ipv4 = section();
  const ipv6 = section();
  if (at !== end) rejectBundle(GEO.tableTrailingBytes, at);
  const digest = createHash('sha256').update(file.subarray(0, end)).digest();
  if (!digest.equals(file.subarray(end))) throw portabilityError(GEO.tableChecksum);
  return {
    edition: parseEdition(header.bytes, header.offset),
    intervals: {
      ipv4: decodeIntervals(ipv4.bytes, 1, ipv4.offset),
      ipv6: decodeIntervals(ipv6.bytes, 4, ipv6.offset),
    },
  };
}
