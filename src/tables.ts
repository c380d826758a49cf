/**
 * Loads and verifies zone tables. Everything except our own bundle is read in a worker thread.
 */

import { fileURLToPath } from 'node:url';
import { systemClock } from './clock.ts';
import { portabilityError, withDetails } from './errors.ts';
import { decodeBundle } from './geo/bundle.ts';
import { isBundle } from './geo/bundle-magic.ts';
import { readIntoSharedMemory } from './geo/read-file.ts';
import { type Edition, openShared, type ZoneTable } from './geo/zone-table.ts';
import * as TABLES from './messages/tables.ts';
import { runCompileJob } from './tables/compile-worker-host.ts';

/**
 * Path of the bundled table, in `data/` next to the code, both in the package and in the source
 * tree.
 */
export const BUNDLED = fileURLToPath(new URL('../data/zones.bin', import.meta.url));

function checkFrom(from: string | Uint8Array): void {
  if (typeof from === 'string' || from instanceof Uint8Array) return;
  throw portabilityError(TABLES.tableArgument);
}

/**
 * Loads a zone table from a bundle or an MMDB file, by path or as bytes; default: the bundled
 * table. A bundle is verified by its checksum, its arrays are checked, and they are used as they were
 * read, in this thread; bytes are copied first. An MMDB file is compiled in a worker thread, for home
 * State FR by the law as last reviewed; `compileZoneTable` accepts other home States and days.
 * @throws PortabilityError `ERR_TABLE_OPEN` if the file cannot be read; `ERR_TABLE_...` for a
 * bundle, `ERR_SOURCE_...` for an MMDB file.
 */
export async function loadZoneTable(from: string | Uint8Array = BUNDLED): Promise<ZoneTable> {
  checkFrom(from);
  const file = typeof from === 'string' ? await readIntoSharedMemory(from) : from;
  if (!isBundle(file instanceof SharedArrayBuffer ? new Uint8Array(file) : file)) {
    const { table } = await runCompileJob({ from, time: systemClock(), wants: 'table' });
    return openShared(table!);
  }
  try {
    return openShared(decodeBundle(file));
  } catch (error) {
    throw typeof from === 'string' ? withDetails(error, { path: from }) : error;
  }
}

/**
 * Verifies a table completely; this is slow. Checks the checksum, the structure, that the edition's
 * id matches the content, and that the table in memory returns what the file contains on both sides
 * of every border.
 * @throws PortabilityError as {@link loadZoneTable} does; `ERR_TABLE_FORMAT` if the content does
 * not match the edition.
 */
export async function verifyZoneTable(from: string | Uint8Array = BUNDLED): Promise<Edition> {
  checkFrom(from);
  const proof = runCompileJob({ from, time: systemClock(), wants: 'proof' });
  const { edition } = await proof.catch(error => {
    throw typeof from === 'string' ? withDetails(error, { path: from }) : error;
  });
  return edition;
}
