/** Writes a file atomically: a reader sees the old content or the new, never a part. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { syncToDisk } from './sync-to-disk.ts';

/**
 * Writes a temporary file next to the target, syncs it and renames it. A new file has mode 0644
 * less the umask; `mode`, if set, is applied exactly.
 * @throws the error of the file system; no temporary file is left behind
 */
export async function writeWhole(path: string, bytes: Uint8Array, mode?: number): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.new`;
  let file: FileHandle | undefined;
  try {
    file = await open(temporary, 'wx', 0o644);
    if (mode !== undefined) await file.chmod(mode);
    await file.writeFile(bytes);
    await syncToDisk(file);
    await file.close();
    await rename(temporary, path);
  } catch (error) {
    await file?.close().catch(() => {});
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}
