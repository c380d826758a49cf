/**
 * Draws a month as an SVG calendar, with a colour and a pattern for each side, so that they can be
 * distinguished on paper too.
 */
import type { ExportedMonth } from '../../desk/export.ts';
import type { Language } from '../../law/reasons.ts';
import { monthWord } from '../dates.ts';
import { type Html, html } from './html.ts';

const CELL = 26;
const GAP = 3;
const LETTERS = {
  fr: ['L', 'M', 'M', 'J', 'V', 'S', 'D'],
  en: ['M', 'T', 'W', 'T', 'F', 'S', 'S'],
} as const;

type Mark = 'home' | 'outside' | 'both' | 'none';

const FILLS: Readonly<Record<Mark, string>> = {
  home: '#1f5fa8',
  outside: 'url(#outside)',
  both: 'url(#both)',
  none: '#f3f5f8',
};
const INKS: Readonly<Record<Mark, string>> = {
  home: '#fff',
  outside: '#4a2400',
  both: '#1d2530',
  none: '#5a6472',
};

/** The patterns of both sides. A page includes them once, before the first month. */
export const PATTERNS = html`<svg width="0" height="0" aria-hidden="true"><defs>
<pattern id="outside" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="#fde3c8"/><rect width="2" height="6" fill="#e08a3c"/></pattern>
<linearGradient id="both" x1="0" y1="0" x2="1" y2="1"><stop offset="50%" stop-color="#9cc3ec"/><stop offset="50%" stop-color="#f2b57c"/></linearGradient>
</defs></svg>`;

function markOf({ fromHome, fromOutside }: ExportedMonth, day: number): Mark {
  const isHome = fromHome.includes(day);
  const isOutside = fromOutside.includes(day);
  if (isHome && isOutside) return 'both';
  return isHome ? 'home' : isOutside ? 'outside' : 'none';
}

/** Returns a square for the legend. */
export const swatch = (mark: Mark): Html =>
  html`<svg viewBox="0 0 26 26" aria-hidden="true"><rect width="26" height="26" rx="4" fill="${FILLS[mark]}" stroke="#c5ccd6"/></svg>`;

function described({ month, fromHome, fromOutside }: ExportedMonth, language: Language): string {
  const listed = (days: readonly number[]): string => {
    if (days.length > 0) return days.join(', ');
    return language === 'fr' ? 'aucun jour' : 'no day';
  };
  const title = monthWord(language, month);
  return language === 'fr'
    ? `${title} : depuis la France : ${listed(fromHome)} ; hors de France : ${listed(fromOutside)}`
    : `${title}: from France: ${listed(fromHome)}; from outside France: ${listed(fromOutside)}`;
}

/** Draws a month, with its days in words for people who cannot see the picture. */
export function monthPicture(month: ExportedMonth, language: Language = 'fr'): Html {
  const first = new Date(`${month.month}-01`);
  const offset = (first.getUTCDay() + 6) % 7;
  const count = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  const at = (column: number, row: number): readonly [x: number, y: number] => [
    column * (CELL + GAP),
    row * (CELL + GAP),
  ];
  const cells = Array.from({ length: count }, (_, index) => {
    const place = index + offset;
    const [x, y] = at(place % 7, Math.floor(place / 7));
    const mark = markOf(month, index + 1);
    return html`<rect x="${x}" y="${y + 16}" width="${CELL}" height="${CELL}" rx="4" fill="${FILLS[mark]}"/><text x="${x + CELL / 2}" y="${y + 33}" fill="${INKS[mark]}" text-anchor="middle">${index + 1}</text>`;
  });
  const heads = LETTERS[language].map(
    (letter, column) =>
      html`<text x="${at(column, 0)[0] + CELL / 2}" y="11" fill="#5a6472" text-anchor="middle">${letter}</text>`,
  );
  const rows = Math.ceil((count + offset) / 7);
  const title = monthWord(language, month.month);
  const words = described(month, language);
  return html`<figure class="month"><figcaption>${title}</figcaption>
<svg viewBox="0 0 ${7 * (CELL + GAP)} ${16 + rows * (CELL + GAP)}" role="img" aria-label="${words}" font-family="system-ui, sans-serif" font-size="12">${heads}${cells}</svg></figure>`;
}
