/** `serve`: the gate over HTTP, for a gateway that is not Node. Standard error says how it is, never what was decided. */
import { readFile } from 'node:fs/promises';
import { PortabilityError } from '../../errors.ts';
import type { EvidenceOptions } from '../../evidence/options.ts';
import { openSpool } from '../../evidence/sqlite.ts';
import { type Gate, openGate } from '../../gate.ts';
import type { ReloadStatus } from '../../http/reload-status.ts';
import type { SidecarHeaders } from '../../http/sidecar.ts';
import type { Offer } from '../../law/offer.ts';
import type { Language } from '../../law/reasons.ts';
import { readWaivers } from '../desk/desk.ts';
import { openKeyringAt, openLedgerAt } from '../evidence/places.ts';
import { reloadOnHangup } from '../reload.ts';
import type { Terminal } from '../terminal.ts';
import { listen, type Place, parsePlace, untilStopped } from './listening.ts';
import { HELD_BACK, loadStartingTable, type StartingTable, type TableLoadingOptions } from './table-loading.ts';

export interface ServeOptions extends TableLoadingOptions {
  readonly listen: string;
  readonly socket?: string;
  readonly peer?: readonly string[];
  readonly trusted?: readonly string[];
  readonly addressHeader: string;
  readonly subscriberHeader: string;
  readonly standingHeader?: string;
  readonly offerHeader?: string;
  readonly channelHeader?: string;
  readonly offers?: string;
  readonly fittingStatus?: boolean;
  readonly shadow?: boolean;
  readonly clientLanguage: Language;
  readonly ledger?: string;
  readonly register?: string;
  readonly keyring?: string;
  readonly keyringKey?: string;
  readonly spool?: string;
  readonly waivers?: string;
  readonly months?: number;
  readonly onFailure?: 'count' | 'refuse';
  readonly purge: boolean;
  readonly maxTableAge?: number;
}

/** Both packages are the operator's to install, as a gateway that imports the library needs neither. */
async function loadSidecar() {
  return import('../../http/sidecar.ts').catch(() => {
    throw new PortabilityError('ERR_SERVE_PACKAGE', 'serve needs two packages: npm install fastify@5 prom-client@15');
  });
}

/** The offers of a file; what is in them the gate checks. */
async function readOffers(path: string | undefined): Promise<Record<string, Partial<Offer>>> {
  if (path === undefined) return {};
  try {
    const offers: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof offers === 'object' && offers !== null && !Array.isArray(offers))
      return offers as Record<string, Partial<Offer>>;
  } catch {}
  throw new PortabilityError('ERR_OFFER', 'offers are a json file: {"default": {"unknown": "tolerate"}}');
}

/** Ledger and keyring of the options, both or neither; made where they are not there yet. */
async function openStore(options: ServeOptions) {
  const { ledger, keyring, register, keyringKey, spool, standingHeader, months, onFailure, purge } = options;
  if (ledger === undefined && keyring === undefined) {
    if (standingHeader === undefined)
      throw new PortabilityError('ERR_ARGUMENT', 'serve needs --ledger and --keyring, or --standing-header');
    return undefined;
  }
  if (ledger === undefined || keyring === undefined)
    throw new PortabilityError('ERR_ARGUMENT', 'evidence needs --ledger and --keyring');
  const chosen: Partial<EvidenceOptions> = {
    purges: purge,
    ...(months !== undefined && { retentionMonths: months }),
    ...(onFailure !== undefined && { onFailure }),
  };
  const keys = await openKeyringAt({ keyring, ...(keyringKey !== undefined && { keyringKey }) }, true);
  const beside = { ...(register !== undefined && { register }), ...(months !== undefined && { keepMonths: months }) };
  const opened = await openLedgerAt({ ledger, ...beside }, true).catch(error =>
    keys.close().then(() => Promise.reject(error)),
  );
  const spooling = spool === undefined ? Promise.resolve(opened) : openSpool(opened, spool);
  // What stays open would keep the process from ending.
  const kept = await spooling.catch(error => opened.close().then(() => Promise.reject(error)));
  const close = (): Promise<void> => kept.close().finally(keys.close);
  return { evidence: { ledger: kept, keyring: keys, ...chosen }, close };
}

interface Service {
  readonly gate: Gate;
  /** Lets go of ledger and keyring. */
  closeStore(): Promise<void>;
}

async function openService(options: ServeOptions, { table }: StartingTable): Promise<Service> {
  const offers = await readOffers(options.offers);
  const waivers = await readWaivers(options.waivers);
  const store = await openStore(options);
  const closeStore = async (): Promise<void> => store?.close();
  const { maxTableAge } = options;
  const gate = await openGate({
    ...{ table, offers, residence: { waivers } },
    ...(store && { evidence: store.evidence }),
    ...(maxTableAge !== undefined && { maxTableAgeDays: maxTableAge }),
  }).catch(async error => {
    await closeStore();
    throw error;
  });
  return { gate, closeStore };
}

/** Says when evidence fails to be written and when it is again: at the turn, not for every batch. */
function tellFailures({ say, note }: Terminal, gate: Gate): void {
  let isFailing = false;
  gate.onBatch(({ isWritten }) => {
    if (isFailing === isWritten) note(say(isWritten ? 'ledgerWell' : 'ledgerFails'));
    isFailing = !isWritten;
  });
}

const headersOf = (options: ServeOptions): SidecarHeaders => {
  const { addressHeader: address, subscriberHeader: subscriber } = options;
  const { standingHeader: standing, offerHeader: offer, channelHeader: channel } = options;
  return { address, subscriber, ...(standing && { standing }), ...(offer && { offer }), ...(channel && { channel }) };
};

/** A closed TCP socket tells no peer, as a Unix socket does: beside a port `unix` would let in who has hung up. */
function peersOf({ peer, socket }: ServeOptions): readonly string[] {
  if (socket === undefined && peer?.includes('unix'))
    throw new PortabilityError('ERR_ARGUMENT', 'peers on a unix socket need --socket');
  return peer ?? [socket === undefined ? 'loopback' : 'unix'];
}

/** What the server answers with, and what it starts with. */
interface Serving {
  readonly gate: Gate;
  readonly starting: StartingTable;
  readonly reloads: ReloadStatus;
  readonly place: Place;
}

async function serveUntilStopped(terminal: Terminal, options: ServeOptions, serving: Serving): Promise<void> {
  const { say, note, print, json } = terminal;
  const { gate, starting, reloads, place } = serving;
  const { openSidecar } = await loadSidecar();
  const app = openSidecar({
    ...{ gate, headers: headersOf(options), trusted: options.trusted ?? [], language: options.clientLanguage },
    ...{ peers: peersOf(options), shadow: options.shadow === true, hasFittingStatus: options.fittingStatus === true },
    reloads,
  });
  let remembering: Promise<void> = Promise.resolve();
  const reload = reloadOnHangup(terminal, gate, {
    guards: starting.guards,
    onEvent: event => {
      reloads.record(event);
      if (event.type === 'replaced') remembering = starting.remember(event.table);
    },
  });
  const stopped = untilStopped(app, () => {
    note(say('stopping'));
    reload.stop();
  });
  const listening = await listen(app, place);
  remembering = starting.remember(gate.table);
  tellFailures(terminal, gate);
  const words = { place: listening, edition: gate.table.edition.id };
  print(json ? JSON.stringify({ listening }) : say('listening', words));
  await stopped;
  await remembering;
}

export async function serve(terminal: Terminal, options: ServeOptions): Promise<number> {
  // Whenever it comes, a hang-up asks for a newer table and ends nothing: evidence may be on its way.
  process.on('SIGHUP', () => {});
  const place = options.socket === undefined ? parsePlace(options.listen) : { path: options.socket };
  await loadSidecar();
  const { createReloadStatus } = await import('../../http/reload-status.ts');
  const reloads = createReloadStatus();
  const starting = await loadStartingTable(terminal, options, reloads);
  if (starting === undefined) return HELD_BACK;
  const { gate, closeStore } = await openService(options, starting);
  try {
    await serveUntilStopped(terminal, options, { gate, starting, reloads, place });
  } finally {
    await gate.close().finally(closeStore);
  }
  terminal.note(terminal.say('stopped'));
  return 0;
}
