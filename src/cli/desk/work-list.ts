/** Formats work lists: a number for each line and, where agents gave one, their own reference. */
import type { Terminal } from '../terminal.ts';
import { wrappedTable } from '../text-table.ts';

const SCREEN_WIDTH = 80;
/** A number such as `R-7KZQ2M9X`, with the space after it. */
const NUMBER_WIDTH = 12;
/** Room for 16 characters; longer references go on in the next line. */
const REFERENCE_WIDTH = 17;

/** One line of a work list. */
export interface WorkLine {
  readonly number: string;
  readonly reference: string;
  /** The other columns. */
  readonly cells: readonly string[];
}

/** Breaks a reference that is longer than its column: a table would cut it off. */
const broken = (reference: string): string =>
  reference.replace(new RegExp(`.{${REFERENCE_WIDTH - 1}}(?=.)`, 'g'), '$&\n');

/**
 * Formats lines on 80 columns. The reference comes last, and only if a line has one.
 * @param head headings of the other columns
 * @param widths widths of the other columns; the last one takes what is left if there is no
 *   reference
 */
export function workList(
  { say }: Terminal,
  head: readonly string[],
  widths: readonly number[],
  lines: readonly WorkLine[],
): string {
  if (lines.length === 0) return say('nothing');
  if (lines.every(({ reference }) => reference === '')) {
    const before = widths.slice(0, -1);
    const left = before.reduce((sum, width) => sum - width, SCREEN_WIDTH - NUMBER_WIDTH);
    return wrappedTable(
      [NUMBER_WIDTH, ...before, left],
      [[say('requestNumber'), ...head], ...lines.map(({ number, cells }) => [number, ...cells])],
    );
  }
  const rest = SCREEN_WIDTH - NUMBER_WIDTH - REFERENCE_WIDTH;
  const spare = widths.reduce((sum, width) => sum - width, rest);
  const fitted = widths.map((each, column) => (column === 0 ? each + spare : each));
  return wrappedTable(
    [NUMBER_WIDTH, ...fitted, REFERENCE_WIDTH],
    [
      [say('requestNumber'), ...head, say('ownReference')],
      ...lines.map(({ number, reference, cells }) => [number, ...cells, broken(reference)]),
    ],
  );
}
