/** Sets the bounds of a download. */

import { HOUR_MS } from '../../days.ts';

/** Largest download, and largest file in it, in bytes. The readers of sources take no more. */
export const LARGEST_DOWNLOAD = 2 ** 30;

/**
 * A file that is this many times larger than its compressed form is refused as soon as it is also
 * larger than `SUSPECT_FROM` bytes. Databases are compressed to a half or a third.
 */
export const LARGEST_RATIO = 100;
export const SUSPECT_FROM = 2 ** 26;

/** Bytes that a server must send within each time limit. */
export const LEAST_PROGRESS = 16_384;

/** Redirects that are followed. */
export const MOST_REDIRECTS = 5;

/** Requests for one file: the first one, and those after a failure of the server. */
export const MOST_ATTEMPTS = 3;

/** Milliseconds before the second attempt; each further one waits four times as long. */
export const FIRST_BACKOFF_MS = 500;

/** Longest time for which an update waits because a server asks it to, in milliseconds. */
export const LONGEST_WAIT_MS = 60_000;

/** Longest time for which a server is left alone because it asks for it, in milliseconds. */
export const LONGEST_PATIENCE_MS = 24 * HOUR_MS;

/** Longest time for one file, with all attempts, in milliseconds. */
export const LONGEST_FILE_MS = HOUR_MS;

/** Default of `timeoutSeconds`. */
export const DEFAULT_TIMEOUT_SECONDS = 30;

/** Longest answer that is read as a digest, in bytes. */
export const LONGEST_DIGEST = 4096;

/** Longest run of npm for one step, in milliseconds. */
export const NPM_WAIT_MS = 600_000;
