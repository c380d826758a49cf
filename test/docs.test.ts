import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { decisionTable } from '../docs/decision-table.ts';

it('docs/decision-table.md is current (npm run docs)', () => {
  const written = readFileSync(new URL('../docs/decision-table.md', import.meta.url), 'utf8');
  expect(written).toBe(decisionTable());
});
