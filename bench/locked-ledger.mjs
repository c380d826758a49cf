/**
 * Measures a gate at 20,000 new subscribers a second while another process holds the lock of its
 * SQLite ledger: what is lost, what waits, and how long the event loop is held. Run with the seconds
 * of the lock, and with or without a spool: `node bench/locked-ledger.mjs 60`.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';

/** The load of the machine before the run: other work makes the figures worse. */
const LOAD = loadavg()[0].toFixed(1);
const RATE = 20_000;
/** Milliseconds between two groups of decisions. */
const STEP = 5;
/** Seconds before the lock and after it, at the same rate. */
const AROUND = 5;

if (process.argv[2] === 'lock') {
  const database = new Sqlite(process.argv[3]);
  process.on('message', async seconds => {
    database.exec('BEGIN IMMEDIATE');
    process.send('locked');
    await delay(seconds * 1000);
    database.exec('COMMIT');
    process.send('released');
  });
} else {
  const { openGate, openKeyring } = await import('../dist/index.js');
  const { openSpool, openSqliteLedger } = await import('../dist/sqlite.js');
  const seconds = Number(process.argv[2] ?? 60);
  const number = value => Math.round(value).toLocaleString('en');
  const folder = mkdtempSync(join(tmpdir(), 'laissez-passer-locked-'));

  async function measure(hasSpool) {
    const file = join(folder, `${hasSpool}.db`);
    const plain = await openSqliteLedger(file);
    const ledger = hasSpool ? await openSpool(plain, join(folder, 'spool.db')) : plain;
    const keyring = await openKeyring(join(folder, `${hasSpool}.keys`));
    const gate = await openGate({ evidence: { ledger, keyring } });
    const locker = fork(new URL(import.meta.url), ['lock', file]);
    let subscribers = 0;
    let most = 0;
    let largestSpool = 0;
    const loop = monitorEventLoopDelay({ resolution: 1 });
    const run = async lasting => {
      const began = performance.now();
      const until = () => Math.floor(Math.min(performance.now() - began, lasting * 1000));
      const first = subscribers;
      for (;;) {
        const due = first + (until() * RATE) / 1000;
        while (subscribers < due)
          gate.decide({
            subscriber: `s${subscribers++}`,
            standing: 'verified',
            address: '80.58.61.250',
          });
        const { queue, spool } = gate.health().evidence;
        most = Math.max(most, queue.bytes);
        largestSpool = Math.max(largestSpool, spool?.bytes ?? 0);
        if (until() >= lasting * 1000) return;
        await delay(STEP);
      }
    };
    await run(AROUND);
    loop.enable();
    const locked = once(locker, 'message');
    locker.send(seconds);
    await locked;
    const released = once(locker, 'message');
    await run(seconds);
    await released;
    await run(AROUND);
    loop.disable();
    const began = performance.now();
    while (gate.health().evidence.pending > 0 || (ledger.spooled?.() ?? 0) > 0) {
      await gate.flush();
      await delay(50);
    }
    const drained = (performance.now() - began) / 1000;
    const { recorded, failed } = gate.health().evidence;
    const lost = Object.values(failed).reduce((sum, count) => sum + count, 0);
    const [month] = await ledger.months();
    const p99 = (loop.percentile(99) / 1e6 - 1).toFixed(1);
    console.log(
      `${hasSpool ? 'with a spool' : 'without a spool'}: ${number(subscribers)} decided, ${number(recorded)} recorded, ${number(month.cards)} in the ledger, ${lost} lost; queue at most ${(most / 1e6).toFixed(1)} MB${hasSpool ? `, spool ${(largestSpool / 1e6).toFixed(1)} MB` : ''}; all written ${drained.toFixed(1)} s after the end; event loop held p99 ${p99} ms, at most ${(loop.max / 1e6).toFixed(0)} ms`,
    );
    await gate.close();
    await ledger.close();
    locker.disconnect();
  }

  console.log(
    `${new Date().toISOString().slice(0, 10)}, ${cpus()[0].model}, ${cpus().length} cores, Node ${process.versions.node}, load ${LOAD}; locked for ${seconds} s at ${number(RATE)} new subscribers a second`,
  );
  for (const hasSpool of [true, false]) await measure(hasSpool);
  rmSync(folder, { recursive: true });
}
