import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decisionTable } from '../docs/decision-table.ts';
import { ANONYMISER_FIELDS, DOUBT_GROUNDS, EVENT_TYPES, OVERLAY_KINDS, STANDINGS } from '../src/index.ts';
import { checkGuards, DEFAULT_SHARES } from '../src/place/guards.ts';
import { completeRecipe } from '../src/recipe.ts';

it('docs/decision-table.md is current (npm run docs)', () => {
  const written = readFileSync(new URL('../docs/decision-table.md', import.meta.url), 'utf8');
  expect(written).toBe(decisionTable());
});

it('docs/residence.md names every event, ground and standing', () => {
  const written = readFileSync(new URL('../docs/residence.md', import.meta.url), 'utf8');
  for (const word of [...EVENT_TYPES, ...DOUBT_GROUNDS, ...STANDINGS]) expect(written).toContain(`\`${word}\``);
  const named = [...written.matchAll(/^\| `([a-z-]+)` \|/gm)].map(match => match[1]!);
  expect(named.toSorted()).toEqual([...EVENT_TYPES, ...STANDINGS].toSorted());
});

describe('docs/tables.md', () => {
  const written = readFileSync(new URL('../docs/tables.md', import.meta.url), 'utf8');

  it('names every kind of overlay and every field of anonymisers', () => {
    const kinds = [...written.matchAll(/^\| `([a-z]+)` \|/gm)].map(match => match[1]!);
    expect(kinds.filter(kind => OVERLAY_KINDS.includes(kind as 'places'))).toEqual([...OVERLAY_KINDS]);
    for (const field of ANONYMISER_FIELDS) expect(written).toContain(`\`${field}\``);
  });

  it('shows a recipe that is one', () => {
    const recipe = JSON.parse(/```json\n([\s\S]*?)```/.exec(written)![1]!);
    expect(() => completeRecipe(recipe)).not.toThrow();
    expect(checkGuards(recipe.guards)).toEqual(recipe.guards);
  });

  it('names the default guards', () => {
    const percent = ([least, most]: readonly [number, number]): string =>
      least === 0 ? `up to\\s+${most * 100} %` : `${least * 100} to ${most * 100} %`;
    for (const bounds of Object.values(DEFAULT_SHARES)) expect(written).toMatch(new RegExp(percent(bounds)));
  });
});
