/**
 * Provides the bundled sentinels: addresses of universities that have kept their blocks since the
 * 1980s. A table that misplaces one of them is wrong.
 */

import type { Sentinel } from '../geo/guards.ts';
import { zoneOfTerritory } from '../law/territory.ts';

/**
 * One address inside the block of each university, and its territory. Checked against every source
 * of the bundled table.
 */
const UNIVERSITIES: readonly (readonly [address: string, territory: string, university: string])[] =
  [
    ['134.157.0.129', 'FR', 'Sorbonne Université'],
    ['129.20.0.1', 'FR', 'Université de Rennes'],
    ['130.79.0.1', 'FR', 'Université de Strasbourg'],
    ['129.187.0.1', 'DE', 'Technische Universität München'],
    ['147.96.0.1', 'ES', 'Universidad Complutense de Madrid'],
    ['145.18.0.1', 'NL', 'Universiteit van Amsterdam'],
    ['129.240.0.1', 'NO', 'Universitetet i Oslo'],
    ['130.208.0.1', 'IS', 'Háskóli Íslands'],
    ['131.111.0.1', 'GB', 'University of Cambridge'],
    ['129.132.0.1', 'CH', 'ETH Zürich'],
    ['128.59.0.1', 'US', 'Columbia University'],
    ['131.113.0.1', 'JP', 'Keio University'],
  ];

/** Returns the bundled sentinels as seen from a home State, by the law of a day. */
export const bundledSentinels = (home: string, on: string): readonly Sentinel[] =>
  UNIVERSITIES.map(([address, territory]) => ({
    address,
    zone: zoneOfTerritory(territory, { home, on }),
  }));
