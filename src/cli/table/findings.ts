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

const EFFECT_WORDS: Readonly<Partial<Record<string, PlainWord>>> = {
  discarded: 'findingDiscarded',
  unknown: 'findingUnknown',
};

/** Returns the words for a name. A table of a later version may hold names that have none here. */
function wordsFor({ say }: Terminal, words: typeof PROBLEM_WORDS, name: string): string {
  const word = words[name];
  return word === undefined ? printable(name) : say(word);
}

function findingText(terminal: Terminal, name: string, finding: RowFinding): string {
  const { problem, effect, count, lines, codes = [] } = finding;
  const shown = codes.length === 0 ? '' : ` (${printable(codes.join(', '))})`;
  const more = count > lines.length ? ' …' : '';
  return terminal.say('finding', {
    name: printable(name),
    count: String(count),
    problem: wordsFor(terminal, PROBLEM_WORDS, problem) + shown,
    lines: lines.join(', ') + more,
    effect: wordsFor(terminal, EFFECT_WORDS, effect),
  });
}

/** Returns a line for each finding about the files of a table. */
export function findingLines(terminal: Terminal, { sources, overlays = [] }: Edition): string[] {
  return [...sources, ...overlays].flatMap(({ name, findings = [] }) =>
    findings.map(finding => findingText(terminal, name, finding)),
  );
}
