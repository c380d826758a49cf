/**
 * The sidecar that a team would write by hand on the gate, for bench/sidecar.mjs: `node
 * bench/sidecar-by-hand.mjs FOLDER`. One handler of `node:http` decides as the sidecar does, with
 * evidence in SQLite. It has no framework, no metrics, no health check and no refusal document, and
 * it believes whoever connects: it listens on the loopback address alone.
 */
import { createServer } from 'node:http';
import { join } from 'node:path';
import { openGate, openKeyring } from '../dist/index.js';
import { openSqliteLedger } from '../dist/sqlite.js';

const [folder] = process.argv.slice(2);
const ledger = await openSqliteLedger(join(folder, 'ledger.db'));
const keyring = await openKeyring(join(folder, 'keys'));
const gate = await openGate({ evidence: { ledger, keyring } });

const server = createServer(({ url, headers }, response) => {
  if (url !== '/check') {
    response.writeHead(404).end();
    return;
  }
  // nginx overwrites all three, so that each of them has one value.
  const { verdict, reason, code } = gate.decide({
    subscriber: headers['laissez-passer-subscriber'] ?? '',
    standing: headers['laissez-passer-standing'] ?? 'none',
    address: headers['x-forwarded-for'],
  });
  response
    .writeHead(verdict === 'refused' ? 403 : 200, {
      'cache-control': 'no-store',
      'content-length': 0,
      'laissez-passer-verdict': verdict,
      'laissez-passer-reason': reason,
      'laissez-passer-code': code,
    })
    .end();
});
process.once('SIGTERM', () => {
  server.close(async () => {
    await gate.close();
    process.exit();
  });
  server.closeIdleConnections();
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
