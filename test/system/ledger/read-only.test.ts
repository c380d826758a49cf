/**
 * Tests that an auditor can read a ledger that cannot be written, on a read-only mount or by its
 * rights, that nothing beside it is created or left behind, and that what writes says why it does
 * not.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';
import { openDesk } from '../../../src/entry/desk.ts';
import { openGate, openKeyring } from '../../../src/index.ts';
import { openSpool, openSqliteLedger } from '../../../src/ledger/sqlite.ts';
import { TABLE } from '../../support/asking.ts';
import { MAIN, type Output, PLAIN } from '../../support/cli.ts';
import { CALL } from '../../support/desk.ts';
import { table } from '../../support/gate.ts';
import { downgrade } from '../../support/older-ledger.ts';

/** Whether this user may mount a file system; CI runs as a user who may not. */
const canMount =
  spawnSync('bash', ['-c', 'd=$(mktemp -d) && mount -t tmpfs none $d && umount $d && rmdir $d'])
    .status === 0;
const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'read-only-')));
chmodSync(folder, 0o711);
const mounts: string[] = [];
afterAll(() => {
  for (const mount of mounts) spawnSync('umount', [mount]);
  rmSync(folder, { recursive: true, force: true });
});

let made = 0;
function newFolder(name: string, mode = 0o700): string {
  const path = join(folder, `${name}-${++made}`);
  mkdirSync(path, { mode });
  return path;
}

/** A ledger with evidence, a dossier, a journal and a request, and a copy of it in use. */
const store = newFolder('store');
const crashed = newFolder('crashed');
await fill();

async function fill(): Promise<void> {
  const ledger = await openSqliteLedger(join(store, 'ledger.db'));
  const keyring = await openKeyring(join(store, 'keys'));
  const gate = await openGate({ table, evidence: { ledger, keyring, batchMs: 1, purges: false } });
  const visit = async (from: number, to: number): Promise<void> => {
    for (let n = from; n < to; n++)
      gate.decide({ subscriber: `s${n}`, standing: 'verified', address: '2.1.1.1' });
    await gate.flush();
  };
  await visit(0, 50);
  const desk = openDesk({ ledger, keyring, agent: 'Anna' });
  await desk.record('s1', CALL, { type: 'contract-concluded', on: '2025-01-10', renewsEvery: 12 });
  await desk.openRequest('s1', CALL, 'access', new Date().toISOString().slice(0, 10));
  // Half of the evidence is in the file, and the newest only in the log.
  const database = new Sqlite(join(store, 'ledger.db'));
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
  await visit(50, 70);
  for (const file of ['ledger.db', 'ledger.db-wal', 'keys'])
    copyFileSync(join(store, file), join(crashed, file));
  await gate.close();
  await ledger.close();
}

/** Returns a folder that holds the files of another one on a read-only mount. */
function mounted(source: string, files = readdirSync(source)): string {
  const at = newFolder('mount');
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m,mode=700', 'none', at]);
  mounts.push(at);
  for (const file of files) copyFileSync(join(source, file), join(at, file));
  execFileSync('mount', ['-o', 'remount,ro', at]);
  return at;
}

/** Returns a folder that another user may read and may not write. */
function closedFor(user: number, source: string): string {
  const at = newFolder('closed');
  for (const file of readdirSync(source)) {
    copyFileSync(join(source, file), join(at, file));
    chmodSync(join(at, file), 0o400);
    chownSync(join(at, file), user, user);
  }
  chownSync(at, user, user);
  chmodSync(at, 0o500);
  return at;
}

interface Run extends Output {
  /** What is left among the temporary files. */
  readonly left: readonly string[];
}

/** Runs the built program, with a folder of its own for temporary files. */
function run(
  args: readonly string[],
  { user = process.getuid!(), input = '', tmp = '' } = {},
): Run {
  const own = tmp === '' ? newFolder('tmp') : tmp;
  if (tmp === '') chownSync(own, user, user);
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    input,
    encoding: 'utf8',
    env: { ...PLAIN, TMPDIR: own },
    ...(user !== process.getuid!() && { uid: user, gid: user }),
  });
  return { status, stdout, stderr, left: readdirSync(own) };
}

const stored = (at: string): string[] => [
  '--ledger',
  join(at, 'ledger.db'),
  '--keyring',
  join(at, 'keys'),
];
const month = new Date().toISOString().slice(0, 7);

/** The commands that read, and whether their answer is the same wherever the ledger is. */
const READERS: readonly (readonly [name: string, args: (at: string) => readonly string[]])[] = [
  ['evidence stats', at => ['evidence', 'stats', ...stored(at), '--json']],
  ['evidence verify', at => ['evidence', 'verify', ...stored(at), '--json']],
  ['evidence head', at => ['evidence', 'head', ...stored(at), '--json']],
  ['keyring list', at => ['keyring', 'list', ...stored(at), '--json']],
  [
    'report',
    at => [
      'report',
      '--ledger',
      join(at, 'ledger.db'),
      '--from',
      '2024-01',
      '--to',
      '2024-12',
      '--json',
    ],
  ],
  ['requests list', at => ['requests', 'list', ...stored(at), '--agent', 'A', '--json']],
  ['requests due', at => ['requests', 'due', ...stored(at), '--agent', 'A', '--json']],
  ['residence overdue', at => ['residence', 'overdue', ...stored(at), '--agent', 'A', '--json']],
];

/** Commands that write. */
const WRITERS: readonly (readonly string[])[] = [
  ['evidence', 'purge'],
  ['ledger', 'prepare'],
  ['subscriber', 'show', '--agent', 'A'],
  ['subscriber', 'export', '--agent', 'A', '--reason', 'access-request'],
  ['journal', 'list', '--agent', 'A', '--reason', 'audit'],
  ['keyring', 'destroy', '--before', '2020-01', '--yes'],
];

function expectReadable(at: string, user?: number): void {
  const whole = run(READERS[0]![1](store));
  expect(JSON.parse(whole.stdout).months).toEqual([{ month, cards: 70 }]);
  for (const [name, args] of READERS) {
    const expected = run(args(store));
    expect([name, expected.status, expected.stderr]).toEqual([name, 0, '']);
    const { status, stdout, stderr, left } = run(args(at), user === undefined ? {} : { user });
    expect([name, status, stdout]).toEqual([name, 0, expected.stdout]);
    expect(stderr).toMatch(/^the ledger is read-only: a private copy of \d.* is read in \/.*\n$/);
    expect(left).toEqual([]);
  }
}

function expectRefused(at: string, system: string, user?: number): void {
  const words =
    system === 'EROFS'
      ? ['the ledger is on a read-only file system', 'sur un système de fichiers en lecture seule']
      : ['the ledger is read-only', 'le registre est en lecture seule'];
  const who = user === undefined ? {} : { user };
  for (const [index, language] of ['en', 'fr'].entries()) {
    const said = (args: readonly string[]): string => {
      const { status, stderr } = run([...args, '--lang', language], { ...who, input: 's1\n' });
      expect([args, status, stderr]).toEqual([args, 1, expect.stringContaining(system)]);
      return stderr;
    };
    for (const args of WRITERS) expect(said([...args, ...stored(at)])).toContain(`${words[index]}`);
    expect(
      said(['keyring', 'destroy', '--before', '2020-01', '--yes', ...stored(at).slice(2)]),
    ).toContain(['the keyring is read-only', 'le trousseau est en lecture seule'][index]);
  }
}

describe.skipIf(!canMount)('a ledger on a read-only mount (needs the right to mount)', () => {
  it('is read by every command that reads, and written by none', () => {
    const at = mounted(store, ['ledger.db', 'keys']);
    expectReadable(at);
    expectRefused(at, 'EROFS');
  });

  it('is read with what is only in its log, with and without the index next to it', () => {
    expectReadable(mounted(crashed));
    const index = newFolder('index');
    for (const file of readdirSync(crashed)) copyFileSync(join(crashed, file), join(index, file));
    const open = new Sqlite(join(index, 'ledger.db'));
    open.prepare('SELECT 1 FROM cards').get();
    const at = mounted(index);
    open.close();
    expect(readdirSync(at)).toContain('ledger.db-shm');
    expectReadable(at);
  });

  it('is copied to another ledger, and proves a copy of its keyring', () => {
    const at = mounted(crashed);
    const out = newFolder('out');
    const copied = run([
      ...['ledger', 'copy', '--json'],
      ...['--from', join(at, 'ledger.db'), '--to', join(out, 'ledger.db')],
    ]);
    expect([copied.status, copied.left]).toEqual([0, []]);
    const keys = run([
      ...['keyring', 'copy', '--ledger', join(at, 'ledger.db')],
      ...['--from', join(at, 'keys'), '--to', join(out, 'keys')],
    ]);
    expect([keys.status, keys.left]).toEqual([0, []]);
    expectedSame(run(['evidence', 'stats', ...stored(out), '--json']));
  });

  const expectedSame = ({ stdout }: Output): void =>
    expect(JSON.parse(stdout).months).toEqual([{ month, cards: 70 }]);

  it('of an older version is read through its migrated copy, and one of a newer version refused', () => {
    const older = newFolder('older');
    for (const file of ['ledger.db', 'keys']) copyFileSync(join(store, file), join(older, file));
    downgrade(join(older, 'ledger.db'));
    const at = mounted(older);
    expectedSame(run(['evidence', 'stats', ...stored(at), '--json']));
    expect(run(['evidence', 'verify', ...stored(at)]).status).toBe(0);
    new Sqlite(join(older, 'ledger.db')).pragma('user_version = 99');
    const newer = run(['evidence', 'stats', ...stored(mounted(older))]);
    expect(newer.stderr).toContain('[ERR_LEDGER_SCHEMA]');
    expect(newer.left).toEqual([]);
  });

  it('says when there is no room for the copy', () => {
    const at = mounted(store);
    const tmp = newFolder('small');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=700', 'none', tmp]);
    mounts.push(tmp);
    const { status, stderr, left } = run(['evidence', 'stats', ...stored(at)], { tmp });
    expect(stderr).toContain('set TMPDIR to a folder with enough room');
    expect(stderr).toContain(`--ledger ${join(at, 'ledger.db')}: ENOSPC`);
    expect([status, left]).toEqual([1, []]);
  });

  it('is one moment of a ledger that another process writes through another mount', async () => {
    const live = newFolder('live');
    for (const file of ['ledger.db', 'keys']) copyFileSync(join(store, file), join(live, file));
    const view = newFolder('view');
    execFileSync('mount', ['--bind', live, view]);
    mounts.push(view);
    execFileSync('mount', ['-o', 'remount,bind,ro', view]);
    const ledger = await openSqliteLedger(join(live, 'ledger.db'));
    let isOver = false;
    let written = 0;
    const writing = (async () => {
      for (; !isOver; written++) {
        const cards = Array.from({ length: 100 }, (_, n) => ({
          month,
          pseudonym: (written * 100 + n).toString(16).padStart(32, '0'),
          homeDays: 1,
          outsideDays: 0,
        }));
        await ledger.write({ cards, accesses: [], tally: [], editions: [] });
      }
    })();
    for (let round = 0; round < 5; round++) {
      const before = written;
      const copy = await openSqliteLedger(join(view, 'ledger.db'), { acceptReadOnly: true });
      const [{ cards } = { cards: 0 }] = await copy.months();
      expect(cards).toBeGreaterThanOrEqual(70 + before * 100);
      expect((cards - 70) % 100).toBe(0);
      expect(await copy.verify()).toEqual([]);
      await expect(copy.recordRun(RUN)).rejects.toMatchObject({
        code: 'ERR_LEDGER_WRITE',
        path: join(view, 'ledger.db'),
        message: expect.stringContaining('the ledger is read-only'),
      });
      await copy.close();
      await copy.close();
    }
    isOver = true;
    await writing;
    await ledger.close();
  });

  it('opens no gate and no sidecar, nor does such a keyring or spool', async () => {
    const at = mounted(store, ['ledger.db', 'keys']);
    const own = newFolder('own');
    const listen = [...TABLE, '--listen', '127.0.0.1:0', '--lang', 'en'];
    const started = (ledger: string, keyring: string, ...more: readonly string[]): string => {
      const places = ['--ledger', ledger, '--keyring', keyring, ...more];
      const { status, stderr } = run(['serve', ...listen, ...places]);
      expect(status).toBe(1);
      return stderr;
    };
    const mine = join(own, 'ledger.db');
    const keys = join(own, 'keys');
    expect(started(join(at, 'ledger.db'), keys)).toContain('on a read-only file system');
    expect(started(mine, join(at, 'keys'))).toContain('the keyring is read-only');
    expect(started(mine, keys, '--spool', join(at, 'spool'))).toContain('the spool is read-only');
    expect(started(mine, keys, '--spool', join(at, 'spool'))).toContain(join(at, 'spool'));

    const ledger = await openSqliteLedger(mine);
    const keyring = await openKeyring(join(at, 'keys'), { create: false });
    await expect(openGate({ table, evidence: { ledger, keyring } })).rejects.toMatchObject({
      code: 'ERR_KEYRING_OPEN',
      system: 'EROFS',
    });
    await expect(openSpool(ledger, join(at, 'spool'))).rejects.toMatchObject({ system: 'EROFS' });
    const copy = await openSqliteLedger(join(at, 'ledger.db'), { acceptReadOnly: true });
    const right = await openKeyring(keys);
    await expect(openGate({ table, evidence: { ledger: copy, keyring: right } })).rejects.toThrow(
      'the ledger is read-only',
    );
    await copy.close();
    await ledger.close();
  });

  const RUN = { at: 'x', what: 'purge', before: '', cards: 0, accesses: 0, keys: 0 } as const;
  const SQLITE = fileURLToPath(new URL('../../../dist/sqlite.js', import.meta.url));

  it('shows the same if another user plants a journal under the name of its copy', async () => {
    const at = mounted(store);
    let folder = '';
    const copy = await openSqliteLedger(join(at, 'ledger.db'), {
      acceptReadOnly: true,
      onCopy: made => {
        folder = made.folder;
      },
    });
    const before = await copy.scan('', 1000);
    expect(existsSync(folder)).toBe(false);
    mkdirSync(folder);
    const planted = join(folder, 'ledger.db-journal');
    const bytes = emptyingJournal(join(at, 'ledger.db'));
    writeFileSync(planted, bytes);
    expect(await copy.scan('', 1000)).toEqual(before);
    expect(await copy.months()).toEqual([{ month, cards: 70 }]);
    expect(readFileSync(planted)).toEqual(bytes);
    await copy.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Returns a journal that sets each page after the first to zero when it is rolled back. */
  function emptyingJournal(path: string): Buffer {
    const pages = readFileSync(path).length / PAGE;
    const header = Buffer.alloc(512);
    Buffer.from('d9d505f920a163d7', 'hex').copy(header);
    for (const [index, value] of [pages - 1, 0, pages, 512, PAGE].entries())
      header.writeUInt32BE(value, 8 + 4 * index);
    const records = Array.from({ length: pages - 1 }, (_, n) => {
      const record = Buffer.alloc(4 + PAGE + 4);
      record.writeUInt32BE(n + 2);
      return record;
    });
    return Buffer.concat([header, ...records]);
  }
  const PAGE = 4096;

  /** Opens a read-only ledger in a process that ends by a signal, and returns its temporary files. */
  async function endedBy(
    end: NodeJS.Signals | number,
    script: string,
    tmp = newFolder('tmp'),
  ): Promise<readonly string[]> {
    const at = mounted(crashed);
    const child: ChildProcess = spawn(
      process.execPath,
      ['--input-type=module', '-e', `import { openSqliteLedger } from '${SQLITE}';\n${script}`],
      { env: { ...PLAIN, TMPDIR: tmp, LEDGER: join(at, 'ledger.db') }, stdio: 'inherit' },
    );
    const [code, signal] = await once(child, 'exit');
    expect(signal ?? code).toBe(end);
    return readdirSync(tmp);
  }

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'leaves no copy behind if %s ends the process while it is made',
    async signal => {
      const script = `import { existsSync } from 'node:fs';
        await openSqliteLedger(process.env.LEDGER, { acceptReadOnly: true, onCopy: ({ folder }) => {
          if (!existsSync(folder)) throw new Error('no folder');
          process.kill(process.pid, '${signal}');
        } });
        setTimeout(() => {}, 10_000);`;
      expect(await endedBy(signal, script)).toEqual([]);
    },
  );

  const OPENING = (work: string): string =>
    `await openSqliteLedger(process.env.LEDGER, { acceptReadOnly: true, onCopy: () => { ${work} } });`;

  it.each([
    ['process.exit', 0, 'process.exit(0)'],
    ['an error that nothing caught', 7, `setImmediate(() => { throw new Error('uncaught'); })`],
  ])('leaves no copy behind if %s ends the process while it is made', async (_, code, work) => {
    const script = `process.on('uncaughtException', () => process.exit(7));\n${OPENING(work)}`;
    expect(await endedBy(code, script)).toEqual([]);
  });

  it('removes what a killed process left behind, and no folder of a running one', async () => {
    const tmp = newFolder('tmp');
    const left = await endedBy('SIGKILL', OPENING(`process.kill(process.pid, 'SIGKILL')`), tmp);
    expect(left).toEqual([expect.stringMatching(/^laissez-passer-copy-\d+-/)]);
    const others = [`laissez-passer-copy-${process.pid}-abc`, 'laissez-passer-demo-1-abc'];
    for (const other of others) mkdirSync(join(tmp, other));
    expect(await endedBy(0, `${OPENING('')}\nprocess.exit(0)`, tmp)).toEqual(others);
  });

  it('leaves no copy behind if the process is killed after it was opened', async () => {
    const script = `const ledger = await openSqliteLedger(process.env.LEDGER, { acceptReadOnly: true });
      if ((await ledger.months())[0].cards !== 70) process.exit(1);
      process.kill(process.pid, 'SIGKILL');`;
    expect(await endedBy('SIGKILL', script)).toEqual([]);
  });
});

describe.skipIf(!isRoot)('a ledger that its user may only read (needs root)', () => {
  it('is read by every command that reads, and written by none', () => {
    const at = closedFor(NOBODY, crashed);
    expectReadable(at, NOBODY);
    expectRefused(at, 'EACCES', NOBODY);
    expect(existsSync(join(at, 'ledger.db-shm'))).toBe(false);
    const log = join(at, 'ledger.db-wal');
    expect(readFileSync(log)).toEqual(readFileSync(join(crashed, 'ledger.db-wal')));
  });

  it('is not read without its log', () => {
    const at = closedFor(NOBODY, crashed);
    chmodSync(join(at, 'ledger.db-wal'), 0o000);
    const { status, stderr, left } = run(['evidence', 'stats', ...stored(at)], { user: NOBODY });
    expect([status, left]).toEqual([1, []]);
    expect(stderr).toContain('EACCES');
  });
});
