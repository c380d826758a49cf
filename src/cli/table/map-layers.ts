/** Computes the layers of addresses in each pixel of the map and paints them one over the other. */

import { LOCATIONS } from '../../geo/location.ts';
import { type Common, eachCommon } from '../../geo/table-diff.ts';
import { intervalsOf } from '../../geo/table-intervals.ts';
import type { ZoneTable } from '../../geo/zone-table.ts';
import type { PlainWord } from '../words/words.ts';
import { placeOf } from './hilbert.ts';
import type { Colour, Picture } from './png.ts';

/** A pixel is a /20. The map has 1024 pixels on each side. */
const ORDER = 10;
export const SIDE = 2 ** ORDER;
const PER_PIXEL = 2 ** 32 / SIDE ** 2;

/** A class of addresses with its colour. */
interface Layer {
  readonly word: PlainWord;
  readonly colour: Colour;
  /**
   * Minimum share (0 to 1) at which the layer is drawn even with a single prefix, so that it is
   * visible.
   */
  readonly least?: number;
  /** Also drawn around its pixels, because a move is often smaller than a pixel. */
  readonly hasHalo?: boolean;
}

const ZONE_LAYERS = {
  home: { word: 'mapHome', colour: [0, 74, 173] },
  eea: { word: 'mapEea', colour: [247, 181, 0] },
  outside: { word: 'mapOutside', colour: [206, 212, 219] },
  unknown: { word: 'mapUnknown', colour: [178, 156, 217] },
  special: { word: 'mapSpecial', colour: [92, 101, 115] },
  anonymised: { word: 'mapAnonymised', colour: [20, 20, 24], least: 0.35 },
  disputed: { word: 'mapDisputed', colour: [222, 0, 112], least: 0.35 },
} as const satisfies Record<string, Layer>;

const MOVED_LAYERS = {
  still: { word: 'mapStill', colour: [234, 237, 241] },
  special: { word: 'mapSpecial', colour: [205, 210, 217] },
  home: { word: 'mapToHome', colour: [0, 74, 173], least: 0.6, hasHalo: true },
  eea: { word: 'mapToEea', colour: [240, 165, 0], least: 0.6, hasHalo: true },
  outside: { word: 'mapToOutside', colour: [205, 30, 30], least: 0.6, hasHalo: true },
  unknown: { word: 'mapToUnknown', colour: [126, 87, 194], least: 0.6, hasHalo: true },
  anonymised: { word: 'mapToAnonymised', colour: [20, 20, 24], least: 0.6, hasHalo: true },
} as const satisfies Record<string, Layer>;

/** Returns the layer of a location on a map of one table. */
function zoneLayer({ after }: Common): keyof typeof ZONE_LAYERS {
  const { zone, known, disputed, anonymised } = LOCATIONS[after]!;
  if (known === 'special-purpose') return 'special';
  return anonymised ? 'anonymised' : disputed ? 'disputed' : zone;
}

function movedLayer({ before, after }: Common): keyof typeof MOVED_LAYERS {
  const from = LOCATIONS[before]!;
  const to = LOCATIONS[after]!;
  if (to.known === 'special-purpose') return 'special';
  if (from.zone === to.zone && from.anonymised === to.anonymised) return 'still';
  return to.anonymised ? 'anonymised' : to.zone;
}

export interface Painted {
  readonly layers: readonly Layer[];
  /** Number of addresses in each pixel, one array per layer. */
  readonly amounts: readonly Float32Array[];
}

/** Rasterises the ranges: adds the addresses of each range to the pixels along the curve. */
function pour<L extends string>(
  before: ZoneTable,
  after: ZoneTable,
  layers: Readonly<Record<L, Layer>>,
  layerOf: (common: Common) => L,
): Painted {
  const names = Object.keys(layers) as L[];
  const amounts = new Map(names.map(name => [name, new Float32Array(SIDE * SIDE)]));
  eachCommon(intervalsOf(before.share()).ipv4, intervalsOf(after.share()).ipv4, common => {
    const amount = amounts.get(layerOf(common))!;
    const end = common.start[0]! + common.size;
    for (let at = common.start[0]!; at < end; ) {
      const pixel = Math.floor(at / PER_PIXEL);
      const next = Math.min(end, (pixel + 1) * PER_PIXEL);
      amount[pixel]! += next - at;
      at = next;
    }
  });
  return {
    layers: names.map(name => layers[name]),
    amounts: names.map(name => amounts.get(name)!),
  };
}

/**
 * Paints a pixel: first the mixture of its layers, then the layers that must be visible even for
 * few addresses.
 */
function paintPixel(
  picture: Picture,
  x: number,
  y: number,
  pixel: number,
  { layers, amounts }: Painted,
): void {
  let laid = 0;
  for (const [index, { colour, least }] of layers.entries()) {
    const amount = amounts[index]![pixel]!;
    if (amount === 0) continue;
    if (least !== undefined)
      picture.blend(x, y, colour, least + ((1 - least) * amount) / PER_PIXEL);
    else {
      laid += amount;
      picture.blend(x, y, colour, amount / laid);
    }
  }
}

const HALO = 2;

/** Paints a faint square around each pixel of a layer that has a halo. */
function paintHalos(
  picture: Picture,
  originX: number,
  originY: number,
  { layers, amounts }: Painted,
): void {
  for (const [index, { colour, hasHalo }] of layers.entries()) {
    if (hasHalo !== true) continue;
    amounts[index]!.forEach((amount, pixel) => {
      if (amount === 0) return;
      const [x, y] = placeOf(pixel, ORDER);
      const left = Math.max(0, x - HALO);
      const top = Math.max(0, y - HALO);
      const right = Math.min(SIDE, x + HALO + 1);
      const bottom = Math.min(SIDE, y + HALO + 1);
      picture.fill(originX + left, originY + top, right - left, bottom - top, colour, 0.1);
    });
  }
}

/** Paints all pixels, from the upper left corner at the origin. */
export function paintLayers(
  picture: Picture,
  originX: number,
  originY: number,
  painted: Painted,
): void {
  for (let pixel = 0; pixel < SIDE * SIDE; pixel++) {
    const [x, y] = placeOf(pixel, ORDER);
    paintPixel(picture, originX + x, originY + y, pixel, painted);
  }
  paintHalos(picture, originX, originY, painted);
}

/** Computes the layers of one table, by zone. */
export const zonesOf = (table: ZoneTable): Painted => pour(table, table, ZONE_LAYERS, zoneLayer);

/** Computes the layers of what moves from one table to another. */
export const movesBetween = (before: ZoneTable, after: ZoneTable): Painted =>
  pour(before, after, MOVED_LAYERS, movedLayer);
