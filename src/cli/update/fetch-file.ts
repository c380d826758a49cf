/**
 * Fetches the file of one entry of the configuration, as its provider wants to be asked, into a
 * temporary file next to the last good one.
 */

import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { fileDetails } from '../../config/option-at-fault.ts';
import {
  type DbIpFile,
  type FileOrigin,
  type HttpsFile,
  type IpinfoFile,
  type LocalFile,
  type MaxMindFile,
  type NpmFile,
  secretsOf,
} from '../../config/table-sources.ts';
import { dayOf, monthsBefore } from '../../days.ts';
import { PortabilityError, portabilityError, systemCodeOf } from '../../errors.ts';
import * as GEO from '../../messages/geo.ts';
import * as UPDATE from '../../messages/update.ts';
import { ask, type Body, type Question } from './https-client.ts';
import { DEFAULT_TIMEOUT_SECONDS, LARGEST_DOWNLOAD, LONGEST_DIGEST } from './limits.ts';
import { withPackage } from './npm-package.ts';
import type { KnownFile } from './state.ts';
import { bounded, unpacked } from './unpack.ts';
import { writeStream } from './write-stream.ts';

/** An entry of the configuration, and where its file is kept. */
export interface Wanted<Origin extends FileOrigin = FileOrigin> {
  readonly origin: Origin;
  /** Path of the entry in the configuration: `sources[0]`. */
  readonly field: string;
  readonly name: string;
  /** Path of the last good file. */
  readonly path: string;
  readonly known: KnownFile;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Reads `env:NAME` and `file:PATH`. */
  resolveSecret(place: string): string;
}

/** A fetched file, which is not checked yet; `undefined` if the last good one is still the newest. */
export type Fetched =
  | undefined
  | (Pick<KnownFile, 'etag' | 'lastModified' | 'version' | 'stated'> & {
      readonly temporary: string;
      readonly sha256: string;
    });

type Validators = Pick<KnownFile, 'etag' | 'lastModified' | 'version' | 'stated'>;

const text = (value: string | string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;

/** What an answer says of its file. */
function validatorsOf({ headers }: Body): Validators {
  const etag = text(headers.etag);
  const lastModified = text(headers['last-modified']);
  const time = Date.parse(lastModified ?? '');
  return {
    ...(etag !== undefined && { etag }),
    ...(lastModified !== undefined && { lastModified }),
    ...(!Number.isNaN(time) && { stated: dayOf(time) }),
  };
}

/** The headers that ask for a file only if it is newer than the last good one. */
function conditions({ known }: Wanted): Record<string, string> {
  if (known.sha256 === undefined) return {};
  return {
    ...(known.etag !== undefined && { 'if-none-match': known.etag }),
    ...(known.lastModified !== undefined && { 'if-modified-since': known.lastModified }),
  };
}

const USER_AGENT = 'laissez-passer';

function readCa(path: string | undefined, field: string): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw portabilityError(UPDATE.caUnreadable, fileDetails(`${field}.ca`, path, error));
  }
}

/** What the providers differ in: the address, the credentials, and the digest. */
interface Asked {
  readonly url: string;
  readonly credentials?: Readonly<Record<string, string>>;
  readonly sha256Url?: string | undefined;
  readonly file?: string | undefined;
}

type ServerFile = Exclude<FileOrigin, LocalFile | NpmFile>;

function questionOf(wanted: Wanted<ServerFile>, asked: Asked, url: string): Question {
  const { origin, field, signal } = wanted;
  const { ca, timeoutSeconds = DEFAULT_TIMEOUT_SECONDS } = origin;
  return {
    url: new URL(url),
    headers: { 'user-agent': USER_AGENT, 'accept-encoding': 'identity' },
    credentials: asked.credentials ?? {},
    credentialFields: Object.keys(secretsOf(origin)).map(name => `${field}.${name}`),
    ca: readCa(ca, field),
    timeoutSeconds,
    signal,
  };
}

/** Reads the SHA-256 at the beginning of a small text. */
async function digestAt(question: Question): Promise<string> {
  const content = await ask(question, async body => {
    if (body.status !== 200) throw portabilityError(UPDATE.downloadChecksumUnreadable);
    let digest = '';
    for await (const chunk of body.chunks()) {
      digest += chunk.toString('latin1');
      if (digest.length > LONGEST_DIGEST) break;
    }
    return digest;
  });
  const [, digest] = /^\s*([0-9a-f]{64})(?:\s|$)/i.exec(content) ?? [];
  if (digest === undefined)
    throw portabilityError(UPDATE.downloadChecksumUnreadable, { host: question.url.host });
  return digest.toLowerCase();
}

/** Saves what a server sends, checks its digest, and takes the file out of it. */
async function download(wanted: Wanted<ServerFile>, asked: Asked): Promise<Fetched | 'missing'> {
  const question = questionOf(wanted, asked, asked.url);
  const packed = `${wanted.path}.download`;
  const conditional = { ...question.headers, ...conditions(wanted) };
  try {
    const saved = await ask({ ...question, headers: conditional }, async body => {
      if (body.status === 404) return 'missing' as const;
      if (body.status === 304) return undefined;
      if (Number(body.headers['content-length'] ?? 0) > LARGEST_DOWNLOAD)
        throw portabilityError(
          UPDATE.downloadTooLarge,
          { host: question.url.host },
          { megabytes: LARGEST_DOWNLOAD / 2 ** 20 },
        );
      const sha256 = await writeStream(packed, bounded(body.chunks()));
      return { sha256, ...validatorsOf(body) };
    });
    if (saved === undefined || saved === 'missing') return saved;
    const { sha256: received, ...validators } = saved;
    if (asked.sha256Url !== undefined) {
      const stated = await digestAt(questionOf(wanted, asked, asked.sha256Url));
      if (stated !== received)
        throw portabilityError(UPDATE.downloadChecksum, { host: question.url.host });
    }
    return { ...validators, ...(await take(wanted, packed, asked.file)) };
  } finally {
    await rm(packed, { force: true }).catch(() => {});
  }
}

/** Takes the file out of a download, into a temporary file. */
async function take({ path }: Wanted, packed: string, file: string | undefined) {
  const temporary = `${path}.new`;
  return { temporary, sha256: await writeStream(temporary, unpacked(packed, file)) };
}

const found = (fetched: Fetched | 'missing', wanted: Wanted, field: string): Fetched => {
  if (fetched !== 'missing') return fetched;
  throw portabilityError(UPDATE.downloadMissing, { option: `${wanted.field}.${field}` });
};

const joined = (base: string, rest: string): string => `${base.replace(/\/$/, '')}/${rest}`;

async function fetchMaxMind(wanted: Wanted<MaxMindFile>): Promise<Fetched> {
  const { edition, account, key, url = 'https://download.maxmind.com' } = wanted.origin;
  const login = `${wanted.resolveSecret(account)}:${wanted.resolveSecret(key)}`;
  const address = joined(url, `geoip/databases/${edition}/download?suffix=tar.gz`);
  const asked = {
    url: address,
    sha256Url: `${address}.sha256`,
    credentials: { authorization: `Basic ${Buffer.from(login).toString('base64')}` },
    file: `${edition}.mmdb`,
  };
  return found(await download(wanted, asked), wanted, 'edition');
}

/** The file of a month appears in the course of its first days: until then, the last one is there. */
async function fetchDbIp(wanted: Wanted<DbIpFile>): Promise<Fetched> {
  const { edition, url = 'https://download.db-ip.com/free' } = wanted.origin;
  const month = dayOf(wanted.now).slice(0, 7);
  for (const version of [month, monthsBefore(month, 1)]) {
    // The validators belong to the file of one month.
    const isKnown = wanted.known.version === version;
    const known = isKnown ? wanted.known : { key: wanted.known.key };
    const asked = { url: joined(url, `${edition}-${version}.mmdb.gz`) };
    const fetched = await download({ ...wanted, known }, asked);
    if (fetched !== 'missing') return fetched && { ...fetched, version };
  }
  return found('missing', wanted, 'edition');
}

/**
 * The token is a parameter of the address, as IPinfo documents it for downloads. Messages name the
 * host only, and the server redirects to an address without it.
 */
async function fetchIpinfo(wanted: Wanted<IpinfoFile>): Promise<Fetched> {
  const { edition, token, url = 'https://ipinfo.io/data' } = wanted.origin;
  const secret = encodeURIComponent(wanted.resolveSecret(token));
  const asked = { url: joined(url, `${edition}.mmdb?token=${secret}`) };
  return found(await download(wanted, asked), wanted, 'edition');
}

async function fetchHttps(wanted: Wanted<HttpsFile>): Promise<Fetched> {
  const { url, sha256Url, headers = {}, file } = wanted.origin;
  const credentials = Object.fromEntries(
    Object.entries(headers).map(([name, place]) => [name, wanted.resolveSecret(place)]),
  );
  return found(await download(wanted, { url, sha256Url, credentials, file }), wanted, 'url');
}

function fetchNpm(wanted: Wanted<NpmFile>): Promise<Fetched> {
  const { origin, folder, signal, known } = wanted;
  const question = { name: origin.package, registry: origin.url, ca: origin.ca, folder, signal };
  const version = known.sha256 === undefined ? undefined : known.version;
  return withPackage(question, version, async packed => ({
    version: packed.version,
    ...(await take(wanted, packed.archive, origin.file)),
  }));
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of bounded(createReadStream(path) as AsyncIterable<Buffer>))
    hash.update(chunk);
  return hash.digest('hex');
}

/** A local file is copied: a run has the last good one, whatever happens to the original. */
async function fetchLocal({ origin, path, known }: Wanted<LocalFile>): Promise<Fetched> {
  const temporary = `${path}.new`;
  try {
    // Opening a pipe can block a thread for ever.
    if (!(await stat(origin.path)).isFile())
      throw portabilityError(GEO.fileSpecial, { path: origin.path });
    if ((await sha256Of(origin.path)) === known.sha256) return undefined;
    const chunks = createReadStream(origin.path) as AsyncIterable<Buffer>;
    return { temporary, sha256: await writeStream(temporary, bounded(chunks)) };
  } catch (error) {
    if (error instanceof PortabilityError) throw error;
    const missing = systemCodeOf(error) === 'ENOENT';
    throw portabilityError(
      missing ? GEO.fileMissing : GEO.fileUnreadable,
      fileDetails(undefined, origin.path, error),
    );
  }
}

const isFrom = <Kind extends FileOrigin['from']>(
  wanted: Wanted,
  kind: Kind,
): wanted is Wanted<Extract<FileOrigin, { readonly from: Kind }>> => wanted.origin.from === kind;

/**
 * Fetches the file of an entry. The last good file is not touched.
 * @throws PortabilityError `ERR_DOWNLOAD_...`, `ERR_OUTPUT`, `ERR_SOURCE_OPEN`; ComeBackLater
 */
export function fetchFile(wanted: Wanted): Promise<Fetched> {
  if (isFrom(wanted, 'maxmind')) return fetchMaxMind(wanted);
  if (isFrom(wanted, 'db-ip')) return fetchDbIp(wanted);
  if (isFrom(wanted, 'ipinfo')) return fetchIpinfo(wanted);
  if (isFrom(wanted, 'npm')) return fetchNpm(wanted);
  if (isFrom(wanted, 'https')) return fetchHttps(wanted);
  return fetchLocal(wanted as Wanted<LocalFile>);
}
