import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { COUNTERPARTS } from '../../src/cli/configured.ts';
import { openKeyring } from '../../src/index.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { cli } from '../support/cli.ts';
import { acceptedBundle, fileOf, inFolder } from '../support/tables.ts';

const folder = (): string => inFolder('configured');
let files = 0;
function configuration(value: unknown): string {
  const path = join(folder(), `config-${++files}.json`);
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
}

const LONDON = '81.2.69.142';
const PRIVATE = '10.1.1.1';
const EVIDENCE = { ledger: 'ledger.db', keyring: 'keys/keyring' };

beforeAll(async () => {
  mkdirSync(folder());
  mkdirSync(join(folder(), 'keys'), { mode: 0o700 });
  await (await openSqliteLedger(join(folder(), 'ledger.db'))).close();
  await openKeyring(join(folder(), 'keys/keyring'));
});

describe('a configuration file', () => {
  it('sets what no option sets, so that the desk decides as the gateway does', async () => {
    const path = configuration({
      offers: { default: { unknown: 'tolerate' }, strict: { unknown: 'refuse' } },
    });
    const decide = ['decide', '--standing', 'verified', '--address', PRIVATE, '--json'];
    const reasonOf = async (...more: string[]): Promise<string> =>
      JSON.parse((await cli([...decide, ...more])).stdout).reason;
    expect(await reasonOf()).toBe('address-not-public');
    expect(await reasonOf('--config', path)).toBe('location-tolerated');
    expect(await reasonOf(`--config=${path}`, '--offer', 'strict')).toBe('address-not-public');
    expect(await reasonOf('--config', path, '--unknown', 'refuse')).toBe('address-not-public');
    const unknown = await cli([...decide, '--config', path, '--offer', 'trial']);
    expect(unknown.stderr).toContain('known offers: default, strict (--offer trial)');
  });

  it('gives the locations, the table and the waivers of the desk', async () => {
    const source = { path: fileOf('81.2.69.0/24,FR\n', 'rows.csv'), built: '2026-06-01' };
    const table = fileOf(await acceptedBundle({ sources: [source] }), 'zones.bin');
    const path = configuration({
      language: 'fr',
      table,
      waivers: [{ type: 'verification-waived', on: '2020-01-01' }],
      evidence: EVIDENCE,
    });
    const env = { LAISSEZ_PASSER_CONFIG: path };
    const concluded = ['residence', 'event', 'contract-concluded', '--reason', 'contract'];
    const recorded = await cli([...concluded, '--agent', 'Anna'], 'a-subscriber\n', env);
    expect(recorded.status).toBe(0);
    const shown = await cli(
      ['subscriber', 'show', '--address', LONDON, '--json', '--agent', 'Anna'],
      'a-subscriber\n',
      env,
    );
    expect(JSON.parse(shown.stdout)).toMatchObject({
      standing: { standing: 'waived' },
      decision: { reason: 'present-at-home' },
    });
  });

  it('is overridden by an environment variable and by an option', async () => {
    const path = configuration({ evidence: { ...EVIDENCE, ledger: 'missing.db' } });
    const stats = ['evidence', 'stats', '--json', '--config', path];
    const failed = await cli(stats);
    expect(failed.stderr).toContain(`(evidence.ledger ${join(folder(), 'missing.db')}: ENOENT)`);
    const ledger = join(folder(), 'ledger.db');
    expect((await cli(stats, '', { LAISSEZ_PASSER_LEDGER: ledger })).status).toBe(0);
    expect((await cli([...stats, '--ledger', ledger])).status).toBe(0);
    const named = await cli([...stats, '--ledger', `${ledger}-2`]);
    expect(named.stderr).toContain(`(--ledger ${ledger}-2: ENOENT)`);
  });

  it('is replaced by a list of options, not extended', async () => {
    const path = configuration({ serve: { trusted: ['not-a-prefix'], listen: 'nowhere' } });
    const serve = ['serve', '--standing-header', 'x-standing', '--config', path];
    const ofFile = await cli([...serve, '--listen', '127.0.0.1:0']);
    expect(ofFile.stderr).toContain('(serve.trusted not-a-prefix)');
    const ofOption = await cli([...serve, '--listen', '127.0.0.1:0', '--trusted', 'nor-this']);
    expect(ofOption.stderr).toContain('(--trusted nor-this)');
    // A socket on the command line replaces the address of the file.
    const socket = await cli([...serve, '--socket', '/nowhere/x', '--trusted', 'nor-this']);
    expect(socket.stderr).toContain('(--trusted nor-this)');
  });

  it.each([
    ['is missing', undefined, 'ENOENT'],
    ['is not JSON', '{"table": // canary\n}', 'must be a JSON object'],
    ['has a misspelt field', { evidence: { legder: 'canary' } }, 'unknown field evidence.legder'],
    ['has a wrong value', { serve: { drainSeconds: 'canary' } }, 'serve.drainSeconds'],
  ])('stops every command if it %s', async (_, value, text) => {
    const path = value === undefined ? '/nowhere.json' : configuration(value);
    for (const args of [['locate', PRIVATE], ['subscriber', 'show'], ['serve']]) {
      const { status, stderr, stdout } = await cli([...args, '--config', path]);
      expect(status).toBe(1);
      expect(stderr).toContain(text);
      expect(stderr).toContain('[ERR_CONFIG]');
      expect(stderr + stdout).not.toContain('canary');
    }
    expect((await cli(['--help'], '', { LAISSEZ_PASSER_CONFIG: path })).status).toBe(0);
  });
});

describe('a value of the file', () => {
  const stats = ['evidence', 'stats', '--json'];

  it('is not used with another ledger or keyring than that of the file', async () => {
    const key = 'ab'.repeat(32);
    writeFileSync(join(folder(), 'wrap.key'), key);
    const path = configuration({
      evidence: { ...EVIDENCE, keyring: 'keys/other', keyringKey: 'wrap.key', spool: 'no/spool' },
    });
    const keyring = join(folder(), 'keys/keyring');
    expect((await cli([...stats, '--config', path, '--keyring', keyring])).status).toBe(0);
    const env = { LAISSEZ_PASSER_KEYRING: keyring };
    expect((await cli([...stats, '--config', path], '', env)).status).toBe(0);
  });

  it('is not switched off by a variable that is set to nothing', async () => {
    const path = configuration({ evidence: EVIDENCE, desk: { secondAgent: ['erase'] } });
    const env = { LAISSEZ_PASSER_SECOND_AGENT: '', LAISSEZ_PASSER_LEDGER: '' };
    const erase = ['subscriber', 'erase', '--yes', '--reason', 'erasure-request', '--json'];
    const { stdout, status } = await cli(
      [...erase, '--agent', 'Anna', '--config', path],
      'x\n',
      env,
    );
    expect(status).toBe(2);
    expect(JSON.parse(stdout).pending).toMatchObject({ operation: 'erase' });
  });

  it('is the usual period of a purge, which asks only for a shorter one', async () => {
    const path = configuration({ evidence: { ...EVIDENCE, retentionMonths: 6 } });
    const purge = ['evidence', 'purge', '--config', path];
    expect((await cli(purge)).status).toBe(0);
    const shorter = await cli([...purge, '--months', '3']);
    expect(shorter.stderr).toContain('[ERR_CONFIRMATION]');
  });

  it('needs a file that is named once', async () => {
    for (const args of [['--config', ''], ['--config='], ['--config', 'a', '--config', 'b']]) {
      const { stderr, status } = await cli(['locate', PRIVATE, ...args]);
      expect(status).toBe(1);
      expect(stderr).toContain('name one configuration file');
    }
  });

  it('never shows a key or a password, also where it stands in a wrong place', async () => {
    const key = `${'c0ffee'.repeat(10)}abcd`;
    const cases = [
      { evidence: { ...EVIDENCE, keyringKey: key } },
      { evidence: { ...EVIDENCE, ledger: 'postgre://user:canary@db/lp' } },
      { evidence: { ...EVIDENCE, keyring: 'POSTGRESS://user:canary@db/lp' } },
    ];
    for (const value of cases)
      for (const args of [['config', 'check'], [...stats]]) {
        const { stdout, stderr, status } = await cli([...args, '--config', configuration(value)]);
        expect(status).toBe(1);
        expect(stdout + stderr).not.toMatch(/canary|c0ffee/);
        expect(stderr).toContain('[ERR_CONFIG]');
      }
  });

  it('has an option for every field that a command can use, or a reason why not', () => {
    const schema = JSON.parse(
      readFileSync(new URL('../../data/config.schema.json', import.meta.url), 'utf8'),
    );
    const leaves = (value: { properties?: object }, path: string): string[] =>
      value.properties === undefined
        ? [path]
        : Object.entries(value.properties).flatMap(([name, inner]) =>
            leaves(inner, path === '' ? name : `${path}.${name}`),
          );
    const known = new Set(COUNTERPARTS.map(({ field }) => field));
    expect(leaves(schema, '').filter(field => !known.has(field))).toEqual([
      '$schema',
      // What `table update` compiles. `table build` has options of the same names for its own files.
      'sources',
      'overlays',
      'home',
      'on',
      'licence.also',
      'licence.except',
      'downloads',
      // What `serve` and `readConfig` hand to the gate as it is.
      'evidence.detail',
      'evidence.country',
      'evidence.safeguard',
      'evidence.queueMegabytes',
      'evidence.acceptClock',
      'evidence.batchSize',
      'evidence.batchMs',
      // One option for all roles.
      'desk.groups.read',
      'desk.groups.act',
      'desk.groups.erase',
      'desk.groups.oversight',
    ]);
  });
});

describe('config init', () => {
  it('writes a file with which every command works, and replaces nothing', async () => {
    const place = join(folder(), 'new');
    expect((await cli(['config', 'init', place])).status).toBe(0);
    const path = join(place, 'laissez-passer.json');
    expect((await cli(['config', 'check', '--config', path])).status).toBe(0);
    expect((await cli(['evidence', 'verify', '--config', path])).status).toBe(0);
    const again = await cli(['config', 'init', place]);
    expect(again.stderr).toContain(`${path}: EEXIST`);
    // What was interrupted before the file was written can be run again.
    rmSync(path);
    expect((await cli(['config', 'init', place])).status).toBe(0);
  });
});

describe('config check', () => {
  it('says what is in force and where each value comes from', async () => {
    const path = configuration({
      offers: { trial: { paid: false } },
      evidence: { ...EVIDENCE, retentionMonths: 6 },
      serve: { headers: { subscriber: 'x-user' } },
    });
    const env = { LAISSEZ_PASSER_LEDGER: 'postgres://user:canary@db/lp' };
    const { stdout, status } = await cli(['config', 'check', '--config', path], '', env);
    expect(status).toBe(0);
    expect(stdout).toContain(`${path} is valid`);
    expect(stdout).toContain('offers = {"trial":{"paid":false}}\n');
    expect(stdout).toContain('evidence.ledger = postgres db:5432/lp (LAISSEZ_PASSER_LEDGER)\n');
    expect(stdout).toContain(`evidence.keyring = ${join(folder(), 'keys/keyring')}\n`);
    expect(stdout).toContain('serve.headers.subscriber = x-user\n');
    expect(stdout).toMatch(/by default:\n[\s\S]*serve\.listen/);
    expect(stdout).not.toContain('canary');
    const json = JSON.parse((await cli(['config', 'check', '--json'], '', env)).stdout);
    expect(json).toMatchObject({ valid: true, file: null });
  });

  it.each([
    [{ table: 'nowhere.bin' }, 'nowhere.bin'],
    [{ offers: 'nowhere.json' }, '(offers '],
    [{ waivers: 'nowhere.json' }, '(waivers '],
    [{ guards: 'nowhere.json' }, '(guards '],
    [{ serve: { trustedFile: 'nowhere' } }, '(serve.trustedFile '],
    [{ serve: { headers: { offer: 'two words' } } }, '(serve.headers.offer '],
    [{ serve: { listen: 'nowhere' } }, '(serve.listen'],
    [{ evidence: { ...EVIDENCE, keyringKey: 'nowhere' } }, '(evidence.keyringKey '],
  ])('finds the fault in %j', async (value, text) => {
    const { stderr, status } = await cli(['config', 'check', '--config', configuration(value)]);
    expect(status).toBeGreaterThan(0);
    expect(stderr).toContain(text);
  });
});
