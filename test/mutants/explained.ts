/**
 * Changes of a line that no test notices, each with the reason why that is correct. Any other
 * mutant that survives is a hole in the tests.
 */

export interface Explained {
  readonly file: string;
  /** The line as it stands, and what the mutants put in place of a part of it. */
  readonly line: string;
  readonly to: readonly string[];
  readonly why: string;
}

export const EXPLAINED: readonly Explained[] = [
  {
    file: 'src/law/dossier.ts',
    line: 'return known.sort((a, b) => (a.on < b.on ? -1 : a.on > b.on ? 1 : 0));',
    to: ['true', 'false', 'a.on >= b.on', 'a.on <= b.on'],
    why: 'V8 only checks whether a comparison is below zero; the language requires a consistent comparison.',
  },
  {
    file: 'src/law/dossier.ts',
    line: "if (event.type === 'information-requested' && event.answerBy < event.on)",
    to: ['true'],
    why: 'No other event has an answerBy, and undefined is before no day: the type is checked for the compiler only.',
  },
  {
    file: 'src/law/dossier.ts',
    line: "if (event.type === 'verification-waived' && (event.until ?? event.on) < event.on)",
    to: ['true'],
    why: 'No other event has an until: it would be compared with its own day.',
  },
  {
    file: 'src/law/dossier-replay.ts',
    line: "...without(contract, 'verified', 'isNextCovered', 'due', 'doubt', 'silence', 'request'),",
    to: ['""'],
    why: 'Of these, a silence that stays has no effect: residence elsewhere takes precedence, and the verification at home that ends it ends the silence too.',
  },
  {
    file: 'src/law/rule.ts',
    line: 'licensed: false,',
    to: ['true'],
    why: 'An invalid address is decided before the licence is checked.',
  },
  {
    file: 'src/law/rule.ts',
    line: 'anonymised: false,',
    to: ['true'],
    why: 'An invalid address is decided before anonymisers are checked.',
  },
  {
    file: 'src/law/rule.ts',
    line: 'disputed: false,',
    to: ['true'],
    why: 'An invalid address is decided before disputes are checked.',
  },
  {
    file: 'src/law/rule.ts',
    line: 'const STANDING_CODES = new Map<unknown, number>(STANDINGS.map((word, code) => [word, code]));',
    to: ['() => undefined'],
    why: 'Runs while the module is loaded, before the mutant is switched on. By hand: the module does not load.',
  },
  {
    file: 'src/law/territory.ts',
    line: '(rows as readonly Territory[]).map(row => [row.code, row]),',
    to: ['() => undefined'],
    why: 'Runs while the module is loaded, before the mutant is switched on. By hand: the module does not load.',
  },
  {
    file: 'src/law/territory.ts',
    line: 'territory.from !== undefined &&',
    to: ['true'],
    why: 'No day is at or after undefined: the check is there for the compiler only.',
  },
  {
    file: 'src/geo/zone-table.ts',
    line: 'let high = starts.length - 1;',
    to: ['starts.length + 1'],
    why: 'Nothing past the end is at or below an address: the search takes one more step.',
  },
  {
    file: 'src/geo/zone-table.ts',
    line: 'let high = deep.length - 1;',
    to: ['deep.length + 1'],
    why: 'Nothing past the end is at or below an address: the search takes one more step.',
  },
  {
    file: 'src/geo/zone-table.ts',
    line: 'for (let word = 0; word < 4; word++)',
    to: ['word <= 4'],
    why: 'A fifth word is written past the end of a typed array, which ignores it.',
  },
];
