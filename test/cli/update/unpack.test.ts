import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryAfterMs } from '../../../src/cli/update/https-client.ts';
import { unpacked } from '../../../src/cli/update/unpack.ts';
import { PortabilityError } from '../../../src/index.ts';
import { fileOf } from '../../support/tables.ts';
import { tarOf } from '../../support/tar.ts';

async function contentOf(
  download: Uint8Array,
  file?: string,
  path?: string,
): Promise<Buffer | string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of unpacked(fileOf(download), { file, path }))
      chunks.push(Buffer.from(chunk));
  } catch (error) {
    if (error instanceof PortabilityError) return error.code;
    throw error;
  }
  return Buffer.concat(chunks);
}

const FILE = Buffer.from('81.2.69.0/24,FR\n'.repeat(500));
const ARCHIVE = tarOf([
  { name: 'x/', content: Buffer.alloc(0), type: '5' },
  { name: 'x/README', content: Buffer.from('read me') },
  { name: 'x/rows.csv', content: FILE },
  { name: 'x/zones.mmdb', content: Buffer.from('a database') },
]);

describe('a download', () => {
  it('is taken as it is, out of gzip, or out of an archive', async () => {
    expect(await contentOf(FILE)).toEqual(FILE);
    expect(await contentOf(gzipSync(FILE))).toEqual(FILE);
    for (const archive of [ARCHIVE, gzipSync(ARCHIVE)]) {
      expect(await contentOf(archive, 'rows.csv')).toEqual(FILE);
      expect(await contentOf(archive, 'x/rows.csv')).toEqual(FILE);
      expect(String(await contentOf(archive))).toBe('a database');
      expect(await contentOf(archive, 'ows.csv')).toBe('ERR_DOWNLOAD_CONTENT');
    }
    expect(await contentOf(Buffer.alloc(0))).toEqual(Buffer.alloc(0));
  });

  it('gives the file of a whole path, and no other of its name', async () => {
    const archive = tarOf([
      { name: 'package/old/rows.csv', content: Buffer.from('old') },
      { name: 'package/rows.csv', content: FILE },
    ]);
    expect(await contentOf(archive, undefined, 'package/rows.csv')).toEqual(FILE);
    expect(await contentOf(archive, undefined, 'rows.csv')).toBe('ERR_DOWNLOAD_CONTENT');
  });

  it('takes no folder, link or device of the wanted name for the file', async () => {
    for (const type of ['1', '2', '3', '5', 'x', 'L']) {
      const archive = tarOf([{ name: 'a.mmdb', content: Buffer.from('no'), type }]);
      expect(await contentOf(archive)).toBe('ERR_DOWNLOAD_CONTENT');
    }
  });

  it('of gzip that ends early or has a changed byte is never taken for the file', async () => {
    const packed = gzipSync(ARCHIVE);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(packed.length - 3),
        fc.integer({ min: 1, max: 255 }),
        async (at, flip) => {
          // Without the first two bytes it would be no gzip, and any bytes are a file.
          const cut = await contentOf(packed.subarray(0, at + 2), 'rows.csv');
          expect(cut).toMatch(/^ERR_DOWNLOAD_(INCOMPLETE|CONTENT)$/);
          const changed = Buffer.from(packed);
          changed[at + 2]! ^= flip;
          const result = await contentOf(changed, 'rows.csv');
          // Bytes of the header of gzip, such as its time, say nothing about the content.
          if (typeof result !== 'string') expect(result).toEqual(FILE);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('that grows a thousand times is refused long before it fills a disk', async () => {
    expect(await contentOf(gzipSync(Buffer.alloc(2 ** 27)))).toBe('ERR_DOWNLOAD_LIMIT');
  });
});

it('Retry-After is a number of seconds or a date', () => {
  const now = Date.UTC(2026, 10, 27);
  expect(retryAfterMs('120', now)).toBe(120_000);
  expect(retryAfterMs('Fri, 27 Nov 2026 00:01:00 GMT', now)).toBe(60_000);
  expect(retryAfterMs('Thu, 26 Nov 2026 00:01:00 GMT', now)).toBe(0);
  // A mistake of the server ends no update for ever.
  expect(retryAfterMs('999999999999', now)).toBe(86_400_000);
  expect(retryAfterMs('Fri, 27 Nov 2099 00:01:00 GMT', now)).toBe(86_400_000);
  for (const field of [undefined, '', 'soon', '-1x'])
    expect(retryAfterMs(field, now)).toBeUndefined();
});
