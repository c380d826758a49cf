/**
 * Opens the ledger and the keyring at a location: a file or a server URL, directly, in an
 * environment variable or in a file.
 */

import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { PostgresKeyring } from '../entry/postgres.ts';
import {
  type ErrorDetails,
  PortabilityError,
  portabilityError,
  textOf,
  withDetails,
} from '../errors.ts';
import { openKeyring } from '../keys/file-keyring.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { hostOf } from '../ledger/server-url.ts';
import { openSqliteLedger, type SqliteOptions } from '../ledger/sqlite.ts';
import * as CONFIG from '../messages/config.ts';
import * as KEYS from '../messages/keys.ts';
import { RETENTION_MONTHS } from '../subjects/retention.ts';
import { fileDetails, named, namedLater } from './option-at-fault.ts';

export interface LedgerLocation {
  /**
   * `sqlite:FILE`, `FILE`, `postgres://...`, `redis://...`, `redis+cluster://...` (with
   * `?replicas=1` to wait for copies), or `env:NAME` for the value of a variable.
   */
  readonly ledger: string;
  /** Location of the person records, for a Redis ledger. */
  readonly personRecords?: string;
  /** Retention in months, after which Redis deletes a card. */
  readonly keepMonths?: number;
}

export interface KeyringLocation {
  readonly keyring: string;
  /** The key that wraps the keyring, 64 hexadecimal digits: `FILE`, `file:PATH` or `env:NAME`. */
  readonly keyringKey?: string;
}

/** How a ledger is opened. Here, it is not created by default. */
export type LedgerAccess = SqliteOptions;

/** The locations of ledger and keyring. */
export interface EvidenceLocations extends LedgerLocation, KeyringLocation {}

/**
 * Resolves `env:NAME` and `file:PATH`. Every user of the machine can see a password in a command
 * line.
 */
export function resolveSecret(place: string): string {
  if (place.startsWith('file:')) {
    const path = place.slice('file:'.length);
    try {
      return readFileSync(path, 'utf8').trim();
    } catch (error) {
      throw portabilityError(CONFIG.placeFileUnreadable, fileDetails(undefined, path, error));
    }
  }
  if (!place.startsWith('env:')) return place;
  const value = process.env[place.slice(4)];
  if (value === undefined || value === '')
    throw portabilityError(CONFIG.placeVariable, {
      value: place,
    });
  return value;
}

const isPostgres = (place: string): boolean => /^postgres(ql)?:/.test(place);

/**
 * Describes a location for output: the engine and the address or file, without user and password.
 */
export function describeLocation(place: string): { readonly engine: string; readonly at: string } {
  const named = resolveSecret(place);
  if (isPostgres(named)) return { engine: 'postgres', at: hostOf(named, '5432') };
  if (/^rediss?(\+cluster)?:/.test(named)) {
    const urls = named.includes('+cluster:') ? clusterUrls(named) : [named.split('?')[0]!];
    return { engine: 'redis', at: urls.map(url => hostOf(url, '6379')).join(',') };
  }
  return { engine: 'sqlite', at: filePath(named) };
}

/**
 * Returns the path of a location that is a file.
 * @throws PortabilityError `ERR_CONFIG` for a URL with another scheme: a typing error in `postgres`
 * would create a file whose name holds a password
 */
function filePath(place: string): string {
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(place)) throw portabilityError(CONFIG.placeScheme);
  return place.replace(/^sqlite:/, '');
}

async function openPersonRecordsLedger(
  { personRecords }: LedgerLocation,
  access: LedgerAccess,
  option: string,
): Promise<Ledger> {
  if (personRecords === undefined) throw portabilityError(CONFIG.redisRegisterOption);
  return openLedgerAt({ ledger: personRecords }, access, option);
}

/** Splits `redis+cluster://user:password@host:port,host:port` into one URL per node. */
export function clusterUrls(place: string): string[] {
  const [, scheme, login = '', hosts = ''] =
    /^(rediss?)\+cluster:\/\/(?:(.*)@)?([^/]*)/.exec(place) ?? [];
  return hosts.split(',').map(host => `${scheme}://${login && `${login}@`}${host}`);
}

/**
 * Opens the ledger at a location. It is created only if `create` is set. Errors name the option.
 */
export const openLedgerAt = (
  options: LedgerLocation,
  access: LedgerAccess = {},
  option = '--ledger',
  recordsOption = '--person-records',
): Promise<Ledger> => namedLater({ option }, () => openNamed(options, access, recordsOption));

async function openNamed(
  options: LedgerLocation,
  access: LedgerAccess,
  recordsOption: string,
): Promise<Ledger> {
  const { create = false } = access;
  const place = resolveSecret(options.ledger);
  if (isPostgres(place)) {
    const { openPostgresLedger } = await import('../entry/postgres.ts');
    return openPostgresLedger(place, { create });
  }
  if (/^rediss?(\+cluster)?:/.test(place)) {
    const [bare = '', replicas] = place.split('?replicas=');
    const servers = bare.includes('+cluster:') ? { cluster: clusterUrls(bare) } : { url: bare };
    const durable = {
      replicas: Number(replicas ?? 0),
      keepMonths: options.keepMonths ?? RETENTION_MONTHS,
    };
    const { openRedisLedger } = await import('../ledger/redis.ts');
    const personRecords = await openPersonRecordsLedger(options, access, recordsOption);
    return openRedisLedger({ ...servers, ...durable, personRecords }).catch(error =>
      personRecords.close().then(() => Promise.reject(error)),
    );
  }
  return openSqliteLedger(filePath(place), { ...access, create });
}

/**
 * Reads a wrapping key of 64 hexadecimal digits: `env:NAME` for the value of a variable,
 * `file:PATH` or a path for the content of a file.
 */
export async function wrappingKey(place: string, option: string): Promise<Buffer> {
  const read = async (): Promise<string> => {
    if (place.startsWith('env:')) return named({ option }, () => resolveSecret(place));
    const path = place.replace(/^file:/, '');
    if (/[0-9a-f]{64}$/i.test(path)) throw portabilityError(CONFIG.keyInPlaceOfPath, { option });
    return readFile(path, 'utf8').catch(error => {
      throw portabilityError(CONFIG.keyFileUnreadable, fileDetails(option, path, error));
    });
  };
  const text = (await read()).trim();
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  throw portabilityError(KEYS.wrappingKeyLength, placeDetails(option, place));
}

/** The details of a place for an error: the path of a file, or the name of a variable. */
const placeDetails = (option: string, place: string): ErrorDetails =>
  place.startsWith('env:')
    ? { option, value: place }
    : { option, path: place.replace(/^file:/, '') };

/** Where a keyring is: a file or a URL, and the key that wraps it. */
export interface ResolvedKeyring {
  readonly at: string;
  readonly isPostgres: boolean;
  readonly wrap: Buffer | undefined;
}

/** Resolves the location of a keyring, and reads the key that wraps it. */
export async function resolveKeyring(
  { keyring, keyringKey }: KeyringLocation,
  keyOption = '--keyring-key',
): Promise<ResolvedKeyring> {
  const resolved = resolveSecret(keyring);
  const at = isPostgres(resolved) ? resolved : filePath(resolved);
  if (isPostgres(at) && keyringKey === undefined)
    throw portabilityError(CONFIG.keyringKeyOption, { option: keyOption });
  const wrap = keyringKey === undefined ? undefined : await wrappingKey(keyringKey, keyOption);
  return { at, isPostgres: isPostgres(at), wrap };
}

/**
 * Adds the option of the keyring to an error; if the keyring can be read and only its wrapping key
 * is wrong, the option of that key.
 */
export function keyringError(
  error: unknown,
  { keyringKey }: KeyringLocation,
  option = '--keyring',
  keyOption = '--keyring-key',
): unknown {
  const isKey = error instanceof PortabilityError && error.code === 'ERR_KEYRING_KEY';
  if (!isKey || keyringKey === undefined || error.option !== undefined)
    return withDetails(error, { option });
  return new PortabilityError(error.code, textOf(error), placeDetails(keyOption, keyringKey));
}

/**
 * Opens the keyring at a location. It is created only if `create` is set. Errors name the option.
 */
export async function openKeyringAt(
  place: KeyringLocation,
  create = false,
  option = '--keyring',
  keyOption = '--keyring-key',
): Promise<PostgresKeyring> {
  try {
    const { at, isPostgres, wrap } = await resolveKeyring(place, keyOption);
    if (isPostgres) {
      const { openPostgresKeyring } = await import('../entry/postgres.ts');
      return await openPostgresKeyring(at, { create, wrap: wrap! });
    }
    return { ...(await openKeyring(at, { create, wrap })), close: async () => undefined };
  } catch (error) {
    throw keyringError(error, place, option, keyOption);
  }
}
