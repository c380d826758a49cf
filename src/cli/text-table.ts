/**
 * Lays out text and tables for people: wraps at words, never inside one, with hanging indents where
 * an item goes on.
 */

/** The width in columns where the output is no terminal. */
export const PIPE_WIDTH = 80;
const NARROWEST = 40;
const WIDEST = 120;

/**
 * Returns the width of text in columns: that of the terminal, from 40 to 120; 80 if the output is
 * not a terminal.
 */
export const widthOf = ({
  isTTY,
  columns,
}: {
  readonly isTTY?: boolean;
  readonly columns?: number;
}): number =>
  isTTY === true && columns !== undefined && columns > 0
    ? Math.min(WIDEST, Math.max(NARROWEST, columns))
    : PIPE_WIDTH;

const TIE = '\u00a0';

/**
 * Ties words that French typography keeps on one line: a sign to the word before it, a number to
 * the word that it counts.
 */
const tied = (text: string): string =>
  text.replace(/ ([;:?!»§=])/g, `${TIE}$1`).replace(/(«|§|=|\bart\.|\d) (?=\S)/g, `$1${TIE}`);
const untied = (text: string): string => text.replaceAll(TIE, ' ');

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escapes of a terminal's colours
const COLOUR = /\u001b\[(\d+)m/g;
const RESET = '\u001b[0m';
const CLOSING = ['0', '22', '23', '24', '39', '49'];

/** Returns the number of columns that a text takes, without its colours. */
const columnsOf = (text: string): number => [...text.replace(COLOUR, '')].length;

/** Closes the colours at the end of each line and opens them again on the next one. */
function colourLines(lines: readonly string[]): string[] {
  let open = '';
  return lines.map(line => {
    const begun = open + line;
    for (const [code, number] of line.matchAll(COLOUR))
      open = CLOSING.includes(number!) ? '' : open + code;
    return open === '' ? begun : begun + RESET;
  });
}

/** Splits one line into lines of at most `width` columns. A word that is longer stays whole. */
function splitLine(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const [, space, word] of tied(text).matchAll(/( *)([^ ]+)/g)) {
    if (line !== '' && columnsOf(line) + space!.length + columnsOf(word!) > width) {
      lines.push(line);
      line = word!;
    } else line += space! + word!;
  }
  return colourLines([...lines, line].map(untied));
}

const longestWord = (text: string): number => Math.max(0, ...tied(text).split(' ').map(columnsOf));

/**
 * Wraps a text behind its lead, such as a label or a bullet. What goes on stands below the text. If
 * a word needs more space than that leaves, the indent is smaller.
 */
function hanging(lead: string, text: string, width: number): string[] {
  const indent = Math.max(0, Math.min(lead.length, width - longestWord(text)));
  const lines = splitLine(text, width - indent).map(line => ' '.repeat(indent) + line);
  const isBeside = indent === lead.length;
  return [
    ...(isBeside ? [lead + lines[0]!.slice(indent)] : [lead, lines[0]!]),
    ...lines.slice(1),
  ].map(line => line.trimEnd());
}

/** Matches what stands before the text of a line: spaces, a bullet, or a term and two spaces. */
const LEAD = /^ *(?:[-·] |\([a-z]\) |[\w/-]+ {2,})?/;

/**
 * Wraps a text of one or more lines. A line that goes on is indented as its beginning: below the
 * text of a list item, not below its bullet.
 */
export const wrapped = (text: string, width = PIPE_WIDTH): string =>
  text
    .split('\n')
    .flatMap(line => {
      if (columnsOf(line) <= width) return [line];
      const [lead] = LEAD.exec(line)!;
      return hanging(lead, line.slice(lead.length), width);
    })
    .join('\n');

const LABEL_WIDTH = 13;

/** Formats labels and texts. A text that is wrapped stays to the right of its label. */
export function factTable(
  facts: readonly (readonly [label: string, text: string])[],
  width = PIPE_WIDTH,
): string {
  return facts
    .flatMap(([label, text]) => hanging(label.padEnd(LABEL_WIDTH), text, width))
    .join('\n');
}

const GAP = 2;
type Row = readonly string[];

/**
 * Returns the widths of the columns: as wide as their content if there is space, else the widest
 * columns narrower, but none narrower than its longest word. Returns `undefined` if they do not fit
 * next to each other at all.
 */
function columnWidths(rows: readonly Row[], width: number): number[] | undefined {
  const columns = rows[0]!.map((_, column) => rows.map(row => row[column] ?? ''));
  const natural = columns.map(cells => Math.max(...cells.map(columnsOf)));
  const least = columns.map(cells => Math.max(...cells.map(longestWord)));
  const available = width - GAP * (columns.length - 1);
  const limited = (limit: number): number[] =>
    natural.map((each, column) => Math.max(least[column]!, Math.min(each, limit)));
  const sum = (widths: readonly number[]): number => widths.reduce((a, b) => a + b, 0);
  for (let limit = Math.max(...natural); limit > 0; limit--) {
    const widths = limited(limit);
    if (sum(widths) <= available) return widths;
  }
  return undefined;
}

/** Formats each row as a block of labels and texts, for a terminal that is too narrow. */
const stackedRows = (head: Row, rows: readonly Row[], width: number): string => {
  const label = Math.max(...head.map(columnsOf)) + GAP;
  const blocks = rows.map(row =>
    row.flatMap((text, column) =>
      text === '' ? [] : hanging((head[column] ?? '').padEnd(label), text, width),
    ),
  );
  return blocks.map(lines => lines.join('\n')).join('\n\n');
};

/**
 * Formats a table without a frame. Columns in `right` are aligned to the right.
 * @param width columns of the terminal; default: no limit
 */
export function plainTable(
  head: Row,
  rows: readonly Row[],
  right: readonly number[] = [],
  width = Number.POSITIVE_INFINITY,
): string {
  const widths = columnWidths([head, ...rows], width);
  if (widths === undefined) return stackedRows(head, rows, width);
  const linesOf = (row: Row): string[] => {
    const cells = row.map((text, column) => splitLine(text, widths[column]!));
    return Array.from({ length: Math.max(...cells.map(cell => cell.length)) }, (_, line) =>
      cells
        .map((cell, column) => {
          const text = cell[line] ?? '';
          const space = ' '.repeat(Math.max(0, widths[column]! - columnsOf(text)));
          return right.includes(column) ? space + text : text + space;
        })
        .join(' '.repeat(GAP))
        .trimEnd(),
    );
  };
  return [head, ...rows].flatMap(linesOf).join('\n');
}
