/** HTTPS servers of the tests, with certificates of an authority that is made for one test file. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { inFolder } from './tables.ts';

const run = (args: readonly string[]): void =>
  void execFileSync('openssl', args, { stdio: 'ignore' });

export interface Certificate {
  readonly key: Buffer;
  readonly cert: Buffer;
}

export interface Authority {
  /** Path of its certificate. */
  readonly ca: string;
  /** Makes a certificate for names as in `DNS:localhost`. */
  certify(names: string): Certificate;
}

export function createAuthority(): Authority {
  const folder = mkdtempSync(inFolder('authority-'));
  const at = (name: string): string => join(folder, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const ca = [...key, '-x509', '-subj', '/CN=Test', '-days', '2'];
  run(['req', ...ca, '-keyout', at('ca.key'), '-out', at('ca.pem')]);
  let count = 0;
  return {
    ca: at('ca.pem'),
    certify: names => {
      const file = at(`server-${++count}`);
      const wanted = [...key, '-subj', '/CN=Server'];
      run(['req', ...wanted, '-keyout', `${file}.key`, '-out', `${file}.csr`]);
      writeFileSync(`${file}.ext`, `subjectAltName=${names}\n`);
      const signing = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial'];
      const output = ['-days', '2', '-extfile', `${file}.ext`, '-out', `${file}.pem`];
      run(['x509', '-req', '-in', `${file}.csr`, ...signing, ...output]);
      return { key: readFileSync(`${file}.key`), cert: readFileSync(`${file}.pem`) };
    },
  };
}

export interface Asked {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

export interface HttpsServer {
  /** `https://localhost:PORT` */
  readonly url: string;
  /** Every request so far, in order. */
  readonly asked: Asked[];
  /** What answers the next requests. */
  answer: (request: IncomingMessage, response: ServerResponse) => void;
}

/** Starts a server, which answers 404 until a test says otherwise. */
export async function httpsServer(certificate: Certificate): Promise<HttpsServer> {
  const served: HttpsServer = {
    url: '',
    asked: [],
    answer: (_, response) => void response.writeHead(404).end(),
  };
  const server = createServer({ ...certificate }, (request, response) => {
    served.asked.push({ url: request.url ?? '', headers: request.headers });
    served.answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return Object.assign(served, { url: `https://localhost:${port}` });
}
