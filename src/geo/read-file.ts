/** Reads whole files, with one clear line for each error of the system. */

import { open, readFile, stat } from 'node:fs/promises';
import { PortabilityError, portabilityError, systemCodeOf } from '../errors.ts';
import * as GEO from '../messages/geo.ts';
import type { Message } from '../messages.ts';

/** The reason why a file could not be read, in words. */
const OPEN_FAILURES: Readonly<Record<string, Message>> = {
  ENOENT: GEO.fileMissing,
  EISDIR: GEO.fileDirectory,
  EACCES: GEO.fileForbidden,
};

type OpenCode = 'ERR_SOURCE_OPEN' | 'ERR_TABLE_OPEN';

/** One gigabyte is more than the largest country database. */
const LARGEST_FILE = 2 ** 30;

/** Reads a file of `size` bytes; errors of the system become one clear line. */
async function withReason<T>(
  path: string,
  code: OpenCode,
  read: (size: number) => Promise<T>,
): Promise<T> {
  try {
    const found = await stat(path);
    if (found.size > LARGEST_FILE) throw portabilityError(GEO.sourceTooLarge, { path });
    if (!found.isFile() && !found.isDirectory())
      throw portabilityError(GEO.fileSpecial, { code, path });
    return await read(found.size);
  } catch (error) {
    if (error instanceof PortabilityError) throw error;
    const system = systemCodeOf(error);
    const reason = OPEN_FAILURES[String(system)] ?? GEO.fileUnreadable;
    throw portabilityError(reason, { code, path, system });
  }
}

/**
 * Reads a whole file, up to the size limit. Errors of the system become one clear line with the
 * caller's code. Pipes and devices are rejected before they are opened: opening one can block
 * forever, and with it a thread of the pool that all file operations of the process share.
 */
export async function readWhole(path: string, code: OpenCode): Promise<Buffer> {
  return withReason(path, code, () => readFile(path));
}

/**
 * Reads a table file into a SharedArrayBuffer, so that its arrays can be used where they are.
 * Throws as {@link readWhole} does.
 */
export async function readIntoSharedMemory(path: string): Promise<SharedArrayBuffer> {
  return withReason(path, 'ERR_TABLE_OPEN', async size => {
    const file = await open(path);
    try {
      const buffer = new SharedArrayBuffer(size);
      const bytes = new Uint8Array(buffer);
      let length = 0;
      for (let read = -1; read !== 0 && length < size; length += read)
        read = (await file.read(bytes, length, size - length)).bytesRead;
      // The end of a file that has become shorter meanwhile is zero: its checksum differs.
      return buffer;
    } finally {
      await file.close();
    }
  });
}
