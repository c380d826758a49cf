/** Describes the rows of sources and overlays that have no effect or no place. */

import type { RowFinding } from '../../geo/findings.ts';
import type { Edition } from '../../geo/zone-table.ts';
import { printable, type Terminal } from '../terminal.ts';
import type { PlainWord } from '../words/words.ts';

const PROBLEM_WORDS: Readonly<Partial<Record<string, PlainWord>>> = {
  prefix: 'findingPrefix',
  'host-bits': 'findingHostBits',
  code: 'findingCode',
  row: 'findingRow',
  duplicate: 'findingDuplicate',
};

/** The line of one row, and that of several. */
const LINES = {
  discarded: ['findingDiscardedOne', 'findingDiscarded'],
  unknown: ['findingUnknownOne', 'findingUnknown'],
} as const;

function findingText(terminal: Terminal, name: string, finding: RowFinding): string {
  const { problem, effect, count, lines, codes = [] } = finding;
  const shown = codes.length === 0 ? '' : ` (${printable(codes.join(', '))})`;
  const more = count > lines.length ? ' …' : '';
  const word = PROBLEM_WORDS[problem];
  const values = {
    name: printable(name),
    // A table of a later version may hold names that have no words here.
    problem: (word === undefined ? printable(problem) : terminal.say(word)) + shown,
    lines: lines.join(', ') + more,
  };
  const line: (typeof LINES)[typeof effect] | undefined = LINES[effect];
  if (line === undefined)
    return terminal.say('finding', { ...values, count: String(count), effect: printable(effect) });
  if (count === 1) return terminal.say(line[0], values);
  return terminal.say(line[1], { ...values, count: String(count) });
}

/** Returns a line for each finding about the files of a table. */
export function findingLines(terminal: Terminal, { sources, overlays = [] }: Edition): string[] {
  return [...sources, ...overlays].flatMap(({ name, findings = [] }) =>
    findings.map(finding => findingText(terminal, name, finding)),
  );
}
