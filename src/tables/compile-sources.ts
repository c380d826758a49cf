/**
 * Compiles source files to the content of a table, in whichever thread it is called. This module
 * connects `law/` with `geo/`.
 */

import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { dayOf } from '../days.ts';
import { PortabilityError, portabilityError, withDetails } from '../errors.ts';
import { decodeBundle, encodeLayout } from '../geo/bundle.ts';
import { isBundle } from '../geo/bundle-magic.ts';
import { type RowFinding, SHOWN_LINES, shownCodes } from '../geo/findings.ts';
import { checkNamesTerritory, compile, type ZoneIntervals } from '../geo/merge-sources.ts';
import { type LoadedOverlay, type Overlay, parseOverlay } from '../geo/overlay.ts';
import { readWhole } from '../geo/read-file.ts';
import type { SharedLayout } from '../geo/shared-memory.ts';
import {
  type LoadedSource,
  parseSource,
  readSourceFiles,
  type Source,
  type SourceEdition,
  type SourceFiles,
} from '../geo/source.ts';
import { intervalsOf } from '../geo/table-intervals.ts';
import { type Edition, layoutOf, type SharedTable } from '../geo/zone-table.ts';
import { isTerritory } from '../law/territory.ts';
import * as TABLES from '../messages/tables.ts';
import {
  type Completed,
  completeTableConfig,
  standpointOf,
  type TableConfig,
} from './compile-config.ts';

/** The content of a table: by interval, and laid out in shared memory. */
export interface Compiled {
  readonly edition: Edition;
  readonly intervals: ZoneIntervals;
  readonly layout: SharedLayout;
}

/** Returns the edition of a content. Equal content has an equal id. */
export function editionOf(layout: SharedLayout, facts: Omit<Edition, 'id'>): Edition {
  const digest = createHash('sha256')
    .update(`${facts.home} ${facts.on}\n`)
    .update(encodeLayout(layout))
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

/**
 * Files by their number: sources in order, then overlays. `undefined` for a file that is not kept.
 */
export type KeptFiles = readonly (SourceFiles | undefined)[];

/** What a compilation with kept files returns besides the table. */
export interface Kept {
  /** The content of each file from which the table was compiled. */
  readonly files: KeptFiles;
  /** The errors of the files that were replaced by their kept content, with path and number. */
  readonly failures: readonly PortabilityError[];
}

/** Content of all files of a watch that is kept, in bytes: 256 MB. See docs/bounds.md. */
const MOST_KEPT = 0x10000000;

/** Copies bytes to shared memory, which passes between threads without a copy. */
function shared(bytes: Uint8Array): Uint8Array {
  if (bytes.buffer instanceof SharedArrayBuffer) return bytes;
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

/** Loads the files of one compilation, in order. */
class FileLoader {
  readonly files: (SourceFiles | undefined)[] = [];
  readonly failures: PortabilityError[] = [];
  readonly #kept: KeptFiles | undefined;
  readonly #step: () => void;
  /** The memory that is left for kept content. */
  #left: number;

  constructor(kept: KeptFiles | undefined, mostKept: number, step: () => void) {
    this.#kept = kept;
    this.#left = mostKept;
    this.#step = step;
  }

  /** Keeps the content of a file if it fits. Anything else is released before the next file. */
  #keep({ file, locations }: SourceFiles): void {
    const size = file.length + (locations?.length ?? 0);
    const isKept = this.#kept !== undefined && size <= this.#left;
    if (isKept) this.#left -= size;
    this.files.push(
      isKept
        ? { file: shared(file), ...(locations !== undefined && { locations: shared(locations) }) }
        : undefined,
    );
  }

  /**
   * Reads and parses the next file. If that fails and content of it is kept, that content is parsed
   * instead, and the error is listed.
   * @throws PortabilityError with the path and number of the file
   */
  async load<F extends Source, L>(
    file: F,
    parse: (files: SourceFiles, file: F) => L,
    isOverlay = false,
  ): Promise<L> {
    this.#step();
    const index = this.files.length;
    try {
      const files = await readSourceFiles(file, isOverlay);
      const loaded = parse(files, file);
      this.#keep(files);
      return loaded;
    } catch (error) {
      const detailed = withDetails(error, { path: file.path, file: index + 1 });
      const last = this.#kept?.[index];
      if (last === undefined || !(detailed instanceof PortabilityError)) throw detailed;
      this.failures.push(detailed);
      this.#keep(last);
      return parse(last, file);
    }
  }
}

/** Shared memory is copied, because not every function of Node accepts it. */
const bufferOf = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes);

function sourceOf({ file, locations }: SourceFiles, source: Source): LoadedSource {
  const loaded = parseSource(bufferOf(file), source, locations && bufferOf(locations));
  checkNamesTerritory(loaded, isTerritory);
  return loaded;
}

/**
 * Returns the rows of a text whose code is not that of a territory, if there are any: the source
 * votes `unknown` there. The user-assigned code `ZZ` says so itself.
 */
function unknownCodes({ countries, rows = [] }: LoadedSource): readonly RowFinding[] {
  const strange = countries.flatMap((code, label) =>
    code === '' || code === 'ZZ' || isTerritory(code) ? [] : [{ code, ...rows[label] }],
  );
  const count = strange.reduce((sum, { count = 0 }) => sum + count, 0);
  if (count === 0) return [];
  const lines = strange.flatMap(({ lines = [] }) => lines).sort((a, b) => a - b);
  const codes = shownCodes(strange.map(({ code }) => code));
  return [
    {
      problem: 'code',
      effect: 'unknown',
      count,
      lines: lines.slice(0, SHOWN_LINES),
      ...(codes.length > 0 && { codes }),
    },
  ];
}

function editionOfSource(source: LoadedSource): SourceEdition {
  const findings = unknownCodes(source);
  return findings.length === 0 ? source.edition : { ...source.edition, findings };
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
    sources: sources.map(editionOfSource),
    ...over,
    compiled,
  };
  const layout = layoutOf(intervals);
  return { edition: editionOf(layout, facts), intervals, layout };
}

/**
 * Compiles in this thread. `time` is in milliseconds since 1970. `step` is called before each file
 * and once before the compilation. With `kept`, a file that cannot be read is replaced by its kept
 * content, and the content of the files is returned, up to `mostKept` bytes, in order.
 */
export async function compileTable(
  config: TableConfig,
  time: number,
  step: () => void = () => {},
  kept?: KeptFiles,
  mostKept = MOST_KEPT,
): Promise<Compiled & Kept> {
  const complete = completeTableConfig(config);
  const context = { isTerritory, today: dayOf(time) };
  const loader = new FileLoader(kept, mostKept, step);
  const sources: LoadedSource[] = [];
  for (const source of complete.sources) sources.push(await loader.load(source, sourceOf));
  const overlayOf = ({ file }: SourceFiles, overlay: Overlay): LoadedOverlay =>
    parseOverlay(bufferOf(file), overlay, context);
  const overlays: LoadedOverlay[] = [];
  for (const overlay of complete.overlays)
    overlays.push(await loader.load(overlay, overlayOf, true));
  step();
  const { files, failures } = loader;
  return { ...compileLoaded(sources, overlays, complete, time), files, failures };
}

/** Returns the content of a table that is in memory. */
export function openLayout({ edition, ...layout }: SharedTable): Compiled {
  return { edition, layout, intervals: intervalsOf(layout) };
}

function openBytes(file: Buffer, path: string, time: number): Compiled {
  if (isBundle(file)) return openLayout(decodeBundle(file));
  const source = sourceOf({ file }, { path });
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
