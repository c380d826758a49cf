import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { languageOf } from '../../src/cli/words/words.ts';
import { cli, MAIN, PLAIN } from '../support/cli.ts';

describe('usage', () => {
  it.each([
    [['8.8.8.8']],
    [['locate']],
    [['locate', '--nonsense', '8.8.8.8']],
    [['decide', '--address', '8.8.8.8', '--standing', '8.8.8.8']],
    [['explain', 'LP-07', '8.8.8.8']],
    [['table', 'info', '8.8.8.8', '8.8.8.8']],
  ])('%j is exit code 1, one line, and says nothing of what was typed', async args => {
    const { status, stdout, stderr } = await cli(args);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).not.toContain('8.8.8.8');
    expect(stderr).toMatch(/--help/);
  });

  it('names a value that is a setting of the operator, and none by which a person may be known', async () => {
    expect((await cli(['demo', '--requests', 'many'])).stderr).toContain(
      '(--requests many); see --help',
    );
    expect((await cli(['serve', '--max-table-age', 'x', '--lang=fr'])).stderr).toContain(
      '(--max-table-age x) ; voir --help',
    );
    expect((await cli(['serve', '--drain', '\u0007\n1'])).stderr).toContain(
      '(--drain \ufffd\ufffd1)',
    );
    expect((await cli(['subscriber', 'show', '--reason', 'canary'])).stderr).not.toContain(
      'canary',
    );
  });

  it('name the option and what it takes, which are our own words', async () => {
    const { stderr } = await cli(['decide', '--address', '8.8.8.8', '--standing', 'verifed']);
    expect(stderr).toContain('(--standing: none, elsewhere, waived');
    expect((await cli(['table', 'map'])).stderr).toContain('(-o)');
    expect((await cli(['table', 'map', '--lang', 'fr'])).stderr).toContain(
      'il manque un argument ou la valeur d’une option (-o) ; voir --help',
    );
  });

  it('shows help where no command is named', async () => {
    expect(await cli([])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('locate [options] <addresses...>'),
    });
    expect(await cli(['table'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('verify'),
    });
  });

  it('helps in both languages, on standard output', async () => {
    expect((await cli(['--help'])).stdout).toContain('Usage: laissez-passer');
    expect((await cli(['--help', '--lang=fr'])).stdout).toContain('Commandes :');
    expect((await cli(['decide', '--help', '--lang', 'fr'])).stdout).toContain(
      'situation de résidence',
    );
    expect((await cli(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('colours terminals only', async () => {
    for (const args of [
      ['locate', '8.8.8.8'],
      ['explain', 'LP-07'],
      ['demo', '--requests', '100'],
    ])
      expect((await cli(args)).stdout).not.toContain('\u001b');
    const terminal = (env: Record<string, string>): string =>
      spawnSync('script', ['-qec', `${process.execPath} ${MAIN} locate 8.8.8.8`, '/dev/null'], {
        encoding: 'utf8',
        env: { ...PLAIN, ...env },
      }).stdout;
    expect(terminal({ TERM: 'xterm' })).toContain('\u001b[31m');
    expect(terminal({ TERM: 'xterm', NO_COLOR: '1' })).not.toContain('\u001b[31m');
  });

  it('takes the language of the environment', () => {
    expect(languageOf({ LANG: 'fr_FR.UTF-8' })).toBe('fr');
    expect(languageOf({ LC_ALL: 'en_GB.UTF-8', LANG: 'fr_FR.UTF-8' })).toBe('en');
    expect(languageOf({ LC_ALL: '', LC_MESSAGES: 'fr', LANG: 'de' })).toBe('fr');
    expect(languageOf({})).toBe('en');
  });
});
