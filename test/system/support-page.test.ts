/**
 * Does the page for the support agent show what the command line really prints? Its blocks, one
 * after the other, on a ledger of their own.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { cli, MAIN, PLAIN } from '../support/cli.ts';

const PAGE = readFileSync(new URL('../../docs/support.fr.md', import.meta.url), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'support-page-'));
mkdirSync(join(folder, 'keys'), { mode: 0o700 });
const env = {
  LAISSEZ_PASSER_LEDGER: `sqlite:${join(folder, 'ledger.db')}`,
  LAISSEZ_PASSER_KEYRING: join(folder, 'keys/keyring'),
};

describe('docs/support.fr.md', () => {
  beforeAll(async () => {
    const event = ['residence', 'event', '--on', '2026-01-10', '--agent', 'Claire'];
    expect((await cli(['ledger', 'prepare'], '', env)).status).toBe(0);
    const means = [
      '--outcome',
      'home',
      '--means',
      'b,j',
      '--occasion',
      'conclusion',
      '--by',
      'provider',
    ];
    for (const args of [
      [...event, '--reason', 'contract', 'contract-concluded'],
      [...event, '--reason', 'residence-verification', 'residence-verified', ...means],
    ])
      expect((await cli(args, 'c7d1\n', env)).status).toBe(0);
  });

  it.each(
    [...PAGE.matchAll(/```console\n\$ (.*)\n([\s\S]*?)```/g)].map(([, command, shown]) => [
      command!,
      shown!,
    ]),
  )('%s', (command, shown) => {
    const script = `${command.replace('npx laissez-passer', `${process.execPath} ${MAIN}`)} || true`;
    const stdio = ['ignore', 'pipe', 'ignore'] as const;
    const printed = execFileSync('bash', ['-c', script], {
      encoding: 'utf8',
      env: { ...PLAIN, ...env },
      stdio: [...stdio],
    });
    expect(printed.trimEnd()).toBe(shown.trimEnd());
  });

  it('names only codes, commands and options that there are', async () => {
    for (const [code] of PAGE.matchAll(/LP-\d\d/g))
      expect((await cli(['explain', code])).status).toBe(0);
    for (const [, command] of PAGE.matchAll(/`(subscriber [a-z]+|requests due)/g))
      expect((await cli([...command!.split(' '), '--help'])).status).toBe(0);
  });
});
