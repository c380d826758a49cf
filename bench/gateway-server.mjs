/** The example gateway for its benchmark: `node bench/gateway-server.mjs KIND FOLDER`; KIND is bare, or the state of its ledger. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openGate, openKeyring } from '../dist/index.js';
import { openSqliteLedger } from '../dist/sqlite.js';
import { buildGateway } from '../docs/gateway/example.mjs';

/** What becomes of a write. */
const WRITES = {
  well: ledger => ledger.write,
  slow: ledger => async batch => {
    await delay(1000);
    return ledger.write(batch);
  },
  failing: () => () => Promise.reject(new Error('disk')),
  stuck: () => () => new Promise(() => {}),
};

const [kind, folder] = process.argv.slice(2);
let gate;
if (kind !== 'bare') {
  const sqlite = await openSqliteLedger(join(folder, 'ledger.db'));
  const ledger = { ...sqlite, write: WRITES[kind](sqlite) };
  gate = await openGate({ evidence: { ledger, keyring: await openKeyring(join(folder, 'keys')) } });
}
// Each session of the load is somebody's.
const sessions = { get: session => session };
const app = await buildGateway({ gate, sessions, standing: () => 'verified' });
process.once('SIGTERM', async () => {
  await app.close();
  // The counts tell of a ledger that does not come round as well.
  if (kind === 'well') await gate.close();
  if (gate !== undefined) console.log(JSON.stringify(gate.health().evidence));
  process.exit();
});
console.log(await app.listen({ host: '127.0.0.1', port: 0 }));
