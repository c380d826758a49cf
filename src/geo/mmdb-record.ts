/**
 * Reads the country, or an anonymiser flag, from a record of a MaxMind DB file. No other value is
 * decoded.
 */
import { type Cursor, eachKey, isTrue, skipValue, string } from './mmdb-data.ts';

/**
 * Returns the code of the country in which the network is: `country.iso_code` (MaxMind), else
 * `country_code` (DB-IP, IPinfo, ip-location-db), else a plain string `country`.
 * `registered_country` and `represented_country` are ignored: they describe the owner, not the
 * location.
 */
export function countryOf(cursor: Cursor): string | undefined {
  let iso: string | undefined;
  let plain: string | undefined;
  let code: string | undefined;
  eachKey(cursor, key => {
    if (key === 'country_code') code = string(cursor);
    else if (key === 'country') {
      // If a key is repeated, the last one counts, as in other readers.
      [iso, plain] = [undefined, undefined];
      const start = cursor.at;
      const isMap = eachKey(cursor, inner => {
        if (inner === 'iso_code') iso = string(cursor);
        else skipValue(cursor);
      });
      if (isMap) return;
      cursor.at = start;
      plain = string(cursor);
    } else skipValue(cursor);
  });
  return iso ?? code ?? plain;
}

/**
 * Whether one of the named fields of the record is true. A field that is not a boolean counts as
 * false.
 */
export function anyTrue(cursor: Cursor, fields: readonly string[]): boolean {
  let found = false;
  eachKey(cursor, key => {
    if (!fields.includes(key)) skipValue(cursor);
    else if (isTrue(cursor)) found = true;
  });
  return found;
}
