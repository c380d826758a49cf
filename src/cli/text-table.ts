/** Formats rows and texts for a terminal of 80 columns. */
import Table from 'cli-table3';

const FRAME = [
  'top',
  'top-mid',
  'top-left',
  'top-right',
  'bottom',
  'bottom-mid',
  'bottom-left',
  'bottom-right',
  'left',
  'left-mid',
  'mid',
  'mid-mid',
  'right',
  'right-mid',
] as const;

/** Formats a table without a frame, readable on a terminal of 80 columns and in a pipe. */
export const plainTable = (
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string => {
  const aligns = head.map((_, column) =>
    right.includes(column) ? ('right' as const) : ('left' as const),
  );
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

/**
 * Ties words that French typography keeps on one line: a sign to the word before it, a number to
 * the word that it counts.
 */
const tied = (text: string): string =>
  text.replace(/ ([;:?!»§])/g, `${TIE}$1`).replace(/(«|§|\bart\.|\d) (?=\S)/g, `$1${TIE}`);

/** Formats columns of the given widths, with wrapped text. */
export function wrappedTable(
  widths: readonly number[],
  rows: readonly (readonly string[])[],
): string {
  const none = Object.fromEntries([...FRAME, 'middle'].map(part => [part, '']));
  const style = { head: [], border: [], 'padding-left': 0, 'padding-right': 1 };
  const table = new Table({ chars: none, style, colWidths: [...widths], wordWrap: true });
  table.push(...rows.map(row => row.map(tied)));
  const lines = table.toString().split('\n');
  return lines.map(line => line.replaceAll(TIE, ' ').trimEnd()).join('\n');
}

/** Formats labels and texts, wrapped to 80 columns. */
export const factTable = (facts: readonly (readonly [label: string, text: string])[]): string =>
  wrappedTable([LABEL_WIDTH, SCREEN_WIDTH - LABEL_WIDTH], facts);

/** Wraps a text to 80 columns. */
export const wrapped = (text: string): string => wrappedTable([SCREEN_WIDTH], [[text]]);
