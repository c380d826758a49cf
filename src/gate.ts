/** May this subscriber watch now, from this address? The gate composes table, rule and evidence into one synchronous call. */

import { type Clock, systemClock } from './clock.ts';
import { checkOptionNames, PortabilityError } from './errors.ts';
import type { BatchReport } from './evidence/batches.ts';
import { openKeeper } from './evidence/keeper.ts';
import { checkEvidence, type EvidenceOptions } from './evidence/options.ts';
import { openAsking } from './gate/asking.ts';
import { openDecider } from './gate/deciding.ts';
import { ADDRESS_NOTES, type AddressNote, checkMaxAge, type Health, healthOf } from './gate/health.ts';
import type { AccessRequest, AskedRequest } from './gate/request.ts';
import { tabulateAll } from './gate/ruling.ts';
import { NO_STANDINGS, openStandings, type ResidenceOptions } from './gate/standings.ts';
import type { OfferChoices } from './law/offer.ts';
import { type Decision, REASONS } from './law/reasons.ts';
import type { Standing } from './law/rule.ts';
import { zoneOfTerritory } from './law/territory.ts';
import { checkTable, type Edition, type ZoneTable } from './place/table.ts';
import { loadZoneTable } from './tables.ts';

/** What a gate decides on and where it keeps its evidence; all of it is optional. */
export interface GateOptions {
  /**
   * A zone table, or the path of a bundle or an MMDB file; the bundled table unless given. It is the
   * caller's choice and is not held against guards: those belong to `watchZoneTable`, `table build`
   * and the command `serve`.
   */
  readonly table?: ZoneTable | string | undefined;
  /** The provider's choices for each kind of contract, by name; `default` is always there. */
  readonly offers?: Readonly<Record<string, OfferChoices>> | undefined;
  /** Where and how evidence is kept; none is unless given. */
  readonly evidence?: EvidenceOptions | undefined;
  /** How residence standings are read from the register of the evidence. */
  readonly residence?: ResidenceOptions | undefined;
  /** Milliseconds since 1970; the system's clock unless given. */
  readonly clock?: Clock | undefined;
  /** Days after which a table counts as stale, by the dates inside its sources; 365 unless given. Operators with weekly data say 30. */
  readonly maxTableAgeDays?: number | undefined;
}

/** One decision a request, in one synchronous call; opened by {@link openGate}. */
export interface Gate {
  /**
   * Decides one request. Total: never throws, never awaits, allocates nothing once a subscriber is known that day; doubt is a reason and
   * refuses. Cost: one `locate`, one array read, and with evidence the hash of the subscriber. A closed gate goes on deciding and keeps
   * nothing.
   */
  decide(request: AccessRequest): Decision;
  /**
   * Decides one request with what the register says: the standing, unless it is given, and an agent's exception, where it would count. At once
   * where that is in memory (at most twice as old as it may be: then it is read anew, behind the answer), else as a promise. A register that is slow
   * or fails does not hold up a refusal that an exception might have cured for more than a quarter of a second, and any other request for more than two.
   * Rejects only where a standing has to be read and nothing is known: `ERR_EVIDENCE_OPTION` without evidence, `ERR_LEDGER_...`.
   */
  ask(request: AskedRequest): Decision | Promise<Decision>;
  /**
   * The residence standing of a subscriber, from memory; `undefined` where it is not there, or older than it may be: then `loadStanding`.
   * Never waits, never throws.
   */
  standingOf(subscriber: string): Standing | undefined;
  /**
   * The residence standing from the register, today (UTC). `none` where it holds no dossier: no contract is on record. Where the register can not
   * be read, the last standing known of the subscriber.
   * @throws PortabilityError `ERR_EVIDENCE_OPTION` without evidence, `ERR_LEDGER_...` where nothing is known
   */
  loadStanding(subscriber: string): Promise<Standing>;
  /** Resolves when everything decided before it is durable; rejects with `ERR_EVIDENCE_LOST` where some of it failed. */
  flush(): Promise<void>;
  /** Never throws; costs a copy of the counters. */
  health(): Health;
  /** Counts what was seen of the address of a request, in `health().addressNotes`; the adapters call it. Another word counts nothing. */
  noteAddress(note: AddressNote): void;
  /** Tells of every batch that the ledger has taken or not, until the function that it answers is called. What a listener throws is dropped. */
  onBatch(listener: (batch: BatchReport) => void): () => void;
  /** The table in force. */
  readonly table: ZoneTable;
  /**
   * Puts another table in force, from the next decision on.
   * @throws PortabilityError `ERR_ARGUMENT` on what is no table, `ERR_HOME` on one of another home State
   */
  replaceTable(table: ZoneTable): void;
  /** Flushes and lets go; safe to call twice. The ledger stays open: who opened it closes it. */
  close(): Promise<void>;
}

/** The law's answer for a ledger's country. */
const isInEea = (country: string, on: string): boolean => ['home', 'eea'].includes(zoneOfTerritory(country, { on }));

/** Evidence and law are of one home State for as long as the gate is open. */
function checkSuccessor(next: ZoneTable, table: ZoneTable): ZoneTable {
  if (checkTable(next).edition.home === table.edition.home) return next;
  throw new PortabilityError('ERR_HOME', 'the new table is of another home state');
}

const keeperContext = ({ id: edition, home }: Edition, clock: Clock) => ({
  ...{ reasons: REASONS, home, edition, clock, isInEea },
  isCoarse: clock === systemClock,
});

const OPTION_NAMES = ['table', 'offers', 'evidence', 'residence', 'clock', 'maxTableAgeDays'];

async function openEvidence({ evidence, residence }: GateOptions, edition: Edition, clock: Clock) {
  if (evidence === undefined) return { keeper: undefined, standings: NO_STANDINGS };
  checkEvidence(evidence);
  // First what only checks: a keeper that was opened for nothing would go on purging.
  const standings = openStandings(evidence, clock, residence);
  return { keeper: await openKeeper(evidence, keeperContext(edition, clock)), standings };
}

/**
 * Opens a gate: loads the table, completes and tabulates the offers, opens the evidence.
 * @throws PortabilityError `ERR_TABLE_...` or `ERR_SOURCE_...` on the table, `ERR_OFFER` on an offer, `ERR_EVIDENCE_OPTION`, `ERR_TRANSFER`
 * and `ERR_KEYRING_...` on the evidence.
 */
export async function openGate(options: GateOptions = {}): Promise<Gate> {
  checkOptionNames(options ?? {}, OPTION_NAMES, 'ERR_ARGUMENT');
  const { clock = systemClock, offers, table: wanted, maxTableAgeDays = 365 } = options ?? {};
  const maxDays = checkMaxAge(maxTableAgeDays);
  const tabulated = tabulateAll(offers ?? {});
  const first = wanted === undefined || typeof wanted === 'string' ? await loadZoneTable(wanted) : checkTable(wanted);
  const { keeper, standings } = await openEvidence(options ?? {}, first.edition, clock);
  const decider = openDecider({ table: first, tabulated, keeper, standings });
  const asking = openAsking(decider, standings, clock);
  const addressNotes = Object.fromEntries(ADDRESS_NOTES.map(note => [note, 0])) as Record<AddressNote, number>;
  let closing: Promise<void> | undefined;
  return {
    decide: decider.decide,
    ask: asking.ask,
    standingOf: subscriber => standings.of(subscriber)?.standing,
    loadStanding: async subscriber => (await standings.load(subscriber)).standing,
    flush: async () => keeper?.flush(),
    health: () => {
      const { edition } = decider.table();
      const counted = { ...decider.counted(), undecided: asking.undecided(), addressNotes };
      const state = { isClosed: closing !== undefined, isRegisterFailing: standings.isFailing() };
      return healthOf({ edition, maxDays, time: clock(), ...state, ...counted }, keeper?.health());
    },
    noteAddress: note => {
      if (Object.hasOwn(addressNotes, note)) addressNotes[note]++;
    },
    onBatch: listener => keeper?.onBatch(listener) ?? (() => {}),
    get table() {
      return decider.table();
    },
    replaceTable: next => {
      decider.replaceTable(checkSuccessor(next, decider.table()));
      keeper?.turnEdition(next.edition.id);
    },
    close: () => {
      standings.close();
      closing ??= keeper?.close() ?? Promise.resolve();
      return closing;
    },
  };
}
