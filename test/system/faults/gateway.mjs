/**
 * A small gateway for fault tests: decides what it receives over a socket, reports what is durable,
 * and can be killed at any moment.
 */
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { loadZoneTable, openGate, openKeyring } from '../../../dist/index.js';
import { openPostgresKeyring, openPostgresLedger } from '../../../dist/postgres.js';
import { openRedisLedger } from '../../../dist/redis.js';
import { openSpool, openSqliteLedger } from '../../../dist/sqlite.js';

const [witness, ledgerPath, keyringPath, tablePath] = process.argv.slice(2);

/** A path, or JSON with the options of a server's ledger or keyring. */
async function openLedgerAt(location) {
  if (!location.startsWith('{')) return openSqliteLedger(location);
  const { postgres, redis, options, personRecords, spool } = JSON.parse(location);
  const ledger = postgres
    ? await openPostgresLedger(postgres, options)
    : await openRedisLedger({ ...redis, personRecords: await openSqliteLedger(personRecords) });
  return openSpool(ledger, spool, { retryMs: 100 });
}
const openKeyringAt = location => {
  if (!location.startsWith('{')) return openKeyring(location);
  const { postgres, options, wrap } = JSON.parse(location);
  return openPostgresKeyring(postgres, { ...options, wrap: Buffer.from(wrap, 'hex') });
};
const keyring = await openKeyringAt(keyringPath);
const ledger = await openLedgerAt(ledgerPath);
const gate = await openGate({
  table: await loadZoneTable(tablePath),
  evidence: { ledger, keyring, batchSize: 20, batchMs: 2 },
});

const socket = connect(witness);
const send = line => socket.write(`${line}\n`);
let decided = 0;
let reported = 0;
let isStopping = false;

/** Reports everything up to a number as durable, only after flush has resolved. */
async function acknowledge() {
  const upTo = decided;
  await gate.flush().then(
    () => {
      if (upTo > reported) send(`durable ${upTo}`);
      reported = Math.max(reported, upTo);
    },
    error => send(`lost ${error.code}`),
  );
}

/** What comes later is not decided, and so not reported as durable. */
async function stop() {
  isStopping = true;
  await gate.close().catch(error => send(`lost ${error.code}`));
  send(`closed ${decided}`);
  for (let tries = 0; tries < 100 && ledger.spooled?.() > 0; tries++) await delay(100);
  await ledger.close();
  send(`left ${ledger.spooled?.() ?? 0}`);
  socket.end();
}
process.on('SIGTERM', stop);

send('ready');
for await (const line of createInterface({ input: socket })) {
  const [word, subscriber, address] = line.split(' ');
  if (word === 'decide' && !isStopping) {
    gate.decide({ subscriber, standing: 'verified', address });
    decided++;
    if (decided % 7 === 0) void acknowledge();
  } else if (word === 'progress') send(`decided ${decided}`);
  else if (word === 'counters') send(JSON.stringify(gate.health()));
  else if (word === 'snapshot') {
    await gate.close();
    await ledger.close();
    globalThis.gc?.();
    const { writeHeapSnapshot } = await import('node:v8');
    send(`snapshot ${writeHeapSnapshot(subscriber)}`);
  }
}
