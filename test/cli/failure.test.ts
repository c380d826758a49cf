import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FRENCH_MESSAGES } from '../../src/cli/failure-desk-fr.ts';

it('what cannot be done at the desk is said in French too, message by message', () => {
  const files = [
    'law/dossier',
    'law/standing',
    'evidence/rights',
    'evidence/exceptions',
    'evidence/requests',
    'evidence/journal',
    'desk/rights',
    'desk/acts',
    'desk/report',
  ];
  const text = files.map(file => readFileSync(new URL(`../../src/${file}.ts`, import.meta.url), 'utf8')).join('\n');
  const messages = [...text.matchAll(/(?:refusal\(|'ERR_(?:RIGHT|DAY|ERRAND|REQUEST)',)\s*'([^']+)'/g)].map(
    match => match[1]!,
  );
  expect(messages.length).toBeGreaterThan(35);
  expect(messages.filter(message => !FRENCH_MESSAGES.includes(message))).toEqual([]);
});
