/**
 * A small playback gateway: manifest and segments of a made-up programme, each request decided before it is served, evidence in SQLite.
 * `node docs/gateway/example.mjs FOLDER [PORT]` keeps keyring and ledger in the folder. SIGTERM: every answered request's evidence is written.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fastify from 'fastify';
import { openGate, openKeyring } from 'laissez-passer';
import { laissezPasser } from 'laissez-passer/fastify';
import { openSqliteLedger } from 'laissez-passer/sqlite';

const SEGMENTS = 10;
/** Six seconds at 1.4 Mbit/s, a low rung of the ladder. */
const SEGMENT = Buffer.alloc(1024 * 1024, 0x47);
const MANIFEST = [
  '#EXTM3U',
  '#EXT-X-VERSION:3',
  '#EXT-X-TARGETDURATION:6',
  ...Array.from({ length: SEGMENTS }, (_, n) => `#EXTINF:6.0,\n${n}.ts`),
  '#EXT-X-ENDLIST',
  '',
].join('\n');

/** The cookie is the session here; in earnest the session is looked up, and says who the subscriber is. */
const sessionOf = ({ headers }) => headers.cookie?.slice('session='.length) ?? '';

/** The programme, behind the plugin where there is a gate. */
export async function buildGateway({ gate, ...options } = {}) {
  const app = fastify();
  await app.register(async programme => {
    programme.decorateRequest('subscriber', '');
    programme.addHook('onRequest', (request, _, done) => {
      request.subscriber = sessionOf(request);
      done();
    });
    if (gate !== undefined) {
      const subscriber = request => request.subscriber;
      await programme.register(laissezPasser, { gate, trusted: ['loopback'], subscriber, ...options });
    }
    programme.get('/hls/master.m3u8', (_, reply) => reply.type('application/vnd.apple.mpegurl').send(MANIFEST));
    programme.get('/hls/:segment.ts', (_, reply) => reply.type('video/mp2t').send(SEGMENT));
  });
  return app;
}

async function main(folder, port = '0') {
  // The folder of the keyring is closed to others: mkdir -m 700.
  const keyring = await openKeyring(join(folder, 'keys'));
  const ledger = await openSqliteLedger(join(folder, 'ledger.db'));
  const gate = await openGate({ evidence: { ledger, keyring } });
  // In earnest the register knows the standing, and this line goes.
  const app = await buildGateway({ gate, standing: () => 'verified' });
  process.once('SIGTERM', async () => {
    await app.close();
    await gate.close().finally(() => ledger.close());
  });
  console.log(`listening on ${await app.listen({ host: '127.0.0.1', port: Number(port) })}`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(...process.argv.slice(2));
