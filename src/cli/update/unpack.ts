/**
 * Takes a file out of a download: as it is, out of gzip, or out of a tar archive in gzip. Sizes are
 * bounded while bytes arrive, because a small archive can hold a file that fills the disk.
 */

import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { PortabilityError, portabilityError, systemCodeOf } from '../../errors.ts';
import * as UPDATE from '../../messages/update.ts';
import { LARGEST_DOWNLOAD, LARGEST_RATIO, SUSPECT_FROM } from './limits.ts';

type Chunks = AsyncIterable<Buffer>;

const tooLarge = (): PortabilityError =>
  portabilityError(UPDATE.downloadTooLarge, {}, { megabytes: LARGEST_DOWNLOAD / 2 ** 20 });

/** Yields the bytes, and throws `ERR_DOWNLOAD_LIMIT` beyond the largest size. */
export async function* bounded(chunks: Chunks): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > LARGEST_DOWNLOAD) throw tooLarge();
    yield chunk;
  }
}

/** Reads a sequence of chunks in pieces of a chosen size. */
class ChunkReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: Chunks) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  async #next(): Promise<boolean> {
    const { done, value } = await this.#chunks.next();
    if (done === true) return false;
    this.#rest = this.#rest.length === 0 ? value : Buffer.concat([this.#rest, value]);
    return true;
  }

  /** Returns the next bytes without taking them; fewer at the end. */
  async peek(count: number): Promise<Buffer> {
    while (this.#rest.length < count && (await this.#next()));
    return this.#rest.subarray(0, count);
  }

  /** Takes the next bytes, as they arrive; fewer at the end. */
  async *take(count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0; ) {
      if (this.#rest.length === 0 && !(await this.#next())) return;
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  /** Takes what is left and drops it, so that the checksum at the end of gzip is read. */
  async skip(count = Number.POSITIVE_INFINITY): Promise<number> {
    let skipped = 0;
    for await (const piece of this.take(count)) skipped += piece.length;
    return skipped;
  }
}

const GZIP_MAGIC = 0x1f8b;

async function* gunzipped(chunks: Chunks): AsyncGenerator<Buffer> {
  let packed = 0;
  let unpacked = 0;
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      packed += chunk.length;
      yield chunk;
    }
  };
  const gunzip = createGunzip();
  const feeding = pipeline(Readable.from(counted()), gunzip);
  // The loop below throws the same error.
  feeding.catch(() => {});
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      unpacked += chunk.length;
      if (unpacked > SUSPECT_FROM && unpacked > packed * LARGEST_RATIO) throw tooLarge();
      yield chunk;
    }
  } catch (error) {
    if (error instanceof PortabilityError) throw error;
    const system = systemCodeOf(error);
    throw portabilityError(
      system === 'Z_BUF_ERROR' ? UPDATE.downloadIncomplete : UPDATE.archiveDamaged,
      { system },
    );
  } finally {
    gunzip.destroy();
  }
}

const BLOCK = 512;
const textAt = (header: Buffer, from: number, to: number): string =>
  header.toString('latin1', from, to).replace(/\0.*$/s, '');
const octalAt = (header: Buffer, from: number, to: number): number => {
  const digits = textAt(header, from, to).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
};

/** Sum of the bytes of a header, in which its own field counts as blanks. */
const sumOf = (header: Buffer): number =>
  header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);

const isTarHeader = (header: Buffer): boolean =>
  header.length === BLOCK && octalAt(header, 148, 156) === sumOf(header);

/** The file that is taken out of a tar archive. */
export interface Member {
  /** Its name, in any folder; default: the first one that ends in `.mmdb`. */
  readonly file?: string | undefined;
  /** Its whole path. */
  readonly path?: string | undefined;
}

function isWanted(found: string, { file, path }: Member): boolean {
  if (path !== undefined) return found === path;
  if (file === undefined) return found.endsWith('.mmdb');
  return found === file || found.endsWith(`/${file}`);
}

/** Yields the wanted regular file of a tar archive (POSIX.1-1988, ustar). */
async function* tarMember(reader: ChunkReader, wanted: Member): AsyncGenerator<Buffer> {
  for (;;) {
    const header = Buffer.from(await reader.peek(BLOCK));
    if (header.length < BLOCK || header.every(byte => byte === 0)) break;
    const size = octalAt(header, 124, 136);
    if (!isTarHeader(header) || !(size <= LARGEST_DOWNLOAD))
      throw portabilityError(UPDATE.archiveDamaged);
    await reader.skip(BLOCK);
    const isRegular = header[156] === 0x30 || header[156] === 0;
    const folder = textAt(header, 257, 262) === 'ustar' ? textAt(header, 345, 500) : '';
    const path = `${folder === '' ? '' : `${folder}/`}${textAt(header, 0, 100)}`;
    if (isRegular && isWanted(path, wanted)) {
      let left = size;
      for await (const piece of reader.take(size)) {
        left -= piece.length;
        yield piece;
      }
      if (left > 0) throw portabilityError(UPDATE.downloadIncomplete);
      await reader.skip();
      return;
    }
    const padded = Math.ceil(size / BLOCK) * BLOCK;
    if ((await reader.skip(padded)) < padded) throw portabilityError(UPDATE.downloadIncomplete);
  }
  throw portabilityError(UPDATE.archiveWithoutFile);
}

/**
 * Yields the bytes of the file in a download.
 * @param path path of the download
 * @param wanted the file in a tar archive
 * @throws PortabilityError `ERR_DOWNLOAD_CONTENT`, `ERR_DOWNLOAD_INCOMPLETE`, `ERR_DOWNLOAD_LIMIT`
 */
export async function* unpacked(path: string, wanted: Member = {}): AsyncGenerator<Buffer> {
  const file = createReadStream(path);
  try {
    const packed = new ChunkReader(file as AsyncIterable<Buffer>);
    const magic = await packed.peek(2);
    const raw = packed.take(Number.POSITIVE_INFINITY);
    const isGzip = magic.length === 2 && magic.readUInt16BE() === GZIP_MAGIC;
    const reader = new ChunkReader(bounded(isGzip ? gunzipped(raw) : raw));
    yield* isTarHeader(Buffer.from(await reader.peek(BLOCK)))
      ? tarMember(reader, wanted)
      : reader.take(Number.POSITIVE_INFINITY);
  } finally {
    file.destroy();
  }
}
