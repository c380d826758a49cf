/** Writes accuracy scores as Markdown tables and as an SVG page. */
import { ZONES } from '../src/zone.ts';
import {
  type Confusion,
  ERRORS,
  errorsOf,
  type Group,
  type Score,
  type Share,
  TRUE_ZONES,
  wilson,
} from './truth.ts';

const number = (value: number): string => value.toLocaleString('en');
const percent = (share: number): string => (100 * share).toFixed(2);

/** `503 of 789: 63.75 % (60.33 to 67.04)`; the interval is that of 95 % by Wilson. */
export function shareText(share: Share): string {
  if (share.of === 0) return 'no row';
  const [low, high] = wilson(share);
  const value = percent(share.count / share.of);
  return `${number(share.count)} of ${number(share.of)}: ${value} % (${percent(low)} to ${percent(high)})`;
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

const minus = (all: Confusion, part: Confusion): Confusion => {
  const rest = structuredClone(all);
  for (const truth of TRUE_ZONES)
    for (const answer of ZONES) rest[truth][answer] -= part[truth][answer];
  return rest;
};

/** A score, and the disputed rows apart from the others where there are any. */
const apart = ({ name, confusion, disputed }: Score): { name: string; confusion: Confusion }[] =>
  disputed === undefined
    ? [{ name, confusion }]
    : [
        { name, confusion },
        { name: `${name}, undisputed`, confusion: minus(confusion, disputed) },
        { name: `${name}, disputed`, confusion: disputed },
      ];

const total = (zones: Readonly<Record<string, number>>): number =>
  Object.values(zones).reduce((sum, count) => sum + count, 0);

function section({ family, kind, scores }: Group): string {
  const lines = scores.flatMap(apart);
  const truths = TRUE_ZONES.map(
    zone => `${number(total(scores[0]!.confusion[zone]))} are ${zone}`,
  ).join(', ');
  const errors = lines.map(({ name, confusion }) => {
    const shares = errorsOf(confusion);
    return [name, ...ERRORS.map(error => shareText(shares[error]))];
  });
  const confusions = lines.flatMap(({ name, confusion }) =>
    TRUE_ZONES.filter(truth => total(confusion[truth]) > 0).map(truth => [
      name,
      truth,
      ...ZONES.map(answer => number(confusion[truth][answer])),
    ]),
  );
  return [
    `## ${kind}, ${family}`,
    `By the truth, ${truths}.`,
    table(['scored', ...ERRORS], errors),
    table(['scored', 'truth', ...ZONES.map(zone => `answered ${zone}`)], confusions),
  ].join('\n\n');
}

/** The scores as Markdown. */
export const asMarkdown = (groups: readonly Group[]): string => groups.map(section).join('\n\n');

const WIDTH = 860;
const LABEL = 240;
const SCALE = WIDTH - LABEL - 280;
const ROW = 18;

const xml = (text: string): string => text.replace(/[&<>]/g, each => `&#${each.charCodeAt(0)};`);

/** The scores as an SVG page without outside resources: shares as dots, intervals as lines. */
export function asSvg(groups: readonly Group[], caption: string): string {
  const parts: string[] = [];
  let y = 18;
  const write = (x: number, text: string, attributes = ''): void => {
    parts.push(`<text x="${x}" y="${y}"${attributes}>${xml(text)}</text>`);
  };
  write(8, caption, ' fill="#666"');
  for (const { family, kind, scores } of groups) {
    y += 34;
    write(8, `${kind}, ${family}`, ' font-weight="600" font-size="14"');
    for (const error of ERRORS) {
      const shares = scores.flatMap(apart).map(({ name, confusion }) => {
        const share = errorsOf(confusion)[error];
        return { name, share, bounds: wilson(share) };
      });
      const drawn = shares.filter(({ share }) => share.of > 0);
      if (drawn.length === 0) continue;
      const most = Math.max(...drawn.map(({ bounds }) => bounds[1]));
      const at = (share: number): string => (LABEL + (share / most) * SCALE).toFixed(1);
      y += 24;
      write(8, error, ' font-style="italic"');
      for (const { name, share, bounds } of drawn) {
        y += ROW;
        write(LABEL - 10, name, ' text-anchor="end"');
        parts.push(
          `<line x1="${at(bounds[0])}" x2="${at(bounds[1])}" y1="${y - 4}" y2="${y - 4}" stroke="#1a4fa3" stroke-width="2"/>`,
          `<circle cx="${at(share.count / share.of)}" cy="${y - 4}" r="4" fill="#1a4fa3"/>`,
        );
        write(LABEL + SCALE + 12, shareText(share));
      }
    }
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 20}" font-family="system-ui, sans-serif" font-size="12" fill="#222">
<title>${xml(caption)}</title>
<rect width="100%" height="100%" fill="#fff"/>
${parts.join('\n')}
</svg>
`;
}
