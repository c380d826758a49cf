import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FRENCH_MESSAGES } from '../../src/cli/failure-desk-fr.ts';
import { SERVE_MESSAGES } from '../../src/cli/failure-serve-fr.ts';
import { cli } from '../support/cli.ts';

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

it('what keeps the sidecar from starting is said in French too, message by message', () => {
  const said = (...args: string[]): string => cli(['serve', '--lang', 'fr', ...args]).stderr;
  expect(said()).toContain('serve demande --ledger et --keyring');
  expect(said('--listen', 'nonsense')).toContain('hôte:port');
  expect(said('--standing-header', 'a b')).toContain('un en-tête a un nom');
  expect(said('--standing-header', '--shadow')).toContain('une option a une autre option pour valeur');
  const files = ['cli/serve', 'cli/listening', 'cli/outline'];
  const text = files.map(file => readFileSync(new URL(`../../src/${file}.ts`, import.meta.url), 'utf8')).join('\n');
  const messages = [...text.matchAll(/'ERR_(?:ARGUMENT|OFFER)', '([^']+)'/g)].map(match => match[1]!);
  expect(messages.length).toBeGreaterThan(5);
  expect(messages.filter(message => SERVE_MESSAGES[message] === undefined)).toEqual([]);
});
