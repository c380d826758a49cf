/** Detects a compiled table by its first bytes, whatever its version. */

/** The last byte is the version of the format. */
export const MAGIC = Buffer.from('LPZONES\x02', 'latin1');

/** Whether a file is a bundle of any version. */
export const isBundle = (file: Uint8Array): boolean =>
  MAGIC.subarray(0, -1).equals(file.subarray(0, MAGIC.length - 1));
