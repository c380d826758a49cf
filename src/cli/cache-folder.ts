/** Finds the folder of the user for files that may be lost. */
import { isAbsolute, join } from 'node:path';

/**
 * Returns the path of the folder by the XDG Base Directory Specification, or `undefined` if the
 * environment names none.
 */
export function cacheFolder(): string | undefined {
  const { XDG_CACHE_HOME: cache = '', HOME: home = '' } = process.env;
  const folder = isAbsolute(cache) ? cache : isAbsolute(home) ? join(home, '.cache') : undefined;
  return folder && join(folder, 'laissez-passer');
}
