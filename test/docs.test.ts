import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { decisionTable } from '../docs/decision-table.ts';
import { DOUBT_GROUNDS, EVENT_TYPES, STANDINGS } from '../src/index.ts';

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
