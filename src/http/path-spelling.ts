/**
 * Checks whether a request path lies under a mount path in any spelling that a file server would
 * accept for it.
 */

/** Number of nested escapes that are decoded: a proxy behind may decode once more. */
const ROUNDS = 3;

/** Returns the UTF-8 bytes as characters, as Node represents the path of a request. */
const asBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

const decodeOnce = (path: string): string =>
  path.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/**
 * Splits a path into lower-case segments, without empty ones and `.`. In `resolved`, `..` removes
 * the segment before it; `raw` keeps both.
 */
function segmentsOf(path: string): { readonly resolved: string[]; readonly raw: string[] } {
  const raw = path
    .toLowerCase()
    .split(/[/\\]/)
    .filter(segment => segment !== '' && segment !== '.');
  const resolved: string[] = [];
  for (const segment of raw) {
    if (segment === '..') resolved.pop();
    else resolved.push(segment);
  }
  return { resolved, raw };
}

const startsWith = (segments: readonly string[], mount: readonly string[]): boolean =>
  mount.every((segment, at) => segments[at] === segment);

/**
 * Whether `path` lies under `mount` in any spelling: escaped (also twice), with doubled slashes or
 * backslashes, with dot segments, or in another case. In doubt it returns `true`. Cost: one pass
 * over a path that has none of these.
 */
export function isUnder(mount: string, path: string): boolean {
  const wanted = segmentsOf(asBytes(mount)).raw;
  let text = path;
  for (let round = 0; round <= ROUNDS; round++) {
    const { resolved, raw } = segmentsOf(text);
    if (startsWith(raw, wanted) || startsWith(resolved, wanted)) return true;
    const decoded = decodeOnce(text);
    if (decoded === text) return false;
    text = decoded;
  }
  // Escaped more often than is decoded: in doubt, the path is guarded.
  return true;
}

/** Whether a mount path is plain text without pattern characters, as {@link isUnder} requires. */
export const isPlainPath = (path: unknown): path is string =>
  typeof path === 'string' && !/[:*?+!(){}[\]\\]/.test(path);
