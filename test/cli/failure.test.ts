import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { failure } from '../../src/cli/failure.ts';
import { FRENCH_MESSAGES } from '../../src/cli/words/failure-desk-fr.ts';
import { type ErrorCode, PortabilityError } from '../../src/errors.ts';
import { cli } from '../support/cli.ts';

it('what cannot be done at the desk is said in French too, message by message', () => {
  const files = [
    'law/dossier',
    'law/standing',
    'subjects/rights',
    'subjects/exceptions',
    'subjects/requests',
    'subjects/journal',
    'desk/rights',
    'desk/acts',
    'desk/report',
  ];
  const text = files
    .map(file => readFileSync(new URL(`../../src/${file}.ts`, import.meta.url), 'utf8'))
    .join('\n');
  const messages = [
    ...text.matchAll(/(?:refusal\(|'ERR_(?:RIGHT|DAY|ERRAND|REQUEST)',)\s*'([^']+)'/g),
  ].map(match => match[1]!);
  expect(messages.length).toBeGreaterThan(35);
  expect(messages.filter(message => !FRENCH_MESSAGES.includes(message))).toEqual([]);
});

it('what keeps the sidecar from starting is said in French too', () => {
  const said = (...args: string[]): string => cli(['serve', '--lang', 'fr', ...args]).stderr;
  expect(said()).toContain('serve demande --ledger et --keyring');
  expect(said('--listen', 'nonsense')).toContain('hôte:port');
  expect(said('--standing-header', 'a b')).toContain(
    'ce n’est pas un nom d’en-tête, comme x-forwarded-for',
  );
  expect(said('--standing-header', '--shadow')).toContain(
    'une option a une autre option pour valeur',
  );
});

it('what is wrong with a command line is said in French too, wherever it is found', () => {
  const folder = new URL('../../src/cli/', import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name =>
    name.endsWith('.ts'),
  );
  const text = files.map(name => readFileSync(new URL(name, folder), 'utf8')).join('\n');
  const messages = [...text.matchAll(/'(ERR_(?:ARGUMENT|OFFER))',\s*'([^']+)'/g)];
  expect(messages.length).toBeGreaterThan(14);
  const said = (code: string, message: string): string =>
    failure(new PortabilityError(code as ErrorCode, message), 'fr').line;
  expect(
    messages.filter(([, code, message]) => said(code!, message!) === said(code!, 'not ours')),
  ).toEqual([]);
});
