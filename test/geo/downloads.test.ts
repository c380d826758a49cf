import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type PortabilityError, textOf } from '../../src/errors.ts';
import { rejectWrongDownload } from '../../src/geo/downloads.ts';
import { ipv4Bits, writeMmdb } from '../support/mmdb-writer.ts';

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const database = writeMmdb([
  { bits: ipv4Bits('2.0.0.0/8'), record: { country: { iso_code: 'FR' } } },
]);

function tarOf(content: Buffer): Buffer {
  const header = Buffer.alloc(512);
  header.write('GeoLite2-Country_20261124/GeoLite2-Country.mmdb');
  header.write('ustar\x0000', 257, 'latin1');
  return Buffer.concat([header, content]);
}

function messageOf(file: Buffer): string {
  try {
    rejectWrongDownload(file);
  } catch (error) {
    return `${(error as PortabilityError).code}: ${textOf(error as PortabilityError).en}`;
  }
  return 'accepted';
}

describe('a wrong download', () => {
  it.each<[string, Buffer, RegExp]>([
    ['gzip', gzipSync('2.0.0.0/8,FR'), /GZIP: .*unpack/],
    ['xz', latin1('\xfd7zXZ\x00\x00\x04'), /FORMAT: .*compressed \(xz\): unpack/],
    ['bzip2', latin1('BZh91AY&SY'), /compressed \(bzip2\)/],
    ['Zstandard', latin1('\x28\xb5\x2f\xfd\x04'), /compressed \(Zstandard\)/],
    ['a ZIP archive, or a workbook', latin1('PK\x03\x04\x14\x00'), /\(ZIP\): extract the \.mmdb/],
    ['a 7z archive', latin1('7z\xbc\xaf\x27\x1c\x00\x04'), /\(7z\)/],
    ['a RAR archive', latin1('Rar!\x1a\x07\x01\x00'), /\(RAR\)/],
    ['a tar archive with a database in it', tarOf(database), /\(tar\): extract the \.mmdb/],
    ['an old workbook', latin1('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'), /is Excel \(\.xls\)/],
    [
      'a web page',
      latin1('\n<!DOCTYPE html><title>Sign in</title>'),
      /web page: .* account or key/,
    ],
    ['a web page without its type', latin1('\xef\xbb\xbf<HTML><body>'), /web page/],
    ['XML', latin1('<?xml version="1.0"?><feed/>'), /is XML/],
    ['JSON', latin1('{"error":"invalid key"}'), /is JSON/],
    ['a JSON list', latin1('[{"prefix":"2.0.0.0/8"}]'), /is JSON/],
    ['PDF', latin1('%PDF-1.7'), /is PDF/],
    ['UTF-16', Buffer.from('\ufeff2.0.0.0/8\tFR', 'utf16le'), /UTF-16: save it as CSV in UTF-8/],
    ['UTF-16, big endian', latin1('\xfe\xff\x002'), /UTF-16/],
    [
      'GeoIP.dat',
      latin1(
        `${'\x01\x00\x00\x02'.repeat(200)}GEO-106FREE 20180327 Build 1 Copyright (c) 2018 MaxMind Inc All Rights Reserved\xff\xff\xff\x01`,
      ),
      /GeoIP\.dat: use the MMDB/,
    ],
  ])('is named: %s', (_, file, message) => {
    expect(messageOf(file)).toMatch(message);
  });

  it('is neither a database nor a text', () => {
    for (const file of [database, latin1('2.0.0.0/8,FR'), latin1('# MaxMind Inc\n2.0.0.0/8,FR')])
      expect(messageOf(file)).toBe('accepted');
  });
});
