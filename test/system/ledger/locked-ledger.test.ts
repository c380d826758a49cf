/**
 * Tests that a ledger which another process locks for longer than a write waits loses nothing, with
 * a real file and a real process that holds its lock.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { openSpool, openSqliteLedger } from '../../../src/ledger/sqlite.ts';
import { SQLITE_BUSY_MS } from '../../../src/timeouts.ts';
import { evidenceOf, setUp } from '../../support/gate.ts';
import { inFolder } from '../../support/tables.ts';

const SUBSCRIBERS = 130_000;
const LOCK = `
  const database = new (require('better-sqlite3'))(process.argv[1]);
  database.exec('BEGIN IMMEDIATE');
  console.log('locked');
  process.stdin.once('data', () => database.exec('COMMIT')).on('end', () => process.exit());
`;

const processes: ChildProcess[] = [];
afterEach(() => {
  for (const each of processes.splice(0)) each.kill('SIGKILL');
});

/** Locks a file from another process. Returns a function that releases the lock. */
async function lock(path: string): Promise<() => void> {
  const locker = spawn(process.execPath, ['-e', LOCK, path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  processes.push(locker);
  await once(locker.stdout!, 'data');
  return () => void locker.stdin!.write('release\n');
}

describe.each([
  ['with a spool', true],
  ['without a spool', false],
])('a gate %s whose SQLite ledger is locked for longer than a write waits', (_, hasSpool) => {
  it('loses no record, says what waits, and writes it when the lock is gone', async () => {
    const path = inFolder(`locked-${hasSpool}.db`);
    const plain = await openSqliteLedger(path);
    const spool = inFolder(`locked-spool-${hasSpool}.db`);
    const ledger = hasSpool ? await openSpool(plain, spool, { retryMs: 50 }) : plain;
    const { gate } = await setUp('2026-11-22', { ledger });
    const release = await lock(path);
    const began = performance.now();
    let decided = 0;
    const decide = (until: number): void => {
      for (; decided < until; decided++)
        gate.decide({ subscriber: `s${decided}`, standing: 'verified', address: '2.1.1.1' });
    };
    decide(SUBSCRIBERS - 5000);
    // The first write gives up in this time.
    while (performance.now() - began < SQLITE_BUSY_MS + 1500) {
      decide(Math.min(SUBSCRIBERS, decided + 500));
      await new Promise(resolve => setTimeout(resolve, 100));
    }
    const { pending, failed, isFailing, queue, spooled } = evidenceOf(gate);
    expect(failed).toEqual({ ledger: 0, memory: 0, key: 0, clock: 0 });
    expect(isFailing).toBe(!hasSpool);
    if (hasSpool) expect([pending, spooled! > 0]).toEqual([0, true]);
    else expect([pending, queue.bytes]).toEqual([SUBSCRIBERS, SUBSCRIBERS * 48]);
    release();
    const isDone = (): boolean =>
      evidenceOf(gate).pending === 0 && (evidenceOf(gate).spooled ?? 0) === 0;
    for (let tries = 0; tries < 600 && !isDone(); tries++)
      await new Promise(resolve => setTimeout(resolve, 100));
    expect(evidenceOf(gate)).toMatchObject({ recorded: SUBSCRIBERS, pending: 0, isFailing: false });
    expect(await ledger.months()).toEqual([{ month: '2026-11', cards: SUBSCRIBERS }]);
    await gate.close();
    await ledger.close();
  });
});
