/** Tells whether a request path lies under a mount path in any spelling that a file server would take for it. */

/** Escapes of escapes that are unwound: a proxy behind may decode once more. */
const ROUNDS = 3;

/** Bytes as characters, as Node has the path of a request. */
const asBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

const decodeOnce = (path: string): string =>
  path.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** What separates segments: the slash, and the backslash too where a file system takes it for one. */
const SEPARATORS = ['/', /[/\\]/] as const;

/** Segments without empty ones and dots; `..` takes the one before it away, and is kept in `raw`. */
function segmentsOf(path: string, separator: string | RegExp): { readonly resolved: string[]; readonly raw: string[] } {
  const raw = path
    .toLowerCase()
    .split(separator)
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

/** The mount as it is written, and as it reads once its escapes are unwound. */
function mountsOf(mount: string): readonly (readonly string[])[] {
  const written = asBytes(mount);
  return [written, unwind(written)].map(text => segmentsOf(text, '/').raw);
}

/** A path with its escapes unwound, as often as {@link ROUNDS} says. */
function unwind(path: string): string {
  let text = path;
  for (let round = 0; round < ROUNDS; round++) text = decodeOnce(text);
  return text;
}

/**
 * Whether `path` lies under `mount`, whatever its spelling: escaped (also twice), with doubled or backward slashes, with dots, in
 * another case. In doubt it does. Cost: one pass over a path that has none of these.
 */
export function isUnder(mount: string, path: string): boolean {
  const mounts = mountsOf(mount);
  let text = path;
  for (let round = 0; round <= ROUNDS; round++) {
    for (const separator of SEPARATORS) {
      const { resolved, raw } = segmentsOf(text, separator);
      if (mounts.some(wanted => startsWith(raw, wanted) || startsWith(resolved, wanted))) return true;
    }
    const decoded = decodeOnce(text);
    if (decoded === text) return false;
    text = decoded;
  }
  // Escaped more often than is unwound.
  return true;
}

/** Whether a mount path is one that {@link isUnder} can compare: text without the signs of a pattern. */
export const isPlainPath = (path: unknown): path is string =>
  typeof path === 'string' && !/[:*?+!(){}[\]\\]/.test(path);
