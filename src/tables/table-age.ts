/**
 * Computes the age of a table from the dates inside its sources, never from the dates of the file
 * system.
 */
import { DAY_MS } from '../days.ts';
import type { SourceEdition } from '../geo/source.ts';
import type { Edition } from '../geo/zone-table.ts';

export interface TableAge {
  /** UTC day `YYYY-MM-DD` of the oldest source. */
  readonly day: string;
  /** Whole days since then. */
  readonly days: number;
}

/** Returns the age at a time in milliseconds since 1970. */
export function ageOf(edition: Edition, time: number): TableAge {
  const day = edition.sources.map(source => source.built).sort()[0]!;
  return { day, days: Math.floor((time - Date.parse(day)) / DAY_MS) };
}

/** Returns the source with the oldest data. */
export const oldestSource = ({ sources }: Edition): SourceEdition =>
  sources.toSorted((one, other) => one.built.localeCompare(other.built))[0]!;

/**
 * Returns the first day on which a correction in the overlays has ended, in milliseconds since
 * 1970; `Infinity` if there is no correction.
 */
export function endOf(edition: Edition): number {
  const ends = (edition.overlays ?? []).flatMap(({ through }) =>
    through === undefined ? [] : [Date.parse(through)],
  );
  return Math.min(...ends) + DAY_MS;
}
