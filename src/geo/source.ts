/**
 * Reads a source file, detects MMDB or CSV by content, checks it, and returns its intervals of
 * countries.
 */

import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { type PortabilityError, portabilityError, withDetails } from '../errors.ts';
import * as GEO from '../messages/geo.ts';
import { isBundle } from './bundle-magic.ts';
import { type LabelRows, type Locations, readCsv } from './csv.ts';
import { rejectWrongDownload } from './downloads.ts';
import type { RowFinding } from './findings.ts';
import { readLocations } from './locations-file.ts';
import { type CountryIntervals, readMmdb } from './mmdb.ts';
import { isMmdb } from './mmdb-metadata.ts';
import { readWhole } from './read-file.ts';

/**
 * A file of networks and their countries: MaxMind DB, or CSV of `prefix,code` or `start,end,code`,
 * or with a header row that names its columns.
 */
export interface Source {
  readonly path: string;
  /** Name in the edition; default: the name of the file. */
  readonly name?: string | undefined;
  /** Expected SHA-256 of the file, 64 hexadecimal digits. Any other file is rejected. */
  readonly sha256?: string | undefined;
  /**
   * UTC day `YYYY-MM-DD` of the data. Required for CSV, which does not contain it; an MMDB file
   * contains its own.
   */
  readonly built?: string | undefined;
  /** Licence of the data, for the edition. */
  readonly licence?: string | undefined;
  /**
   * Path of MaxMind's locations file, for a CSV whose column `geoname_id` refers to it; default:
   * for `NAME-Blocks-IPv4.csv` or `-IPv6.csv`, the file `NAME-Locations-en.csv` next to it.
   */
  readonly locations?: string | undefined;
}

/** The entry of a source in an edition. */
export interface SourceEdition {
  readonly name: string;
  /** UTC day `YYYY-MM-DD` of the data. */
  readonly built: string;
  /** SHA-256 of the file. */
  readonly sha256: string;
  /** SHA-256 of its locations file, if it has one. */
  readonly locationsSha256?: string;
  readonly licence?: string;
  /** Rows that were read but have no effect, or no place, if there are any. */
  readonly findings?: readonly RowFinding[];
}

export interface LoadedSource extends CountryIntervals {
  readonly edition: SourceEdition;
  /** The rows of each label, for a text. */
  readonly rows?: readonly LabelRows[];
}

/** The bytes of a source, and of its locations file. */
export interface SourceFiles {
  readonly file: Uint8Array;
  readonly locations?: Uint8Array | undefined;
}

const digestOf = (file: Uint8Array): string => createHash('sha256').update(file).digest('hex');

/** Rejects a file that is empty, compressed or another wrong download. */
function rejectWrongFile(file: Buffer): void {
  if (file.length === 0) throw portabilityError(GEO.sourceEmpty);
  rejectWrongDownload(file);
}

/**
 * Checks a source before it is parsed: its checksum, and that it is neither empty, compressed nor
 * another wrong download. Returns its facts for the edition.
 */
export function checkSource(
  file: Buffer,
  source: Source,
): Omit<SourceEdition, 'built'> & { readonly built?: string } {
  const sha256 = digestOf(file);
  if (source.sha256 !== undefined && source.sha256.toLowerCase() !== sha256)
    throw portabilityError(GEO.sourceChecksum);
  rejectWrongFile(file);
  const { name = basename(source.path), licence, built } = source;
  return {
    name,
    sha256,
    ...(licence !== undefined && { licence }),
    ...(built !== undefined && { built }),
  };
}

/** Control characters, which no text has in a row. */
const isControl = (byte: number): boolean => byte < 32 && (byte < 9 || byte > 13);

/** Checks that a file can be read as text: UTF-8, or Windows-1252 as Excel writes it. */
export function checkText(file: Buffer): Buffer {
  if (isBundle(file)) throw portabilityError(GEO.sourceIsTable);
  if (isUtf8(file) ? !file.includes(0) : !file.some(isControl)) return file;
  throw portabilityError(GEO.sourceFormat);
}

/** The name of a file of MaxMind's networks, before its family. */
const BLOCKS = /-Blocks-IPv[46]\.csv$/;

/**
 * Returns the path of the locations file of a source: the given one, or the default. `undefined` if
 * the name of the source has no default.
 */
export function locationsPathOf({ path, locations }: Source): string | undefined {
  return locations ?? (BLOCKS.test(path) ? path.replace(BLOCKS, '-Locations-en.csv') : undefined);
}

/**
 * Checks the bytes of a source and parses them.
 * @throws PortabilityError with an `ERR_SOURCE_...` code, and the offset, or the line and column if
 * there are some.
 */
export function parseSource(
  file: Buffer,
  source: Source,
  locationsFile?: Buffer | undefined,
): LoadedSource {
  const { built: given, ...facts } = checkSource(file, source);
  const isText = !isMmdb(file);
  let locations: Locations | undefined;
  try {
    if (isText && locationsFile !== undefined) {
      rejectWrongFile(locationsFile);
      locations = readLocations(checkText(locationsFile));
    }
  } catch (error) {
    throw withDetails(error, { path: locationsPathOf(source) });
  }
  const content = isText ? readCsv(checkText(file), locations) : readMmdb(file);
  // The day inside the file has precedence over the configured one.
  const built = content.built ?? given;
  if (built === undefined) throw portabilityError(GEO.sourceDayMissing);
  const edition = {
    ...facts,
    built,
    ...(locations !== undefined && { locationsSha256: digestOf(locationsFile!) }),
  };
  return { ...content, edition };
}

/**
 * Reads the files of a source, or the one file of an overlay. A default locations file may be
 * missing.
 * @throws PortabilityError `ERR_SOURCE_OPEN`
 */
export async function readSourceFiles(source: Source, isOverlay = false): Promise<SourceFiles> {
  const file = await readWhole(source.path, 'ERR_SOURCE_OPEN');
  const path = isOverlay ? undefined : locationsPathOf(source);
  if (path === undefined) return { file };
  try {
    return { file, locations: await readWhole(path, 'ERR_SOURCE_OPEN') };
  } catch (error) {
    if (source.locations === undefined && (error as PortabilityError).system === 'ENOENT')
      return { file };
    throw error;
  }
}

/** Reads a source from its file. Throws as {@link parseSource} does, and `ERR_SOURCE_OPEN`. */
export async function loadSource(source: Source): Promise<LoadedSource> {
  const { file, locations } = await readSourceFiles(source);
  return parseSource(file as Buffer, source, locations as Buffer | undefined);
}
