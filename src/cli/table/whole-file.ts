/** Writes a file as a whole: whoever reads it sees the old content or the new, never a part. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';

/**
 * Writes next to the file, syncs, and renames. A new file has mode 0644 less the umask; `mode` is set
 * as it is.
 * @throws the error of the file system; nothing is left behind
 */
export async function writeWhole(path: string, bytes: Uint8Array, mode?: number): Promise<void> {
  const beside = `${path}.${randomBytes(4).toString('hex')}.new`;
  let file: FileHandle | undefined;
  try {
    file = await open(beside, 'wx', 0o644);
    if (mode !== undefined) await file.chmod(mode);
    await file.writeFile(bytes);
    await file.sync();
    await file.close();
    await rename(beside, path);
  } catch (error) {
    await file?.close().catch(() => {});
    await rm(beside, { force: true }).catch(() => {});
    throw error;
  }
}
