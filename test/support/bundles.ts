/** Makes tables and bundles from intervals, and reads the intervals of bundles. */
import * as bundle from '../../src/geo/bundle.ts';
import type { ZoneIntervals } from '../../src/geo/merge-sources.ts';
import { intervalsOf } from '../../src/geo/table-intervals.ts';
import { type Edition, layoutOf, openShared, type ZoneTable } from '../../src/geo/zone-table.ts';
import * as compileSources from '../../src/tables/compile-sources.ts';

export const createZoneTable = (edition: Edition, intervals: ZoneIntervals): ZoneTable =>
  openShared({ edition, ...layoutOf(intervals) });

export const encodeBundle = (edition: Edition, intervals: ZoneIntervals): Buffer =>
  bundle.encodeBundle({ edition, ...layoutOf(intervals) });

export function decodeBundle(bytes: Uint8Array): { edition: Edition; intervals: ZoneIntervals } {
  const { edition, ...layout } = bundle.decodeBundle(bytes);
  return { edition, intervals: intervalsOf(layout) };
}

export const editionOf = (intervals: ZoneIntervals, facts: Omit<Edition, 'id'>): Edition =>
  compileSources.editionOf(layoutOf(intervals), facts);
