/** A small gateway for fault tests: decides what it is told over a socket, says what is durable, and can be killed at any moment. */
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { loadZoneTable, openGate, openKeyring } from '../../../dist/index.js';
import { openPostgresKeyring, openPostgresLedger } from '../../../dist/postgres.js';
import { openRedisLedger } from '../../../dist/redis.js';
import { openSpool, openSqliteLedger } from '../../../dist/sqlite.js';

const [port, ledgerPath, keyringPath, tablePath] = process.argv.slice(2);

/** A path, or as JSON what a server's ledger or keyring is opened with. */
async function openLedgerAt(place) {
  if (!place.startsWith('{')) return openSqliteLedger(place);
  const { postgres, redis, options, register, spool } = JSON.parse(place);
  const ledger = postgres
    ? await openPostgresLedger(postgres, options)
    : await openRedisLedger({ ...redis, personRecords: await openSqliteLedger(register) });
  return openSpool(ledger, spool, { retryMs: 100 });
}
const openKeyringAt = place => {
  if (!place.startsWith('{')) return openKeyring(place);
  const { postgres, options, wrap } = JSON.parse(place);
  return openPostgresKeyring(postgres, { ...options, wrap: Buffer.from(wrap, 'hex') });
};
const keyring = await openKeyringAt(keyringPath);
const ledger = await openLedgerAt(ledgerPath);
const gate = await openGate({
  table: await loadZoneTable(tablePath),
  evidence: { ledger, keyring, batchSize: 20, batchMs: 2 },
});

const socket = connect(Number(port), '127.0.0.1');
const say = line => socket.write(`${line}\n`);
let decided = 0;
let told = 0;
let isStopping = false;

/** Everything up to a number is durable: said only after flush has resolved. */
async function acknowledge() {
  const upTo = decided;
  await gate.flush().then(
    () => {
      if (upTo > told) say(`durable ${upTo}`);
      told = Math.max(told, upTo);
    },
    error => say(`lost ${error.code}`),
  );
}

/** What comes after is not decided, and so not said to be durable. */
async function stop() {
  isStopping = true;
  await gate.close().catch(error => say(`lost ${error.code}`));
  say(`closed ${decided}`);
  for (let tries = 0; tries < 100 && ledger.spooled?.() > 0; tries++) await delay(100);
  await ledger.close();
  say(`left ${ledger.spooled?.() ?? 0}`);
  socket.end();
}
process.on('SIGTERM', stop);

say('ready');
for await (const line of createInterface({ input: socket })) {
  const [word, subscriber, address] = line.split(' ');
  if (word === 'decide' && !isStopping) {
    gate.decide({ subscriber, standing: 'verified', address });
    decided++;
    if (decided % 7 === 0) void acknowledge();
  } else if (word === 'counters') say(JSON.stringify(gate.health()));
  else if (word === 'snapshot') {
    await gate.close();
    await ledger.close();
    globalThis.gc?.();
    const { writeHeapSnapshot } = await import('node:v8');
    say(`snapshot ${writeHeapSnapshot(subscriber)}`);
  }
}
