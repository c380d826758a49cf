/**
 * Scores zone intervals against networks whose country is known: the confusion of zones, and three
 * errors with their intervals. Nothing here returns or throws an address.
 */
import { basename } from 'node:path';
import { compareWords, type Intervals } from '../src/geo/intervals.ts';
import { DISPUTED, LOCATIONS } from '../src/geo/location.ts';
import type { ZoneIntervals } from '../src/geo/merge-sources.ts';
import { parsePrefixOrAddress, type Range } from '../src/geo/prefix.ts';
import { isTerritory } from '../src/law/territory.ts';
import { ZONES, type Zone } from '../src/zone.ts';

/** One row of a truth file. */
export interface Truth {
  readonly range: Range;
  /** ISO 3166-1 alpha-2 code. */
  readonly country: string;
  readonly kind: string;
}

export interface TruthFile {
  readonly rows: readonly Truth[];
  /** Number of rows without a country, or with a code that is not in ISO 3166-1 (`XK`, `ZZ`). */
  readonly withoutCountry: number;
}

/** The kind of rows that have none: the name of the file, unless it could contain an address. */
function kindOf(path: string): string {
  const stem = basename(path).replace(/\.csv$/i, '');
  return /^[\w-]+$/.test(stem) ? stem : 'all';
}

function rangeOf(text: string): Range | undefined {
  try {
    return parsePrefixOrAddress(text);
  } catch {
    return undefined;
  }
}

/**
 * Parses rows of `address-or-prefix,country[,kind]`. The first row can be a header. Blank lines and
 * lines that begin with `#` are skipped. A kind consists of lower-case letters and hyphens, so that
 * it is never an address; default: the name of the file.
 * @throws Error with the file and the line, without anything that the line contains.
 */
export function parseTruth(text: string, path: string): TruthFile {
  const rows: Truth[] = [];
  let withoutCountry = 0;
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split('\n')
    .entries()) {
    const fields = line.trim().split(',');
    const [place = '', country = '', kind = ''] = fields;
    if (line.trim() === '' || place.startsWith('#')) continue;
    if (index === 0 && /^[a-z_-]+$/i.test(place)) continue;
    const refuse = (what: string): never => {
      throw new Error(`${path}, line ${index + 1}: ${what}`);
    };
    if (fields.length < 2 || fields.length > 3)
      refuse('the row must be address-or-prefix,country or address-or-prefix,country,kind');
    const range = rangeOf(place) ?? refuse('the first field is not an address or a prefix');
    if (!/^([A-Z]{2})?$/.test(country))
      refuse('the country must be an ISO 3166-1 alpha-2 code in upper case, or empty');
    if (!/^[a-z-]*$/.test(kind)) refuse('the kind must consist of lower-case letters and hyphens');
    if (isTerritory(country)) rows.push({ range, country, kind: kind || kindOf(path) });
    else withoutCountry++;
  }
  return { rows, withoutCountry };
}

/** The zones that a truth can have: the country is known. */
export const TRUE_ZONES = ['home', 'eea', 'outside'] as const;
export type TrueZone = (typeof TRUE_ZONES)[number];

/** Number of rows by true zone, then by the zone that was answered. */
export type Confusion = Record<TrueZone, Record<Zone, number>>;

/**
 * The three errors:
 * - `refused`: at home or in the EEA, and answered `outside` or `unknown`;
 * - `shown`: outside, and answered `home` or `eea`;
 * - `wrong side`: at home and answered `eea`, or the reverse.
 *
 * Outside and answered `unknown` is no error: nothing is shown.
 */
export const ERRORS = ['refused', 'shown', 'wrong side'] as const;
export type ErrorName = (typeof ERRORS)[number];

const isInside = (zone: Zone): boolean => zone === 'home' || zone === 'eea';

/** Returns the error of an answer, or `undefined` if the answer is right. */
export function errorOf(truth: TrueZone, answer: Zone): ErrorName | undefined {
  if (truth === 'outside') return isInside(answer) ? 'shown' : undefined;
  if (!isInside(answer)) return 'refused';
  return answer === truth ? undefined : 'wrong side';
}

/** Number of rows with an error, of the rows that can have it. */
export interface Share {
  readonly count: number;
  readonly of: number;
}

export function errorsOf(confusion: Confusion): Record<ErrorName, Share> {
  const counts: Record<ErrorName, number> = { refused: 0, shown: 0, 'wrong side': 0 };
  const totals: Record<TrueZone, number> = { home: 0, eea: 0, outside: 0 };
  for (const truth of TRUE_ZONES)
    for (const answer of ZONES) {
      const count = confusion[truth][answer];
      const error = errorOf(truth, answer);
      totals[truth] += count;
      if (error !== undefined) counts[error] += count;
    }
  const inside = totals.home + totals.eea;
  return {
    refused: { count: counts.refused, of: inside },
    shown: { count: counts.shown, of: totals.outside },
    'wrong side': { count: counts['wrong side'], of: inside },
  };
}

/** The 97.5 % quantile of the normal distribution, for intervals of 95 %. */
const Z = 1.959963984540054;

/**
 * Returns the 95 % score interval of a share by E. B. Wilson, Journal of the American Statistical
 * Association 22 (1927), 209-212. It is also valid for few rows and for no error at all.
 */
export function wilson({ count, of }: Share): readonly [low: number, high: number] {
  if (of === 0) return [0, 1];
  const share = count / of;
  const spread = Z * Math.sqrt((share * (1 - share)) / of + (Z * Z) / (4 * of * of));
  const middle = share + (Z * Z) / (2 * of);
  const scale = 1 + (Z * Z) / of;
  return [
    count === 0 ? 0 : Math.max(0, (middle - spread) / scale),
    count === of ? 1 : Math.min(1, (middle + spread) / scale),
  ];
}

/** Returns the different values of the intervals that a range touches. */
export function valuesWithin(
  { width, length, starts, values }: Intervals,
  { first, last }: Range,
): ReadonlySet<number> {
  let low = 0;
  let high = length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (compareWords(starts, middle * width, first, 0, width) <= 0) low = middle;
    else high = middle;
  }
  const found = new Set<number>();
  for (let at = low; at < length; at++) {
    if (at > low && compareWords(starts, at * width, last, 0, width) > 0) break;
    found.add(values[at]!);
  }
  return found;
}

const SEVERITY: readonly (ErrorName | undefined)[] = [undefined, 'wrong side', 'refused', 'shown'];

/** Of several answers within one range, the worst one counts for the whole range. */
export const worstOf = (truth: TrueZone, answers: readonly Zone[]): Zone =>
  answers.reduce((worst, answer) => {
    const isWorse =
      SEVERITY.indexOf(errorOf(truth, answer)) > SEVERITY.indexOf(errorOf(truth, worst));
    return isWorse ? answer : worst;
  });

/** What is scored: a table, one of its sources, or a database for comparison. */
export interface Scored {
  readonly name: string;
  readonly intervals: ZoneIntervals;
}

export interface Score {
  readonly name: string;
  readonly confusion: Confusion;
  /** The rows of `confusion` on which the sources of a table differ; absent if there are none. */
  readonly disputed?: Confusion;
}

/** The scores of one family and kind. */
export interface Group {
  readonly family: 'IPv4' | 'IPv6';
  readonly kind: string;
  readonly scores: readonly Score[];
}

const emptyConfusion = (): Confusion => {
  const row = (): Record<Zone, number> => ({ home: 0, eea: 0, outside: 0, unknown: 0 });
  return { home: row(), eea: row(), outside: row() };
};

function scoreOne(rows: readonly Truth[], scored: Scored, zone: (code: string) => Zone): Score {
  const confusion = emptyConfusion();
  const disputed = emptyConfusion();
  let isAnyDisputed = false;
  for (const { range, country } of rows) {
    const cut = range.width === 1 ? scored.intervals.ipv4 : scored.intervals.ipv6;
    const codes = [...valuesWithin(cut, range)];
    const truth = zone(country) as TrueZone;
    const answer = worstOf(
      truth,
      codes.map(code => LOCATIONS[code]!.zone),
    );
    confusion[truth][answer]++;
    if (codes.every(code => (code & DISPUTED) === 0)) continue;
    disputed[truth][answer]++;
    isAnyDisputed = true;
  }
  return { name: scored.name, confusion, ...(isAnyDisputed && { disputed }) };
}

/** Scores everything against the same rows, by family and kind. Each row counts once. */
export function score(
  rows: readonly Truth[],
  scored: readonly Scored[],
  zone: (code: string) => Zone,
): Group[] {
  const kinds = [...new Set(rows.map(({ kind }) => kind))].sort();
  return kinds.flatMap(kind =>
    ([1, 4] as const).flatMap(width => {
      const own = rows.filter(row => row.kind === kind && row.range.width === width);
      if (own.length === 0) return [];
      return [
        {
          family: width === 1 ? ('IPv4' as const) : ('IPv6' as const),
          kind,
          scores: scored.map(each => scoreOne(own, each, zone)),
        },
      ];
    }),
  );
}
