/**
 * Implements `table map`: draws the IPv4 space as a Hilbert curve coloured by zone, or what moves
 * between two tables.
 */
import { writeFile } from 'node:fs/promises';
import { namedLater } from '../../config/option-at-fault.ts';
import type { Language } from '../../law/reasons.ts';
import { loadZoneTable } from '../../tables.ts';
import { dateCell } from '../dates.ts';
import { cannotWrite } from '../option-at-fault.ts';
import { loadTable, percent, type Terminal } from '../terminal.ts';
import { placeOf } from './hilbert.ts';
import { movesBetween, type Painted, paintLayers, SIDE, zonesOf } from './map-layers.ts';
import { blankPicture, type Colour, type Picture, textWidth } from './png.ts';

const INK: Colour = [28, 34, 43];
const PALE: Colour = [110, 119, 131];
const PAPER: Colour = [255, 255, 255];
const MARGIN = 36;
const HEAD = 96;
const COLUMNS = 3;
const ROW = 44;

/** Draws thin lines and numbers for the 256 blocks of /8. */
function drawBlocks(picture: Picture): void {
  const block = SIDE / 16;
  for (let line = 0; line <= 16; line++) {
    picture.fill(MARGIN + Math.min(line * block, SIDE - 1), HEAD, 1, SIDE, INK, 0.16);
    picture.fill(MARGIN, HEAD + Math.min(line * block, SIDE - 1), SIDE, 1, INK, 0.16);
  }
  for (let octet = 0; octet < 256; octet++) {
    const [x, y] = placeOf(octet, 4);
    const left = MARGIN + x * block + 4;
    const top = HEAD + y * block + 2;
    const isDark = picture.brightness(left + 8, top + 24) < 0.45;
    picture.write(String(octet), left + 1, top + 1, isDark ? INK : PAPER, 'small', 0.55);
    picture.write(String(octet), left, top, isDark ? PAPER : INK, 'small', 0.8);
  }
}

function drawLegend(
  picture: Picture,
  { layers, amounts }: Painted,
  language: Language,
  say: Terminal['say'],
): void {
  const all = 2 ** 32;
  const column = Math.floor(SIDE / COLUMNS);
  const shares = amounts.map(amount => amount.reduce((sum, addresses) => sum + addresses, 0) / all);
  const shown = layers
    .map((layer, index) => ({ ...layer, share: shares[index]! }))
    .filter(({ share }) => share > 0);
  for (const [index, { word, colour, share }] of shown.entries()) {
    const x = MARGIN + (index % COLUMNS) * column;
    const y = HEAD + SIDE + 22 + Math.floor(index / COLUMNS) * ROW;
    picture.fill(x, y, 20, 20, PALE);
    picture.fill(x + 1, y + 1, 18, 18, colour);
    picture.write(say(word), x + 28, y - 3, INK);
    const addresses = (share * all).toLocaleString(language, { maximumFractionDigits: 0 });
    picture.write(
      `${percent(share, language)} · ${addresses.replaceAll(/\s/g, ' ')}`,
      x + 28,
      y + 15,
      PALE,
      'small',
    );
  }
}

function drawMap(terminal: Terminal, painted: Painted, title: string, editions: string): Picture {
  const foot = MARGIN + ROW * Math.ceil(painted.layers.length / COLUMNS);
  const picture = blankPicture(SIDE + 2 * MARGIN, HEAD + SIDE + foot, PAPER);
  picture.write(title, MARGIN, 18, INK, 'title');
  picture.write(editions, MARGIN, 58, PALE, 'plain');
  const scale = terminal.say('mapScale');
  picture.write(scale, MARGIN + SIDE - textWidth(scale, 'small'), 61, PALE, 'small');
  paintLayers(picture, MARGIN, HEAD, painted);
  drawBlocks(picture);
  drawLegend(picture, painted, terminal.language, terminal.say);
  return picture;
}

export interface MapOptions {
  readonly output: string;
  /** Path of the previous table. If it is set, the map shows what moves. */
  readonly from?: string;
}

export async function tableMap(
  terminal: Terminal,
  file: string | undefined,
  options: MapOptions,
): Promise<number> {
  const table = await loadTable(terminal, file ?? terminal.table);
  const before =
    options.from === undefined
      ? table
      : await namedLater({ option: '--from' }, () => loadZoneTable(options.from));
  const { id, home, on } = table.edition;
  const isMove = options.from !== undefined;
  const painted = isMove ? movesBetween(before, table) : zonesOf(table);
  const title = terminal.say(isMove ? 'mapMovedTitle' : 'mapTitle', { home });
  const editions = isMove
    ? `${before.edition.id} → ${id}`
    : terminal.say('mapEdition', { id, on: dateCell(terminal.language, on) });
  const picture = drawMap(terminal, painted, title, editions);
  await writeFile(options.output, picture.png()).catch(error => {
    throw cannotWrite('--output', options.output, error);
  });
  if (terminal.json)
    terminal.print(JSON.stringify({ width: picture.width, height: picture.height, edition: id }));
  return 0;
}
