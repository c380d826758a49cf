/**
 * The digest of the bundled table in hexadecimal, filled in when the package is built (see
 * tsup.config.ts); from source it is empty. The arrays of that table were checked when it was made,
 * and a file with the same SHA-256 is that file.
 */
export const CHECKED_TABLE: string = '';
