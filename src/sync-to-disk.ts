/** Waits until the disk has a file. */

import { fsync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';

const sync = /* @__PURE__ */ promisify(fsync);

/**
 * Resolves when the content of an open file or folder is on disk. Yarn's Plug'n'Play replaces file
 * handles by its own, which cannot `sync`; their descriptor can.
 */
export const syncToDisk = (handle: Pick<FileHandle, 'fd'>): Promise<void> => sync(handle.fd);
