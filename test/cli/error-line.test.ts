import { expect, it } from 'vitest';
import { cli } from '../support/cli.ts';

it('what keeps the sidecar from starting is said in French too', async () => {
  const said = async (...args: string[]): Promise<string> =>
    (await cli(['serve', '--lang', 'fr', ...args])).stderr;
  expect(await said()).toContain('serve exige --ledger et --keyring');
  expect(await said('--listen', 'nonsense')).toContain('hôte:port');
  expect(await said('--standing-header', 'a b')).toContain(
    'un nom d’en-tête est attendu, comme x-forwarded-for',
  );
  expect(await said('--standing-header', '--shadow')).toContain(
    'une option a une autre option pour valeur',
  );
});
