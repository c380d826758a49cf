/**
 * What does the sidecar cost an nginx, and what do the things cost that a user would put in its
 * place? The example of docs/gateway/nginx.conf under wrk, in runs right after each other: without
 * its question, with a list of countries inside nginx, with a service written by hand, and with the
 * sidecar. nginx and what it asks share one core, so that the figure is what both together can do
 * on one. Evidence goes into SQLite. Needs `nginx`, its geoip2 module and `wrk`. `--pairs N`: the
 * number of rounds. `--floor`: a short run of the dearest case, which fails below the floor.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadZoneTable } from '../dist/index.js';
import { openSqliteLedger } from '../dist/sqlite.js';
import { encodeMmdb } from '../dist/tables.js';
import { MANIFEST, requestsOf, SEGMENTS, SUBSCRIBERS, written } from './requests.mjs';
import {
  EXPLANATION,
  load,
  loadInTurns,
  median,
  percent,
  printedRatio,
  printRuns,
  ratiosOf,
  start,
  startUnheard,
  stop,
} from './wrk.mjs';

const here = name => fileURLToPath(new URL(name, import.meta.url));
const GEOIP2 = '/usr/lib/nginx/modules/ngx_http_geoip2_module.so';
const { values: given } = parseArgs({
  options: { floor: { type: 'boolean' }, pairs: { type: 'string' } },
});
const PAIRS = Number(given.pairs ?? (given.floor ? 5 : 12));
const SECONDS = 1;
/** Long enough for every subscriber to be seen once, on a machine that is busy elsewhere too. */
const WARM_UP_SECONDS = 5;
const CONNECTIONS = 32;
/** What CI holds for manifests alone: somewhat below the median, since a shared machine is noisy. */
const LEAST_RATIO = 0.25;
const MEASURED = [
  'nginx and what it asks share one core. bare: without the question. geoip2: the module reads our',
  'table as MMDB and a map of zones refuses, without evidence. by hand: a plain node:http service on',
  'the gate, evidence in SQLite. guarded: the sidecar, evidence in SQLite; by socket: the same on a',
  'Unix socket. kept 30 s: a verdict holds for 30 s in a cache of nginx; each subscriber asks more often than a viewer does.',
].join('\n');
/** Addresses for the check that a kind serves and refuses what it must. */
const HOME = '193.252.1.1';
const OUTSIDE = '128.59.0.1';

/** Replaces what must be there. */
function replaced(text, from, to) {
  if (!text.includes(from)) throw new Error(`the example has changed: no ${from}`);
  return text.replaceAll(from, () => to);
}

const QUESTION = 'auth_request /_laissez_passer;';
/** A refusal is nginx's own short page: there is no sidecar that has the document. */
const withoutDocument = text => replaced(text, 'error_page 403 = @refused;', '');

/**
 * nginx refuses by itself: the geoip2 module reads our table, exported as MMDB, so that every kind
 * grants the same addresses. A file of countries has a map of 30 codes in place of the two zones;
 * either is one search in the file and one in a hash.
 */
const withGeoip2 = (text, folder) =>
  replaced(
    replaced(
      replaced(withoutDocument(text), QUESTION, 'if ($is_elsewhere) { return 403; }'),
      'events {}',
      `load_module ${GEOIP2}; events {}`,
    ),
    'http {',
    `http {
       geoip2 ${join(folder, '..', 'zones.mmdb')} { $zone default=unknown zone; }
       map $zone $is_elsewhere { default 1; home 0; eea 0; }`,
  );

/** Entries of the cache are in memory, as the example says; the folder is removed at the end. */
const CACHES = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'verdicts-'));
/** The marked lines of the example are in force. */
const withCache = text =>
  replaced(replaced(text, '#hold# ', ''), '/dev/shm/laissez-passer', join(CACHES, 'verdicts'));

const ON_PORT = () => ['--listen', '127.0.0.1:0'];
const ON_SOCKET = folder => ['--socket', join(folder, 'sidecar.sock')];

/** The sidecar of this package, with more options. */
const sidecar =
  (place, ...more) =>
  folder => [
    here('../dist/main.js'),
    'serve',
    ...['--lang', 'en', ...place(folder), '--trusted', 'loopback'],
    ...['--standing-header', 'laissez-passer-standing'],
    ...['--ledger', join(folder, 'ledger.db'), '--keyring', join(folder, 'keys')],
    ...more,
  ];

/**
 * What is compared; the first is what the others are measured against. `example` is the file in
 * docs/gateway (default: nginx.conf), `edit` changes it, `service` gives the arguments of the
 * program that nginx asks, whose ledger is `ledger.db` in the folder.
 */
const KINDS = [
  { name: 'bare', edit: text => replaced(text, QUESTION, ''), isOpen: true },
  { name: 'geoip2', edit: withGeoip2 },
  {
    name: 'by hand',
    edit: withoutDocument,
    service: folder => [here('sidecar-by-hand.mjs'), folder],
  },
  { name: 'guarded', service: sidecar(ON_PORT) },
  { name: 'by socket', service: sidecar(ON_SOCKET) },
  { name: 'kept 30 s', edit: withCache, service: sidecar(ON_PORT, '--verdict-lifetime', '30') },
].filter(({ name }) => !given.floor || ['bare', 'guarded'].includes(name));

const freePort = () =>
  new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** The example but for its places; who asks is told by the load. */
function configure({ example = 'nginx.conf', edit = text => text }, folder, port, service) {
  let text = readFileSync(here(`../docs/gateway/${example}`), 'utf8');
  for (const [from, to] of [
    ['worker_processes auto;', `worker_processes 1; pid ${join(folder, 'nginx.pid')};`],
    [
      'listen 8080;',
      `listen 127.0.0.1:${port}; set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;`,
    ],
    ['/srv/programmes', join(folder, '..', 'programmes')],
    ['/var/log/nginx/', `${folder}/`],
    ['$cookie_session;', '$cookie_session; proxy_set_header Laissez-Passer-Standing verified;'],
    ...(service === undefined ? [] : [['127.0.0.1:8451', service]]),
  ])
    text = replaced(text, from, to);
  return written(folder, 'nginx.conf', edit(text, folder));
}

const ask = (origin, address) =>
  fetch(`${origin}${MANIFEST}`, { headers: { 'X-Forwarded-For': address, Cookie: 'session=s1' } });

async function untilItAnswers(origin) {
  for (let tries = 0; tries < 100; tries++) {
    const isThere = await fetch(`${origin}/nothing`).then(
      () => true,
      () => false,
    );
    if (isThere) return;
    await delay(50);
  }
  throw new Error('nginx is needed: apt-get install nginx-light');
}

/** Starts nginx, and what it asks, in a folder of their own. */
async function startKind(kind, parent) {
  const folder = mkdtempSync(join(parent, 'kind-'));
  const service = kind.service && (await start(kind.service(folder)));
  const origin = `http://127.0.0.1:${await freePort()}`;
  const asked = service && /(http|unix):[^\s,]+/.exec(service.origin)[0].replace('http://', '');
  const path = configure(kind, folder, new URL(origin).port, asked);
  const nginx = startUnheard('nginx', [
    '-c',
    path,
    '-g',
    'daemon off; master_process off; user root;',
  ]);
  const children = [{ child: nginx }, ...(service ? [service] : [])];
  const server = { kind: kind.name, origin, folder, children };
  server.pids = children.map(({ child }) => child.pid);
  await untilItAnswers(origin);
  for (const [address, isServed] of [
    [HOME, true],
    [OUTSIDE, kind.isOpen === true],
  ])
    if ((await ask(origin, address)).ok !== isServed)
      throw new Error(
        `${kind.name}: a request that must be ${isServed ? 'served' : 'refused'} is not`,
      );
  return server;
}

function compare(title, servers, paths, folder) {
  const script = written(folder, 'requests.lua', requestsOf(paths));
  const settings = { seconds: SECONDS, connections: CONNECTIONS };
  for (const { origin } of servers) load(origin, script, WARM_UP_SECONDS, CONNECTIONS);
  const runs = Object.fromEntries(KINDS.map(({ name }) => [name, []]));
  loadInTurns(servers, script, { ...settings, rounds: PAIRS }, runs);
  console.log(`${title}: ${PAIRS} runs of ${SECONDS} s each, in turns, ${CONNECTIONS} connections`);
  printRuns(runs);
  const [base, ...others] = KINDS.map(({ name }) => name);
  for (const name of others) {
    const what = name === 'guarded' ? 'with the question' : `of ${name}`;
    console.log(`  throughput ${what}: ${printedRatio(ratiosOf(runs, name, base), 'without')}`);
  }
  return median(ratiosOf(runs, 'guarded', base));
}

/** Everybody who was served has a card, whoever decided. */
async function checkEvidence(folder) {
  const ledger = await openSqliteLedger(join(folder, 'ledger.db'));
  const [{ cards }] = await ledger.months();
  await ledger.close();
  if (cards !== SUBSCRIBERS) throw new Error('evidence is missing');
}

const folder = mkdtempSync(join(tmpdir(), 'sidecar-'));
const servers = [];
try {
  if (!given.floor && !existsSync(GEOIP2))
    throw new Error('the geoip2 module is needed: apt-get install libnginx-mod-http-geoip2');
  mkdirSync(join(folder, 'programmes', 'hls'), { recursive: true });
  writeFileSync(
    join(folder, 'programmes', MANIFEST),
    `#EXTM3U\n${'#EXTINF:6,\nsegment.ts\n'.repeat(50)}`,
  );
  for (const segment of SEGMENTS)
    writeFileSync(join(folder, 'programmes', segment), Buffer.alloc(2 ** 20, 7));
  writeFileSync(join(folder, 'zones.mmdb'), encodeMmdb(await loadZoneTable()));
  for (const kind of KINDS) servers.push(await startKind(kind, folder));
  console.log(`${MEASURED}\n${EXPLANATION}`);
  if (!given.floor)
    compare(
      'a programme, ten segments of 1 MB a manifest',
      servers,
      [MANIFEST, ...SEGMENTS],
      folder,
    );
  const ratio = compare('manifests alone, the dearest case', servers, [MANIFEST], folder);
  for (const { kind, children, folder: ofKind } of servers) {
    for (const child of children) await stop(child);
    if (KINDS.find(({ name }) => name === kind).service) await checkEvidence(ofKind);
  }
  servers.length = 0;
  if (given.floor && ratio < LEAST_RATIO) {
    console.error(`below the floor of ${percent(LEAST_RATIO)}`);
    process.exitCode = 1;
  }
} finally {
  for (const { children } of servers) for (const { child } of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
  rmSync(CACHES, { recursive: true, force: true });
}
