import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileBundle, verifyZoneTable } from '../../../src/entry/tables.ts';
import { decodeBundle, encodeBundle } from '../../../src/geo/bundle.ts';
import { agreesWithIntervals } from '../../../src/geo/zone-table.ts';
import { loadZoneTable, PortabilityError } from '../../../src/index.ts';
import { fileOf, inFolder } from '../../support/tables.ts';

const rows = '2.0.0.0/8,FR\n2.1.1.1/32,US\n2a01::/16,FR\n2a01:5::6/128,ES\n2a01:5::8:0/112,US';
const sources = [{ path: fileOf(rows, 'rows.csv'), built: '2026-06-01', licence: 'CC0' }];
const bundle = Buffer.from(await compileBundle({ sources, clock: () => 0 }));

describe('bundles', () => {
  it('hold what was compiled: the same edition, the same answers', async () => {
    const table = await loadZoneTable(bundle);
    expect(table.edition).toMatchObject({
      home: 'FR',
      compiled: '1970-01-01T00:00:00.000Z',
      sources: [{ name: expect.stringMatching(/rows\.csv$/), licence: 'CC0' }],
    });
    const answers = [
      '2.1.1.0',
      '2.1.1.1',
      '2.1.1.2',
      '2a01:5::5',
      '2a01:5::6',
      '2a01:5::7',
      '2a01:5::8:ffff',
      '2a01:5::9:0',
      '10.0.0.1',
    ];
    expect(answers.map(address => table.locate(address).zone)).toEqual([
      'home',
      'outside',
      'home',
      'home',
      'eea',
      'home',
      'outside',
      'home',
      'unknown',
    ]);
  });

  it('hold findings about rows, and nothing else in their place', () => {
    const { edition, intervals } = decodeBundle(bundle);
    const decodedWith = (findings: unknown) => {
      const changed = [{ ...edition.sources[0]!, findings }] as never;
      return decodeBundle(encodeBundle({ ...edition, sources: changed }, intervals)).edition;
    };
    const finding = { problem: 'code', effect: 'unknown', count: 1, lines: [7], codes: ['EL'] };
    expect(decodedWith([finding]).sources[0]!.findings).toEqual([finding]);
    for (const wrong of [
      7,
      [7],
      [null],
      [{ ...finding, count: '1' }],
      [{ ...finding, lines: 7 }],
      [{ ...finding, lines: [0.5] }],
      [{ ...finding, problem: 1 }],
      [{ ...finding, effect: undefined }],
      [{ ...finding, codes: 'EL' }],
      [{ ...finding, codes: [1] }],
    ])
      expect(() => decodedWith(wrong)).toThrow(
        expect.objectContaining({ code: 'ERR_TABLE_FORMAT' }),
      );
  });

  it('hold a time of acceptance, and nothing else in its place', () => {
    const { edition, intervals } = decodeBundle(bundle);
    const withAcceptance = (accepted: unknown) =>
      encodeBundle({ ...edition, accepted } as never, intervals);
    expect(decodeBundle(withAcceptance('2026-11-26T10:00:00.000Z')).edition.accepted).toBe(
      '2026-11-26T10:00:00.000Z',
    );
    for (const accepted of [
      true,
      1,
      null,
      '',
      'yes',
      '2026-11-26',
      '2026-11-26T10:00:00.000Z or never',
    ])
      expect(() => decodeBundle(withAcceptance(accepted))).toThrow(
        expect.objectContaining({ code: 'ERR_TABLE_FORMAT' }),
      );
  });

  it('are equal to the byte for equal input', async () => {
    expect(Buffer.from(await compileBundle({ sources, clock: () => 0 })).equals(bundle)).toBe(true);
  });

  it('are unchanged by decoding and encoding', () => {
    const { edition, intervals } = decodeBundle(bundle);
    expect(encodeBundle(edition, intervals).equals(bundle)).toBe(true);
  });

  it('hold no country code', () => {
    const text = bundle.subarray(bundle.indexOf('}') + 1).toString('latin1');
    for (const code of ['FR', 'US', 'ES']) expect(text.includes(code)).toBe(false);
  });

  // INVARIANT (damage-is-noticed)
  it('damage-is-noticed: every flipped bit is refused', async () => {
    for (let at = 0; at < bundle.length; at++) {
      const copy = Buffer.from(bundle);
      copy[at]! ^= 1 << (at & 7);
      await expect(loadZoneTable(copy)).rejects.toBeInstanceOf(PortabilityError);
    }
  });

  it('damage-is-noticed: every truncation is refused', async () => {
    for (let length = 0; length < bundle.length; length++) {
      await expect(loadZoneTable(bundle.subarray(0, length))).rejects.toBeInstanceOf(
        PortabilityError,
      );
    }
    await expect(loadZoneTable(Buffer.concat([bundle, Buffer.from([0])]))).rejects.toMatchObject({
      code: 'ERR_TABLE_FORMAT',
    });
  });

  it('are refused with the code of what is wrong', async () => {
    const patched = Buffer.from(bundle);
    patched[bundle.length - 40]! ^= 1;
    await expect(loadZoneTable(patched)).rejects.toMatchObject({ code: 'ERR_TABLE_CHECKSUM' });
    await expect(loadZoneTable(bundle.subarray(0, 60))).rejects.toMatchObject({
      code: 'ERR_TABLE_TRUNCATED',
    });
    await expect(loadZoneTable(inFolder('nothing.bin'))).rejects.toMatchObject({
      code: 'ERR_TABLE_OPEN',
    });
  });

  /** A forged bundle has a correct checksum, but its structure must be checked all the same. */
  it('with a forged checksum are read to a table or refused, never anything else', async () => {
    const { edition, intervals } = decodeBundle(bundle);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ at: fc.nat(), value: fc.nat(255) }), { minLength: 1, maxLength: 4 }),
        async patches => {
          const content = bundle.subarray(0, bundle.length - 32);
          const forged = Buffer.from(content);
          for (const { at, value } of patches) forged[at % forged.length] = value;
          const whole = Buffer.concat([forged, createHash('sha256').update(forged).digest()]);
          const result = await loadZoneTable(whole).catch(error => error);
          if (result instanceof Error && !(result instanceof PortabilityError)) throw result;
          if (!(result instanceof Error))
            expect(result.locate('2.1.1.1').zone).toMatch(/^(home|eea|outside|unknown)$/);
        },
      ),
      { numRuns: 2000 },
    );
    expect(encodeBundle(edition, intervals).equals(bundle)).toBe(true);
  });
});

/** Wraps sections in a bundle with a correct checksum. */
function forge(ipv4: Uint8Array, ipv6: Uint8Array): Buffer {
  const { edition } = decodeBundle(bundle);
  const section = (bytes: Uint8Array): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const parts = [
    bundle.subarray(0, 8),
    section(Buffer.from(JSON.stringify(edition))),
    section(ipv4),
    section(ipv6),
  ];
  const content = Buffer.concat(parts);
  return Buffer.concat([content, createHash('sha256').update(content).digest()]);
}

describe('a forged bundle', () => {
  const UNLISTED = 0b0111;
  it.each<[string, number[], string]>([
    ['without an interval', [], 'ERR_TABLE_FORMAT'],
    [
      'with a start that does not ascend',
      [UNLISTED, 0, 9, UNLISTED, 0, 9, 0b0010],
      'ERR_TABLE_FORMAT',
    ],
    ['with a start that goes back', [UNLISTED, 0, 9, UNLISTED, 0, 8, 0b0010], 'ERR_TABLE_FORMAT'],
    ['with a start that is too long', [UNLISTED, 0x41, 9, 9, UNLISTED], 'ERR_TABLE_FORMAT'],
    ['that ends within a start', [UNLISTED, 3, 9], 'ERR_TABLE_FORMAT'],
    ['that ends without a location', [UNLISTED, 0, 9], 'ERR_TABLE_FORMAT'],
    [
      'with a location that is both not established and licensed',
      [UNLISTED | 16],
      'ERR_TABLE_FORMAT',
    ],
    ['with a location out of range', [0x80], 'ERR_TABLE_FORMAT'],
  ])('is refused %s', async (_, ipv4, code) => {
    await expect(
      loadZoneTable(forge(Buffer.from(ipv4), Buffer.from([UNLISTED]))),
    ).rejects.toMatchObject({ code });
    await expect(
      loadZoneTable(forge(Buffer.from([UNLISTED]), Buffer.from([]))),
    ).rejects.toMatchObject({ code });
  });

  it('is a table if it has one interval in each family', async () => {
    const table = await loadZoneTable(forge(Buffer.from([UNLISTED]), Buffer.from([UNLISTED])));
    expect(table.locate('8.8.8.8').known).toBe('unlisted');
  });

  it('is refused by name if its version is later', async () => {
    const later = Buffer.from(bundle);
    later[7] = 2;
    await expect(loadZoneTable(later)).rejects.toMatchObject({
      code: 'ERR_TABLE_FORMAT',
      message: expect.stringContaining('version'),
    });
  });
});

describe('verifyZoneTable', () => {
  it('accepts the bundled table, whose edition names its sources', async () => {
    const edition = await verifyZoneTable();
    expect(edition.sources.map(source => source.name)).toEqual([
      'ipfire-location',
      'dbip-country-lite',
      'geo-whois-asn-country',
    ]);
    expect(edition.home).toBe('FR');
  });

  it('refuses a bundle whose edition does not match its content', async () => {
    const { edition, intervals } = decodeBundle(bundle);
    const lying = encodeBundle({ ...edition, home: 'ES' }, intervals);
    await expect(verifyZoneTable(lying)).rejects.toMatchObject({ code: 'ERR_TABLE_FORMAT' });
    expect((await loadZoneTable(lying)).edition.home).toBe('ES');
  });
});

it('agreesWithIntervals tells a table from intervals that are not its own', async () => {
  const { intervals } = decodeBundle(bundle);
  const table = await loadZoneTable(bundle);
  expect(agreesWithIntervals(table, intervals)).toBe(true);
  for (const family of ['ipv4', 'ipv6'] as const) {
    const cut = intervals[family];
    const values = cut.values.map((value, at) => (at === cut.length - 2 ? value ^ 1 : value));
    expect(agreesWithIntervals(table, { ...intervals, [family]: { ...cut, values } })).toBe(false);
  }
});

it('the bundled table is the one of data/SOURCES.md', async () => {
  const { edition } = await loadZoneTable();
  const text = readFileSync(new URL('../../../data/SOURCES.md', import.meta.url), 'utf8');
  expect(text).toContain(edition.id);
  for (const source of edition.sources) expect(text).toContain(source.sha256);
});

it('the bundled table fits in 8 MB of memory', async () => {
  const { byteLength } = await loadZoneTable();
  expect(byteLength).toBeGreaterThan(1e6);
  expect(byteLength).toBeLessThan(8e6);
});
