/**
 * Reads a source file, detects MMDB or CSV by content, checks it, and returns its intervals of
 * countries.
 */
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { PortabilityError, systemCodeOf } from '../errors.ts';
import { isBundle } from './bundle-magic.ts';
import { readCsv } from './csv.ts';
import { type CountryStretches, readMmdb } from './mmdb.ts';
import { isMmdb } from './mmdb-metadata.ts';

/** A file of networks and their countries: MaxMind DB, or CSV of `prefix,code` or `start,end,code`. */
export interface Source {
  readonly path: string;
  /** What the edition calls it; the file's name unless given. */
  readonly name?: string | undefined;
  /** Expected SHA-256 of the file, 64 hexadecimal digits; anything else is refused. */
  readonly sha256?: string | undefined;
  /** UTC day `YYYY-MM-DD` of the data: required for CSV, which does not hold it; an MMDB file says it itself. */
  readonly built?: string | undefined;
  /** Licence of the data, for the edition. */
  readonly licence?: string | undefined;
}

/** What an edition says of a source. */
export interface SourceEdition {
  readonly name: string;
  /** UTC day `YYYY-MM-DD` of the data. */
  readonly built: string;
  /** SHA-256 of the file. */
  readonly sha256: string;
  readonly licence?: string;
}

export interface LoadedSource extends CountryStretches {
  readonly edition: SourceEdition;
}

/** Why a file could not be read, in words. */
const OPEN_FAILURES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a directory',
  EACCES: 'it may not be read',
};

type OpenCode = 'ERR_SOURCE_OPEN' | 'ERR_TABLE_OPEN';

/** A gigabyte is more than the largest of all country databases. */
const LARGEST_FILE = 2 ** 30;

/**
 * Reads a whole file, within bounds; failures become one clear line under the caller's code. Pipes and devices are refused before they are opened: to
 * open one may take for ever, and with it a thread of the pool that all file work of the process shares.
 */
export async function readWhole(path: string, code: OpenCode): Promise<Buffer> {
  try {
    const found = await stat(path);
    if (found.size > LARGEST_FILE)
      throw new PortabilityError('ERR_SOURCE_LIMIT', 'the file is larger than any table or source', { path });
    if (!found.isFile() && !found.isDirectory())
      throw new PortabilityError(code, 'it is a pipe or a device, not a file', { path });
    return await readFile(path);
  } catch (error) {
    if (error instanceof PortabilityError) throw error;
    const system = systemCodeOf(error);
    const reason = OPEN_FAILURES[system ?? ''] ?? 'the file could not be read';
    throw new PortabilityError(code, reason, { path, ...(system !== undefined && { system }) });
  }
}

const isGzip = (file: Buffer): boolean => file[0] === 0x1f && file[1] === 0x8b;

/** What can be said of a source before it is read: that it is the one that was meant, and its facts for the edition. */
export function checkSource(file: Buffer, source: Source): Omit<SourceEdition, 'built'> & { readonly built?: string } {
  const sha256 = createHash('sha256').update(file).digest('hex');
  if (source.sha256 !== undefined && source.sha256.toLowerCase() !== sha256)
    throw new PortabilityError('ERR_SOURCE_CHECKSUM', 'the file is not the one whose sha-256 was given');
  if (file.length === 0) throw new PortabilityError('ERR_SOURCE_EMPTY', 'the file is empty');
  if (isGzip(file)) throw new PortabilityError('ERR_SOURCE_GZIP', 'the file is compressed: unpack it first');
  const { name = basename(source.path), licence, built } = source;
  return { name, sha256, ...(licence !== undefined && { licence }), ...(built !== undefined && { built }) };
}

const NEEDS_DAY = 'a source needs the day of its data, YYYY-MM-DD; csv does not hold it';

/** A file that is to be read as text. */
export function checkText(file: Buffer): Buffer {
  if (isBundle(file)) throw new PortabilityError('ERR_SOURCE_FORMAT', 'a compiled table is no source');
  if (isUtf8(file) && !file.includes(0)) return file;
  throw new PortabilityError('ERR_SOURCE_FORMAT', 'the file is neither csv nor a whole mmdb file');
}

/**
 * Checks the bytes of a source and reads them.
 * @throws PortabilityError with an `ERR_SOURCE_...` code, and the offset or line where there is one.
 */
export function parseSource(file: Buffer, source: Source): LoadedSource {
  const facts = checkSource(file, source);
  const content = isMmdb(file) ? readMmdb(file) : readCsv(checkText(file));
  // A file that says its day is not contradicted.
  const built = content.built ?? facts.built;
  if (built === undefined) throw new PortabilityError('ERR_SOURCE_BUILT', NEEDS_DAY);
  return { ...content, edition: { ...facts, built } };
}

/** Reads a source from its file. Throws as {@link parseSource} does, and `ERR_SOURCE_OPEN`. */
export const loadSource = async (source: Source): Promise<LoadedSource> =>
  parseSource(await readWhole(source.path, 'ERR_SOURCE_OPEN'), source);
