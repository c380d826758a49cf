/**
 * Defines the `sources` and `overlays` of a configuration file: where `table update` gets each file
 * of a table.
 */

import { isAbsolute, join } from 'node:path';
import { fields, list, optional, text, that, variant, wholeNumber } from '../config-schema.ts';
import type { AnonymiserField, OverlayKind } from '../geo/overlay.ts';
import { FILE_FIELDS, OVERLAY_FIELDS } from '../tables/compile-config.ts';

/** What every entry may say about its file. */
export interface FileFacts {
  /** Name in the edition, in logs and in metrics; default: the edition, package or file. */
  readonly name?: string | undefined;
  /** Licence of the data, for the edition. */
  readonly licence?: string | undefined;
  /** UTC day `YYYY-MM-DD` of data that do not state it; default: the day that the server states. */
  readonly built?: string | undefined;
}

/** What every entry may say about its server. */
export interface ServerFacts {
  /**
   * Path of a PEM file with certificate authorities to trust besides the usual ones; for npm,
   * instead of them.
   */
  readonly ca?: string | undefined;
  /** Seconds to wait for an answer, and for each 16 kB of it; default: 30. */
  readonly timeoutSeconds?: number | undefined;
}

/** A file on this machine. */
export interface LocalFile extends FileFacts {
  readonly from?: 'file' | undefined;
  readonly path: string;
  /** Expected SHA-256, 64 hexadecimal digits. Any other file is refused. */
  readonly sha256?: string | undefined;
}

/** A database of MaxMind, with account and licence key as `env:NAME` or `file:PATH`. */
export interface MaxMindFile extends FileFacts, ServerFacts {
  readonly from: 'maxmind';
  /** `GeoLite2-Country`, for example. */
  readonly edition: string;
  readonly account: string;
  readonly key: string;
  /** Another server; default: `https://download.maxmind.com`. */
  readonly url?: string | undefined;
}

/** A monthly free database of DB-IP. */
export interface DbIpFile extends FileFacts, ServerFacts {
  readonly from: 'db-ip';
  /** `dbip-country-lite`, for example. */
  readonly edition: string;
  /** Another server; default: `https://download.db-ip.com/free`. */
  readonly url?: string | undefined;
}

/** A database of IPinfo, with the token as `env:NAME` or `file:PATH`. */
export interface IpinfoFile extends FileFacts, ServerFacts {
  readonly from: 'ipinfo';
  /** `ipinfo_lite`, for example. */
  readonly edition: string;
  readonly token: string;
  /** Another server; default: `https://ipinfo.io/data`. */
  readonly url?: string | undefined;
}

/** A file of an npm package, from the registry that npm is configured for. */
export interface NpmFile extends FileFacts, Pick<ServerFacts, 'ca'> {
  readonly from: 'npm';
  readonly package: string;
  /** Path of the file in the package. */
  readonly file: string;
  /** A registry; default: the one that npm is configured for. */
  readonly url?: string | undefined;
}

/** A file at an HTTPS address, plain, compressed by gzip, or in a compressed tar archive. */
export interface HttpsFile extends FileFacts, ServerFacts {
  readonly from: 'https';
  readonly url: string;
  /** Address of a file that begins with the SHA-256 of the download. */
  readonly sha256Url?: string | undefined;
  /** Headers whose values are `env:NAME` or `file:PATH`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Name of the file in a tar archive; default: the first one that ends in `.mmdb`. */
  readonly file?: string | undefined;
}

/** Where a file of a table comes from. */
export type FileOrigin = LocalFile | MaxMindFile | DbIpFile | IpinfoFile | NpmFile | HttpsFile;

/** A source of a table, as the configuration file names it. */
export type SourceEntry = FileOrigin;

/** An overlay of a table, as the configuration file names it. */
export type OverlayEntry = FileOrigin & {
  readonly kind?: OverlayKind | undefined;
  readonly fields?: readonly AnonymiserField[] | undefined;
};

const SECRET = /^(?:env|file):./;
/** Without a user and a password, which would be in the file in plain. */
const ADDRESS = /^https:\/\/[^\s/?#@]+(?:[/?#]\S*)?$/;
const PLAIN_NAME = /^[\w.-]+$/;
const PACKAGE = /^(?:@[\w.-]+\/)?[\w.-]+$/;
const FILE_IN_PACKAGE = /^(?!\.)[\w.-]+(?:\/(?!\.)[\w.-]+)*$/;
const HEADER = /^[\w-]+$/;

const matching = (pattern: RegExp, en: string, fr: string) =>
  that<string>(value => typeof value === 'string' && pattern.test(value), { en, fr });

const secret = matching(
  SECRET,
  'env:NAME or file:PATH, not the secret itself',
  'env:NOM ou file:CHEMIN, pas le secret lui-même',
);
const address = matching(
  ADDRESS,
  'an address https://..., without a user and a password',
  'une adresse https://..., sans utilisateur ni mot de passe',
);
const plainName = matching(
  PLAIN_NAME,
  'a name of letters, digits and . _ -',
  'un nom fait de lettres, de chiffres et de . _ -',
);
const isSecrets = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.entries(value).every(
    ([name, place]) => HEADER.test(name) && typeof place === 'string' && SECRET.test(place),
  );
const from = optional(text);

/** The fields of an entry, with those of a kind of file. */
function originsWith(more: Parameters<typeof fields>[0]) {
  const { name, licence, built, sha256 } = FILE_FIELDS;
  const path = matching(/./, 'a path', 'un chemin');
  const facts = { from, name, licence, built, ...more };
  const mirror = { ...facts, ca: optional(path), url: optional(address) };
  const remote = { ...mirror, timeoutSeconds: optional(wholeNumber(1, 600)) };
  return variant('from', 'file', {
    file: fields({ ...facts, path, sha256 }),
    maxmind: fields({ ...remote, edition: plainName, account: secret, key: secret }),
    'db-ip': fields({ ...remote, edition: plainName }),
    ipinfo: fields({ ...remote, edition: plainName, token: secret }),
    npm: fields({
      ...mirror,
      package: matching(PACKAGE, 'the name of a package', 'le nom d’un paquet'),
      file: matching(
        FILE_IN_PACKAGE,
        'the path of a file in the package',
        'le chemin d’un fichier du paquet',
      ),
    }),
    https: fields({
      ...remote,
      url: address,
      sha256Url: optional(address),
      headers: optional(
        that<Readonly<Record<string, string>>>(isSecrets, {
          en: 'an object of headers, each with env:NAME or file:PATH',
          fr: 'un objet d’en-têtes, chacun avec env:NOM ou file:CHEMIN',
        }),
      ),
      file: optional(text),
    }),
  });
}

/** A list of sources, and one of overlays, in a configuration file. */
export const sourceEntries = list(originsWith({}));
export const overlayEntries = list(originsWith(OVERLAY_FIELDS));

const inFolder = (folder: string, path: string): string =>
  isAbsolute(path) ? path : join(folder, path);

/** Returns a secret whose file is relative to the folder of the configuration file. */
const secretIn = (folder: string, place: string): string =>
  place.startsWith('file:') ? `file:${inFolder(folder, place.slice('file:'.length))}` : place;

/** Resolves the paths of an entry by the folder of the configuration file. */
export function resolveOrigin<Entry extends FileOrigin>(entry: Entry, folder: string): Entry {
  const resolved: Record<string, unknown> = { ...entry };
  for (const field of ['path', 'ca'])
    if (typeof resolved[field] === 'string') resolved[field] = inFolder(folder, resolved[field]);
  for (const field of ['account', 'key', 'token'])
    if (typeof resolved[field] === 'string') resolved[field] = secretIn(folder, resolved[field]);
  if (entry.from === 'https' && entry.headers !== undefined)
    resolved['headers'] = Object.fromEntries(
      Object.entries(entry.headers).map(([name, place]) => [name, secretIn(folder, place)]),
    );
  return resolved as unknown as Entry;
}

/** Returns the secrets of an entry, by the path of their field within it. */
export function secretsOf(entry: FileOrigin): Readonly<Record<string, string>> {
  if (entry.from === 'maxmind') return { account: entry.account, key: entry.key };
  if (entry.from === 'ipinfo') return { token: entry.token };
  if (entry.from !== 'https') return {};
  return Object.fromEntries(
    Object.entries(entry.headers ?? {}).map(([name, place]) => [`headers.${name}`, place]),
  );
}

/** Returns an address without its query, which may hold a token. */
const withoutQuery = (url: string): string => url.replace(/[?#].*$/s, '?…');

/** Returns an entry as `config check` shows it. */
export function shownOrigin(entry: FileOrigin): FileOrigin {
  const shown: Record<string, unknown> = { ...entry };
  for (const field of ['url', 'sha256Url'])
    if (typeof shown[field] === 'string') shown[field] = withoutQuery(shown[field]);
  return shown as unknown as FileOrigin;
}

/** Returns the name of the file in the edition, in logs and in metrics. */
export function nameOf(entry: FileOrigin): string {
  if (entry.name !== undefined) return entry.name;
  if (entry.from === 'npm') return entry.package;
  if (entry.from === 'https') {
    const { hostname, pathname } = new URL(entry.url);
    return pathname.split('/').filter(Boolean).at(-1) ?? hostname;
  }
  if ('edition' in entry) return entry.edition;
  return entry.path.split(/[\\/]/).at(-1) ?? entry.path;
}
