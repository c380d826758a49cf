import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dayWord } from '../../src/cli/dates.ts';
import { compileBundle } from '../../src/entry/tables.ts';
import { cli } from '../support/cli.ts';
import { fileOf, inFolder } from '../support/tables.ts';

const today = new Date().toISOString().slice(0, 10);
const dayAgo = (days: number): string =>
  new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
const tableOfAge = async (days: number): Promise<string> =>
  fileOf(await compileBundle({ sources: [{ path: fileOf('8.0.0.0/8,US'), built: dayAgo(days) }] }));

let caches = 0;
const newCache = (): string => inFolder(`cache-${++caches}`);
const locate = async (env: Record<string, string>, ...more: string[]) =>
  (await cli(['locate', '8.8.8.8', ...more], '', env)).stderr;

describe('the notice that the data are old', () => {
  it('comes once a day, and again on the next day', async () => {
    const cache = newCache();
    const env = { XDG_CACHE_HOME: cache };
    expect(await locate(env)).toMatch(/^the data are from .* days old; give a newer file/);
    expect(await locate(env)).toBe('');
    const decide = ['decide', '--standing', 'verified', '--address', '8.8.8.8'];
    expect((await cli(decide, '', env)).stderr).toBe('');

    const file = `${cache}/laissez-passer/age-notice.json`;
    const remembered = JSON.parse(readFileSync(file, 'utf8'));
    expect(remembered).toEqual({ day: today, editions: [expect.any(String)] });
    expect(readdirSync(`${cache}/laissez-passer`)).toEqual(['age-notice.json']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    writeFileSync(file, JSON.stringify({ ...remembered, day: dayAgo(1) }));
    expect(await locate(env)).toContain('days old');
    expect(await locate(env)).toBe('');
  });

  it('comes for each edition, and never recommends the option that was given', async () => {
    const env = { XDG_CACHE_HOME: newCache() };
    const old = await tableOfAge(40);
    const older = await tableOfAge(50);
    expect(await locate(env, '--table', old)).toBe(
      `the data are from ${dayWord('en', dayAgo(40))}, 40 days old: replace the file by a newer one\n`,
    );
    expect(await locate(env, '--table', old)).toBe('');
    expect(await locate(env, '--table', older, '--lang', 'fr')).toContain('il y a 50 jours');
    expect(await locate(env, '--table', old)).toBe('');
    expect(await locate(env)).toContain('for example --table');
    expect((await cli(['table', 'info', await tableOfAge(60)], '', env)).stderr).not.toContain(
      '--table',
    );
    expect(await locate(env, '--table', await tableOfAge(3))).toBe('');
  });

  it('uses ~/.cache without XDG_CACHE_HOME, and no folder that is relative', async () => {
    const home = newCache();
    expect(await locate({ HOME: home })).toContain('days old');
    expect(await locate({ HOME: home })).toBe('');
    expect(existsSync(`${home}/.cache/laissez-passer/age-notice.json`)).toBe(true);
    expect(await locate({ XDG_CACHE_HOME: 'relative', HOME: home })).toBe('');
    expect(existsSync('relative')).toBe(false);
  });

  it('comes every time, without an error, if it cannot be remembered', async () => {
    const damaged = newCache();
    mkdirSync(`${damaged}/laissez-passer/age-notice.json`, { recursive: true });
    const noFolder = fileOf('a file where a folder is expected');
    for (const env of [{ XDG_CACHE_HOME: damaged }, { XDG_CACHE_HOME: noFolder }, {}])
      for (const _ of [1, 2]) {
        const { status, stdout, stderr } = await cli(['locate', '8.8.8.8'], '', env as never);
        expect([status, stdout.split('\t')[1]]).toEqual([0, 'outside']);
        expect(stderr.split('\n')).toEqual([expect.stringContaining('days old'), '']);
      }
    const garbage = newCache();
    mkdirSync(`${garbage}/laissez-passer`, { recursive: true });
    writeFileSync(`${garbage}/laissez-passer/age-notice.json`, '{"day":1}');
    expect(await locate({ XDG_CACHE_HOME: garbage })).toContain('days old');
    expect(await locate({ XDG_CACHE_HOME: garbage })).toBe('');
  });
});
