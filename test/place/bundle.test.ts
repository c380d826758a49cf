import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileBundle, loadZoneTable, PortabilityError, verifyZoneTable } from '../../src/index.ts';
import { decodeBundle, encodeBundle } from '../../src/place/bundle.ts';
import { fileOf, inFolder } from '../support/tables.ts';

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
      ...['home', 'outside', 'home', 'home', 'eea', 'home', 'outside', 'home', 'unknown'],
    ]);
  });

  it('are equal to the byte for equal input', async () => {
    expect(Buffer.from(await compileBundle({ sources, clock: () => 0 })).equals(bundle)).toBe(true);
  });

  it('come back from decode and encode as they were', () => {
    const { edition, stretches } = decodeBundle(bundle);
    expect(encodeBundle(edition, stretches).equals(bundle)).toBe(true);
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
      await expect(loadZoneTable(bundle.subarray(0, length))).rejects.toBeInstanceOf(PortabilityError);
    }
    await expect(loadZoneTable(Buffer.concat([bundle, Buffer.from([0])]))).rejects.toMatchObject({
      code: 'ERR_TABLE_FORMAT',
    });
  });

  it('name what is wrong', async () => {
    const patched = Buffer.from(bundle);
    patched[bundle.length - 40]! ^= 1;
    await expect(loadZoneTable(patched)).rejects.toMatchObject({ code: 'ERR_TABLE_CHECKSUM' });
    await expect(loadZoneTable(bundle.subarray(0, 60))).rejects.toMatchObject({ code: 'ERR_TABLE_TRUNCATED' });
    await expect(loadZoneTable(inFolder('nothing.bin'))).rejects.toMatchObject({ code: 'ERR_TABLE_OPEN' });
  });

  /** A forged bundle has a right checksum: structure must hold all the same. */
  it('with a forged checksum are read to a table or refused, never anything else', async () => {
    const { edition, stretches } = decodeBundle(bundle);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ at: fc.nat(), value: fc.nat(255) }), { minLength: 1, maxLength: 4 }),
        async patches => {
          const content = bundle.subarray(0, bundle.length - 32);
          const forged = Buffer.from(content);
          for (const { at, value } of patches) forged[at % forged.length] = value;
          const { createHash } = await import('node:crypto');
          const whole = Buffer.concat([forged, createHash('sha256').update(forged).digest()]);
          const result = await loadZoneTable(whole).catch(error => error);
          if (result instanceof Error && !(result instanceof PortabilityError)) throw result;
          if (!(result instanceof Error)) expect(result.locate('2.1.1.1').zone).toMatch(/^(home|eea|outside|unknown)$/);
        },
      ),
      { numRuns: 2000 },
    );
    expect(encodeBundle(edition, stretches).equals(bundle)).toBe(true);
  });
});

describe('verifyZoneTable', () => {
  it('passes the bundled table, whose edition names its sources', async () => {
    const edition = await verifyZoneTable();
    expect(edition.sources.map(source => source.name)).toEqual([
      'ipfire-location',
      'dbip-country-lite',
      'geo-whois-asn-country',
    ]);
    expect(edition.home).toBe('FR');
  });

  it('refuses a bundle whose edition is not that of its content', async () => {
    const { edition, stretches } = decodeBundle(bundle);
    const lying = encodeBundle({ ...edition, home: 'ES' }, stretches);
    await expect(verifyZoneTable(lying)).rejects.toMatchObject({ code: 'ERR_TABLE_FORMAT' });
    expect((await loadZoneTable(lying)).edition.home).toBe('ES');
  });
});

it('the bundled table is the one of data/SOURCES.md', async () => {
  const { edition } = await loadZoneTable();
  const text = readFileSync(new URL('../../data/SOURCES.md', import.meta.url), 'utf8');
  expect(text).toContain(edition.id);
  for (const source of edition.sources) expect(text).toContain(source.sha256);
});

it('the bundled table fits 8 MB in memory', async () => {
  const { byteLength } = await loadZoneTable();
  expect(byteLength).toBeGreaterThan(1e6);
  expect(byteLength).toBeLessThan(8e6);
});
