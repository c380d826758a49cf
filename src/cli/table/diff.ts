/**
 * Implements `table diff`: lists what moves between two tables per pair of zones, with prefixes and
 * sizes, the largest first.
 */

import { LOCATIONS, type Location } from '../../geo/location.ts';
import { eachCommon } from '../../geo/table-diff.ts';
import { intervalsOf } from '../../geo/table-intervals.ts';
import { loadZoneTable } from '../../tables.ts';
import { FAMILIES, type Family, loadTable, type Terminal } from '../terminal.ts';
import { plainTable } from '../text-table.ts';
import { prefixesOf } from './ranges.ts';

export interface MovedRange {
  readonly size: number;
  readonly prefixes: readonly string[];
}

/**
 * Ranges of one family that move from one side to another. Sizes count IPv4 addresses, or IPv6
 * networks of /64.
 */
export interface Move {
  readonly family: Family;
  readonly from: string;
  readonly to: string;
  readonly size: number;
  readonly prefixes: number;
  /** Sorted by size, the largest first. */
  readonly ranges: readonly MovedRange[];
}

/**
 * Returns the word for a side: the zone, marked if the range is an anonymiser's, which an offer may
 * refuse.
 */
const sideOf = ({ zone, anonymised }: Location): string =>
  anonymised ? `${zone}+anonymised` : zone;
const remarksOf = ({ licensed, disputed }: Location): string =>
  [licensed && 'licensed', disputed && 'disputed'].filter(Boolean).join('+');

/**
 * Returns the sides before and after. If the side stays the same, the result names the other
 * attributes that change. Returns `undefined` if nothing changes.
 */
function crossing(before: number, after: number): readonly [string, string] | undefined {
  const from = LOCATIONS[before]!;
  const to = LOCATIONS[after]!;
  if (sideOf(from) !== sideOf(to)) return [sideOf(from), sideOf(to)];
  if (remarksOf(from) === remarksOf(to)) return undefined;
  const named = (location: Location): string =>
    [sideOf(location), remarksOf(location)].filter(Boolean).join('+');
  return [named(from), named(to)];
}

type Cuts = ReturnType<typeof intervalsOf>;

/** Returns all moves, the largest of each family first. */
export function movesOf(before: Cuts, after: Cuts): readonly Move[] {
  return FAMILIES.flatMap(family => {
    const moves = new Map<string, { from: string; to: string; ranges: MovedRange[] }>();
    eachCommon(before[family], after[family], common => {
      const crossed = crossing(common.before, common.after);
      if (crossed === undefined) return;
      const key = crossed.join();
      const move = moves.get(key) ?? { from: crossed[0], to: crossed[1], ranges: [] };
      moves.set(key, move);
      move.ranges.push({ size: common.size, prefixes: prefixesOf(common.start, common.next) });
    });
    return [...moves.values()]
      .map(({ from, to, ranges }) => ({
        family,
        from,
        to,
        size: ranges.reduce((sum, { size }) => sum + size, 0),
        prefixes: ranges.reduce((sum, { prefixes }) => sum + prefixes.length, 0),
        ranges: ranges.toSorted((a, b) => b.size - a.size),
      }))
      .sort((a, b) => b.size - a.size);
  });
}

export interface DiffOptions {
  readonly prefixes: number;
}

const sizeText = (size: number, terminal: Terminal): string =>
  size >= 1e15
    ? size.toLocaleString(terminal.language, { maximumSignificantDigits: 3 })
    : size.toLocaleString(terminal.language, { maximumFractionDigits: size < 10 ? 2 : 0 });

function printFamily(
  terminal: Terminal,
  family: Family,
  moves: readonly Move[],
  listed: number,
): void {
  const { say, print, paint } = terminal;
  print(`${paint.bold(say(family === 'ipv4' ? 'diffIPv4' : 'diffIPv6'))}`);
  if (moves.length === 0) {
    print(say('diffNone'));
    return;
  }
  const rows = moves.map(move => [
    move.from,
    '→',
    move.to,
    sizeText(move.size, terminal),
    move.prefixes.toLocaleString(terminal.language),
  ]);
  print(
    plainTable(
      [
        say('diffFrom'),
        '',
        say('diffTo'),
        say(family === 'ipv4' ? 'diffAddresses' : 'diffNetworks'),
        say('diffPrefixes'),
      ],
      rows,
      [3, 4],
      terminal.rowWidth,
    ),
  );
  for (const { from, to, ranges } of listed === 0 ? [] : moves) {
    const largest = ranges
      .slice(0, listed)
      .map(({ size, prefixes }) => [
        `  ${prefixes[0]}${prefixes.length > 1 ? ` +${prefixes.length - 1}` : ''}`,
        sizeText(size, terminal),
      ]);
    print(`\n${from} → ${to}`);
    print(plainTable(['', ''], largest, [1], terminal.rowWidth).split('\n').slice(1).join('\n'));
  }
}

export async function tableDiff(
  terminal: Terminal,
  before: string,
  after: string,
  options: DiffOptions,
): Promise<number> {
  const from = await loadZoneTable(before);
  const to = await loadTable(terminal, after);
  const moves = movesOf(intervalsOf(from.share()), intervalsOf(to.share()));
  if (terminal.json) {
    const shown = moves.map(move => ({ ...move, ranges: move.ranges.slice(0, options.prefixes) }));
    terminal.print(JSON.stringify({ from: from.edition.id, to: to.edition.id, moves: shown }));
    return 0;
  }
  terminal.print(`${from.edition.id} → ${to.edition.id}\n`);
  for (const family of FAMILIES) {
    printFamily(
      terminal,
      family,
      moves.filter(move => move.family === family),
      options.prefixes,
    );
    if (family === 'ipv4') terminal.print();
  }
  return 0;
}
