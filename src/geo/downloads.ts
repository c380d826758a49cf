/** Recognises files that are not what their reader expects: archives, web pages, old formats. */

import { portabilityError } from '../errors.ts';
import * as GEO from '../messages/geo.ts';
import { isMmdb } from './mmdb-metadata.ts';

/** The first bytes of a format, as Latin-1. */
type Magic = readonly [format: string, bytes: string];

const COMPRESSED: readonly Magic[] = [
  ['xz', '\xfd7zXZ\x00'],
  ['bzip2', 'BZh'],
  ['Zstandard', '\x28\xb5\x2f\xfd'],
];

const ARCHIVES: readonly Magic[] = [
  ['ZIP', 'PK\x03\x04'],
  ['7z', '7z\xbc\xaf\x27\x1c'],
  ['RAR', 'Rar!\x1a\x07'],
];

const startsWith =
  (file: Buffer) =>
  ([, bytes]: Magic): boolean =>
    file.toString('latin1', 0, bytes.length) === bytes;

/** A tar archive has its mark in the header of the first member. */
const isTar = (file: Buffer): boolean => file.toString('latin1', 257, 262) === 'ustar';

/**
 * The legacy format of MaxMind ends with a description that names its maker, then the number of the
 * edition. Its successor has a marker instead.
 */
const isLegacyGeoIp = (file: Buffer): boolean =>
  file.includes(0) &&
  /GEO-\d+|MaxMind Inc/.test(file.toString('latin1', Math.max(0, file.length - 512)));

/** What a text begins with that is no table of networks. */
function rejectMarkup(file: Buffer): void {
  const start = file
    .toString('latin1', 0, 512)
    .replace(/^\xef\xbb\xbf/, '')
    .trimStart()
    .toLowerCase();
  if (/^<(!doctype html|html|head|body)/.test(start)) throw portabilityError(GEO.sourceWebPage);
  if (start.startsWith('<')) throw portabilityError(GEO.sourceOtherFormat, {}, { format: 'XML' });
  if (/^[{[]/.test(start)) throw portabilityError(GEO.sourceOtherFormat, {}, { format: 'JSON' });
  if (start.startsWith('%pdf-'))
    throw portabilityError(GEO.sourceOtherFormat, {}, { format: 'PDF' });
}

/**
 * Rejects what operators download by mistake, by name and with what to do.
 * @throws PortabilityError `ERR_SOURCE_GZIP`, `ERR_SOURCE_FORMAT`
 */
export function rejectWrongDownload(file: Buffer): void {
  if (file[0] === 0x1f && file[1] === 0x8b) throw portabilityError(GEO.sourceGzip);
  const compressed = COMPRESSED.find(startsWith(file));
  if (compressed !== undefined)
    throw portabilityError(GEO.sourceCompressed, {}, { format: compressed[0] });
  const archive = ARCHIVES.find(startsWith(file)) ?? (isTar(file) ? ['tar'] : undefined);
  if (archive !== undefined) throw portabilityError(GEO.sourceArchive, {}, { format: archive[0] });
  if (startsWith(file)(['', '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1']))
    throw portabilityError(GEO.sourceOtherFormat, {}, { format: 'Excel (.xls)' });
  if (isMmdb(file)) return;
  if (/^(\xff\xfe|\xfe\xff)/.test(file.toString('latin1', 0, 2)))
    throw portabilityError(GEO.textUtf16);
  rejectMarkup(file);
  if (isLegacyGeoIp(file)) throw portabilityError(GEO.sourceLegacyGeoIp);
}
