/**
 * Decides in one synchronous call whether a subscriber may watch from an address now. The gate
 * combines table, rule and evidence.
 */

import { type FileInput, isFileInput } from './assets.ts';
import { type Clock, systemClock } from './clock.ts';
import { checkOptionNames, portabilityError } from './errors.ts';
import type { AccessRequest, AsyncAccessRequest } from './gate/access-request.ts';
import { openAsyncDecider } from './gate/decide-async.ts';
import { openDecider } from './gate/decider.ts';
import { tabulateAll } from './gate/decision-table.ts';
import {
  ADDRESS_NOTES,
  type AddressNote,
  checkMaxAge,
  type Health,
  healthOf,
} from './gate/health.ts';
import {
  NO_STANDING_CACHE,
  openStandingCache,
  type ResidenceOptions,
} from './gate/standing-cache.ts';
import { checkTable, type Edition, type ZoneTable } from './geo/zone-table.ts';
import type { OfferChoices } from './law/offer.ts';
import { type Decision, REASONS } from './law/reasons.ts';
import type { Standing } from './law/rule.ts';
import { zoneOfTerritory } from './law/territory.ts';
import * as TABLES from './messages/tables.ts';
import type { BatchReport } from './recording/batcher.ts';
import { checkEvidence, closeStores, type EvidenceOptions } from './recording/evidence-options.ts';
import { openEvidenceRecorder } from './recording/evidence-recorder.ts';
import { KeyringGuard } from './subjects/keyring-check.ts';
import { loadZoneTable } from './tables.ts';

/** Options of a gate; all are optional. */
export interface GateOptions {
  /**
   * A zone table; or a bundle or an MMDB file, by path, by `file:` URL or as bytes. Default: the
   * bundled table, `laissez-passer/zones.bin`, which some bundlers do not copy. The table is
   * the caller's choice and is not checked against guards: those belong to `watchZoneTable`,
   * `table build` and the command `serve`.
   */
  readonly table?: ZoneTable | FileInput | undefined;
  /**
   * The file `laissez-passer/compile-worker.cjs`, for a `table` that is an MMDB file, in an
   * application whose bundler does not copy it.
   */
  readonly compileWorker?: FileInput | undefined;
  /** The provider's choices for each kind of contract, by name; `default` is always present. */
  readonly offers?: Readonly<Record<string, OfferChoices>> | undefined;
  /** Where and how evidence is recorded; default: no evidence. */
  readonly evidence?: EvidenceOptions | undefined;
  /** How residence standings are read from the person records in the evidence ledger. */
  readonly residence?: ResidenceOptions | undefined;
  /** Milliseconds since 1970; default: the system clock. */
  readonly clock?: Clock | undefined;
  /**
   * Days after which a table is stale, by the dates inside its sources; default: 365. With weekly
   * data, 30 is suitable.
   */
  readonly maxTableAgeDays?: number | undefined;
}

/** Makes one decision per request, in one synchronous call; opened by {@link openGate}. */
export interface Gate {
  /**
   * Decides one request. Total: never throws, never awaits, allocates nothing once a subscriber is
   * known on that day. In doubt it refuses, with a reason. Cost: one `locate`, one array read, and
   * with evidence the hash of the subscriber. A closed gate continues to decide and records
   * nothing.
   */
  decide(request: AccessRequest): Decision;
  /**
   * Decides one request with the person records: the standing, if the request has none, and an
   * agent's exception, if it would count. Returns the decision synchronously if these are in memory
   * (at most twice as old as `ttlMs`; if expired, they are read again in the background), else as a
   * promise. If the person records are slow or fail, a refusal that an exception might override
   * waits at most 250 milliseconds, and any other request at most two seconds. Rejects only if a
   * standing has to be read and none is known: `ERR_EVIDENCE_OPTION` without evidence,
   * `ERR_LEDGER_...`.
   */
  decideAsync(request: AsyncAccessRequest): Decision | Promise<Decision>;
  /**
   * Returns the residence standing of a subscriber from memory; `undefined` if it is not cached or
   * has expired (use `loadStanding`). Never waits, never throws.
   */
  standingOf(subscriber: string): Standing | undefined;
  /**
   * Loads the residence standing from the person records, for today (UTC). `none` if there is no
   * dossier: no contract is on record. If the person records cannot be read, returns the last known
   * standing of the subscriber.
   * @throws PortabilityError `ERR_EVIDENCE_OPTION` without evidence, `ERR_LEDGER_...` if no
   * standing is known
   */
  loadStanding(subscriber: string): Promise<Standing>;
  /**
   * Resolves when the evidence of all earlier decisions is durable. Rejects with
   * `ERR_EVIDENCE_WAITING` if the ledger takes nothing: the records wait and are tried again every
   * second. Rejects with `ERR_EVIDENCE_LOST` if some of it was lost.
   */
  flush(): Promise<void>;
  /** Returns the health of the gate. Never throws; costs a copy of the counters. */
  health(): Health;
  /**
   * Counts an observation about the address of a request, in `health().addressNotes`. The adapters
   * call it. An unknown value is ignored.
   */
  noteAddress(note: AddressNote): void;
  /**
   * Reports every batch that the ledger accepts or rejects, until the returned function is called.
   * An error that a listener throws is ignored.
   */
  onBatch(listener: (batch: BatchReport) => void): () => void;
  /** The table in force. */
  readonly table: ZoneTable;
  /**
   * Puts another table in force, from the next decision on.
   * @throws PortabilityError `ERR_ARGUMENT` if the value is not a zone table, `ERR_HOME` if it is
   * for another home State
   */
  replaceTable(table: ZoneTable): void;
  /**
   * Flushes the evidence and closes the gate; safe to call twice. While the ledger fails it tries
   * again for 5 seconds; what the ledger has not taken by then is lost and counted. The ledger
   * stays open, and the caller who opened it closes it, unless `closesStores` is set.
   * @throws PortabilityError `ERR_EVIDENCE_LOST`
   */
  close(): Promise<void>;
}

/** Whether a ledger's country is in the EEA, by law. */
const isInEea = (country: string, on: string): boolean =>
  ['home', 'eea'].includes(zoneOfTerritory(country, { on }));

/** Evidence and law belong to one home State for as long as the gate is open. */
function checkSuccessor(next: ZoneTable, table: ZoneTable): ZoneTable {
  if (checkTable(next).edition.home === table.edition.home) return next;
  throw portabilityError(TABLES.tableOtherHome);
}

const recorderContext = ({ id: edition, home }: Edition, clock: Clock) => ({
  reasons: REASONS,
  home,
  edition,
  clock,
  isInEea,
  isCoarse: clock === systemClock,
});

const OPTION_NAMES = [
  'table',
  'compileWorker',
  'offers',
  'evidence',
  'residence',
  'clock',
  'maxTableAgeDays',
];

async function openEvidence({ evidence, residence }: GateOptions, edition: Edition, clock: Clock) {
  if (evidence === undefined) return { evidenceRecorder: undefined, standings: NO_STANDING_CACHE };
  checkEvidence(evidence);
  // Options are validated first: a recorder that is opened before a failure would continue to
  // purge.
  const { ledger, keyring } = evidence;
  await keyring.checkWritable?.();
  const guard = new KeyringGuard(ledger, keyring);
  const standings = openStandingCache({ ledger, keyring, guard }, clock, residence);
  const context = recorderContext(edition, clock);
  return { evidenceRecorder: await openEvidenceRecorder(evidence, context, guard), standings };
}

/**
 * Opens a gate: loads the table, completes and tabulates the offers, opens the evidence.
 * @throws PortabilityError `ERR_TABLE_...` or `ERR_SOURCE_...` on the table, `ERR_ASSET` on a file
 * of the library that is missing, `ERR_OFFER` on an offer, `ERR_EVIDENCE_OPTION`, `ERR_TRANSFER`
 * and `ERR_KEYRING_...` on the evidence.
 */
export async function openGate(options: GateOptions = {}): Promise<Gate> {
  return open(options).catch(async error => {
    // The reason why it cannot be opened says more than a failure to close.
    await Promise.allSettled([closeStores(options?.evidence)]);
    throw error;
  });
}

async function open(options: GateOptions): Promise<Gate> {
  checkOptionNames(options ?? {}, OPTION_NAMES, 'ERR_ARGUMENT');
  const {
    clock = systemClock,
    offers,
    table: wanted,
    compileWorker,
    maxTableAgeDays = 365,
  } = options ?? {};
  const maxDays = checkMaxAge(maxTableAgeDays);
  const tabulated = tabulateAll(offers ?? {});
  const first =
    wanted === undefined || isFileInput(wanted)
      ? await loadZoneTable(wanted, { compileWorker })
      : checkTable(wanted);
  const { evidenceRecorder, standings } = await openEvidence(options ?? {}, first.edition, clock);
  const decider = openDecider({ table: first, tabulated, evidenceRecorder, standings });
  const asyncDecider = openAsyncDecider(decider, standings, clock);
  const addressNotes = Object.fromEntries(ADDRESS_NOTES.map(note => [note, 0])) as Record<
    AddressNote,
    number
  >;
  let closing: Promise<void> | undefined;
  return {
    decide: decider.decide,
    decideAsync: asyncDecider.decideAsync,
    standingOf: subscriber => standings.of(subscriber)?.standing,
    loadStanding: async subscriber => (await standings.load(subscriber)).standing,
    flush: async () => evidenceRecorder?.flush(),
    health: () => {
      const { edition } = decider.table();
      const counted = { ...decider.counted(), undecided: asyncDecider.undecided(), addressNotes };
      const state = {
        isClosed: closing !== undefined,
        arePersonRecordsFailing: standings.isFailing(),
        standings: standings.memory(),
      };
      return healthOf(
        { edition, maxDays, time: clock(), ...state, ...counted },
        evidenceRecorder?.health(),
      );
    },
    noteAddress: note => {
      if (Object.hasOwn(addressNotes, note)) addressNotes[note]++;
    },
    onBatch: listener => evidenceRecorder?.onBatch(listener) ?? (() => {}),
    get table() {
      return decider.table();
    },
    replaceTable: next => {
      decider.replaceTable(checkSuccessor(next, decider.table()));
      evidenceRecorder?.setEdition(next.edition.id);
    },
    close: () => {
      standings.close();
      closing ??= (evidenceRecorder?.close() ?? Promise.resolve()).finally(() =>
        closeStores(options?.evidence),
      );
      return closing;
    },
  };
}
