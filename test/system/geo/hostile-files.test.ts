import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compileZoneTable, verifyZoneTable } from '../../../src/entry/tables.ts';
import { loadZoneTable, PortabilityError } from '../../../src/index.ts';
import { corpus, hasCorpora } from '../../support/corpora.ts';
import { attemptOf, differences } from '../../support/damage.ts';
import { HOSTILE } from '../../support/hostile.ts';
import { ipv4Bits, ipv6Bits, writeMmdb } from '../../support/mmdb-writer.ts';
import { fileOf, inFolder } from '../../support/tables.ts';

/**
 * A small database with everything in it: both families, aliases, narrow networks, records that
 * share nothing.
 */
const DATABASE = writeMmdb(
  [
    {
      bits: ipv4Bits('2.0.0.0/8'),
      record: { country: { iso_code: 'FR', names: { en: 'France' } } },
    },
    { bits: ipv4Bits('2.16.0.0/12'), record: { country_code: 'ES', x: [1, true, 'two'] } },
    {
      bits: ipv4Bits('2.16.7.0/24'),
      record: { country: 'GB', registered_country: { iso_code: 'FR' } },
    },
    { bits: ipv6Bits('2a01:cb00:0:0:0:0:0:0/32'), record: { country: { iso_code: 'FR' } } },
    { bits: ipv6Bits('2a01:cb00:1:0:0:0:0:0/48'), record: { country: { iso_code: 'DE' } } },
  ],
  { aliases: true, recordSize: 28 },
);

const flipped = (file: Buffer, bit: number): Buffer => {
  const copy = Buffer.from(file);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
};

/**
 * The stage at which each file of other projects must be refused. Complete files without a country
 * are refused for that.
 */
const STAGES = {
  'marker-only': 'metadata',
  'max-epoch': 'metadata',
  'integer-overflow': 'metadata',
  'last-in-metadata': 'data-empty',
  'corrupt-search-tree': 'data-empty',
  separator: 'tree',
  nesting: 'data',
  oversized: 'data',
};

describe('hostile files', () => {
  it.each(Object.entries(HOSTILE).map(([name, [file, outcome]]) => [name, outcome, file] as const))(
    '%s: %s',
    async (_, outcome, file) => {
      const table = await loadZoneTable(file).catch((error: unknown) => error);
      if (table instanceof PortabilityError) {
        expect(table.code).toBe(outcome);
        expect(table.stage).toBe(
          { DATA: 'data', TREE: 'tree', TRUN: 'tree', META: 'metadata' }[outcome.slice(11, 15)],
        );
        expect(table.offset).toBeGreaterThanOrEqual(0);
        expect(table.offset).toBeLessThanOrEqual(file.length);
        return;
      }
      const { locate } = table as Awaited<ReturnType<typeof loadZoneTable>>;
      expect(`${locate('2.1.1.1').zone} ${locate('193.1.1.1').zone}`).toBe(outcome);
    },
  );

  it('none takes more than a second or 64 MB more memory, and none throws later', () => {
    const script = fileURLToPath(new URL('./measure.ts', import.meta.url));
    const folders = hasCorpora ? [corpus('mmdb/bad-data/libmaxminddb')] : [];
    const tsx = fileURLToPath(new URL('../../../node_modules/tsx/dist/cli.mjs', import.meta.url));
    const output = execFileSync(process.execPath, [tsx, script, ...folders], { encoding: 'utf8' });
    const measured = JSON.parse(output) as { name: string; seconds: number; megabytes: number }[];
    expect(measured.length).toBeGreaterThanOrEqual(Object.keys(HOSTILE).length);
    expect(measured.filter(({ seconds, megabytes }) => seconds > 1 || megabytes > 64)).toEqual([]);
  });

  it.skipIf(!hasCorpora).each(hasCorpora ? readdirSync(corpus('mmdb/bad-data/libmaxminddb')) : [])(
    '%s is refused with a stage',
    async name => {
      const error = await loadZoneTable(corpus(`mmdb/bad-data/libmaxminddb/${name}`)).catch(
        caught => caught,
      );
      expect(error).toBeInstanceOf(PortabilityError);
      const stage = Object.entries(STAGES).find(([part]) => name.includes(part))?.[1];
      expect([error.code, error.stage]).toEqual([
        `ERR_SOURCE_${stage === 'data-empty' ? 'EMPTY' : stage!.toUpperCase()}`,
        stage!.split('-')[0],
      ]);
    },
  );
});

describe('damage', () => {
  it('is absent from the file itself: it is read as the plain reader reads it', () => {
    const ours = attemptOf(DATABASE);
    expect(ours).not.toBeInstanceOf(PortabilityError);
    expect(differences(DATABASE, ours as never)).toBe(0);
  });

  // INVARIANT (damage-is-refused-or-exact); test/system/geo/flips.ts takes all bits of larger
  // files.
  it('damage-is-refused-or-exact: every fifth bit flipped, and every truncation', () => {
    let refused = 0;
    const check = (file: Buffer): void => {
      const ours = attemptOf(file);
      if (ours instanceof PortabilityError) refused++;
      else expect(differences(file, ours)).toBe(0);
    };
    for (let bit = 0; bit < DATABASE.length * 8; bit += 5) check(flipped(DATABASE, bit));
    const byFlips = refused;
    for (let length = 0; length < DATABASE.length; length++) check(DATABASE.subarray(0, length));
    expect(byFlips).toBeGreaterThan(100);
    expect(refused - byFlips).toBe(DATABASE.length);
  });

  it('of a tree that mounts IPv4 where no writer does is read as it stands, not skipped as an alias', () => {
    const bits = (text: string): string => ipv6Bits(text);
    for (const prefix of [
      '2001:0:0:0:0:0:0:0/20',
      '2001:0:0:0:0:0:0:0/31',
      '0:0:0:0:0:0:0:0/2',
      '2a00:0:0:0:0:0:0:0/16',
    ]) {
      const file = writeMmdb([{ bits: ipv4Bits('2.0.0.0/8'), record: { country_code: 'ES' } }], {
        alsoAt: [bits(prefix)],
      });
      expect([prefix, differences(file, attemptOf(file) as never)]).toEqual([prefix, 0]);
    }
  });

  it('is refused, every bit of it, where the sha-256 of the source is given', () => {
    const sha256 = createHash('sha256').update(DATABASE).digest('hex');
    expect(attemptOf(DATABASE, sha256)).not.toBeInstanceOf(PortabilityError);
    for (let bit = 0; bit < DATABASE.length * 8; bit++)
      expect(attemptOf(flipped(DATABASE, bit), sha256)).toMatchObject({
        code: 'ERR_SOURCE_CHECKSUM',
        stage: 'open',
      });
  });
});

describe('files that cannot be sources', () => {
  mkdirSync(inFolder('folder'), { recursive: true });
  it.each<[string, string, string, string]>([
    ['missing', '/nowhere/at/all', 'ERR_SOURCE_OPEN', 'there is no such file'],
    ['a directory', inFolder('folder'), 'ERR_SOURCE_OPEN', 'the path is a directory, not a file'],
    ['empty', fileOf(''), 'ERR_SOURCE_EMPTY', 'the file is empty'],
    [
      'gzip',
      fileOf(gzipSync(DATABASE)),
      'ERR_SOURCE_GZIP',
      'the file is compressed: unpack it first',
    ],
    [
      'truncated',
      fileOf(DATABASE.subarray(0, 900)),
      'ERR_SOURCE_FORMAT',
      'the file is neither CSV nor a complete MMDB file',
    ],
    [
      'a device without end',
      '/dev/zero',
      'ERR_SOURCE_OPEN',
      'the path is a pipe or a device, not a file',
    ],
  ])('%s: refused with one clear line', async (_, path, code, message) => {
    const error = await compileZoneTable({ sources: [{ path }] }).catch(caught => caught);
    expect(error).toMatchObject({ name: 'PortabilityError', code, text: { en: message }, path });
    expect(error.message).toContain(path);
    expect(error.stage).toBe('open');
  });
});

describe('limits', () => {
  const rows = fileOf(
    Array.from(
      { length: 300_000 },
      (_, n) => `${n * 256},${n * 256 + 255},${n % 2 === 0 ? 'FR' : 'ES'}`,
    ).join('\n'),
  );
  const sources = [{ path: rows, built: '2026-06-01' }];

  it.each([
    [{ megabytes: 1 }, 'compiling the files takes more memory than allowed'],
    [{ seconds: 0.05 }, 'compiling the files takes more time than allowed'],
  ])('stop the work at %j, not the process', async (limits, message) => {
    await expect(compileZoneTable({ sources, limits })).rejects.toMatchObject({
      code: 'ERR_SOURCE_LIMIT',
      message,
    });
    await expect(verifyZoneTable()).resolves.toBeDefined();
  });

  it('are not needed for a hundred million line feeds or commas, which the process survives', async () => {
    for (const [unit, code] of [
      ['\n', 'ERR_SOURCE_EMPTY'],
      [',', 'ERR_SOURCE_ROW'],
    ] as const) {
      const path = fileOf(Buffer.alloc(140_000_000, unit));
      await expect(
        compileZoneTable({ sources: [{ path, built: '2026-06-01' }] }),
      ).rejects.toMatchObject({ code });
      rmSync(path);
    }
  });

  it("do not hide what the caller's onStep throws", async () => {
    const onStep = (): void => {
      throw new TypeError('of the caller');
    };
    await expect(compileZoneTable({ sources, onStep })).rejects.toThrow('of the caller');
  });

  it('are wide enough by default', async () => {
    expect((await compileZoneTable({ sources })).locate('0.1.0.1').known).toBe('special-purpose');
  });

  it.each([{ seconds: 0 }, { megabytes: -1 }, { seconds: '1' }, { megabytes: Number.NaN }])(
    'are refused if invalid: %j',
    async limits => {
      await expect(compileZoneTable({ sources, limits: limits as never })).rejects.toMatchObject({
        code: 'ERR_ARGUMENT',
      });
    },
  );
});

it('a country code that becomes another is no damage that a reader can see', () => {
  // A flip in a country code makes a well-formed file with other content: only its sha-256, a
  // second source or a guard can tell.
  const at = DATABASE.indexOf('FR');
  const other = Buffer.from(DATABASE);
  other[at] = 'G'.charCodeAt(0);
  const ours = attemptOf(other);
  expect(ours).not.toBeInstanceOf(PortabilityError);
  expect(differences(other, ours as never)).toBe(0);
});
