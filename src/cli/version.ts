/** Reads the version of the library from its package.json. */
import { readFileSync } from 'node:fs';

/** package.json is one folder above the built files, and two above this source. */
const manifest = (): URL =>
  new URL(
    import.meta.url.endsWith('.ts') ? '../../package.json' : '../package.json',
    import.meta.url,
  );

export const libraryVersion = (): string => JSON.parse(readFileSync(manifest(), 'utf8')).version;
