/**
 * Implements `serve`: runs the gate as an HTTP service for gateways that do not run Node. The log
 * reports the state of the service and never a decision.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { type Configuration, recordingOptions } from '../../config/configuration.ts';
import { openKeyringAt, openLedgerAt } from '../../config/locations.ts';
import { readNotice, readOffers, readWaivers } from '../../config/operator-files.ts';
import { named, namedLater } from '../../config/option-at-fault.ts';
import { HOUR_MS } from '../../days.ts';
import {
  detailsOf,
  PortabilityError,
  portabilityError,
  textOf,
  withDetails,
} from '../../errors.ts';
import { checkMaxAge } from '../../gate/health.ts';
import { type Gate, openGate } from '../../gate.ts';
import { trustedPrefixes } from '../../geo/forwarded-for.ts';
import type { ZoneTable } from '../../geo/zone-table.ts';
import { checkHeader, checkTryAddress } from '../../http/adapter-options.ts';
import { checkBlockedBy, checkOrigin } from '../../http/refusal.ts';
import type { ReloadStatus } from '../../http/reload-status.ts';
import type { SidecarHeaders } from '../../http/sidecar.ts';
import { checkVerdictLifetime } from '../../http/verdict-lifetime.ts';
import type { DossierEvent } from '../../law/dossier.ts';
import type { OfferChoices } from '../../law/offer.ts';
import type { Language } from '../../law/reasons.ts';
import { openSpool } from '../../ledger/sqlite.ts';
import * as CLI from '../../messages/cli.ts';
import * as UPDATE from '../../messages/update.ts';
import type { EvidenceOptions } from '../../recording/evidence-options.ts';
import type { PrivacyNotice } from '../../recording/privacy-notice.ts';
import type { Offers } from '../../tables/edition-archive.ts';
import { oldestSource } from '../../tables/table-age.ts';
import { dateCell } from '../dates.ts';
import { describeError, failure } from '../error-line.ts';
import { optionName } from '../option-at-fault.ts';
import { reloadOnHangup, type Tell } from '../reload-on-sighup.ts';
import type { Terminal } from '../terminal.ts';
import { libraryVersion } from '../version.ts';
import { tellKeyring } from './keyring-log.ts';
import { listen, type Place, parsePlace, untilStopped } from './listen.ts';
import { type LogFormat, openLog } from './log.ts';
import { tellStart } from './startup.ts';
import {
  HELD_BACK,
  loadStartingTable,
  type StartingTable,
  type TableLoadingOptions,
} from './table-loading.ts';
import type { startUpdates as StartUpdates, Updating } from './table-updates.ts';
import { openTrustedList } from './trusted-proxies-file.ts';

export interface ServeOptions extends TableLoadingOptions {
  readonly listen: string;
  readonly socket?: string;
  readonly peer?: readonly string[];
  readonly trusted?: readonly string[];
  readonly trustedFile?: string;
  readonly addressHeader: string;
  readonly subscriberHeader: string;
  readonly standingHeader?: string;
  readonly offerHeader?: string;
  readonly channelHeader?: string;
  readonly offers?: string | Readonly<Record<string, OfferChoices>>;
  readonly fittingStatus?: boolean;
  readonly shadow?: boolean;
  readonly corsOrigin?: readonly string[];
  readonly decidePreflights?: boolean;
  readonly blockedBy?: string;
  readonly tryAddress?: string;
  /** Seconds for which a granted verdict may be used again. */
  readonly verdictLifetime: number;
  readonly clientLanguage: Language;
  readonly ledger?: string;
  readonly personRecords?: string;
  readonly keyring?: string;
  readonly keyringKey?: string;
  readonly spool?: string;
  readonly waivers?: string | readonly DossierEvent[];
  readonly notice?: string;
  readonly months?: number;
  readonly memoryMegabytes?: number;
  readonly onFailure?: 'count' | 'refuse';
  readonly purge: boolean;
  readonly maxTableAge?: number;
  /** Seconds for which requests are still accepted after a stop signal. */
  readonly drain: number;
  readonly logFormat: LogFormat;
  /** Hours between two updates of the table. Default: none. */
  readonly updateEvery?: number;
  /** Folder in which past editions are kept; default: none are. */
  readonly editions?: string;
}

/**
 * Loads the sidecar. The operator installs its two packages, because a gateway that imports the
 * library needs neither.
 */
async function loadSidecar() {
  return import('../../http/sidecar.ts').catch(() => {
    throw portabilityError(CLI.servePackages);
  });
}

/**
 * Opens the ledger and the keyring of the options, both or neither, and creates them if they do not
 * exist.
 */
async function openStore(
  options: ServeOptions,
  evidence: Configuration['evidence'],
  notice: PrivacyNotice,
) {
  const {
    ledger,
    keyring,
    personRecords,
    keyringKey,
    spool,
    standingHeader,
    months,
    onFailure,
    memoryMegabytes,
    purge,
  } = options;
  if (ledger === undefined && keyring === undefined) {
    if (standingHeader === undefined) throw portabilityError(CLI.serveLedgerMissing);
    return undefined;
  }
  if (ledger === undefined || keyring === undefined)
    throw portabilityError(CLI.evidencePlacesMissing);
  const chosen: Partial<EvidenceOptions> = {
    ...recordingOptions(evidence),
    notice,
    purges: purge,
    ...(months !== undefined && { retentionMonths: months }),
    ...(onFailure !== undefined && { onFailure }),
    ...(memoryMegabytes !== undefined && { memoryMegabytes }),
  };
  const keys = await openKeyringAt(
    { keyring, ...(keyringKey !== undefined && { keyringKey }) },
    true,
  );
  const personRecordsPlace = {
    ...(personRecords !== undefined && { personRecords }),
    ...(months !== undefined && { keepMonths: months }),
  };
  const opened = await openLedgerAt({ ledger, ...personRecordsPlace }, { create: true }).catch(
    error => keys.close().then(() => Promise.reject(error)),
  );
  const spooling =
    spool === undefined
      ? Promise.resolve(opened)
      : namedLater({ option: '--spool' }, () => openSpool(opened, spool));
  // An open ledger would keep the process from ending.
  const kept = await spooling.catch(error => opened.close().then(() => Promise.reject(error)));
  const close = (): Promise<void> => kept.close().finally(keys.close);
  return { evidence: { ledger: kept, keyring: keys, ...chosen }, close };
}

interface Service {
  readonly gate: Gate;
  readonly offers: Offers;
  readonly notice: PrivacyNotice;
  /** Closes the ledger and the keyring. */
  closeStore(): Promise<void>;
}

/**
 * Adds the option at fault to an error of the gate, which knows offers, months and keys but not the
 * options behind them.
 */
function namedAfter(error: unknown, options: ServeOptions): unknown {
  const { offers, months, memoryMegabytes, keyring, ledger } = options;
  if (!(error instanceof PortabilityError)) return error;
  const { code } = error;
  if (code === 'ERR_OFFER' && typeof offers === 'string')
    return withDetails(error, { option: '--offers', path: offers });
  if (code === 'ERR_EVIDENCE_OPTION' && /^memoryMegabytes\b/.test(textOf(error).en))
    return withDetails(error, { option: '--memory-megabytes', value: String(memoryMegabytes) });
  if (code === 'ERR_EVIDENCE_OPTION' && months !== undefined)
    return withDetails(error, { option: '--months', value: String(months) });
  if (code.startsWith('ERR_KEYRING_') && keyring !== undefined)
    return withDetails(error, { option: '--keyring' });
  if (code.startsWith('ERR_LEDGER_') && ledger !== undefined)
    return withDetails(error, { option: '--ledger' });
  return error;
}

async function openService(
  { configuration }: Terminal,
  options: ServeOptions,
  { table }: StartingTable,
): Promise<Service> {
  const offers = await readOffers(options.offers);
  const waivers = await readWaivers(options.waivers);
  const notice = await readNotice(options.notice);
  const store = await openStore(options, configuration?.evidence, notice);
  const closeStore = async (): Promise<void> => store?.close();
  const { maxTableAge } = options;
  const gate = await openGate({
    table,
    offers,
    residence: { waivers },
    ...(store && { evidence: store.evidence }),
    ...(maxTableAge !== undefined && { maxTableAgeDays: maxTableAge }),
  }).catch(async error => {
    await closeStore();
    throw namedAfter(error, options);
  });
  return { gate, closeStore, notice, offers };
}

/** How long the last note may take when the process stops. */
const NOTES_WAIT_MS = 3000;

/** Keeps the tables that take force in the folder of past editions, and notes when. */
interface Notes {
  note(table: ZoneTable): void;
  /** Notes that the gate stops, once all earlier notes are written. */
  stop(): Promise<void>;
}

/**
 * Opens the folder of past editions. A note that cannot be written is reported, once until one
 * succeeds, and does not affect the service.
 * @throws PortabilityError `ERR_EDITION` if the folder cannot be created
 */
async function openNotes(
  { say, language, configuration }: Terminal,
  tell: Tell,
  { editions, months }: ServeOptions,
  offers: Offers,
): Promise<Notes> {
  if (editions === undefined) return { note: () => {}, stop: async () => {} };
  const { openEditionArchive } = await import('../../tables/edition-archive.ts');
  const archive = await namedLater({ option: '--editions', path: editions }, () =>
    openEditionArchive(editions, {
      offers,
      library: libraryVersion(),
      months: months ?? configuration?.evidence?.retentionMonths,
    }),
  );
  let isFailing = false;
  let last: Promise<void> = Promise.resolve();
  const follow = (noting: Promise<void>): void => {
    last = noting.then(
      () => {
        isFailing = false;
      },
      error => {
        const why = error instanceof PortabilityError ? describeError(error, language) : '?';
        if (!isFailing) tell('warn', 'editions-failing', `${say('editionNotKept')}: ${why}`);
        isFailing = true;
      },
    );
  };
  return {
    note: table => follow(archive.note(table)),
    stop: () => {
      follow(archive.noteStop());
      return last;
    },
  };
}

function tellLifetime({ say }: Terminal, tell: Tell, { verdictLifetime: seconds }: ServeOptions) {
  if (seconds > 0)
    tell('info', 'verdict-lifetime', say('logVerdictLifetime', { seconds: String(seconds) }), {
      seconds,
    });
}

/** Logs when writing evidence starts to fail and when it works again, not for every batch. */
function tellFailures({ say, language }: Terminal, tell: Tell, gate: Gate): void {
  let isFailing = false;
  gate.onBatch(({ isWritten, error }) => {
    if (!isWritten && !isFailing) {
      const why = error === undefined ? '' : `: ${describeError(error, language)}`;
      const fields = error === undefined ? {} : { code: error.code, ...detailsOf(error) };
      tell('error', 'ledger-failing', `${say('ledgerFails')}${why}`, fields);
    }
    if (isWritten && isFailing) tell('info', 'ledger-well', say('ledgerWell'));
    isFailing = !isWritten;
  });
}

/** Logs when the table becomes older than its maximum age. Checks at the start and once an hour. */
function tellStale(
  { say, language, configuration }: Terminal,
  tell: Tell,
  gate: Gate,
): { stop(): void } {
  let wasStale = false;
  const look = (): void => {
    const { isTableStale, tableAgeDays, edition } = gate.health();
    if (isTableStale && !wasStale) {
      const { name: source, built } = oldestSource(edition);
      const isUpdated = configuration?.sources !== undefined;
      const action = say(isUpdated ? 'actionUpdate' : 'actionConfigure');
      const day = dateCell(language, built);
      const stale = say('logStale', { edition: edition.id, days: String(tableAgeDays) });
      tell('warn', 'table-stale', `${stale}; ${say('logOldestSource', { source, day, action })}`, {
        edition: edition.id,
        ageDays: tableAgeDays,
        source,
        built,
      });
    }
    wasStale = isTableStale;
  };
  look();
  const timer = setInterval(look, HOUR_MS).unref();
  return { stop: () => clearInterval(timer) };
}

/** Longest interval of updates: a year. */
const MOST_HOURS = 8760;

const HEADERS = [
  'addressHeader',
  'subscriberHeader',
  'standingHeader',
  'offerHeader',
  'channelHeader',
] as const;

/** Checks each option by itself, so that an error names the invalid one. */
export function checkServeOptions(options: Partial<ServeOptions>): void {
  for (const option of HEADERS) {
    const value = options[option];
    if (value !== undefined) named({ option: optionName(option), value }, () => checkHeader(value));
  }
  for (const [option, prefixes] of [
    ['--peer', options.peer] as const,
    ['--trusted', options.trusted] as const,
  ])
    for (const value of prefixes ?? []) named({ option, value }, () => trustedPrefixes([value]));
  for (const value of options.corsOrigin ?? [])
    named({ option: '--cors-origin', value }, () => checkOrigin(value));
  const { blockedBy, tryAddress, verdictLifetime, maxTableAge, updateEvery } = options;
  if (updateEvery !== undefined && !(updateEvery >= 1 && updateEvery <= MOST_HOURS))
    throw portabilityError(
      UPDATE.updateEveryInvalid,
      { option: '--update-every', value: String(updateEvery) },
      { most: MOST_HOURS },
    );
  if (blockedBy !== undefined)
    named({ option: '--blocked-by', value: blockedBy }, () => checkBlockedBy(blockedBy));
  if (tryAddress !== undefined)
    named({ option: '--try-address' }, () => checkTryAddress(tryAddress));
  if (verdictLifetime !== undefined)
    named({ option: '--verdict-lifetime', value: String(verdictLifetime) }, () =>
      checkVerdictLifetime(verdictLifetime),
    );
  if (maxTableAge !== undefined)
    named({ option: '--max-table-age', value: String(maxTableAge) }, () =>
      checkMaxAge(maxTableAge),
    );
}

const headersOf = (options: ServeOptions): SidecarHeaders => {
  const { addressHeader: address, subscriberHeader: subscriber } = options;
  const { standingHeader: standing, offerHeader: offer, channelHeader: channel } = options;
  return {
    address,
    subscriber,
    ...(standing && { standing }),
    ...(offer && { offer }),
    ...(channel && { channel }),
  };
};

/**
 * Returns the allowed peers. A closed TCP socket has no peer address, like a Unix socket. With a
 * port, `unix` would therefore admit clients that have disconnected.
 */
export function peersOf({
  peer,
  socket,
}: Pick<ServeOptions, 'peer' | 'socket'>): readonly string[] {
  if (socket === undefined && peer?.includes('unix'))
    throw portabilityError(CLI.unixPeersWithoutSocket);
  return peer ?? [socket === undefined ? 'loopback' : 'unix'];
}

/** The service together with the state that the server starts with. */
interface Serving extends Service {
  readonly starting: StartingTable;
  readonly reloads: ReloadStatus;
  readonly updating: Pick<Updating, 'hours' | 'plan' | 'status'> | undefined;
  readonly place: Place;
  readonly notes: Notes;
}

async function serveUntilStopped(
  terminal: Terminal,
  tell: Tell,
  options: ServeOptions,
  { gate, offers, notice, starting, reloads, updating, place, notes }: Serving,
): Promise<void> {
  const { say, print, json } = terminal;
  const { openSidecar } = await loadSidecar();
  const peers = peersOf(options);
  let isStopping = false;
  const trusted = openTrustedList(
    terminal,
    tell,
    { given: options.trusted ?? [], peers },
    options.trustedFile,
  );
  const app = openSidecar({
    gate,
    headers: headersOf(options),
    trusted: trusted.current,
    language: options.clientLanguage,
    peers,
    shadow: options.shadow === true,
    hasFittingStatus: options.fittingStatus === true,
    corsOrigins: options.corsOrigin,
    preflight: options.decidePreflights === true ? 'decide' : 'pass',
    blockedBy: options.blockedBy,
    tryAddress: options.tryAddress,
    verdictLifetime: options.verdictLifetime,
    isStopping: () => isStopping,
    reloads,
    updates: updating?.status,
  });
  if (options.tryAddress !== undefined) tell('warn', 'try-address', say('triedAddress'));
  tellLifetime(terminal, tell, options);
  let remembering: Promise<void> = Promise.resolve();
  let updates: { stop(): Promise<void> } | undefined;
  const reload = reloadOnHangup(terminal, gate, {
    guards: starting.guards,
    tell,
    onEvent: event => {
      reloads.record(event);
      if (event.type !== 'replaced') return;
      notes.note(event.table);
      remembering = starting.remember(event.table);
    },
  });
  const stopped = untilStopped(app, {
    drainMs: options.drain * 1000,
    onStop: () => {
      isStopping = true;
      tell('info', 'stopping', say('stopping', { drain: String(options.drain) }), {
        drain: options.drain,
      });
      reload.stop();
      trusted.stop();
      void updates?.stop();
    },
  });
  notes.note(gate.table);
  const listening = await listen(app, place);
  remembering = starting.remember(gate.table);
  tellFailures(terminal, tell, gate);
  const words = { place: listening, edition: gate.table.edition.id };
  const offerNames = [...new Set(['default', ...Object.keys(offers)])];
  tellStart(terminal, tell, options, gate, { listening, peers, offers: offerNames, notice });
  const stale = tellStale(terminal, tell, gate);
  const keyring = tellKeyring(terminal, tell, gate);
  print(json ? JSON.stringify({ listening }) : say('listening', words));
  if (updating !== undefined && !isStopping)
    updates = await startUpdates(terminal, tell, {
      ...updating,
      inForce: () => gate.table.edition,
      onUpdated: reload.check,
    });
  await stopped.finally(stale.stop).finally(keyring.stop);
  await updates?.stop();
  await remembering;
}

/** Starts the updates. Their code is loaded only for them. */
async function startUpdates(...args: Parameters<typeof StartUpdates>) {
  const updates = await import('./table-updates.ts');
  return updates.startUpdates(...args);
}

/**
 * Returns what an update works on, if the table is to be updated.
 * @throws PortabilityError `ERR_CONFIG` if the configuration has no sources or no table
 */
async function updatingOf(
  { configuration, table }: Terminal,
  { updateEvery }: ServeOptions,
  { guards }: StartingTable,
): Promise<Serving['updating']> {
  if (updateEvery === undefined) return undefined;
  const { createUpdateStatus } = await import('../../http/update-status.ts');
  const { planOf } = await import('../update/update-table.ts');
  const plan = planOf(configuration, table, guards);
  return { hours: updateEvery, plan, status: createUpdateStatus() };
}

/**
 * Serves until a stop signal. Returns `false` if a guard held the table back and no table is
 * remembered.
 */
async function run(terminal: Terminal, tell: Tell, options: ServeOptions): Promise<boolean> {
  const place =
    options.socket === undefined ? parsePlace(options.listen) : { path: options.socket };
  checkServeOptions(options);
  await loadSidecar();
  const { createReloadStatus } = await import('../../http/reload-status.ts');
  const reloads = createReloadStatus();
  const starting = await loadStartingTable(terminal, options, reloads);
  if (starting === undefined) return false;
  const updating = await updatingOf(terminal, options, starting);
  const service = await openService(terminal, options, starting);
  let notes: Notes | undefined;
  try {
    notes = await openNotes(terminal, tell, options, service.offers);
    await serveUntilStopped(terminal, tell, options, {
      ...service,
      starting,
      reloads,
      updating,
      place,
      notes,
    });
  } finally {
    await service.gate.close().finally(service.closeStore);
    // The evidence is written. A folder on a server that hangs must not hold up the rest.
    if (notes !== undefined)
      await Promise.race([notes.stop(), delay(NOTES_WAIT_MS, undefined, { ref: false })]);
  }
  return true;
}

const ignoreHangup = (): void => {};

/**
 * Serves requests until a stop signal and returns the exit code: 0 after a normal stop, 2 if a
 * guard held the table back, else 1 or 3 with the error in the log.
 */
export async function serve(terminal: Terminal, options: ServeOptions): Promise<number> {
  // SIGHUP asks for a newer table and must never end the process, because evidence may still be
  // unwritten.
  process.off('SIGHUP', ignoreHangup).on('SIGHUP', ignoreHangup);
  const tell = openLog(options.logFormat, terminal.streams);
  // Notes of other modules, such as the age of the table, go to the log too.
  const logged: Terminal = { ...terminal, note: line => tell('warn', 'note', line) };
  try {
    if (!(await run(logged, tell, options))) {
      tell('error', 'failed', terminal.say('nothingRemembered'));
      return HELD_BACK;
    }
  } catch (error) {
    const { message, fields, code } = ending(terminal.nameFault(error), terminal);
    tell('error', 'failed', message, fields);
    return code;
  }
  tell('info', 'stopped', terminal.say('stopped'));
  return 0;
}

/**
 * Builds the last log line of a process that fails. An error that is not from the library is
 * reported by its name only.
 */
function ending(error: unknown, { language }: Terminal) {
  const { line, code } = failure(error, language);
  const isOurs = error instanceof PortabilityError;
  return {
    message: isOurs ? describeError(error, language) : line,
    fields: isOurs ? { code: error.code, ...detailsOf(error) } : {},
    code,
  };
}
