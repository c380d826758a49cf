/**
 * Fetches the file of one entry of the configuration, as its provider wants to be asked, into a
 * temporary file next to the last good one.
 */

import { createHash, randomBytes } from 'node:crypto';
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
import { bounded, type Member, unpacked } from './unpack.ts';
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
  /** Variables with secrets of the configuration. */
  readonly secretVariables: readonly string[];
  readonly signal: AbortSignal;
  /** Reads `env:NAME` and `file:PATH`. */
  resolveSecret(place: string): string;
}

/**
 * A fetched file, which is not checked yet; `undefined` if the last good one is still the newest.
 */
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

/** Reads the authorities of an entry, and those that Node adds to the usual ones. */
function readCa(path: string | undefined, field: string): readonly string[] | undefined {
  if (path === undefined) return undefined;
  const { NODE_EXTRA_CA_CERTS: extra } = process.env;
  try {
    return [path, ...(extra ? [extra] : [])].map(each => readFileSync(each, 'utf8'));
  } catch (error) {
    throw portabilityError(UPDATE.caUnreadable, fileDetails(`${field}.ca`, path, error));
  }
}

/** Reads a secret as a request can carry it. Node would quote a value that it refuses. */
function secretOf(wanted: Wanted, name: string, place: string): string {
  const secret = wanted.resolveSecret(place).trim();
  if (/^[\x20-\x7e]+$/.test(secret)) return secret;
  throw portabilityError(UPDATE.secretCharacters, { option: `${wanted.field}.${name}` });
}

/** What the providers differ in: the address, the credentials, and the digest. */
interface Asked {
  readonly url: string;
  readonly credentials?: Readonly<Record<string, string>>;
  readonly sha256Url?: string | undefined;
  /** Whether the digest is that of the file as it is kept, and is asked for first. */
  readonly isDigestFirst?: boolean;
  readonly file?: string | undefined;
}

type ServerFile = Exclude<FileOrigin, LocalFile | NpmFile>;

function questionOf(wanted: Wanted<ServerFile>, asked: Asked, url: string): Question {
  const { origin, field, signal } = wanted;
  const { ca, timeoutSeconds = DEFAULT_TIMEOUT_SECONDS } = origin;
  const { credentials = {}, sha256Url } = asked;
  // The credentials belong to the server of the file. Its digest may be at another one.
  const isOwn = new URL(url).origin === new URL(asked.url).origin;
  return {
    url: new URL(url),
    headers: { 'user-agent': USER_AGENT, 'accept-encoding': 'identity' },
    credentials: isOwn ? credentials : {},
    hasDigest: sha256Url !== undefined,
    credentialFields: Object.keys(secretsOf(origin)).map(name => `${field}.${name}`),
    ca: readCa(ca, field),
    timeoutSeconds,
    signal,
  };
}

/** Reads a SHA-256: at the beginning of a small text, or as the JSON of IPinfo. */
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
  const [, digest] = /(?:^\s*|"sha256":\s*")([0-9a-f]{64})(?:[\s"]|$)/i.exec(content) ?? [];
  if (digest === undefined)
    throw portabilityError(UPDATE.downloadChecksumUnreadable, { host: question.url.host });
  return digest.toLowerCase();
}

/** Saves what a server sends, checks its digest, and takes the file out of it. */
async function download(wanted: Wanted<ServerFile>, asked: Asked): Promise<Fetched | 'missing'> {
  const question = questionOf(wanted, asked, asked.url);
  const packed = temporaryOf(wanted, 'download');
  const conditional = { ...question.headers, ...conditions(wanted) };
  const { sha256Url, isDigestFirst = false } = asked;
  const askDigest = (): Promise<string | undefined> =>
    sha256Url === undefined
      ? Promise.resolve(undefined)
      : digestAt(questionOf(wanted, asked, sha256Url));
  try {
    const first = isDigestFirst ? await askDigest() : undefined;
    if (first !== undefined && first === wanted.known.sha256) return undefined;
    const saved = await ask({ ...question, headers: conditional }, async body => {
      if (body.status === 404) return 'missing' as const;
      if (body.status === 304) {
        if (Object.keys(conditions(wanted)).length > 0) return undefined;
        throw portabilityError(UPDATE.downloadStatus, { host: question.url.host }, { status: 304 });
      }
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
    const stated = first ?? (await askDigest());
    if (stated !== undefined && stated !== received)
      throw portabilityError(UPDATE.downloadChecksum, { host: question.url.host });
    return { ...validators, ...(await take(wanted, packed, { file: asked.file })) };
  } finally {
    await rm(packed, { force: true }).catch(() => {});
  }
}

/** Returns the path of a new temporary file: no two writers have the same one. */
const temporaryOf = ({ path }: Wanted, kind: 'download' | 'new'): string =>
  `${path}.${randomBytes(4).toString('hex')}.${kind}`;

/** Takes the file out of a download, into a temporary file. */
async function take(wanted: Wanted, packed: string, member: Member) {
  const temporary = temporaryOf(wanted, 'new');
  return { temporary, sha256: await writeStream(temporary, unpacked(packed, member)) };
}

const found = (fetched: Fetched | 'missing', wanted: Wanted, field: string): Fetched => {
  if (fetched !== 'missing') return fetched;
  throw portabilityError(UPDATE.downloadMissing, { option: `${wanted.field}.${field}` });
};

const joined = (base: string, rest: string): string => `${base.replace(/\/$/, '')}/${rest}`;

async function fetchMaxMind(wanted: Wanted<MaxMindFile>): Promise<Fetched> {
  const { edition, account, key, url = 'https://download.maxmind.com' } = wanted.origin;
  const login = `${secretOf(wanted, 'account', account)}:${secretOf(wanted, 'key', key)}`;
  const address = joined(url, `geoip/databases/${edition}/download?suffix=tar.gz`);
  const asked = {
    url: address,
    sha256Url: `${address}.sha256`,
    credentials: { authorization: `Basic ${Buffer.from(login).toString('base64')}` },
    file: `${edition}.mmdb`,
  };
  return found(await download(wanted, asked), wanted, 'edition');
}

/**
 * The file of a month appears in the course of its first days: until then, the last one is there.
 */
async function fetchDbIp(wanted: Wanted<DbIpFile>): Promise<Fetched> {
  const { edition, url = 'https://download.db-ip.com/free' } = wanted.origin;
  const { version: last = '' } = wanted.known;
  const today = dayOf(wanted.now).slice(0, 7);
  const month = today < last ? last : today;
  for (const version of [month, monthsBefore(month, 1)]) {
    // A file that is gone is not replaced by an older one.
    if (version < last) break;
    // The validators belong to the file of one month.
    const known = last === version ? wanted.known : { key: wanted.known.key };
    const asked = { url: joined(url, `${edition}-${version}.mmdb.gz`) };
    const fetched = await download({ ...wanted, known }, asked);
    if (fetched !== 'missing') return fetched && { ...fetched, version };
  }
  return found('missing', wanted, 'edition');
}

/**
 * The token is a parameter of the address, as IPinfo documents it for downloads. Messages name the
 * host only, and the server redirects to an address without it. The digest is asked for first,
 * because IPinfo allows few downloads a day.
 */
async function fetchIpinfo(wanted: Wanted<IpinfoFile>): Promise<Fetched> {
  const { edition, token, url = 'https://ipinfo.io/data' } = wanted.origin;
  const secret = encodeURIComponent(secretOf(wanted, 'token', token));
  const asked = {
    url: joined(url, `${edition}.mmdb?token=${secret}`),
    sha256Url: joined(url, `${edition}.mmdb/checksums?token=${secret}`),
    isDigestFirst: true,
  };
  return found(await download(wanted, asked), wanted, 'edition');
}

async function fetchHttps(wanted: Wanted<HttpsFile>): Promise<Fetched> {
  const { url, sha256Url, headers = {}, file } = wanted.origin;
  const credentials = Object.fromEntries(
    Object.entries(headers).map(([name, place]) => [
      name,
      secretOf(wanted, `headers.${name}`, place),
    ]),
  );
  return found(await download(wanted, { url, sha256Url, credentials, file }), wanted, 'url');
}

function fetchNpm(wanted: Wanted<NpmFile>): Promise<Fetched> {
  const { origin, folder, secretVariables, signal, known } = wanted;
  const { package: name, url: registry, ca, file } = origin;
  const question = { name, registry, ca, folder, secretVariables, signal };
  const version = known.sha256 === undefined ? undefined : known.version;
  return withPackage(question, version, async packed => ({
    version: packed.version,
    ...(await take(wanted, packed.archive, { path: `package/${file}` })),
  }));
}

/** Returns the SHA-256 of a file, which is read in pieces. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of bounded(createReadStream(path) as AsyncIterable<Buffer>))
    hash.update(chunk);
  return hash.digest('hex');
}

/** A local file is copied: a run has the last good one, whatever happens to the original. */
async function fetchLocal(wanted: Wanted<LocalFile>): Promise<Fetched> {
  const { origin, known } = wanted;
  const temporary = temporaryOf(wanted, 'new');
  try {
    // Opening a pipe can block a thread for ever.
    const before = await stat(origin.path);
    if (!before.isFile()) throw portabilityError(GEO.fileSpecial, { path: origin.path });
    if ((await sha256Of(origin.path)) === known.sha256) return undefined;
    const chunks = createReadStream(origin.path) as AsyncIterable<Buffer>;
    const sha256 = await writeStream(temporary, bounded(chunks));
    const after = await stat(origin.path);
    if (after.size !== before.size || after.mtimeMs !== before.mtimeMs) {
      await rm(temporary, { force: true });
      throw portabilityError(UPDATE.downloadIncomplete, { path: origin.path });
    }
    return { temporary, sha256 };
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
