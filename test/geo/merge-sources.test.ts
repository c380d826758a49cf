import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileZoneTable } from '../../src/entry/tables.ts';
import { type ZoneTable, zoneOfTerritory } from '../../src/index.ts';
import {
  isSpecial,
  naiveCountry,
  naiveVote,
  networkOf,
  textOf,
  unwrapped,
} from '../oracle/networks.ts';
import { pointsOf, prefixArbitrary, prefixText } from '../support/networks.ts';
import { compiledHere, fileOf, tableOf } from '../support/tables.ts';

describe('several sources', () => {
  /** One /8 for each case: the territory in each of three sources, and the expected zone. */
  const CASES: readonly (readonly [said: readonly string[], zone: string, disputed: boolean])[] = [
    [['FR', 'FR', 'FR'], 'home', false],
    [['FR', 'RE', 'FR'], 'home', false],
    [['FR', 'FR', 'US'], 'home', true],
    [['US', 'FR', 'FR'], 'home', true],
    [['FR', 'US', 'ES'], 'home', true],
    [['US', 'FR', 'ES'], 'outside', true],
    [['FR', '', ''], 'unknown', false],
    [['', 'FR', 'FR'], 'home', false],
    [['', 'FR', 'US'], 'unknown', true],
    [['FR', 'EU', ''], 'unknown', false],
    [['ES', 'DE', 'US'], 'eea', true],
    [['ES', 'DE', ''], 'eea', false],
    [['', '', ''], 'unknown', false],
  ];
  const rowsOf = (source: number): string =>
    CASES.map(([codes], index) =>
      codes[source] === '' ? '' : `${20 + index}.0.0.0/8,${codes[source]}`,
    ).join('\n');

  // INVARIANT (disputed-is-answered)
  it('disputed-is-answered: zones win by a strict majority of all sources, else by the first source', async () => {
    const table = await tableOf([0, 1, 2].map(rowsOf));
    for (const [index, [codes, zone, disputed]] of CASES.entries()) {
      const location = table.locate(`${20 + index}.1.2.3`);
      expect([codes, location.zone, location.disputed]).toEqual([codes, zone, disputed]);
      expect(location.known).toBe(zone === 'unknown' ? 'unlisted' : 'listed');
      expect(location.licensed).toBe(zone === 'home');
    }
  });

  it('are never disputed where there is only one', async () => {
    const table = await tableOf(['2.0.0.0/8,FR\n3.0.0.0/8,US']);
    expect(table.locate('2.0.0.1')).toMatchObject({ zone: 'home', disputed: false });
  });

  it('are decided by the first where two differ', async () => {
    const frFirst = await tableOf(['2.0.0.0/8,FR', '2.0.0.0/8,US']);
    const usFirst = await tableOf(['2.0.0.0/8,US', '2.0.0.0/8,FR']);
    expect(frFirst.locate('2.0.0.1')).toMatchObject({ zone: 'home', disputed: true });
    expect(usFirst.locate('2.0.0.1')).toMatchObject({ zone: 'outside', disputed: true });
  });

  it('are named in the edition, in order', async () => {
    const table = await tableOf(['2.0.0.0/8,FR', '2.0.0.0/8,US'], { clock: () => 0 });
    expect(table.edition.sources).toHaveLength(2);
    expect(table.edition).toMatchObject({ home: 'FR', compiled: '1970-01-01T00:00:00.000Z' });
    expect(Object.isFrozen(table.edition)).toBe(true);
  });

  it('are required: an empty list is refused', async () => {
    await expect(compileZoneTable({ sources: [] })).rejects.toMatchObject({
      code: 'ERR_SOURCE_EMPTY',
    });
  });
});

it('thousands of intervals inside one /64 are exact too', async () => {
  const rows = Array.from({ length: 40_000 }, (_, n) =>
    `2a01::${(2 * n).toString(16)}/128,${n % 2 === 0 ? 'FR' : 'ES'}`.replace(
      /::([0-9a-f]{5})/,
      (_, five: string) => `::${five.slice(0, 1)}:${five.slice(1)}`,
    ),
  );
  const table = await tableOf([rows.join('\n')]);
  expect(
    ['2a01::', '2a01::1', '2a01::2', '2a01::3', '2a01::1:387e', '2a01::1:387f', '2a01:0:0:1::'].map(
      a => table.locate(a).zone,
    ),
  ).toEqual(['home', 'unknown', 'eea', 'unknown', 'eea', 'unknown', 'unknown']);
});

it('more codes than 16 bits can hold are refused, not wrapped around', async () => {
  const rows = Array.from(
    { length: 65_540 },
    (_, n) => `2.${n >> 16}.${(n >> 8) & 255}.${n & 255}/32,${n === 0 ? 'FR' : `x${n}`}`,
  );
  await expect(tableOf([rows.join('\n')])).rejects.toMatchObject({
    code: 'ERR_SOURCE_ROW',
    line: 65_536,
  });
});

describe('the compiled point of view', () => {
  const rows = '2.0.0.0/8,FR\n3.0.0.0/8,ES\n4.0.0.0/8,GB\n5.0.0.0/8,RE\n6.0.0.0/8,MC\n7.0.0.0/8,EU';
  const at = (table: ZoneTable, address: string): string =>
    `${table.locate(address).zone} ${table.locate(address).licensed}`;

  it('depends on the home State and the day', async () => {
    const table = await tableOf([rows], { home: 'ES', on: '2020-06-01' });
    expect(['2.1.1.1', '3.1.1.1', '4.1.1.1', '5.1.1.1', '6.1.1.1'].map(a => at(table, a))).toEqual([
      'eea false',
      'home true',
      'eea false',
      'eea false',
      'outside false',
    ]);
    expect(table.edition).toMatchObject({ home: 'ES', on: '2020-06-01' });
  });

  it('depends on a licence, which sets `licensed` and never the zone', async () => {
    const table = await tableOf([rows], { licence: { also: ['MC', 'ES'], except: ['RE'] } });
    expect(
      ['2.1.1.1', '3.1.1.1', '4.1.1.1', '5.1.1.1', '6.1.1.1', '7.1.1.1'].map(a => at(table, a)),
    ).toEqual([
      'home true',
      'eea true',
      'outside false',
      'home false',
      'outside true',
      'unknown false',
    ]);
  });

  it('asks the licence only of the sources that carry the zone', async () => {
    const licence = { also: ['MC'] };
    const mixed = await tableOf(
      ['2.0.0.0/8,CH\n9.0.0.0/8,FR', '2.0.0.0/8,MC\n9.0.0.0/8,FR', '2.0.0.0/8,MC'],
      {
        licence,
      },
    );
    expect(at(mixed, '2.1.1.1')).toBe('outside true');
    const split = await tableOf(['2.0.0.0/8,FR', '2.0.0.0/8,MC', '2.0.0.0/8,CH'], { licence });
    expect(at(split, '2.1.1.1')).toBe('outside true');
    const unknown = await tableOf(['9.0.0.0/8,FR', '2.0.0.0/8,MC', '2.0.0.0/8,FR'], { licence });
    expect(at(unknown, '2.1.1.1')).toBe('unknown false');
  });

  it.each([
    [{ licence: { also: ['XX'] } }, 'ERR_TERRITORY'],
    [{ licence: { except: ['fr'] } }, 'ERR_TERRITORY'],
    [{ licence: { also: ['RE'], except: ['RE'] } }, 'ERR_TERRITORY'],
    [{ home: 'CH' }, 'ERR_HOME'],
    [{ on: '2017-01-01' }, 'ERR_DAY'],
  ])('refuses %j', async (options, code) => {
    await expect(tableOf([rows], options)).rejects.toMatchObject({ code });
  });
});

// INVARIANT (exact-to-the-address), INVARIANT (bucket-is-exact)
it('exact-to-the-address, bucket-is-exact: random sources equal a linear scan at every border', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(prefixArbitrary, { minLength: 1, maxLength: 12 }), {
        minLength: 1,
        maxLength: 4,
      }),
      async sources => {
        const byPrefix = sources.map(rows => new Map(rows.map(row => [prefixText(row), row.code])));
        const networks = byPrefix.map(rows => [
          networkOf('9.9.9.9/32', 'FR'),
          ...[...rows].map(([prefix, code]) => networkOf(prefix, code)),
        ]);
        const rowsOf = (rows: ReadonlyMap<string, string>): string =>
          `9.9.9.9/32,FR\n${[...rows]
            .filter(([prefix]) => prefix !== '9.9.9.9/32')
            .map(row => row.join(','))
            .join('\n')}`;
        const table = await compiledHere({
          sources: byPrefix.map(rows => ({ path: fileOf(rowsOf(rows)), built: '2026-06-01' })),
        });
        for (const { version, value } of pointsOf(networks.flat())) {
          const asked = unwrapped(version, value);
          const voted = naiveVote(
            networks.map(source =>
              zoneOfTerritory(naiveCountry(source, asked.version, asked.value)),
            ),
          );
          const special = isSpecial(asked.version, asked.value);
          const want = special ? { zone: 'unknown', disputed: false } : voted;
          const { zone, disputed, known } = table.locate(textOf(version, value));
          const text = textOf(version, value);
          if (
            zone !== want.zone ||
            disputed !== want.disputed ||
            (known === 'special-purpose') !== special
          ) {
            throw new Error(`${text}: ${zone} ${known} ${disputed}, not ${JSON.stringify(want)}`);
          }
        }
      },
    ),
    { numRuns: 150 },
  );
});
