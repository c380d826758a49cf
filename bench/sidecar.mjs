/**
 * What does the sidecar cost an nginx? The example of docs/gateway/nginx.conf with and without its question, under wrk, in pairs of runs right after each
 * other. nginx and sidecar share one core, so that the figure is what both together can do on one. Evidence goes into SQLite. Needs `nginx` and `wrk`.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openSqliteLedger } from '../dist/sqlite.js';
import { MANIFEST, requestsOf, SEGMENTS, SUBSCRIBERS, written } from './requests.mjs';
import { load, median, percent, start, startUnheard, stop } from './wrk.mjs';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const EXAMPLE = readFileSync(new URL('../docs/gateway/nginx.conf', import.meta.url), 'utf8');
const PAIRS = 12;
const SECONDS = 1;
const WARM_UP_SECONDS = 5;
const CONNECTIONS = 32;

const freePort = () =>
  new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** The example but for its places; who asks is told by the load. */
function configure(folder, name, port, sidecar) {
  const guarded = EXAMPLE.replace(
    'worker_processes auto;',
    `worker_processes 1; pid ${folder}/${name}.pid;`,
  )
    .replace(
      'listen 8080;',
      `listen 127.0.0.1:${port}; set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;`,
    )
    .replace('127.0.0.1:8451', new URL(sidecar).host)
    .replace('/srv/programmes', join(folder, 'programmes'))
    .replaceAll('/var/log/nginx/', `${folder}/${name}-`)
    .replace(
      '$cookie_session;',
      '$cookie_session; proxy_set_header Laissez-Passer-Standing verified;',
    );
  const bare = guarded.replace('auth_request /_laissez_passer;', '');
  return written(folder, `${name}.conf`, name === 'bare' ? bare : guarded);
}

async function startNginx(folder, name, sidecar) {
  const origin = `http://127.0.0.1:${await freePort()}`;
  const path = configure(folder, name, new URL(origin).port, sidecar);
  const child = startUnheard('nginx', [
    '-c',
    path,
    '-g',
    'daemon off; master_process off; user root;',
  ]);
  for (let tries = 0; tries < 100; tries++) {
    const isThere = await fetch(`${origin}/nothing`).then(
      () => true,
      () => false,
    );
    if (isThere) return { origin, child };
    await delay(50);
  }
  throw new Error('nginx is needed: apt-get install nginx-light');
}

function compare(title, servers, script) {
  const runs = { bare: [], guarded: [] };
  for (const { origin } of Object.values(servers))
    load(origin, script, WARM_UP_SECONDS, CONNECTIONS);
  for (let pair = 0; pair < PAIRS; pair++)
    for (const name of pair % 2 === 0 ? ['bare', 'guarded'] : ['guarded', 'bare'])
      runs[name].push(load(servers[name].origin, script, SECONDS, CONNECTIONS));
  console.log(`${title}: ${PAIRS} runs of ${SECONDS} s each, in turns, ${CONNECTIONS} connections`);
  const [rates, tails] = ['rate', 'p99'].map(
    figure => name => median(runs[name].map(run => run[figure])),
  );
  for (const name of ['bare', 'guarded'])
    console.log(
      `  ${name.padEnd(8)} ${rates(name).toFixed(0).padStart(7)} requests/s, p99 ${tails(name).toFixed(2)} ms`,
    );
  const ratios = runs.guarded.map(({ rate }, n) => rate / runs.bare[n].rate);
  console.log(
    `  throughput with the question: ${percent(median(ratios))} of that without, median of the pairs`,
  );
}

const folder = mkdtempSync(join(tmpdir(), 'sidecar-'));
try {
  const programmes = join(folder, 'programmes', 'hls');
  mkdirSync(programmes, { recursive: true });
  writeFileSync(
    join(folder, 'programmes', MANIFEST),
    `#EXTM3U\n${'#EXTINF:6,\nsegment.ts\n'.repeat(50)}`,
  );
  for (const segment of SEGMENTS)
    writeFileSync(join(folder, 'programmes', segment), Buffer.alloc(2 ** 20, 7));
  const places = [
    '--ledger',
    join(folder, 'ledger.db'),
    '--keyring',
    join(mkdtempSync(join(folder, 'keys-')), 'keys'),
  ];
  const options = [
    '--standing-header',
    'laissez-passer-standing',
    '--trusted',
    'loopback',
    '--listen',
    '127.0.0.1:0',
  ];
  const sidecar = await start([MAIN, 'serve', '--lang', 'en', ...options, ...places]);
  const asked = /http:\/\/\S+/.exec(sidecar.origin)[0].replace(/,$/, '');
  const servers = {
    bare: await startNginx(folder, 'bare', asked),
    guarded: await startNginx(folder, 'guarded', asked),
  };
  compare(
    'a programme, ten segments of 1 MB a manifest',
    servers,
    written(folder, 'programme.lua', requestsOf([MANIFEST, ...SEGMENTS])),
  );
  compare(
    'manifests alone, the dearest case',
    servers,
    written(folder, 'manifests.lua', requestsOf([MANIFEST])),
  );
  for (const server of [...Object.values(servers), sidecar]) await stop(server);
  const ledger = await openSqliteLedger(join(folder, 'ledger.db'));
  const [{ cards }] = await ledger.months();
  if (cards !== SUBSCRIBERS) throw new Error('evidence is missing');
  await ledger.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
