/**
 * Compares request paths with mount paths in every spelling that a file server would resolve to
 * them.
 */

/** How often escapes are decoded: a proxy behind the gateway may decode once more. */
const ROUNDS = 3;

/** The bytes of a text as characters, which is how Node represents the path of a request. */
const asBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

const decodeOnce = (path: string): string =>
  path.replace(/%([\da-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );

function decodeFully(path: string): string {
  let text = path;
  for (let round = 0; round < ROUNDS; round++) text = decodeOnce(text);
  return text;
}

/** A slash separates segments; on some file systems a backslash does, too. */
const SEPARATORS = ['/', /[/\\]/] as const;

/** Splits a path into its segments, without empty ones and single dots. */
const segmentsOf = (path: string, separator: string | RegExp): string[] =>
  path
    .toLowerCase()
    .split(separator)
    .filter(segment => segment !== '' && segment !== '.');

/** Removes each `..` together with the segment before it. */
function resolveDots(segments: readonly string[]): string[] {
  const resolved: string[] = [];
  for (const segment of segments) {
    if (segment === '..') resolved.pop();
    else resolved.push(segment);
  }
  return resolved;
}

const startsWith = (segments: readonly string[], mount: readonly string[]): boolean =>
  mount.every((segment, at) => segments[at] === segment);

/** Escapes, backslashes, repeated slashes and dot segments: what gives a path another spelling. */
const UNUSUAL = /%|\\|\/\/|\/\./;

/**
 * Compiles mount paths. The function that is returned says whether a path lies under one of them,
 * in any spelling: with escapes (also escaped twice), repeated or backward slashes, dot segments,
 * or other case. In doubt it returns `true`, so that the request is decided.
 */
export function compileMounts(mounts: readonly string[]): (path: string) => boolean {
  const wanted = mounts.flatMap(mount => {
    const written = asBytes(mount);
    return [written, decodeFully(written)].map(text => segmentsOf(text, '/'));
  });
  const isUnder = (segments: readonly string[]): boolean =>
    wanted.some(mount => startsWith(segments, mount));
  return path => {
    if (!UNUSUAL.test(path)) return isUnder(segmentsOf(path, '/'));
    let text = path;
    for (let round = 0; round <= ROUNDS; round++) {
      for (const separator of SEPARATORS) {
        const segments = segmentsOf(text, separator);
        if (isUnder(segments) || isUnder(resolveDots(segments))) return true;
      }
      const decoded = decodeOnce(text);
      if (decoded === text) return false;
      text = decoded;
    }
    // The path is escaped more often than is decoded.
    return true;
  };
}

/** Whether a mount path is plain text, without the characters of a pattern. */
export const isPlainPath = (path: unknown): path is string =>
  typeof path === 'string' && !/[:*?+!(){}[\]\\]/.test(path);
