/**
 * Compiles source files to the content of a table, in whichever thread it is called. This module
 * connects `law/` with `geo/`.
 */

import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { dayOf } from '../days.ts';
import { portabilityError, withDetails } from '../errors.ts';
import { decodeBundle, encodeIntervals } from '../geo/bundle.ts';
import { isBundle } from '../geo/bundle-magic.ts';
import { compile, type ZoneIntervals } from '../geo/merge-sources.ts';
import { type LoadedOverlay, loadOverlay } from '../geo/overlay.ts';
import { type LoadedSource, loadSource, parseSource, readWhole } from '../geo/source.ts';
import type { Edition } from '../geo/zone-table.ts';
import { isTerritory } from '../law/territory.ts';
import * as TABLES from '../messages/tables.ts';
import {
  type Completed,
  completeTableConfig,
  standpointOf,
  type TableConfig,
} from './compile-config.ts';

export interface Compiled {
  readonly edition: Edition;
  readonly intervals: ZoneIntervals;
}

/** Returns the edition of a content. Equal content has an equal id. */
export function editionOf(intervals: ZoneIntervals, facts: Omit<Edition, 'id'>): Edition {
  const hash = createHash('sha256').update(`${facts.home} ${facts.on}\n`);
  const digest = hash
    .update(encodeIntervals(intervals.ipv4))
    .update(encodeIntervals(intervals.ipv6))
    .digest('hex');
  const newest = facts.sources
    .map(source => source.built)
    .sort()
    .at(-1)!;
  return Object.freeze({ ...facts, id: `${newest}-${digest.slice(0, 12)}` });
}

/** Returns the time of a clock if it can be written as a date, else throws. */
export function checkTime(clock: Clock): number {
  const time = clock();
  if (Math.abs(time) <= 8.64e15) return time;
  throw portabilityError(TABLES.clockInvalid);
}

/** Calls `load` for each file. An error contains the number of the file. */
async function loadEach<F extends { readonly path: string }, L>(
  files: readonly F[],
  before: number,
  load: (file: F) => Promise<L>,
): Promise<L[]> {
  const loaded: L[] = [];
  for (const [index, file] of files.entries()) {
    try {
      loaded.push(await load(file));
    } catch (error) {
      throw withDetails(error, { path: file.path, file: before + index + 1 });
    }
  }
  return loaded;
}

function compileLoaded(
  sources: readonly LoadedSource[],
  overlays: readonly LoadedOverlay[],
  config: Completed<TableConfig>,
  time: number,
): Compiled {
  const { home, on } = config;
  const intervals = compile(sources, standpointOf(config), overlays);
  const over = overlays.length === 0 ? {} : { overlays: overlays.map(overlay => overlay.edition) };
  const compiled = new Date(time).toISOString();
  const licensed = config.licence.also!.length + config.licence.except!.length > 0 && {
    licence: config.licence,
  };
  const facts = {
    home,
    on,
    ...licensed,
    sources: sources.map(source => source.edition),
    ...over,
    compiled,
  };
  return { edition: editionOf(intervals, facts), intervals };
}

/**
 * Compiles in this thread. `time` is in milliseconds since 1970. `step` is called before each file
 * and once before the compilation.
 */
export async function compileTable(
  config: TableConfig,
  time: number,
  step: () => void = () => {},
): Promise<Compiled> {
  const complete = completeTableConfig(config);
  const context = { isTerritory, today: dayOf(time) };
  const sources = await loadEach(complete.sources, 0, source => {
    step();
    return loadSource(source);
  });
  const overlays = await loadEach(complete.overlays, sources.length, overlay => {
    step();
    return loadOverlay(overlay, context);
  });
  step();
  return compileLoaded(sources, overlays, complete, time);
}

function openBytes(file: Buffer, path: string, time: number): Compiled {
  if (isBundle(file)) return decodeBundle(file);
  const source = parseSource(file, { path });
  return compileLoaded([source], [], completeTableConfig({ sources: [] }), time);
}

/**
 * Opens a path or bytes: a bundle unchanged, or an MMDB file compiled for home State FR by the law
 * as last reviewed.
 */
export async function openTable(from: string | Uint8Array, time: number): Promise<Compiled> {
  if (typeof from !== 'string') return openBytes(Buffer.from(from), 'memory', time);
  const file = await readWhole(from, 'ERR_TABLE_OPEN');
  try {
    return openBytes(file, from, time);
  } catch (error) {
    throw withDetails(error, { path: from });
  }
}
