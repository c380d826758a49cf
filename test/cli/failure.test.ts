import { expect, it } from 'vitest';
import { cli } from '../support/cli.ts';

it('what keeps the sidecar from starting is said in French too', () => {
  const said = (...args: string[]): string => cli(['serve', '--lang', 'fr', ...args]).stderr;
  expect(said()).toContain('serve demande --ledger et --keyring');
  expect(said('--listen', 'nonsense')).toContain('hôte:port');
  expect(said('--standing-header', 'a b')).toContain(
    'un nom d’en-tête est attendu, comme x-forwarded-for',
  );
  expect(said('--standing-header', '--shadow')).toContain(
    'une option a une autre option pour valeur',
  );
});
