/**
 * Opens the ledger and the keyring that a command line names: a file or a server URL, directly or
 * in an environment variable.
 */

import { readFile } from 'node:fs/promises';
import {
  openPostgresKeyring,
  openPostgresLedger,
  type PostgresKeyring,
} from '../../entry/postgres.ts';
import { PortabilityError, portabilityError, textOf } from '../../errors.ts';
import { openKeyring } from '../../keys/file-keyring.ts';
import type { Keyring } from '../../keys/keyring.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { openRedisLedger } from '../../ledger/redis.ts';
import { hostOf } from '../../ledger/server-url.ts';
import { openSqliteLedger } from '../../ledger/sqlite.ts';
import * as CLI from '../../messages/cli.ts';
import { RETENTION_MONTHS } from '../../subjects/retention.ts';
import { fileDetails, namedLater } from '../option-at-fault.ts';

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
  /** Path of the file with the key that wraps a keyring in PostgreSQL: 64 hexadecimal digits. */
  readonly keyringKey?: string;
}

/** The locations of ledger and keyring. */
export interface EvidenceLocations extends LedgerLocation, KeyringLocation {}

/** Resolves `env:NAME`. Every user of the machine can see a password in a command line. */
function fromEnvironment(place: string): string {
  if (!place.startsWith('env:')) return place;
  const value = process.env[place.slice(4)];
  if (value === undefined || value === '')
    throw portabilityError(CLI.placeVariable, {
      value: place,
    });
  return value;
}

const isPostgres = (place: string): boolean => /^postgres(ql)?:/.test(place);

/**
 * Describes a location for output: the engine and the address or file, without user and password.
 */
export function describeLocation(place: string): { readonly engine: string; readonly at: string } {
  const named = fromEnvironment(place);
  if (isPostgres(named)) return { engine: 'postgres', at: hostOf(named, '5432') };
  if (/^rediss?(\+cluster)?:/.test(named)) {
    const urls = named.includes('+cluster:') ? clusterUrls(named) : [named.split('?')[0]!];
    return { engine: 'redis', at: urls.map(url => hostOf(url, '6379')).join(',') };
  }
  return { engine: 'sqlite', at: named.replace(/^sqlite:/, '') };
}

async function openPersonRecordsLedger(
  { personRecords }: LedgerLocation,
  create: boolean,
): Promise<Ledger> {
  if (personRecords === undefined) throw portabilityError(CLI.redisRegisterOption);
  return openLedgerAt({ ledger: personRecords }, create, '--person-records');
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
  create = false,
  option = '--ledger',
): Promise<Ledger> => namedLater({ option }, () => openNamed(options, create));

async function openNamed(options: LedgerLocation, create: boolean): Promise<Ledger> {
  const place = fromEnvironment(options.ledger);
  if (isPostgres(place)) return openPostgresLedger(place, { create });
  if (/^rediss?(\+cluster)?:/.test(place)) {
    const [bare = '', replicas] = place.split('?replicas=');
    const servers = bare.includes('+cluster:') ? { cluster: clusterUrls(bare) } : { url: bare };
    const durable = {
      replicas: Number(replicas ?? 0),
      keepMonths: options.keepMonths ?? RETENTION_MONTHS,
    };
    const personRecords = await openPersonRecordsLedger(options, create);
    return openRedisLedger({ ...servers, ...durable, personRecords }).catch(error =>
      personRecords.close().then(() => Promise.reject(error)),
    );
  }
  return openSqliteLedger(place.replace(/^sqlite:/, ''), { create });
}

async function wrappingKey(path: string | undefined): Promise<Buffer> {
  if (path === undefined) throw portabilityError(CLI.keyringKeyOption);
  const text = await readFile(path, 'utf8').catch(error => {
    const details = fileDetails('--keyring-key', path, error);
    throw portabilityError(CLI.keyFileUnreadable, details);
  });
  return Buffer.from(/^[0-9a-f]{64}$/i.exec(text.trim())?.[0] ?? '', 'hex');
}

/**
 * Opens the keyring at a location. It is created only if `create` is set. Errors name the option.
 */
export const openKeyringAt = (place: KeyringLocation, create = false): Promise<PostgresKeyring> =>
  namedLater({ option: '--keyring' }, async () => {
    const at = fromEnvironment(place.keyring);
    if (!isPostgres(at))
      return { ...(await openKeyring(at, { create })), close: async () => undefined };
    return openPostgresKeyring(at, { create, wrap: await wrappingKey(place.keyringKey) }).catch(
      error => {
        // The server responds; only the key is wrong. Name the key's option.
        const isKey = error instanceof PortabilityError && error.code === 'ERR_KEYRING_KEY';
        if (!isKey || place.keyringKey === undefined) throw error;
        throw new PortabilityError(error.code, textOf(error), {
          option: '--keyring-key',
          path: place.keyringKey,
        });
      },
    );
  });

/** Opens only a ledger, for operations that do not concern a person, and always closes it. */
export async function withLedger<T>(
  place: LedgerLocation,
  work: (ledger: Ledger) => Promise<T>,
  create = false,
  option = '--ledger',
): Promise<T> {
  const ledger = await openLedgerAt(place, create, option);
  return work(ledger).finally(ledger.close);
}

/** Opens only a keyring and always closes it. */
export async function withKeyring<T>(
  place: KeyringLocation,
  work: (keyring: Keyring) => Promise<T>,
  create = false,
): Promise<T> {
  const keyring = await openKeyringAt(place, create);
  return work(keyring).finally(keyring.close);
}

/** Opens both, and restores the tombstones that the keyring keeps for the ledger. */
export const withEvidence = <T>(
  places: EvidenceLocations,
  work: (ledger: Ledger, keyring: Keyring) => Promise<T>,
): Promise<T> =>
  withKeyring(places, keyring =>
    withLedger(places, async ledger => {
      await ledger.restoreTombstones(await keyring.tombstones());
      return work(ledger, keyring);
    }),
  );
