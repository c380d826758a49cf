/** `table info` and `table verify`: which table is it, and is it whole? */
import Table from 'cli-table3';
import { ageOf } from '../age.ts';
import { systemClock } from '../clock.ts';
import type { Edition, ZoneTable } from '../place/table.ts';
import { verifyZoneTable } from '../tables.ts';
import { loadTable, megabytes, type Terminal } from './terminal.ts';

/** A table without a frame, that reads well on a terminal of 80 columns and in a pipe. */
export const plainTable = (
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string => {
  const aligns = head.map((_, column) => (right.includes(column) ? ('right' as const) : ('left' as const)));
  const none = Object.fromEntries(FRAME.map(part => [part, '']));
  const table = new Table({
    head: [...head],
    colAligns: aligns,
    chars: { ...none, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...rows.map(row => [...row]));
  return table.toString();
};

const LABEL_WIDTH = 13;
const SCREEN_WIDTH = 80;

const TIE = '\u00a0';

/** Words that French typography keeps on one line: a sign with what stands before it, a number with what it counts. */
const tied = (text: string): string =>
  text.replace(/ ([;:?!»§])/g, `${TIE}$1`).replace(/(«|§|\bart\.|\d) (?=\S)/g, `$1${TIE}`);

/** Columns of those widths, with words wrapped in them. */
export function wrappedTable(widths: readonly number[], rows: readonly (readonly string[])[]): string {
  const none = Object.fromEntries([...FRAME, 'middle'].map(part => [part, '']));
  const style = { head: [], border: [], 'padding-left': 0, 'padding-right': 1 };
  const table = new Table({ chars: none, style, colWidths: [...widths], wordWrap: true });
  table.push(...rows.map(row => row.map(tied)));
  const lines = table.toString().split('\n');
  return lines.map(line => line.replaceAll(TIE, ' ').trimEnd()).join('\n');
}

/** Labels and texts, wrapped to a screen of 80 columns. */
export const factTable = (facts: readonly (readonly [label: string, text: string])[]): string =>
  wrappedTable([LABEL_WIDTH, SCREEN_WIDTH - LABEL_WIDTH], facts);

/** A text wrapped to a screen of 80 columns. */
export const wrapped = (text: string): string => wrappedTable([SCREEN_WIDTH], [[text]]);

const FRAME = [
  ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
  ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'],
] as const;

const licenceText = ({ also = [], except = [] }: NonNullable<Edition['licence']>): string =>
  [...also.map(code => `+${code}`), ...except.map(code => `−${code}`)].join(' ');

function printInfo(terminal: Terminal, table: ZoneTable): void {
  const { edition, byteLength } = table;
  if (terminal.json) {
    terminal.print(JSON.stringify({ ...edition, ageInDays: ageOf(edition, systemClock()).days, byteLength }));
    return;
  }
  const facts = [
    [terminal.say('edition'), edition.id],
    [terminal.say('homeState'), edition.home],
    [terminal.say('law'), edition.on],
    ...(edition.licence === undefined ? [] : [[terminal.say('licence'), licenceText(edition.licence)]]),
    [terminal.say('compiled'), edition.compiled],
    [terminal.say('memory'), megabytes(byteLength, terminal.language)],
  ];
  terminal.print(plainTable(['', ''], facts).trimStart());
  terminal.print();
  const head = [terminal.say('source'), terminal.say('built'), terminal.say('licence'), 'SHA-256'];
  const rows = edition.sources.map(source => [
    source.name,
    source.built,
    source.licence ?? '',
    `${source.sha256.slice(0, 16)}…`,
  ]);
  terminal.print(plainTable(head, rows));
  if (edition.overlays === undefined) return;
  const overlays = edition.overlays.map(({ name, kind, built = '', through = '', sha256 }) => [
    ...[name, kind, built, through, `${sha256.slice(0, 16)}…`],
  ]);
  const words = ['overlay', 'kind', 'built', 'through'] as const;
  const names = [...words.map(word => terminal.say(word)), 'SHA-256'];
  terminal.print(`\n${plainTable(names, overlays)}`);
}

export async function tableInfo(terminal: Terminal, file: string | undefined): Promise<number> {
  printInfo(terminal, await loadTable(terminal, file ?? terminal.table));
  return 0;
}

export async function tableVerify(terminal: Terminal, file: string | undefined): Promise<number> {
  const edition = await verifyZoneTable(file ?? terminal.table);
  if (terminal.json) terminal.print(JSON.stringify({ valid: true, ...edition }));
  else terminal.print(`${terminal.say('edition')} ${edition.id} · ${terminal.paint.green(terminal.say('sound'))}`);
  return 0;
}
