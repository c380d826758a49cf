/** Writes a stream to a new file, and computes its SHA-256 on the way. */

import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { syncToDisk } from '../../sync-to-disk.ts';
import { cannotWrite } from '../option-at-fault.ts';

/**
 * Writes all chunks to a new file, waits until the disk has them, and returns their SHA-256. Only
 * the owner can read it: licences of databases forbid to pass them on.
 * @throws PortabilityError `ERR_OUTPUT` with the code of the system, such as `ENOSPC`; the errors
 * of `chunks`. No file is left behind.
 */
export async function writeStream(path: string, chunks: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'wx', 0o600).catch(error => {
    throw cannotWrite(undefined, path, error);
  });
  try {
    for await (const chunk of chunks) {
      hash.update(chunk);
      await file.writeFile(chunk).catch(error => {
        throw cannotWrite(undefined, path, error);
      });
    }
    await syncToDisk(file).catch(error => {
      throw cannotWrite(undefined, path, error);
    });
    await file.close();
  } catch (error) {
    await file.close().catch(() => {});
    await rm(path, { force: true }).catch(() => {});
    throw error;
  }
  return hash.digest('hex');
}
