import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { randomFrom } from '../../../src/cli/demo-traffic.ts';
import { openKeyring } from '../../../src/index.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite.ts';
import { killRuns, newPaths } from './kill.ts';
import { startGateway } from './witness.ts';

const hasStrace = spawnSync('strace', ['-V']).status === 0;
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) {
    spawnSync('umount', [join(folder, 'small')]);
    rmSync(folder, { recursive: true, force: true });
  }
});

async function pathsForTest() {
  const made = await newPaths();
  folders.push(made.folder);
  return made;
}

// INVARIANT (acknowledged-is-kept)
it('acknowledged-is-kept: a sample of deaths by kill -9 (npm run faults:kill for hundreds)', async () => {
  const { acknowledged, lost, foreign } = await killRuns(12, randomFrom(7));
  expect(acknowledged).toBeGreaterThan(12);
  expect([lost, foreign]).toEqual([0, 0]);
}, 120_000);

it('a gateway that closes on SIGTERM loses nothing', async () => {
  const where = await pathsForTest();
  const gateway = await startGateway(where);
  for (let n = 0; n < 5000; n++) gateway.decide(`s${n}`, '2.1.1.1');
  await gateway.waitFor(/^durable /);
  gateway.child.kill('SIGTERM');
  const closed = Number((await gateway.waitFor(/^closed /)).split(' ')[1]);
  await gateway.end();
  expect(gateway.child.exitCode).toBe(0);
  const ledger = await openSqliteLedger(where.ledger);
  const kept = (await ledger.months()).reduce((sum, month) => sum + month.cards, 0);
  expect(kept).toBe(closed);
  expect(kept).toBeGreaterThan(0);
  await ledger.close();
});

describe.skipIf(!hasStrace)('a disk that fails (strace)', () => {
  it.each([
    ['fsync,fdatasync', 'EIO'],
    ['pwrite64', 'EIO'],
    ['pwrite64', 'ENOSPC'],
  ])(
    '%s with %s: counts the write as lost, never acknowledges it, and writes again afterwards',
    async (call, errno) => {
      const where = await pathsForTest();
      const opened = await openSqliteLedger(where.ledger);
      await opened.close();
      const script = `
      import { openSqliteLedger } from '${new URL('../../../dist/sqlite.js', import.meta.url).href}';
      const ledger = await openSqliteLedger('${where.ledger}');
      const outcomes = [];
      for (let n = 0; n < 30; n++) {
        const card = { month: '2026-11', pseudonym: n.toString(16).padStart(32, '0'), homeDays: 1, outsideDays: 0 };
        outcomes.push(await ledger.write({ cards: [card], accesses: [], tally: [], editions: [] }).then(() => 'ok', error => error.code));
      }
      console.log(JSON.stringify(outcomes));
      await ledger.close().catch(() => {});`;
      const file = join(where.folder, 'write.mjs');
      writeFileSync(file, script);
      const inject = `inject=${call}:error=${errno}:when=20+7`;
      const { stdout } = spawnSync(
        'strace',
        [
          '-f',
          '-qq',
          '-o',
          '/dev/null',
          '-e',
          `trace=${call}`,
          '-e',
          inject,
          process.execPath,
          file,
        ],
        { encoding: 'utf8' },
      );
      const outcomes = JSON.parse(stdout) as string[];
      expect(outcomes.filter(outcome => outcome !== 'ok').length).toBeGreaterThan(0);
      expect(outcomes.filter(outcome => outcome === 'ok').length).toBeGreaterThan(5);
      const ledger = await openSqliteLedger(where.ledger);
      expect(await ledger.verify()).toEqual([]);
      for (const [n, outcome] of outcomes.entries()) {
        const cards = await ledger.cards([
          { month: '2026-11', pseudonym: n.toString(16).padStart(32, '0') },
        ]);
        if (outcome === 'ok') expect([n, cards.length]).toEqual([n, 1]);
      }
      await ledger.close();
    },
  );
});

const mounted = ((): boolean => {
  const probe = spawnSync('bash', [
    '-c',
    'd=$(mktemp -d) && mount -t tmpfs -o size=1m none $d && umount $d && rmdir $d',
  ]);
  return probe.status === 0;
})();

it.skipIf(!mounted)(
  'a full disk loses what it reports as lost, and nothing once there is room again',
  async () => {
    const where = await pathsForTest();
    const small = join(where.folder, 'small');
    mkdirSync(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'none', small]);
    const path = join(small, 'ledger.db');
    const ledger = await openSqliteLedger(path);
    const write = (from: number, count: number): Promise<string> => {
      const cards = Array.from({ length: count }, (_, n) => ({
        month: '2026-11',
        pseudonym: (from + n).toString(16).padStart(32, '0'),
        homeDays: 1,
        outsideDays: 0,
      }));
      return ledger.write({ cards, accesses: [], tally: [], editions: [] }).then(
        () => 'ok',
        error => error.code as string,
      );
    };
    expect(await write(0, 100)).toBe('ok');
    writeFileSync(join(small, 'ballast'), Buffer.alloc(2 ** 21 - statSync(path).size - 200_000));
    const outcomes: string[] = [];
    for (let round = 1; round <= 30; round++) outcomes.push(await write(round * 1000, 1000));
    expect(outcomes).toContain('ERR_LEDGER_WRITE');
    rmSync(join(small, 'ballast'));
    expect(await write(100_000, 100)).toBe('ok');
    expect(await ledger.verify()).toEqual([]);
    const kept = (await ledger.months())[0]!.cards;
    expect(kept).toBe(200 + 1000 * outcomes.filter(outcome => outcome === 'ok').length);
    await ledger.close();
  },
);

describe('traces of a request', () => {
  const SUBSCRIBER = 'canary-8f2b71c6d9';
  const ADDRESSES = ['2.173.91.237', '3.219.87.141'];

  /** The canaries in every encoding in which they could occur. */
  function disguises(): Buffer[] {
    const numbers = ADDRESSES.map(address =>
      address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0),
    );
    const texts = [SUBSCRIBER, ...ADDRESSES, ...numbers.map(String)];
    const bytes = numbers.flatMap(number => {
      const buffer = Buffer.alloc(4);
      buffer.writeUInt32BE(number);
      return [buffer.toString('hex'), buffer.toString('base64').replace(/=+$/, '')];
    });
    const encoded = [SUBSCRIBER, ...ADDRESSES].flatMap(text => [
      Buffer.from(text).toString('hex'),
      Buffer.from(text).toString('base64').replace(/=+$/, ''),
      [...text].reverse().join(''),
    ]);
    const all = [...texts, ...encoded, ...bytes.filter(text => text.length >= 6)];
    return [
      ...all.map(text => Buffer.from(text)),
      ...all.map(text => Buffer.from(text, 'utf16le')),
      Buffer.from(numbers.map(number => number >>> 0).toString()),
    ];
  }

  it('leave no address and no subscriber in files, lines, errors, counters, or the heap after close()', async () => {
    const where = await pathsForTest();
    const gateway = await startGateway(where, ['--expose-gc']);
    let errors = '';
    gateway.child.stderr!.on('data', chunk => {
      errors += chunk;
    });
    for (let n = 0; n < 300; n++)
      gateway.decide(n % 3 === 0 ? SUBSCRIBER : `s${n}`, ADDRESSES[n % 2]!);
    await gateway.waitFor(/^durable 29/);
    gateway.socket.write('counters\n');
    await gateway.waitFor(/^\{/);
    // The buffers of the socket are overwritten by the lines that follow.
    for (let n = 0; n < 2000; n++) gateway.decide(`filler-${n}`, '2.1.1.1');
    gateway.socket.write(`snapshot ${join(where.folder, 'heap')}\n`);
    await gateway.waitFor(/^snapshot /);
    const snapshot = readFileSync(join(where.folder, 'heap'));
    const files = readdirSync(where.folder)
      .filter(name => name !== 'heap')
      .map(name => readFileSync(join(where.folder, name)));
    gateway.child.kill('SIGKILL');
    await gateway.end();
    const printed = Buffer.from(gateway.lines.join('\n') + errors);
    expect(snapshot.includes('laissez-passer')).toBe(true);
    const found = disguises().filter(canary =>
      [...files, printed, snapshot].some(content => content.includes(canary)),
    );
    expect(found.map(String)).toEqual([]);
    const keyring = await openKeyring(where.keyring);
    const ledger = await openSqliteLedger(where.ledger);
    const month = new Date().toISOString().slice(0, 7);
    expect(
      await ledger.cards([{ month, pseudonym: keyring.cardPseudonym(SUBSCRIBER, month)! }]),
    ).toHaveLength(1);
    await ledger.close();
  });
});
