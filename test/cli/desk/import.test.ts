import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { beforeAll, describe, expect, it } from 'vitest';
import { openKeyring } from '../../../src/index.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite.ts';
import { cli } from '../../support/cli.ts';
import { newPath } from '../../support/desk.ts';
import { inFolder } from '../../support/tables.ts';

const ID = 'canary-subscriber';
let keyring = '';
let ledger = '';
const seen: string[] = [];

/** Runs a command on a ledger of its own; what it shows is searched for identifiers at the end. */
async function run(args: readonly string[], input: string | Uint8Array = '') {
  const env = { LAISSEZ_PASSER_LEDGER: ledger, LAISSEZ_PASSER_KEYRING: keyring };
  const result = await cli([...args, '--agent', 'Claire', '--reason', 'contract'], input, env);
  seen.push(result.stdout + result.stderr);
  return result;
}

async function newLedger(): Promise<void> {
  ledger = newPath();
  await (await openSqliteLedger(ledger)).close();
}

let files = 0;
function fileOf(content: string | Uint8Array): string {
  const path = inFolder(`import-${++files}`);
  writeFileSync(path, content);
  return path;
}

/** Imports a file into an empty ledger, and returns what was imported or the error. */
async function imported(content: string | Uint8Array, ...options: string[]) {
  await newLedger();
  const { stdout, stderr, status } = await run([
    'residence',
    'import',
    fileOf(content),
    '--json',
    ...options,
  ]);
  return { status, stderr, result: stdout === '' ? undefined : JSON.parse(stdout) };
}

async function eventsOf(subscriber: string): Promise<unknown> {
  const { stdout } = await run(['subscriber', 'show', '--json'], `${subscriber}\n`);
  return JSON.parse(stdout).dossier.events;
}

const CONTRACT = { type: 'contract-concluded', on: '2024-03-15', renewsEvery: 12 };
const VERIFICATION = {
  type: 'residence-verified',
  on: '2024-03-15',
  outcome: 'home',
  means: ['b', 'j'],
  occasion: 'conclusion',
  by: 'provider',
};

beforeAll(async () => {
  mkdirSync(inFolder('import-keys'), { mode: 0o700 });
  keyring = inFolder('import-keys/keys');
  await openKeyring(keyring);
});

describe('the forms of a file', () => {
  const forms: Readonly<Record<string, string | Uint8Array>> = {
    'CSV, one row a subscriber': `subscriber,concluded,renewsEvery,verified,means\n${ID}-1,2024-03-15,12,2024-03-15,"b,j"\n`,
    'CSV of a French spreadsheet': `\ufeffsubscriber;concluded;renewsEvery;verified;means\r\n${ID}-1;15/03/2024;12;15/3/2024;b j\r\n\r\n`,
    'CSV with tabs, quotes and no last line end': `"subscriber"\t"concluded"\t"renewsEvery"\t"verified"\t"means"\t"ended"\n"${ID}-1"\t15.03.2024\t12\t2024-03-15\tb+j\t`,
    'CSV, one row an event': `subscriber;type;on;renewsEvery;outcome;means;occasion;by\n${ID}-1;contract-concluded;2024-03-15;12;;;;\n${ID}-1;residence-verified;2024-03-15;;home;b j;conclusion;provider\n`,
    'JSON lines, one a subscriber': `${JSON.stringify({ subscriber: `${ID}-1`, events: [CONTRACT, VERIFICATION] })}\n`,
    'JSON lines, one an event': [CONTRACT, VERIFICATION]
      .map(event => JSON.stringify({ subscriber: `${ID}-1`, ...event }))
      .join('\r\n'),
  };
  it.each(Object.entries(forms))('reads %s', async (_, content) => {
    const { result, status } = await imported(content);
    expect(result).toMatchObject({ subscribers: 1, added: 1, rejected: 0 });
    expect(status).toBe(0);
    expect(await eventsOf(`${ID}-1`)).toEqual([CONTRACT, VERIFICATION]);
  });

  it('reads standard input, and leaves no copy of it', async () => {
    await newLedger();
    const before = readdirSync(tmpdir()).filter(name => name.startsWith('laissez-passer-'));
    const { status, stdout } = await run(
      ['residence', 'import', '-'],
      forms['CSV, one row a subscriber'],
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/^imported\n[\s\S]*new dossiers +1\n/);
    expect(readdirSync(tmpdir()).filter(name => name.startsWith('laissez-passer-'))).toEqual(
      before,
    );
  });

  it('reads an ended contract, a flag, and the fields of every event', async () => {
    await imported(
      `subscriber;concluded;verified;means;postalAddressRegistered;ended\n${ID}-1;2024-03-15;2024-03-15;i;oui;2025-03-15\n`,
    );
    expect(await eventsOf(`${ID}-1`)).toEqual([
      { type: 'contract-concluded', on: '2024-03-15' },
      { ...VERIFICATION, means: ['i'], postalAddressRegistered: true },
      { type: 'contract-ended', on: '2025-03-15' },
    ]);
  });
});

describe('what a file has wrong', () => {
  it.each([
    ['no header', `${ID}-1,2024-03-15\n`, 'the first line must name columns'],
    ['a misspelt column', 'subscriber,concluded,renewEvery\n', 'the first line must name columns'],
    ['a column twice', 'subscriber,concluded,concluded\n', 'the first line must name columns'],
    ['no column of the day', 'subscriber,type\n', 'the first line must name columns'],
    ['no line end', 'x'.repeat(70_000), 'must be text'],
  ])('is told: %s', async (_, content, text) => {
    const { status, stderr } = await imported(content);
    expect(status).toBe(1);
    expect(stderr).toContain(text);
    expect(stderr).toContain('[ERR_IMPORT]');
  });

  it('names a file that is not there, and a folder', async () => {
    await newLedger();
    for (const [path, system] of [
      [inFolder('nowhere.csv'), 'ENOENT'],
      [inFolder('import-keys'), 'EISDIR'],
    ] as const) {
      const { stderr } = await run(['residence', 'import', path]);
      expect(stderr).toContain(`the file to import cannot be read (${path}: ${system})`);
    }
  });

  const BAD = Buffer.concat([
    Buffer.from(
      [
        'subscriber;concluded;renewsEvery;verified;means',
        `${ID}-1;2024-03-15;12;2024-03-15;b j`,
        `${ID}-2;2024-03-15;12;2024-03-15;k`,
        `${ID}-3;31/02/2024;12;;`,
        `${ID}-4;2024-03-15;twelve;;`,
        `;2024-03-15;12;;`,
        `${ID}-6;2024-03-15;12`,
        `${ID}-7;;12;;`,
        `${ID}-8;2024-03-15;12;;b`,
        `"${ID}-9;2024-03-15;12;;`,
        `${ID}-10;2024-03-15;12;;`,
        `${ID}-10;2024-04-15;12;;`,
        '',
      ].join('\n'),
    ),
    Buffer.from(`${ID}-\xe9;2024-03-15;12;;\n`, 'latin1'),
  ]);

  it('stops the import: each row with its line and its reason, nothing written', async () => {
    const { status, stderr } = await imported(BAD);
    expect(status).toBe(1);
    expect(stderr).toContain('line 3: ');
    expect(stderr).toContain('rejected rows: 11; nothing was written');
    expect(await eventsOf(`${ID}-1`)).toEqual([]);
  });

  it('goes to a file of the operator alone, without the identifier, and the rest is imported', async () => {
    const rejects = inFolder('rejects.csv');
    const { status, result } = await imported(BAD, '--rejects', rejects);
    expect(status).toBe(2);
    expect(result).toMatchObject({ subscribers: 2, added: 1, rejected: 11 });
    const lines = readFileSync(rejects, 'utf8')
      .trim()
      .split('\n')
      .toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
    expect(lines.map(line => line.split(';').slice(0, 2).join(' '))).toEqual([
      '3 ERR_DOSSIER_EVENT',
      '4 ERR_DOSSIER_EVENT',
      '5 ERR_DOSSIER_EVENT',
      '6 ERR_ARGUMENT',
      '7 ERR_IMPORT',
      '8 ERR_IMPORT',
      '9 ERR_IMPORT',
      '10 ERR_IMPORT',
      '11 ERR_DOSSIER_EVENT',
      '12 ERR_DOSSIER_EVENT',
      '13 ERR_ARGUMENT',
    ]);
    expect(lines.join()).not.toContain(ID);
    expect(statSync(rejects).mode & 0o777).toBe(0o600);
    expect(await eventsOf(`${ID}-1`)).toEqual([CONTRACT, VERIFICATION]);
  });

  it('leaves the file alone if the rejected rows should go to it', async () => {
    await newLedger();
    const file = fileOf(BAD);
    const { stderr, status } = await run(['residence', 'import', file, '--rejects', file]);
    expect(status).toBe(1);
    expect(stderr).toContain('must go to another file');
    expect(readFileSync(file)).toEqual(BAD);
  });

  it('guesses nothing for an empty field: a default stands for a missing column only', async () => {
    const rows = `subscriber;concluded;verified;outcome;means\n${ID}-1;2024-03-15;2024-03-15;;b\n${ID}-2;2024-03-15;2024-03-15;elsewhere;b\n`;
    const { result } = await imported(rows, '--rejects', inFolder('outcome.csv'));
    expect(result).toMatchObject({ added: 1, rejected: 1 });
    expect(readFileSync(inFolder('outcome.csv'), 'utf8')).toContain('2;ERR_DOSSIER_EVENT');
  });

  it('is told in French under --lang fr', async () => {
    const { stderr } = await imported(BAD, '--lang', 'fr');
    expect(stderr).toContain('ligne 3 : ');
    expect(stderr).toContain('lignes refusées : 11 ; rien n’a été écrit');
  });

  it('is compared and counted with --dry-run, and nothing is written', async () => {
    const { status, result } = await imported(BAD, '--dry-run');
    expect(status).toBe(2);
    expect(result).toMatchObject({ isDryRun: true, added: 1, rejected: 11 });
    expect(await eventsOf(`${ID}-1`)).toEqual([]);
  });
});

it('never shows an identifier', () => {
  expect(seen.filter(text => text.includes(ID))).toEqual([]);
});
