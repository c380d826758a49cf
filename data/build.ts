/** `npm run data`: fetches the sources, compiles data/zones.bin, measures the sources against each other, writes data/SOURCES.md. */
import { statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { decodeBundle } from '../src/geo/bundle.ts';
import type { ZoneIntervals } from '../src/geo/merge-sources.ts';
import { type LoadedSource, loadSource } from '../src/geo/source.ts';
import { intervalsOf } from '../src/geo/table-intervals.ts';
import type { Edition } from '../src/geo/zone-table.ts';
import { REVIEWED_ON } from '../src/law/territory.ts';
import { compileBundle } from '../src/tables/compile.ts';
import { agreement, alone, compileOne, sizes } from './agreement.ts';
import { fetchAll, fetchedSources, ORIGINS } from './fetch.ts';
import { SOLE_SOURCES, soleSourceOverlays } from './sole-sources.ts';

const at = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const FAMILIES = ['ipv4', 'ipv6'] as const;
const TITLES = { ipv4: 'IPv4, addresses', ipv6: 'IPv6, networks of /64' };

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
const count = (value: number): string =>
  value < 1e15 ? Math.round(value).toLocaleString('en') : value.toExponential(3);
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

interface Measured {
  readonly name: string;
  readonly cuts: ZoneIntervals;
}

/** The three pairs, and for each source the two others. */
const PAIRS = [
  [0, 1],
  [0, 2],
  [1, 2],
] as const;
const TRIPLES = [
  [0, 1, 2],
  [1, 0, 2],
  [2, 0, 1],
] as const;

function measures(
  family: (typeof FAMILIES)[number],
  sources: readonly Measured[],
  merged: ZoneIntervals,
): string {
  const cut = (index: number) => sources[index]!.cuts[family];
  const zones = ['home', 'eea', 'outside', 'unknown', 'special-purpose', 'disputed'] as const;
  const all = [
    ...sources.map(({ name, cuts }) => ({ name, sums: sizes(cuts[family]) })),
    { name: '**bundled table**', sums: sizes(merged[family]) },
  ];
  const perZone = all.map(({ name, sums }) => [name, ...zones.map(zone => count(sums[zone]!))]);
  const pairs = PAIRS.map(([a, b]) => {
    const { agree, agreeOnHome } = agreement(cut(a), cut(b));
    return [`${sources[a]!.name} and ${sources[b]!.name}`, percent(agree), percent(agreeOnHome)];
  });
  const lonely = TRIPLES.map(([mine, b, c]) => {
    const { differs, silent } = alone(cut(mine), [cut(b), cut(c)]);
    return [sources[mine]!.name, percent(differs), percent(silent)];
  });
  return [
    `### ${TITLES[family]}`,
    table(['source', ...zones], perZone),
    table(
      ['pair', 'same zone, where both answer', 'both say home, of what either calls home'],
      pairs,
    ),
    table(
      [
        'source',
        'says another zone where the two others agree',
        'says nothing where the two others agree',
      ],
      lonely,
    ),
  ].join('\n\n');
}

/** What was seen in the figures, by hand: reread it whenever the figures change. */
const REMARKS = `## What the figures say

- On IPv4 each pair agrees on more than 98.8 % of the addresses on which both answer, and on 86 to 95 % of what either calls home. None
  stands so far from the others that it does harm there, so none is left out.
- The maintainer of the two npm packages warns that their npm copies carry errors and are no longer updated. The figures show where: on IPv6
  the DB-IP copy fills gaps. It calls about half of all *unallocated* space \`outside\` (the two others are silent there), names some
  thirty times as much space EEA as the others do, agrees with IPFire on only 73 %, and is behind nearly all that is disputed on IPv6. On IPv4
  it calls some eight million addresses \`outside\` on which both others are silent. It is kept because it is outvoted there: alone it has
  no majority, and it is not asked first. What it costs is disputes, which matter to an offer only where it refuses them.
- The RIR-derived table and IPFire both start from the registries' records, so their agreement with each other is partly agreement on where a
  network is *registered*. DB-IP is the one that tries to say where it is *used*; where it stands alone it is outvoted. On IPv4 that is
  0.7 % of the addresses on which the two others agree.
- The RIR-derived table is silent on most of the IPv6 space on which the others agree: large allocations outside the EEA.
- IPFire carries pseudo-codes (\`EU\`, \`AP\`, \`UK\`, \`CS\`, \`AN\`, \`??\`), DB-IP and the RIR-derived table \`XK\`: none is an ISO 3166-1 code, all are *unknown*.
- All three tell the outermost regions and the overseas countries of France apart from France itself.
- Inside the blocks named above, the vote was wrong about the relay's networks at home and in the EEA (\`docs/accuracy.md\`). Where the
  deciding source knows no more than the registration, it answers with that: most of what it calls EEA in \`2a02:26f7:8000::/33\` (registered in
  the Netherlands) is space that the relay's operator does not publish as in use.
- IPFire is asked first, so it decides where all three differ: it is the one that is least often alone.

## Compared

\`npm run data:compare\` asks the table and, through other readers (\`maxmind\`, a plain reading of the CSV), its sources for every IPv4 address
there is. Edition 2026-06-25-b7f5490fc7d1: 4,294,967,296 addresses compared, 0 differences, in 96 seconds.`;

const soleSources = (): string[][] =>
  SOLE_SOURCES.map(({ name, blocks, source, reason, reviewed }) => [
    name,
    blocks.map(block => `\`${block}\``).join(' '),
    source,
    reason,
    reviewed,
  ]);

function document(edition: Edition, sources: readonly Measured[], merged: ZoneIntervals): string {
  const facts = edition.sources.map((source, index) => {
    const { origin, licence, attribution } = ORIGINS[index]!;
    return [source.name, origin, source.built, licence, attribution, `\`${source.sha256}\``];
  });
  return `# Sources of the bundled table

Written by \`npm run data\`; do not edit by hand. Edition \`${edition.id}\`, home State ${edition.home}, by the law of ${edition.on},
compiled ${edition.compiled.slice(0, 10)}; \`zones.bin\` has ${count(statSync(at('zones.bin')).size)} bytes. The table is a work derived from all three sources and is
licensed under CC BY-SA 4.0: see \`LICENSE\` in this folder. The code of the library has a licence of its own.

${table(['source', 'origin', 'date of the data', 'licence', 'attribution', 'SHA-256'], facts)}

The manifest of the RIR-derived package says CC0-1.0, its licence file and its README say CC BY 4.0 (Number Resource Organization): it is treated as CC BY 4.0.

## Blocks in which one source decides

Inside these blocks the vote is known to be wrong, so one source alone decides. Where it has no answer, the vote stays. The build
(\`data/sole-sources.ts\`) makes an overlay of each entry, which the edition names.

${table(['overlay', 'blocks', 'source that decides', 'reason', 'reviewed'], soleSources())}

## Addresses per zone, and agreement

Zones as seen from ${edition.home}. A source by itself, and the table by majority and with the blocks above. \`disputed\` counts what is disputed within the other columns.

${FAMILIES.map(family => measures(family, sources, merged)).join('\n\n')}

${REMARKS}
`;
}

async function build(): Promise<void> {
  const sources = fetchedSources()!;
  const overlays = await soleSourceOverlays(sources);
  const bundle = await compileBundle({ sources, overlays, on: REVIEWED_ON });
  writeFileSync(at('zones.bin'), bundle);
  const { edition, ...layout } = decodeBundle(bundle);
  const intervals = intervalsOf(layout);
  const measured: Measured[] = [];
  for (const source of sources) {
    const loaded: LoadedSource = await loadSource(source);
    measured.push({ name: loaded.edition.name, cuts: compileOne(loaded) });
  }
  writeFileSync(at('SOURCES.md'), document(edition, measured, intervals));
  console.log(`zones.bin: edition ${edition.id}, ${count(bundle.length)} bytes`);
}

fetchAll();
if (!process.argv.includes('--fetch-only')) await build();
