/**
 * Checks whether an address is in the Member State of residence: the IP check of Art. 5(1)(k), in
 * binary format only.
 */
import type { ZoneTable } from '../geo/zone-table.ts';

/**
 * Checks whether an address is in the home State of the table. Returns `true`, `false`, or
 * `not-established` if the location is unknown, anonymised or disputed. Nothing more precise is
 * collected (Art. 5(2), rec. 28), and `false` never means that residence is elsewhere. Total.
 */
export function ipCheck(table: ZoneTable, address: string): boolean | 'not-established' {
  const { zone, anonymised, disputed } = table.locate(address);
  return zone === 'unknown' || anonymised || disputed ? 'not-established' : zone === 'home';
}
