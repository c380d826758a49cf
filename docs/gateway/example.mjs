/**
 * A small playback gateway: manifest and segments of a made-up programme, each request decided
 * before it is served, evidence in SQLite. `node docs/gateway/example.mjs FOLDER [PORT]` keeps
 * keyring and ledger in the folder, and reads there who is signed in: `sessions.json`,
 * `{ "SESSION": "SUBSCRIBER" }`. SIGTERM: every answered request's evidence is written.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import cookie from '@fastify/cookie';
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

/**
 * The cookie proves nothing by itself: it names a session, and the store says whose that is.
 * A cookie that comes twice is nobody's, because a client, or a page of a neighbouring subdomain,
 * can add one of its own and different programs take a different one of the two.
 */
async function subscriberOf({ headers, cookies }, sessions) {
  const names = (headers.cookie ?? '').split(';').map(pair => pair.split('=', 1)[0].trim());
  if (names.filter(name => name === 'session').length !== 1) return undefined;
  return sessions.get(cookies.session);
}

/**
 * The programme, behind the plugin where there is a gate. `sessions` stands for your session
 * store: `get(session)` answers the subscriber or a promise of it, `undefined` where it knows none.
 */
export async function buildGateway({ gate, sessions = new Map(), ...options } = {}) {
  const app = fastify();
  // The order of the hooks: cookies are read, then the session, then the guard decides.
  await app.register(cookie);
  await app.register(async programme => {
    programme.decorateRequest('subscriber', undefined);
    programme.addHook('onRequest', async request => {
      request.subscriber = await subscriberOf(request, sessions);
    });
    if (gate !== undefined) {
      const subscriber = request => request.subscriber;
      await programme.register(laissezPasser, {
        gate,
        trusted: ['loopback'],
        subscriber,
        ...options,
      });
    }
    programme.get('/hls/master.m3u8', (_, reply) =>
      reply.type('application/vnd.apple.mpegurl').send(MANIFEST),
    );
    programme.get('/hls/:segment.ts', (_, reply) => reply.type('video/mp2t').send(SEGMENT));
  });
  return app;
}

async function main(folder, port = '0') {
  const signedIn = JSON.parse(await readFile(join(folder, 'sessions.json'), 'utf8'));
  const sessions = new Map(Object.entries(signedIn));
  // The folder of the keyring is closed to others: mkdir -m 700.
  const keyring = await openKeyring(join(folder, 'keys'));
  const ledger = await openSqliteLedger(join(folder, 'ledger.db'));
  const gate = await openGate({ evidence: { ledger, keyring } });
  // In earnest the register knows the standing, and this option is left out.
  const app = await buildGateway({ gate, sessions, standing: () => 'verified' });
  process.once('SIGTERM', async () => {
    await app.close();
    await gate.close().finally(() => ledger.close());
  });
  console.log(`listening on ${await app.listen({ host: '127.0.0.1', port: Number(port) })}`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(...process.argv.slice(2));
