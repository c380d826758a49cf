/** Reads MaxMind's locations file, which gives the country of each `geoname_id` of a CSV source. */

import * as GEO from '../messages/geo.ts';
import { locationColumns, namesOf } from './columns.ts';
import { badRow, eachLine } from './rows.ts';

/**
 * Reads the country codes by id. A location without a country, such as a continent, has an empty
 * one.
 * @throws PortabilityError `ERR_SOURCE_ROW` if the header row does not name the columns, or an id
 * has two countries, with the line
 */
export function readLocations(file: Buffer): ReadonlyMap<string, string> {
  const codes = new Map<string, string>();
  let columns: { readonly id: number; readonly code: number } | undefined;
  eachLine(file, (fields, line) => {
    if (columns === undefined) {
      columns = locationColumns({ names: namesOf(fields) });
      if (columns.id < 0 || columns.code < 0) badRow(GEO.locationsHeader, line);
      return;
    }
    const { id, code } = columns;
    const key = fields[id] ?? badRow(GEO.rowFields, line, id + 1);
    const country = fields[code] ?? '';
    if ((codes.get(key) ?? country) !== country) badRow(GEO.locationsTwice, line, code + 1);
    codes.set(key, country);
  });
  return codes;
}
