/** What does a source file say? MMDB or CSV, told apart by content, checked, and read to stretches of countries. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { isCalendarDay } from '../day.ts';
import { PortabilityError } from '../errors.ts';
import { readCsv } from './csv.ts';
import { type CountryStretches, isMmdb, readMmdb } from './mmdb.ts';

/** A file of networks and their countries: MaxMind DB, or CSV of `prefix,code` or `start,end,code`. */
export interface Source {
  readonly path: string;
  /** What the edition calls it; the file's name unless given. */
  readonly name?: string;
  /** Expected SHA-256 of the file, 64 hexadecimal digits; anything else is refused. */
  readonly sha256?: string;
  /** UTC day `YYYY-MM-DD` of the data: required for CSV, which does not hold it; an MMDB file says it itself. */
  readonly built?: string;
  /** Licence of the data, for the edition. */
  readonly licence?: string;
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

/** Why a file could not be read, in words without the path. */
const OPEN_FAILURES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a directory',
  EACCES: 'it may not be read',
};

/** Reads a whole file; failures become one clear line under the caller's code. */
export async function readWhole(path: string, code: 'ERR_SOURCE_OPEN' | 'ERR_TABLE_OPEN'): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    // No cause: its message quotes the path, which may be anything that was typed.
    const reason = OPEN_FAILURES[(error as NodeJS.ErrnoException).code ?? ''] ?? 'the file could not be read';
    throw new PortabilityError(code, reason);
  }
}

const isGzip = (file: Buffer): boolean => file[0] === 0x1f && file[1] === 0x8b;

function parse(file: Buffer): CountryStretches {
  if (file.length === 0) throw new PortabilityError('ERR_SOURCE_EMPTY', 'the file is empty');
  if (isGzip(file)) throw new PortabilityError('ERR_SOURCE_GZIP', 'the file is compressed: unpack it first');
  if (isMmdb(file)) return readMmdb(file);
  if (file.includes(0))
    throw new PortabilityError('ERR_SOURCE_FORMAT', 'the file is neither csv nor a whole mmdb file');
  return readCsv(file.toString('utf8'));
}

/**
 * Checks the bytes of a source and reads them.
 * @throws PortabilityError with an `ERR_SOURCE_...` code, and the offset or line where there is one.
 */
export function parseSource(file: Buffer, source: Source): LoadedSource {
  const sha256 = createHash('sha256').update(file).digest('hex');
  if (source.sha256 !== undefined && source.sha256.toLowerCase() !== sha256) {
    throw new PortabilityError('ERR_SOURCE_CHECKSUM', 'the file is not the one whose sha-256 was given');
  }
  const content = parse(file);
  const built = source.built ?? content.built;
  if (!isCalendarDay(built)) {
    throw new PortabilityError(
      'ERR_SOURCE_BUILT',
      'a source needs the day of its data, YYYY-MM-DD; csv does not hold it',
    );
  }
  const name = source.name ?? basename(source.path);
  const licence = source.licence === undefined ? {} : { licence: source.licence };
  return { ...content, edition: { name, built, sha256, ...licence } };
}

/** Reads a source from its file. Throws as {@link parseSource} does, and `ERR_SOURCE_OPEN`. */
export const loadSource = async (source: Source): Promise<LoadedSource> =>
  parseSource(await readWhole(source.path, 'ERR_SOURCE_OPEN'), source);
