/** Compares an exported table with the table itself, by the package `maxmind`. */
import { Reader, type Response } from 'maxmind';
import { expect } from 'vitest';
import type { Location } from '../../src/geo/location.ts';
import type { ZoneTable } from '../../src/index.ts';

/** A reader that decodes each record once. */
export const readerOf = (file: Uint8Array): Reader<Location & Response> =>
  new Reader(Buffer.from(file), { cache: new Map() });

export const asText = (location: Location | null): string =>
  JSON.stringify(location, ['zone', 'known', 'licensed', 'anonymised', 'disputed']);

/** Compares a file with a table at each address; returns how many there were. */
export function compared(file: Uint8Array, table: ZoneTable, addresses: Iterable<string>): number {
  const reader = readerOf(file);
  let count = 0;
  for (const address of addresses) {
    count++;
    const answer = reader.get(address);
    const wanted = table.locate(address);
    if (asText(answer) !== asText(wanted)) expect(answer, address).toEqual(wanted);
  }
  return count;
}

/** A location in the words of an exported address map. */
export const mapWords = ({ zone, known, licensed, anonymised, disputed }: Location): string =>
  [
    zone,
    ...(known === 'listed' ? [] : [known]),
    ...(licensed ? ['licensed'] : []),
    ...(anonymised ? ['anonymised'] : []),
    ...(disputed ? ['disputed'] : []),
  ].join(' ');
