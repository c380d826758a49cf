import fc from 'fast-check';
import { expect, it } from 'vitest';
import { zoneOfTerritory } from '../../../src/index.ts';
import {
  isSpecial,
  type Network,
  naiveCountry,
  naiveVote,
  networkOf,
  textOf,
  unwrapped,
} from '../../oracle/networks.ts';
import { pointsOf, prefixArbitrary, prefixText } from '../../support/networks.ts';
import { compiledHere, fileOf } from '../../support/tables.ts';

/** Random overlays of places, anonymisers and relays. */
const overlayArbitrary = fc.record({
  kind: fc.constantFrom('places', 'anonymisers', 'relays'),
  rows: fc.array(prefixArbitrary, { minLength: 1, maxLength: 8 }),
});
const CODES: Readonly<Record<string, string>> = {
  FR: 'FR',
  ES: 'ES',
  US: 'outside',
  EU: 'unknown',
  RE: 'home',
};
const zoneOfWord = (word: string): string =>
  ['home', 'eea', 'outside', 'unknown'].includes(word) ? word : zoneOfTerritory(word);

interface Naive {
  readonly kind: string;
  readonly networks: readonly Network[];
}

/** Applies the overlays one after the other, as plainly as possible. */
function naiveOverlaid(
  voted: { zone: string; disputed: boolean },
  overlays: readonly Naive[],
  version: 4 | 6,
  value: bigint,
) {
  let [{ zone, disputed }, anonymised] = [voted, false];
  for (const { kind, networks } of overlays) {
    const word = naiveCountry(networks, version, value);
    if (word === '') continue;
    if (kind === 'anonymisers') anonymised = true;
    else if (kind === 'relays') anonymised = false;
    else [zone, disputed] = [zoneOfWord(word), false];
  }
  return { zone, disputed, anonymised };
}

// INVARIANT (last-overlay-wins)
it('last-overlay-wins: random sources and overlays equal a linear scan at every border', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(prefixArbitrary, { minLength: 1, maxLength: 8 }), {
        minLength: 1,
        maxLength: 3,
      }),
      fc.array(overlayArbitrary, { minLength: 1, maxLength: 5 }),
      async (sources, overlays) => {
        const bySource = sources.map(
          rows =>
            new Map([
              ['9.9.9.9/32', 'FR'],
              ...rows.map(row => [prefixText(row), row.code] as const),
            ]),
        );
        const byOverlay = overlays.map(({ kind, rows }) => ({
          kind: kind as 'places',
          rows: new Map(rows.map(row => [prefixText(row), CODES[row.code]!])),
        }));
        const sourceNetworks = bySource.map(rows =>
          [...rows].map(([prefix, code]) => networkOf(prefix, code)),
        );
        const naive = byOverlay.map(({ kind, rows }) => ({
          kind,
          networks: [...rows].map(([prefix, word]) => networkOf(prefix, word)),
        }));
        const text = (rows: ReadonlyMap<string, string>): string =>
          [...rows].map(row => row.join(',')).join('\n');
        const table = await compiledHere({
          sources: bySource.map(rows => ({
            path: fileOf(`${text(rows)}\n9.9.9.8/32,FR`),
            built: '2026-06-01',
          })),
          overlays: byOverlay.map(({ kind, rows }) => ({ path: fileOf(text(rows)), kind })),
        });
        for (const { version, value } of pointsOf(
          [...sourceNetworks, ...naive.map(each => each.networks)].flat(),
        )) {
          const asked = unwrapped(version, value);
          const zones = sourceNetworks.map(networks =>
            zoneOfTerritory(naiveCountry(networks, asked.version, asked.value)),
          );
          const special = isSpecial(asked.version, asked.value);
          const want = special
            ? { zone: 'unknown', disputed: false, anonymised: false }
            : naiveOverlaid(naiveVote(zones), naive, asked.version, asked.value);
          const { zone, disputed, anonymised } = table.locate(textOf(version, value));
          if (value !== networkOf('9.9.9.8/32', '').first)
            expect([textOf(version, value), { zone, disputed, anonymised }]).toEqual([
              textOf(version, value),
              want,
            ]);
        }
      },
    ),
    { numRuns: 120 },
  );
});
