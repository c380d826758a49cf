/** `table map`: how does the IPv4 space look? A Hilbert curve coloured by zone, or what moves between two tables. */
import { writeFile } from 'node:fs/promises';
import { PortabilityError } from '../errors.ts';
import type { Language } from '../law/reasons.ts';
import { type Common, eachCommon } from '../place/difference.ts';
import { LOCATIONS } from '../place/location.ts';
import { stretchesOf } from '../place/readback.ts';
import type { ZoneTable } from '../place/table.ts';
import { loadZoneTable } from '../tables.ts';
import { placeOf } from './hilbert.ts';
import { blankPicture, type Colour, type Picture, textWidth } from './picture.ts';
import { loadTable, percent, type Terminal } from './terminal.ts';
import type { Word } from './words.ts';

/** A pixel is a /20; 1024 of them on each side. */
const ORDER = 10;
const SIDE = 2 ** ORDER;
const PER_PIXEL = 2 ** 32 / SIDE ** 2;

/** What a pixel can show: a class of addresses with its colour. */
interface Layer {
  readonly word: Word;
  readonly colour: Colour;
  /** Drawn at no less than this share where there is any of it, so that single prefixes can be seen. */
  readonly least?: number;
  /** Shown around its pixels too: what moves is often smaller than one. */
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

/** The layer of a location on a map of one table. */
function zoneLayer({ after }: Common): keyof typeof ZONE_LAYERS {
  const { zone, known, disputed, anonymised } = LOCATIONS[after]!;
  if (known === 'special-purpose') return 'special';
  return anonymised ? 'anonymised' : disputed ? 'disputed' : zone;
}

function movedLayer({ before, after }: Common): keyof typeof MOVED_LAYERS {
  const [from, to] = [LOCATIONS[before]!, LOCATIONS[after]!];
  if (to.known === 'special-purpose') return 'special';
  if (from.zone === to.zone && from.anonymised === to.anonymised) return 'still';
  return to.anonymised ? 'anonymised' : to.zone;
}

interface Painted {
  readonly layers: readonly Layer[];
  /** Addresses of each layer in each pixel, layer after layer. */
  readonly amounts: readonly Float32Array[];
}

/** Pours the addresses of each range into the pixels through which the curve runs. */
function pour<L extends string>(
  before: ZoneTable,
  after: ZoneTable,
  layers: Readonly<Record<L, Layer>>,
  layerOf: (common: Common) => L,
): Painted {
  const names = Object.keys(layers) as L[];
  const amounts = new Map(names.map(name => [name, new Float32Array(SIDE * SIDE)]));
  eachCommon(stretchesOf(before.share()).ipv4, stretchesOf(after.share()).ipv4, common => {
    const amount = amounts.get(layerOf(common))!;
    const end = common.start[0]! + common.size;
    for (let at = common.start[0]!; at < end; ) {
      const pixel = Math.floor(at / PER_PIXEL);
      const next = Math.min(end, (pixel + 1) * PER_PIXEL);
      amount[pixel]! += next - at;
      at = next;
    }
  });
  return { layers: names.map(name => layers[name]), amounts: names.map(name => amounts.get(name)!) };
}

/** The colour of a pixel: the mixture of what is in it, then what must be seen however little of it there is. */
function paintPixel(picture: Picture, x: number, y: number, pixel: number, { layers, amounts }: Painted): void {
  let laid = 0;
  for (const [index, { colour, least }] of layers.entries()) {
    const amount = amounts[index]![pixel]!;
    if (amount === 0) continue;
    if (least !== undefined) picture.blend(x, y, colour, least + ((1 - least) * amount) / PER_PIXEL);
    else {
      laid += amount;
      picture.blend(x, y, colour, amount / laid);
    }
  }
}

const HALO = 2;

/** A faint square around each pixel of a layer that has a halo. */
function paintHalos(picture: Picture, { layers, amounts }: Painted): void {
  for (const [index, { colour, hasHalo }] of layers.entries()) {
    if (hasHalo !== true) continue;
    amounts[index]!.forEach((amount, pixel) => {
      if (amount === 0) return;
      const [x, y] = placeOf(pixel, ORDER);
      const [left, top] = [Math.max(0, x - HALO), Math.max(0, y - HALO)];
      const [right, bottom] = [Math.min(SIDE, x + HALO + 1), Math.min(SIDE, y + HALO + 1)];
      picture.fill(MARGIN + left, HEAD + top, right - left, bottom - top, colour, 0.1);
    });
  }
}

const INK: Colour = [28, 34, 43];
const PALE: Colour = [110, 119, 131];
const PAPER: Colour = [255, 255, 255];
const [MARGIN, HEAD] = [36, 96];
const [COLUMNS, ROW] = [3, 44];

/** Thin lines and numbers for the 256 blocks of /8. */
function drawBlocks(picture: Picture): void {
  const block = SIDE / 16;
  for (let line = 0; line <= 16; line++) {
    picture.fill(MARGIN + Math.min(line * block, SIDE - 1), HEAD, 1, SIDE, INK, 0.16);
    picture.fill(MARGIN, HEAD + Math.min(line * block, SIDE - 1), SIDE, 1, INK, 0.16);
  }
  for (let octet = 0; octet < 256; octet++) {
    const [x, y] = placeOf(octet, 4);
    const [left, top] = [MARGIN + x * block + 4, HEAD + y * block + 2];
    const isDark = picture.brightness(left + 8, top + 24) < 0.45;
    picture.write(String(octet), left + 1, top + 1, isDark ? INK : PAPER, 'small', 0.55);
    picture.write(String(octet), left, top, isDark ? PAPER : INK, 'small', 0.8);
  }
}

function drawLegend(picture: Picture, { layers, amounts }: Painted, language: Language, say: Terminal['say']): void {
  const all = 2 ** 32;
  const column = Math.floor(SIDE / COLUMNS);
  const shares = amounts.map(amount => amount.reduce((sum, addresses) => sum + addresses, 0) / all);
  const shown = layers.map((layer, index) => ({ ...layer, share: shares[index]! })).filter(({ share }) => share > 0);
  for (const [index, { word, colour, share }] of shown.entries()) {
    const [x, y] = [MARGIN + (index % COLUMNS) * column, HEAD + SIDE + 22 + Math.floor(index / COLUMNS) * ROW];
    picture.fill(x, y, 20, 20, PALE);
    picture.fill(x + 1, y + 1, 18, 18, colour);
    picture.write(say(word), x + 28, y - 3, INK);
    const addresses = (share * all).toLocaleString(language, { maximumFractionDigits: 0 });
    picture.write(`${percent(share, language)} · ${addresses.replaceAll(/\s/g, ' ')}`, x + 28, y + 15, PALE, 'small');
  }
}

function drawMap(terminal: Terminal, painted: Painted, title: string, editions: string): Picture {
  const foot = MARGIN + ROW * Math.ceil(painted.layers.length / COLUMNS);
  const picture = blankPicture(SIDE + 2 * MARGIN, HEAD + SIDE + foot, PAPER);
  picture.write(title, MARGIN, 18, INK, 'title');
  picture.write(editions, MARGIN, 58, PALE, 'plain');
  const scale = terminal.say('mapScale');
  picture.write(scale, MARGIN + SIDE - textWidth(scale, 'small'), 61, PALE, 'small');
  for (let pixel = 0; pixel < SIDE * SIDE; pixel++) {
    const [x, y] = placeOf(pixel, ORDER);
    paintPixel(picture, MARGIN + x, HEAD + y, pixel, painted);
  }
  paintHalos(picture, painted);
  drawBlocks(picture);
  drawLegend(picture, painted, terminal.language, terminal.say);
  return picture;
}

export interface MapOptions {
  readonly output: string;
  /** The table before: then the map shows what moves. */
  readonly from?: string;
}

export async function tableMap(terminal: Terminal, file: string | undefined, options: MapOptions): Promise<number> {
  const table = await loadTable(terminal, file ?? terminal.table);
  const before = options.from === undefined ? table : await loadZoneTable(options.from);
  const { id, home, on } = table.edition;
  const isMove = options.from !== undefined;
  const painted = isMove ? pour(before, table, MOVED_LAYERS, movedLayer) : pour(table, table, ZONE_LAYERS, zoneLayer);
  const title = terminal.say(isMove ? 'mapMovedTitle' : 'mapTitle', { home });
  const editions = isMove ? `${before.edition.id} → ${id}` : terminal.say('mapEdition', { id, on });
  const picture = drawMap(terminal, painted, title, editions);
  await writeFile(options.output, picture.png()).catch(() => {
    throw new PortabilityError('ERR_OUTPUT', 'the file cannot be written');
  });
  if (terminal.json) terminal.print(JSON.stringify({ width: picture.width, height: picture.height, edition: id }));
  return 0;
}
