import { mkdirSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { cli } from '../support/cli.ts';
import { newPath } from '../support/desk.ts';
import { inFolder } from '../support/tables.ts';

const OWN = {
  en: 'inside the home network of the caller',
  fr: 'à l’intérieur du réseau de l’abonné',
};
const CARRIER = { en: 'shares among its customers', fr: 'partagée entre ses clients' };
const RESERVED = { en: 'reserved for a special purpose', fr: 'réservée à un usage particulier' };
const ASK = {
  en: 'Ask the caller to open, on the same device and connection, a page that shows their public IP address',
  fr: 'Demandez à l’abonné d’ouvrir, sur le même appareil et avec la même connexion, une page qui affiche son adresse IP publique',
};
const CASES = [
  ['192.168.1.1', OWN],
  ['10.0.0.138', OWN],
  ['172.20.0.1', OWN],
  ['127.0.0.1', OWN],
  ['169.254.3.4', OWN],
  ['0.0.0.0', OWN],
  ['fe80::1', OWN],
  ['fd12:3456::1', OWN],
  ['::1', OWN],
  ['100.72.1.9', CARRIER],
  ['203.0.113.7', RESERVED],
  ['224.0.0.1', RESERVED],
  ['255.255.255.255', RESERVED],
  ['2001:db8::1', RESERVED],
  ['2002:c000:204::1', RESERVED],
] as const;
const LANGUAGES = ['en', 'fr'] as const;
const env = { LAISSEZ_PASSER_LEDGER: newPath(), LAISSEZ_PASSER_KEYRING: '' };
const flat = (text: string): string => text.replaceAll(/\s+/g, ' ');

beforeAll(async () => {
  mkdirSync(inFolder('ask-keys'), { mode: 0o700 });
  env.LAISSEZ_PASSER_KEYRING = inFolder('ask-keys/keys');
  expect((await cli(['ledger', 'prepare'], '', env)).status).toBe(0);
});

describe.each(CASES)('%s', (address, kind) => {
  it.each(LANGUAGES)('is answered with what to ask for (%s)', async language => {
    const lang = ['--lang', language];
    const located = await cli(['locate', address, ...lang]);
    expect(located.stdout).toMatch(/^\S+\tspecial-purpose\t[^\n]+\n$/);
    const decided = await cli(['decide', '--standing', 'verified', '--address', address, ...lang]);
    const show = ['subscriber', 'show', '--address', address, '--agent', 'Claire', ...lang];
    const shown = await cli(show, 'asked\n', env);
    for (const text of [located.stderr, decided.stdout, shown.stdout]) {
      expect(flat(text)).toContain(kind[language]);
      expect(flat(text)).toContain(ASK[language]);
      // No site and no host is named, and no address is repeated.
      expect(text).not.toMatch(/https?:|www\.|\b[a-z-]+\.(?:com|net|org|io|fr|me)\b/);
    }
    for (const text of [decided.stdout, located.stderr, shown.stdout])
      expect(text).not.toContain(address);
    expect(shown.stdout).toMatch(language === 'fr' ? /^À demander {3}C/m : /^Ask for {6}This/m);
  });
});

it('is said once for several such addresses, and of no other one', async () => {
  const { stderr } = await cli(['locate', '10.0.0.1', '10.0.0.2', '100.64.0.1', '8.8.8.8']);
  expect(stderr.split('Ask the caller')).toHaveLength(3);
  expect((await cli(['locate', '8.8.8.8', 'x'])).stderr).not.toContain('Ask the caller');
  expect((await cli(['locate', '-'], '10.0.0.1\n')).stderr).not.toContain('Ask the caller');
  expect((await cli(['locate', '10.0.0.1', '--json'])).stderr).not.toContain('Ask the caller');
  const decide = ['decide', '--standing', 'verified', '--address', '8.8.8.8'];
  expect((await cli(decide)).stdout).not.toContain('Ask the caller');
});
