/** Draws counts per day as stacked bars in SVG, with a scale, readable without colours. */
import type { Language } from '../../law/reasons.ts';
import { dateCell } from '../dates.ts';
import { type Html, html } from './html.ts';

export interface Series {
  readonly name: string;
  readonly colour: string;
  /** Hatched, so that the series can be distinguished on paper too. */
  readonly isHatched?: boolean;
  readonly values: ReadonlyMap<string, number>;
}

const WIDTH = 720;
const HEIGHT = 240;
const LEFT = 62;
const BOTTOM = 26;
const TOP = 8;

/** Returns a round number at or above a value: 1, 2 or 5 times a power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return [1, 2, 5, 10].map(step => step * power).find(step => step >= value)!;
}

const fixed = (value: number): string => value.toFixed(1).replace(/\.0$/, '');

/** Returns the fill of a series: a plain colour, or its hatch pattern. */
const fillOf = (id: string, { colour, isHatched }: Series, index: number): string =>
  isHatched === true ? `url(#${id}-${index})` : colour;

const patterns = (id: string, series: readonly Series[]): Html[] =>
  series.map((each, index) =>
    each.isHatched === true
      ? html`<pattern id="${id}-${index}" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="4" height="4" fill="#fff"/><rect width="2.4" height="4" fill="${each.colour}"/></pattern>`
      : html``,
  );

function scale(top: number, language: Language, y: (value: number) => number): Html[] {
  return [0, top / 2, top].map(value => {
    const label = value.toLocaleString(language);
    return html`<line x1="${LEFT}" x2="${WIDTH}" y1="${fixed(y(value))}" y2="${fixed(y(value))}" stroke="#d5dae1"/><text x="${LEFT - 6}" y="${fixed(y(value) + 4)}" text-anchor="end">${label}</text>`;
  });
}

/** Labels the first day of each month below its bar, as far as there is space. */
function dayLabels(
  days: readonly string[],
  language: Language,
  x: (index: number) => number,
): Html[] {
  const firsts = days
    .map((day, index) => ({ day, index }))
    .filter(({ day }) => day.endsWith('-01'));
  const every = Math.ceil(firsts.length / 9);
  return firsts
    .filter((_, index) => index % every === 0)
    .map(
      ({ day, index }) =>
        html`<text x="${fixed(x(index))}" y="${HEIGHT - 8}">${dateCell(language, day.slice(0, 7))}</text>`,
    );
}

/** Draws one stacked bar per day, with a text description for people who cannot see it. */
export function barChart(
  id: string,
  language: Language,
  title: string,
  days: readonly string[],
  series: readonly Series[],
): Html {
  const sums = days.map(day => series.reduce((sum, { values }) => sum + (values.get(day) ?? 0), 0));
  const top = roundUp(Math.max(1, ...sums));
  const slot = (WIDTH - LEFT) / days.length;
  const x = (index: number): number => LEFT + index * slot;
  const y = (value: number): number => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top);
  const bars = days.map((day, index) => {
    let below = 0;
    return series.map((each, number) => {
      const value = each.values.get(day) ?? 0;
      const from = below;
      below += value;
      if (value === 0) return html``;
      return html`<rect x="${fixed(x(index) + slot * 0.08)}" width="${fixed(slot * 0.84)}" y="${fixed(y(below))}" height="${fixed(y(from) - y(below))}" fill="${fillOf(id, each, number)}"/>`;
    });
  });
  return html`<figure><figcaption>${title}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}" font-family="system-ui, sans-serif" font-size="11" fill="#5a6472"><defs>${patterns(id, series)}</defs>${scale(top, language, y)}${bars}${dayLabels(days, language, x)}</svg>
<ul class="legend">${series.map((each, number) => html`<li><svg viewBox="0 0 12 12" aria-hidden="true"><rect width="12" height="12" fill="${fillOf(id, each, number)}"/></svg>${each.name}</li>`)}</ul></figure>`;
}
