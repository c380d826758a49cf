/** Opens what a configuration file describes, as the options of a gate. */

import type { FileInput } from '../assets.ts';
import { portabilityError } from '../errors.ts';
import type { GateOptions } from '../gate.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { openSpool } from '../ledger/sqlite.ts';
import * as CONFIG from '../messages/config.ts';
import type { EvidenceOptions } from '../recording/evidence-options.ts';
import { type EvidenceConfiguration, recordingOptions } from './configuration.ts';
import { readConfigurationFile } from './configuration-file.ts';
import { openKeyringAt, openLedgerAt } from './locations.ts';
import { readNotice, readOffers, readWaivers } from './operator-files.ts';
import { namedLater } from './option-at-fault.ts';
import { CONFIG_VARIABLE, LOCATION_VARIABLES } from './variables.ts';

/** Files of the library, for an application whose bundler does not copy them. */
export interface ReadConfigOptions {
  /** The file `laissez-passer/sqlite-worker.cjs`, for a SQLite ledger or a spool. */
  readonly sqliteWorker?: FileInput | undefined;
  /** The file `laissez-passer/compile-worker.cjs`, for a table that is an MMDB file. */
  readonly compileWorker?: FileInput | undefined;
}

/** Opens the ledger, and the spool in front of it. */
async function openLedger(
  evidence: EvidenceConfiguration,
  { sqliteWorker }: ReadConfigOptions,
): Promise<Ledger> {
  const { ledger, personRecords, spool, retentionMonths } = evidence;
  const place = {
    ledger: ledger!,
    ...(personRecords !== undefined && { personRecords }),
    ...(retentionMonths !== undefined && { keepMonths: retentionMonths }),
  };
  const opened = await openLedgerAt(
    place,
    { create: true, sqliteWorker },
    'evidence.ledger',
    'evidence.personRecords',
  );
  if (spool === undefined) return opened;
  return namedLater({ option: 'evidence.spool' }, () =>
    openSpool(opened, spool, { sqliteWorker }),
  ).catch(async error => {
    await opened.close();
    throw error;
  });
}

/** Returns the evidence of the file with the locations that environment variables override. */
function withVariables(evidence: EvidenceConfiguration = {}): EvidenceConfiguration {
  const places = Object.entries(LOCATION_VARIABLES).flatMap(([field, name]) => {
    const value = process.env[name];
    return value === undefined || value === '' ? [] : [[field, value] as const];
  });
  const { personRecords, spool, keyringKey, ...rest } = evidence;
  const given = Object.fromEntries(places);
  // What belongs to the ledger or the keyring of the file does not fit another one.
  const ofLedger = given['ledger'] === undefined ? { personRecords, spool } : {};
  const ofKeyring = given['keyring'] === undefined ? { keyringKey } : {};
  const merged = { ...rest, ...ofLedger, ...ofKeyring, ...given };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined));
}

async function openEvidence(
  evidence: EvidenceConfiguration,
  notice: string | undefined,
  path: string,
  files: ReadConfigOptions,
): Promise<EvidenceOptions | undefined> {
  if (Object.keys(evidence).length === 0) return undefined;
  if (evidence.ledger === undefined || evidence.keyring === undefined)
    throw portabilityError(CONFIG.configPlacesMissing, { path });
  const options = { ...recordingOptions(evidence), notice: await readNotice(notice, 'notice') };
  const { keyring: place, keyringKey } = evidence;
  const keyring = await openKeyringAt(
    { keyring: place, ...(keyringKey !== undefined && { keyringKey }) },
    true,
    'evidence.keyring',
    'evidence.keyringKey',
  );
  const ledger = await openLedger(evidence, files).catch(async error => {
    await keyring.close();
    throw error;
  });
  return { ...options, ledger, keyring, closesStores: true };
}

/**
 * Reads a configuration file and opens its ledger and keyring, for `openGate(await readConfig())`:
 * the gate decides as the sidecar and the desk do that read the same file. The gate closes what was
 * opened. Environment variables of the locations (`LAISSEZ_PASSER_LEDGER`, ...) override the file,
 * as for commands. `guards`, `language`, `desk` and `serve` concern other programs and are only
 * checked.
 * @param path path of the file; default: the variable `LAISSEZ_PASSER_CONFIG`
 * @throws PortabilityError `ERR_CONFIG` on the file, with the path of the field at fault;
 * `ERR_OFFER`, `ERR_DOSSIER_EVENT`, `ERR_NOTICE`, `ERR_LEDGER_...`, `ERR_KEYRING_...`
 */
export async function readConfig(
  path = process.env[CONFIG_VARIABLE],
  files: ReadConfigOptions = {},
): Promise<GateOptions> {
  if (path === undefined || path === '') throw portabilityError(CONFIG.configFileMissing);
  const configuration = readConfigurationFile(path);
  const { table, maxTableAgeDays, evidence, notice } = configuration;
  const offers = await readOffers(configuration.offers, 'offers');
  const waivers = await readWaivers(configuration.waivers, 'waivers');
  return {
    table,
    compileWorker: files.compileWorker,
    offers,
    maxTableAgeDays,
    residence: { waivers },
    evidence: await openEvidence(withVariables(evidence), notice, path, files),
  };
}
