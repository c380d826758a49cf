/** Opens a page on one origin in a real browser, with a gateway behind a proxy on another. */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

export const CHROMIUM = '/usr/bin/chromium';
export const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--autoplay-policy=no-user-gesture-required',
];
/** Under CI a browser is required: its absence fails the tests instead of skipping them. */
export const hasBrowser = existsSync(CHROMIUM) || process.env['CI'] === 'true';

export const PROGRAMME = fileURLToPath(new URL('./programme', import.meta.url));

const servers = new Set<Server>();

/** Listens on a free port of loopback and returns the port. */
export async function listen(handler: RequestListener): Promise<number> {
  const server = createServer(handler).listen(0, '127.0.0.1');
  servers.add(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

export async function closeServers(): Promise<void> {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  servers.clear();
}

const read = (path: string): Buffer => readFileSync(new URL(`../../${path}`, import.meta.url));

/** `start` is the script that starts a player with `video`, `notice` and `source`. */
const pageOf = (start: string): string => `<!doctype html>
<html lang="fr"><meta charset="utf-8"><title>tv</title><link rel="icon" href="data:,">
<video muted autoplay playsinline></video>
<div id="notice" role="alert"></div>
<script type="importmap">{"imports":{"hls.js":"/hls.mjs"}}</script>
<script type="module">
  const [video, notice] = [document.querySelector('video'), document.querySelector('#notice')];
  const source = decodeURIComponent(location.search.slice(1));
  window.heard = [];
  ${start}
</script></html>`;

const hear = `hls.on('hlsError', (_, { details, fatal, response }) => heard.push({ details, fatal, code: response?.code }));`;
const PAGES: Readonly<Record<string, string>> = {
  '/token': `const { play } = await import('/player.mjs');
  const identify = xhr => xhr.setRequestHeader('authorization', 'Bearer token-of-a-viewer');
  const hls = play({ video, notice, source, identify });
  ${hear}`,
  '/cookie': `const { play } = await import('/player.mjs');
  const hls = play({ video, notice, source, identify: xhr => { xhr.withCredentials = true; } });
  ${hear}`,
  '/native': `const { playNatively } = await import('/native-player.mjs');
  await playNatively({ video, notice, source });`,
};
const SCRIPTS: Readonly<Record<string, Buffer>> = {
  '/hls.mjs': read('node_modules/hls.js/dist/hls.min.mjs'),
  '/player.mjs': read('docs/gateway/player.mjs'),
  '/native-player.mjs': read('docs/gateway/native-player.mjs'),
};

/** Serves the pages and the players of the documentation, unchanged, on one origin. */
export async function servePages(): Promise<string> {
  const port = await listen(({ url = '' }, response) => {
    const path = url.replace(/\?.*/s, '');
    const page = PAGES[path];
    const script = SCRIPTS[path];
    if (page !== undefined)
      response.setHeader('content-type', 'text/html; charset=utf-8').end(pageOf(page));
    else if (script !== undefined)
      response.setHeader('content-type', 'text/javascript; charset=utf-8').end(script);
    else response.writeHead(404).end();
  });
  return `http://127.0.0.1:${port}`;
}

export interface Proxied {
  readonly origin: string;
  /** The viewer's address, which the proxy writes into `X-Forwarded-For`. */
  address: string;
  /** Awaited before a request is passed on. */
  before: (path: string) => Promise<void>;
  /** The requests from the browser, in order. */
  readonly passed: { readonly method: string; readonly path: string; status: number }[];
}

/**
 * Starts a proxy in front of a gateway that writes the viewer's address, whatever the client wrote.
 */
export async function proxyTo(gatewayPort: number, address: string): Promise<Proxied> {
  const passed: Proxied['passed'] = [];
  const port = await listen(async (incoming, response) => {
    const { method = '', url: path = '', headers } = incoming;
    const entry = { method, path, status: 0 };
    passed.push(entry);
    await proxied.before(path);
    const onward = { ...headers, 'x-forwarded-for': proxied.address };
    const asking = request({ host: '127.0.0.1', port: gatewayPort, method, path, headers: onward });
    asking.on('error', () => response.destroy());
    asking.on('response', answer => {
      entry.status = answer.statusCode ?? 0;
      response.writeHead(entry.status, answer.rawHeaders);
      answer.pipe(response);
    });
    incoming.pipe(asking);
  });
  const origin = `http://127.0.0.1:${port}`;
  const proxied: Proxied = { origin, address, before: async () => {}, passed };
  return proxied;
}
