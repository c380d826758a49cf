/** Formats work lists: a number for each line and, where agents gave one, their own reference. */
import type { Terminal } from '../terminal.ts';
import { plainTable } from '../text-table.ts';

/** One line of a work list. */
export interface WorkLine {
  readonly number: string;
  readonly reference: string;
  /** The other columns. */
  readonly cells: readonly string[];
}

/**
 * Formats the lines as a table. The reference comes last, and only if a line has one.
 * @param head headings of the other columns
 */
export function workList(
  { say, rowWidth }: Terminal,
  head: readonly string[],
  lines: readonly WorkLine[],
): string {
  if (lines.length === 0) return say('nothing');
  const hasReference = lines.some(({ reference }) => reference !== '');
  const columns = [say('requestNumber'), ...head, ...(hasReference ? [say('ownReference')] : [])];
  const rows = lines.map(({ number, reference, cells }) => [
    number,
    ...cells,
    ...(hasReference ? [reference] : []),
  ]);
  return plainTable(columns, rows, [], rowWidth);
}
