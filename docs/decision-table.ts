/** What does the whole rule look like to a lawyer? The decision table as Markdown, from the code of the law itself. */

import type { Location } from '../src/geo/location.ts';
import { OFFERS, type Offer } from '../src/law/offer.ts';
import { basisOf, DECISIONS, explain, REASONS, type Reason } from '../src/law/reasons.ts';
import { reasonFor, STANDINGS, type Standing } from '../src/law/rule.ts';

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

const plain = { licensed: false, anonymised: false, disputed: false };

/** Every location that a table can answer, anonymised and disputed apart, in words. */
const SITUATIONS: readonly (readonly [words: string, location: Location])[] = [
  ['home State, within the licence', { ...plain, zone: 'home', known: 'listed', licensed: true }],
  ['home State, left out by the licence', { ...plain, zone: 'home', known: 'listed' }],
  ['another State of the EEA', { ...plain, zone: 'eea', known: 'listed' }],
  [
    'another State of the EEA, included by the licence',
    { ...plain, zone: 'eea', known: 'listed', licensed: true },
  ],
  ['outside the EEA', { ...plain, zone: 'outside', known: 'listed' }],
  [
    'outside the EEA, included by the licence',
    { ...plain, zone: 'outside', known: 'listed', licensed: true },
  ],
  ['not established: the data do not say', { ...plain, zone: 'unknown', known: 'unlisted' }],
  [
    'not established: a special-purpose address',
    { ...plain, zone: 'unknown', known: 'special-purpose' },
  ],
  ['not established: no readable address', { ...plain, zone: 'unknown', known: 'not-an-address' }],
];

const CHOICES = Object.keys(OFFERS[0]!) as (keyof Offer)[];

/** The choices that make a difference somewhere, all else equal. */
const relevantChoices = (reasonOf: (offer: Offer) => Reason): (keyof Offer)[] =>
  CHOICES.filter((_, bit) =>
    OFFERS.some((offer, code) => reasonOf(offer) !== reasonOf(OFFERS[code ^ (1 << bit)]!)),
  );

const codeOf = (reason: Reason): string => DECISIONS[reason].code;

/** The answers of an offer to some choices. `paid` and `portable` matter together: whether the Regulation applies at all (Art. 6). */
function wordsOf(offer: Offer, choices: readonly (keyof Offer)[]): string {
  const others = choices.filter(choice => choice !== 'paid' && choice !== 'portable');
  const applies =
    offer.paid || offer.portable ? 'paid, or free and opted in' : 'free, not opted in';
  const words = others.map(choice => `\`${choice} = ${offer[choice]}\``);
  return [...(others.length < choices.length ? [applies] : []), ...words].join(', ');
}

/** One cell: a code where no choice matters, else a code for each combination of the choices that do. */
function cell(location: Location, standing: Standing): string {
  const reasonOf = (offer: Offer): Reason => reasonFor(location, standing, offer);
  const relevant = relevantChoices(reasonOf);
  if (relevant.length === 0) return codeOf(reasonOf(OFFERS[0]!));
  const combinations = new Map<string, string>();
  for (const offer of OFFERS) {
    combinations.set(wordsOf(offer, relevant), codeOf(reasonOf(offer)));
  }
  return [...combinations].map(([words, code]) => `${words}: ${code}`).join('<br>');
}

/** The rows of one situation; standings that fare alike share one. */
function rowsOf([words, location]: (typeof SITUATIONS)[number]): string[][] {
  const grouped = new Map<string, Standing[]>();
  for (const standing of STANDINGS) {
    const outcome = cell(location, standing);
    grouped.set(outcome, [...(grouped.get(outcome) ?? []), standing]);
  }
  return [...grouped].map(([outcome, standings]) => [words, standings.join(', '), outcome]);
}

const reasonRows = (): string[][] =>
  REASONS.map(reason => {
    const { code, verdict } = DECISIONS[reason];
    return [
      code,
      `\`${reason}\``,
      verdict,
      basisOf(reason, 'en'),
      explain(reason, 'en'),
      explain(reason, 'fr'),
    ];
  });

const choiceRows = (): string[][] =>
  CHOICES.map((choice, bit) => [
    `\`${choice}\``,
    String(OFFERS[0]![choice]),
    String(OFFERS[1 << bit]![choice]),
  ]);

/** The whole document. */
export const decisionTable = (): string => `# The decision table

Written from the code by \`npm run docs\`; a test fails when it is not current. It is not legal advice. Articles are those of Regulation (EU)
2017/1128. "Our reading" marks a choice where the text leaves room.

## Reasons

Each decision has one reason; each reason has one verdict, one legal basis and one short code, which a refusal screen shows. Codes are never
reassigned. LP-22, LP-23 and LP-24 are added by the gate and do not come out of the rule below.

${table(['code', 'reason', 'verdict', 'basis', 'in English', 'in French'], reasonRows())}

## The provider's choices

What the text leaves to the provider is a choice of the offer, with a default:

${table(['choice', 'default', 'the other answer'], choiceRows())}

## Which reason, when

Before all else, in this order:

1. a subscriber without a contract (standing \`none\`): LP-01, wherever they are;
2. no readable address: LP-02;
3. an anonymiser's address, unless the offer ignores it (\`anonymised = ignore\`): LP-03;
4. a place on which the sources disagree, where the offer refuses it (\`disputed = refuse\`): LP-04.

Then the table below holds. Where a cell names choices, only those named matter, and all combinations are listed.

${table(['the request comes from', 'standing', 'decision'], SITUATIONS.flatMap(rowsOf))}

## What the gate adds

An **exception** of the support desk (LP-23), for one subscriber and 31 days at most, takes the place of LP-02, LP-03, LP-04, LP-10 and LP-11, where
the same request would be granted anywhere in the EEA: so never for a place outside it, a residence elsewhere, unverifiable or never verified, a free offer that
has not opted in, or without a contract. Where **evidence** cannot be kept and the operator has chosen to refuse then, a grant becomes LP-22. A request that names an
**offer which the gate does not hold** decides only what all of its offers agree on; where they differ it is refused with LP-24.

The space is finite: ${SITUATIONS.length} situations with and without anonymiser and dispute, ${STANDINGS.length} standings, ${OFFERS.length} offers. A test compares every
combination with a second reading of the Regulation, written apart from the code.
`;
