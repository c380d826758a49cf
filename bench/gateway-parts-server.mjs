/**
 * A gateway that does a part of what the plugin does: `node bench/gateway-parts-server.mjs PART
 * FOLDER`. It is the server of docs/gateway/example.mjs, with another hook in the plugin's place.
 */
import { join } from 'node:path';
import cookie from '@fastify/cookie';
import fastify from 'fastify';
import { laissezPasser } from '../dist/fastify.js';
import { clientAddress, openGate, openKeyring, trustedPrefixes } from '../dist/index.js';
import { openSqliteLedger } from '../dist/sqlite.js';

const MANIFEST = `#EXTM3U\n${'#EXTINF:6,\nsegment.ts\n'.repeat(10)}`;
const TRUSTED = trustedPrefixes(['loopback']);
const [part, folder] = process.argv.slice(2);

const openEvidence = async () => ({
  ledger: await openSqliteLedger(join(folder, 'ledger.db')),
  keyring: await openKeyring(join(folder, 'keys')),
});
const gate = await openGate(
  part.endsWith('with evidence') ? { evidence: await openEvidence() } : {},
);

const inputOf = ({ raw }) => ({
  peer: raw.socket.remoteAddress,
  forwardedFor: raw.headers['x-forwarded-for'],
  trusted: TRUSTED,
});
const decisionOf = request =>
  gate.decide({
    subscriber: request.subscriber,
    standing: 'verified',
    address: clientAddress(inputOf(request)),
  });

/** What a hook does with a request; the result is kept on the request, so that none is optimised away. */
const WORK = {
  'empty hook': () => null,
  'peer and header read': inputOf,
  'address found': request => clientAddress(inputOf(request)),
  located: request => gate.table.locate(clientAddress(inputOf(request))),
  'decide, without evidence': decisionOf,
  'decide, with evidence': decisionOf,
};

const addPart = (app, work) => {
  app.decorateRequest('part', null);
  app.addHook('onRequest', (request, _reply, done) => {
    request.part = work(request);
    done();
  });
};

/** As in the example: a cookie that comes twice identifies no subscriber. */
async function subscriberOf({ headers, cookies }) {
  const names = (headers.cookie ?? '').split(';').map(pair => pair.split('=', 1)[0].trim());
  return names.filter(name => name === 'session').length === 1 ? cookies.session : undefined;
}

const app = fastify();
await app.register(cookie);
await app.register(async programme => {
  programme.decorateRequest('subscriber', undefined);
  programme.addHook('onRequest', async request => {
    request.subscriber = await subscriberOf(request);
  });
  if (part.startsWith('plugin'))
    await programme.register(laissezPasser, {
      gate,
      trusted: ['loopback'],
      subscriber: request => request.subscriber,
      standing: () => 'verified',
    });
  else if (part !== 'bare') addPart(programme, WORK[part]);
  programme.get('/hls/master.m3u8', (_, reply) =>
    reply.type('application/vnd.apple.mpegurl').send(MANIFEST),
  );
});
process.once('SIGTERM', async () => {
  await app.close();
  await gate.close();
  console.log(JSON.stringify(gate.health()));
  process.exit();
});
console.log(await app.listen({ host: '127.0.0.1', port: 0 }));
