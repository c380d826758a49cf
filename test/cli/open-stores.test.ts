import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { failure } from '../../src/cli/error-line.ts';
import { PortabilityError } from '../../src/errors.ts';
import { openRedisLedger } from '../../src/ledger/redis.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { STANDING, TABLE } from '../support/asking.ts';
import { cli } from '../support/cli.ts';
import { fileOf, inFolder } from '../support/tables.ts';

const folder = mkdtempSync(inFolder('openers-'));
const at = (name: string): string => join(folder, name);
mkdirSync(at('closed'), { mode: 0o700 });
mkdirSync(at('open'), { mode: 0o755 });
const keys = at('closed/keys');
const file = fileOf('2.0.0.0/8,FR\n', 'rows.csv');
const through = join(file, 'x');
const missing = at('missing/x');
const ledger = at('ledger.db');
const stored = ['--ledger', ledger, '--keyring', keys];
expect((await cli(['ledger', 'prepare', ...stored])).status).toBe(0);

/** A port of this machine that nobody listens on. */
const closedPort = await new Promise<number>(resolve => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address() as { port: number };
    server.close(() => resolve(port));
  });
});
const takenServer = createServer().listen(0, '127.0.0.1');
takenServer.unref();
await new Promise(resolve => takenServer.once('listening', resolve));
const taken = `127.0.0.1:${(takenServer.address() as { port: number }).port}`;
const away = `postgres://canary-user:canary-pass@127.0.0.1:${closedPort}/cards`;

const serve = ['serve', ...STANDING, '--listen', '127.0.0.1:0'];
const served = ['serve', ...TABLE, '--listen', '127.0.0.1:0'];
const build = ['table', 'build', '--source', file, '--built', '2026-11-01', '--accept'];
const report = ['report', '--ledger', ledger, '--from', '2026-01', '--to', '2026-02'];
const exported = [
  'subscriber',
  'export',
  ...stored,
  '--agent',
  'Anna',
  '--reason',
  'access-request',
];

/** What is opened, with which command line, and what the one line has to name. */
const CASES: readonly (readonly [
  what: string,
  args: readonly string[],
  named: string,
  code: string,
])[] = [
  [
    'a table that is not there',
    ['locate', '--table', missing, '-'],
    `--table ${missing}`,
    'ENOENT',
  ],
  ['a table that is a folder', ['table', 'info', '--table', folder], `--table ${folder}`, 'EISDIR'],
  ['a table named as an argument', ['table', 'info', through], through, 'ENOTDIR'],
  ['a table to verify', ['table', 'verify', missing], missing, 'ENOENT'],
  ['a table to compare', ['table', 'diff', missing, missing], missing, 'ENOENT'],
  [
    'a source',
    ['table', 'build', '--source', missing, '--built', '2026-11-01', '-o', at('o')],
    missing,
    'ENOENT',
  ],
  ['an overlay', [...build, '--overlay', `places:${folder}`, '-o', at('o')], folder, 'EISDIR'],
  [
    'a recipe',
    ['table', 'build', '--build-config', missing, '-o', at('o')],
    `--build-config ${missing}`,
    'ENOENT',
  ],
  ['a table that is written', [...build, '-o', missing], `--output ${missing}`, 'ENOENT'],
  ['a table written over a folder', [...build, '-o', folder], `--output ${folder}`, 'EISDIR'],
  ['a map', ['table', 'map', ...TABLE, '-o', folder], `--output ${folder}`, 'EISDIR'],
  ['a page of a report', [...report, '--html', missing], `--html ${missing}`, 'ENOENT'],
  [
    'a report of a file system that is read only',
    [...report, '--html', '/proc/x'],
    '--html /proc/x',
    'ENOENT',
  ],
  ['an export', [...exported, '--output', missing], `--output ${missing}`, 'ENOENT'],
  ['a page of an export that is there', [...exported, '--html', file], `--html ${file}`, 'EEXIST'],
  ['offers', [...serve, '--offers', missing], `--offers ${missing}`, 'ENOENT'],
  ['waivers', [...serve, '--waivers', folder], `--waivers ${folder}`, 'EISDIR'],
  [
    'a ledger without its folder',
    [...served, '--ledger', missing, '--keyring', keys],
    `--ledger ${missing}`,
    'ENOENT',
  ],
  [
    'a ledger that is a folder',
    [...served, '--ledger', folder, '--keyring', keys],
    `--ledger ${folder}`,
    'EISDIR',
  ],
  [
    'a ledger through a file',
    [...served, '--ledger', through, '--keyring', keys],
    `--ledger ${through}`,
    'ENOTDIR',
  ],
  [
    'a ledger to read',
    ['report', ...report.slice(3), '--ledger', missing],
    `--ledger ${missing}`,
    'ENOENT',
  ],
  [
    'a ledger that is none',
    ['evidence', 'stats', '--ledger', file, '--keyring', keys],
    `--ledger ${file}`,
    'SQLITE_NOTADB',
  ],
  [
    'a ledger to copy to',
    ['ledger', 'copy', '--from', ledger, '--to', missing],
    `--to ${missing}`,
    'ENOENT',
  ],
  [
    'a state of a copy',
    ['ledger', 'copy', '--from', ledger, '--to', at('c'), '--state', folder],
    `--state ${folder}`,
    'EISDIR',
  ],
  [
    'a folder of keys',
    [...served, '--ledger', ledger, '--keyring', missing],
    `--keyring ${at('missing')}`,
    'ENOENT',
  ],
  [
    'keys that are not there',
    ['keyring', 'list', '--keyring', at('closed/no')],
    `--keyring ${at('closed/no')}`,
    'ENOENT',
  ],
  [
    'a key that wraps',
    ['keyring', 'list', '--keyring', away, '--keyring-key', missing],
    `--keyring-key ${missing}`,
    'ENOENT',
  ],
  ['a spool', [...serve, ...stored, '--spool', missing], `--spool ${missing}`, 'ENOENT'],
  ['a socket', ['serve', ...STANDING, '--socket', missing], `--socket ${missing}`, 'ENOENT'],
  [
    'an address in use',
    ['serve', ...STANDING, '--listen', taken],
    `--listen ${taken}`,
    'EADDRINUSE',
  ],
  [
    'a host that is not ours',
    ['serve', ...STANDING, '--listen', '192.0.2.1:80'],
    '--listen 192.0.2.1:80',
    'EADDRNOTAVAIL',
  ],
  [
    'a server that refuses',
    [...served, '--ledger', away, '--keyring', keys],
    `--ledger 127.0.0.1:${closedPort}/cards`,
    'ECONNREFUSED',
  ],
  [
    'a register that refuses',
    [...served, '--ledger', 'redis://127.0.0.1:6', '--person-records', away, '--keyring', keys],
    `--person-records 127.0.0.1:${closedPort}/cards`,
    'ECONNREFUSED',
  ],
];

it.each(CASES)(
  '%s: the line names it and the code, in both languages',
  async (_, args, named, code) => {
    const lineIn = async (language: string): Promise<string> => {
      const { status, stderr } = await cli([...args, '--lang', language], 'somebody\n');
      expect([1, 3]).toContain(status);
      expect(stderr).not.toContain('canary');
      return stderr.trimEnd().split('\n').at(-1)!;
    };
    const english = await lineIn('en');
    const french = await lineIn('fr');
    expect(english).toContain(named);
    expect(english).toMatch(new RegExp(`: ${code}\\) \\[ERR_[A-Z_]+\\]$`));
    expect(french).toContain(named);
    expect(french).toMatch(new RegExp(` : ${code}\\) \\[ERR_[A-Z_]+\\]$`));
  },
);

it.each([
  ['--trusted', '10.0.0.1/8'],
  ['--trusted', ''],
  ['--peer', 'nobody'],
  ['--peer', '0.0.0.0/0'],
  ['--listen', 'nonsense'],
  ['--listen', '127.0.0.1:99999'],
  ['--max-table-age', 'x'],
  ['--max-table-age', '0'],
  ['--drain', '-1'],
  ['--verdict-lifetime', '301'],
  ['--verdict-lifetime', 'x'],
  ['--log-format', 'yaml'],
  ['--subscriber-header', 'a b'],
  ['--offer-header', 'é'],
  ['--months', '121'],
  ['--memory-megabytes', '0'],
  ['--memory-megabytes', '4097'],
  ['--months', 'many'],
  ['--ledger', 'env:NOT_THERE'],
])('%s %j that is wrong is named', async (option, value) => {
  const args = [
    'serve',
    ...STANDING,
    ...(/months|memory|ledger/.test(option) ? stored : []),
    option,
    value,
  ];
  for (const language of ['en', 'fr']) {
    const { status, stderr } = await cli([...args, '--lang', language]);
    expect(status).toBe(1);
    expect(stderr.trimEnd().split('\n').at(-1)).toContain(
      `(${option} ${value === '' ? '""' : value}`,
    );
  }
});

it('names Redis by its host where the port is closed, and never a password', async () => {
  const register = await openSqliteLedger(inFolder('register.db'));
  const url = `redis://canary-user:canary-pass@127.0.0.1:${closedPort}`;
  const error = await openRedisLedger({ url, personRecords: register, timeout: 300 }).catch(
    caught => caught,
  );
  await register.close();
  expect(error).toMatchObject({
    code: 'ERR_LEDGER_OPEN',
    host: `127.0.0.1:${closedPort}`,
    system: 'ECONNREFUSED',
  });
  expect(failure(error, 'fr').line).toContain(`(127.0.0.1:${closedPort} : ECONNREFUSED)`);
  expect(`${error.stack}${JSON.stringify(error)}`).not.toContain('canary');
});

it('a keyring that is a link, and one that is open to others, are named', async () => {
  symlinkSync(keys, at('closed/link'));
  expect((await cli(['keyring', 'list', '--keyring', at('closed/link')])).stderr).toContain(
    `(--keyring ${at('closed/link')})`,
  );
  writeFileSync(at('closed/open'), '', { mode: 0o644 });
  expect((await cli(['keyring', 'list', '--keyring', at('closed/open')])).stderr).toContain(
    `(--keyring ${at('closed/open')})`,
  );
  expect((await cli(['keyring', 'create', '--keyring', at('open/keys')])).stderr).toContain(
    `(--keyring ${at('open')}) [ERR_KEYRING_MODE]`,
  );
});

it('a URL that was taken for a file keeps its password', async () => {
  for (const place of [
    'mysql://canary:canary@db/x',
    'canary:canary@db:5432/x',
    'x?password=canary',
  ]) {
    const { stderr } = await cli(['report', ...report.slice(3), '--ledger', `/nowhere/${place}`]);
    expect(stderr).toContain('--ledger ');
    expect(stderr).not.toContain('canary');
    const logged = (
      await cli([
        ...served,
        '--log-format',
        'json',
        '--keyring',
        keys,
        '--ledger',
        `/nowhere/${place}`,
      ])
    ).stderr;
    expect(logged).toContain('ERR_LEDGER_OPEN');
    expect(logged).not.toContain('canary');
  }
});

it('a message is one line that does not grow with what was typed', () => {
  const error = new PortabilityError('ERR_LEDGER_OPEN', 'it fails', {
    path: `a\n\u001b[31m${'x'.repeat(5000)}end`,
  });
  expect(error.message).toMatch(/^it fails \(…x+end\)$/);
  expect(error.message.length).toBeLessThan(300);
  expect(
    failure(new PortabilityError('ERR_LEDGER_OPEN', 'it fails', { path: 'a\nb' }), 'en').line,
  ).not.toContain('\n');
});

it('keyring create says whether it made the keyring, in both languages, and changes none that is there', async () => {
  const folder = at('created');
  mkdirSync(folder, { mode: 0o700 });
  const keyring = join(folder, 'keyring');
  const create = async (...more: string[]): Promise<string> =>
    (await cli(['keyring', 'create', '--keyring', keyring, ...more])).stdout.trim();
  expect(await create('--lang', 'fr')).toBe('trousseau de clés créé');
  const content = readFileSync(keyring, 'utf8');
  expect(await create('--lang', 'fr')).toBe('trousseau de clés déjà présent, inchangé');
  expect(await create()).toBe('the keyring is already present and was not changed');
  expect(JSON.parse(await create('--json'))).toEqual({ created: false });
  expect(readFileSync(keyring, 'utf8')).toBe(content);
});
