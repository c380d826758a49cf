/**
 * Reads a source file, detects MMDB or CSV by content, checks it, and returns its intervals of
 * countries.
 */

import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { PortabilityError, portabilityError, systemCodeOf } from '../errors.ts';
import * as GEO from '../messages/geo.ts';
import type { Message } from '../messages.ts';
import { isBundle } from './bundle-magic.ts';
import { readCsv } from './csv.ts';
import { type CountryIntervals, readMmdb } from './mmdb.ts';
import { isMmdb } from './mmdb-metadata.ts';

/**
 * A file of networks and their countries: MaxMind DB, or CSV of `prefix,code` or `start,end,code`.
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
}

/** The entry of a source in an edition. */
export interface SourceEdition {
  readonly name: string;
  /** UTC day `YYYY-MM-DD` of the data. */
  readonly built: string;
  /** SHA-256 of the file. */
  readonly sha256: string;
  readonly licence?: string;
}

export interface LoadedSource extends CountryIntervals {
  readonly edition: SourceEdition;
}

/** The reason why a file could not be read, in words. */
const OPEN_FAILURES: Readonly<Record<string, Message>> = {
  ENOENT: GEO.fileMissing,
  EISDIR: GEO.fileDirectory,
  EACCES: GEO.fileForbidden,
};

type OpenCode = 'ERR_SOURCE_OPEN' | 'ERR_TABLE_OPEN';

/** One gigabyte is more than the largest country database. */
const LARGEST_FILE = 2 ** 30;

/**
 * Reads a whole file, up to the size limit. Errors of the system become one clear line with the
 * caller's code. Pipes and devices are rejected before they are opened: opening one can block
 * forever, and with it a thread of the pool that all file operations of the process share.
 */
export async function readWhole(path: string, code: OpenCode): Promise<Buffer> {
  try {
    const found = await stat(path);
    if (found.size > LARGEST_FILE) throw portabilityError(GEO.sourceTooLarge, { path });
    if (!found.isFile() && !found.isDirectory())
      throw portabilityError(GEO.fileSpecial, { code, path });
    return await readFile(path);
  } catch (error) {
    if (error instanceof PortabilityError) throw error;
    const system = systemCodeOf(error);
    const reason = OPEN_FAILURES[String(system)] ?? GEO.fileUnreadable;
    throw portabilityError(reason, { code, path, system });
  }
}

const isGzip = (file: Buffer): boolean => file[0] === 0x1f && file[1] === 0x8b;

/**
 * Checks a source before it is parsed: its checksum, and that it is neither empty nor compressed.
 * Returns its facts for the edition.
 */
export function checkSource(
  file: Buffer,
  source: Source,
): Omit<SourceEdition, 'built'> & { readonly built?: string } {
  const sha256 = createHash('sha256').update(file).digest('hex');
  if (source.sha256 !== undefined && source.sha256.toLowerCase() !== sha256)
    throw portabilityError(GEO.sourceChecksum);
  if (file.length === 0) throw portabilityError(GEO.sourceEmpty);
  if (isGzip(file)) throw portabilityError(GEO.sourceGzip);
  const { name = basename(source.path), licence, built } = source;
  return {
    name,
    sha256,
    ...(licence !== undefined && { licence }),
    ...(built !== undefined && { built }),
  };
}

/** Checks that a file can be read as text. */
export function checkText(file: Buffer): Buffer {
  if (isBundle(file)) throw portabilityError(GEO.sourceIsTable);
  if (isUtf8(file) && !file.includes(0)) return file;
  throw portabilityError(GEO.sourceFormat);
}

/**
 * Checks the bytes of a source and parses them.
 * @throws PortabilityError with an `ERR_SOURCE_...` code, and the offset or line if there is one.
 */
export function parseSource(file: Buffer, source: Source): LoadedSource {
  const facts = checkSource(file, source);
  const content = isMmdb(file) ? readMmdb(file) : readCsv(checkText(file));
  // The day inside the file has precedence over the configured one.
  const built = content.built ?? facts.built;
  if (built === undefined) throw portabilityError(GEO.sourceDayMissing);
  return { ...content, edition: { ...facts, built } };
}

/** Reads a source from its file. Throws as {@link parseSource} does, and `ERR_SOURCE_OPEN`. */
export const loadSource = async (source: Source): Promise<LoadedSource> =>
  parseSource(await readWhole(source.path, 'ERR_SOURCE_OPEN'), source);
