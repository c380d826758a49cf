/** Names the program of the worker thread that holds the SQLite file. */

import type { Asset } from '../../assets.ts';

/** The built program, also when this module runs from source. In `dist`, it is a neighbour. */
export const SQLITE_WORKER: Asset = {
  name: 'dist/sqlite-worker.cjs',
  option: 'sqliteWorker',
  locate: () => new URL('../../../dist/sqlite-worker.cjs', import.meta.url),
};
