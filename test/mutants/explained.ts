/** Which changes of a line does no test notice, and why is that right? Everything else that survives is a hole in the tests. */

export interface Explained {
  readonly file: string;
  /** The line as it stands, and what the mutants put in the place of a part of it. */
  readonly line: string;
  readonly to: readonly string[];
  readonly why: string;
}

export const EXPLAINED: readonly Explained[] = [
  {
    file: 'src/law/dossier.ts',
    line: 'return known.sort((a, b) => (a.on < b.on ? -1 : a.on > b.on ? 1 : 0));',
    to: ['true', 'false', 'a.on >= b.on', 'a.on <= b.on'],
    why: 'V8 sorts by insertion and merging and asks only whether a comparison is below zero; the language asks for the whole of it.',
  },
  {
    file: 'src/law/dossier.ts',
    line: "if (event.type === 'information-requested' && event.answerBy < event.on)",
    to: ['true'],
    why: 'No other event has an answerBy, and undefined is before no day: the type is asked for the compiler.',
  },
  {
    file: 'src/law/dossier.ts',
    line: "if (event.type === 'verification-waived' && (event.until ?? event.on) < event.on)",
    to: ['true'],
    why: 'No other event has an until: it would be compared with its own day.',
  },
  {
    file: 'src/law/history.ts',
    line: "return { ...without(contract, 'verified', 'isNextCovered', 'due', 'doubt', 'silence', 'request'), elsewhere: event };",
    to: ['""'],
    why: 'Of these the silence alone is never seen again: a residence elsewhere is said before it, and the verification at home that ends the one ends the other.',
  },
  {
    file: 'src/law/rule.ts',
    line: 'licensed: false,',
    to: ['true'],
    why: 'What is no address is decided before anybody asks for a licence.',
  },
  {
    file: 'src/law/rule.ts',
    line: 'anonymised: false,',
    to: ['true'],
    why: 'What is no address is decided before anybody asks for an anonymiser.',
  },
  {
    file: 'src/law/rule.ts',
    line: 'disputed: false,',
    to: ['true'],
    why: 'What is no address is decided before anybody asks whether sources differ.',
  },
  {
    file: 'src/law/rule.ts',
    line: 'const STANDING_CODES = new Map<unknown, number>(STANDINGS.map((word, code) => [word, code]));',
    to: ['() => undefined'],
    why: 'Runs while the module is loaded, before the mutant is switched on. By hand: the module does not load.',
  },
  {
    file: 'src/law/territory.ts',
    line: 'const TERRITORIES = new Map<string, Territory>((data.territories as readonly Territory[]).map(row => [row.code, row]));',
    to: ['() => undefined'],
    why: 'Runs while the module is loaded, before the mutant is switched on. By hand: the module does not load.',
  },
  {
    file: 'src/geo/zone-table.ts',
    line: 'let high = starts.length - 1;',
    to: ['starts.length + 1'],
    why: 'Nothing behind the end is at or below an address: the search comes down from there in a step more.',
  },
  {
    file: 'src/geo/zone-table.ts',
    line: 'let high = deep.length - 1;',
    to: ['deep.length + 1'],
    why: 'Nothing behind the end is at or below an address: the search comes down from there in a step more.',
  },
  {
    file: 'src/geo/zone-table.ts',
    line: 'for (let word = 0; word < 4; word++) wanted[word] = lastIPv6[2 * word]! * 0x10000 + lastIPv6[2 * word + 1]!;',
    to: ['word <= 4'],
    why: 'A fifth word is written behind the end of a typed array, which is nowhere.',
  },
];
