/** May this subscriber watch now, from this address? The gate composes table, rule and evidence into one synchronous call. */
import { ageOf, endOf } from './age.ts';
import { type Clock, systemClock } from './clock.ts';
import { PortabilityError } from './errors.ts';
import type { NotRecordable } from './evidence/counters.ts';
import { type EvidenceHealth, openKeeper } from './evidence/keeper.ts';
import type { EvidenceOptions } from './evidence/options.ts';
import { HOME, OUTSIDE } from './evidence/seen.ts';
import { completeOffer, type Offer } from './law/offer.ts';
import { DECISIONS, type Decision, REASONS } from './law/reasons.ts';
import { decideRule, STANDINGS, type Standing, standingCode } from './law/rule.ts';
import { zoneOfTerritory } from './law/territory.ts';
import { LOCATIONS, type Location } from './place/location.ts';
import { checkTable, type Edition, type ZoneTable } from './place/table.ts';
import { openStandings, type ResidenceOptions } from './standings.ts';
import { loadZoneTable } from './tables.ts';

/** One request for access to the service. */
export interface AccessRequest {
  /** Opaque technical identifier of the subscriber (Art. 2(1)). What is no non-empty string changes no verdict and is not recordable. */
  readonly subscriber: string;
  /** Residence standing; what is none of the words counts as `unverified`. */
  readonly standing: Standing;
  /** The client's address as text; `undefined` where it could not be read: `address-invalid`. */
  readonly address: string | undefined;
  /** Name of one of the gate's offers; `default` unless given. A name that the gate does not hold counts as `default`, and is counted in `health`. */
  readonly offer?: string;
  /** How the subscription came; `direct` unless given. One that no notice covers is decided, never recorded. */
  readonly channel?: string;
}

export interface GateOptions {
  /** A zone table, or the path of a bundle or an MMDB file; the bundled table unless given. */
  readonly table?: ZoneTable | string;
  /** The provider's choices for each kind of contract, by name; `default` is always there. */
  readonly offers?: Readonly<Record<string, Partial<Offer>>>;
  /** Where and how evidence is kept; none is unless given. */
  readonly evidence?: EvidenceOptions;
  /** How residence standings are read from the register of the evidence. */
  readonly residence?: ResidenceOptions;
  /** Milliseconds since 1970; the system's clock unless given. */
  readonly clock?: Clock;
  /** Days after which a table counts as stale, by the dates inside its sources; 365 unless given. Operators with weekly data say 30. */
  readonly maxTableAgeDays?: number;
}

export interface Health {
  /** `degraded` where evidence can not be kept at the moment, or the table is stale. */
  readonly status: 'ok' | 'degraded' | 'closed';
  readonly edition: Edition;
  /** Days since the oldest source of the table was built. */
  readonly tableAgeDays: number;
  /** Whether the table is older than it may be, or a correction in it has ended. */
  readonly isTableStale: boolean;
  /** Decisions since the gate was opened. */
  readonly decided: number;
  /** Those among them that named an offer which the gate does not hold: a mistake in somebody's configuration. */
  readonly unknownOffers: number;
  readonly evidence?: EvidenceHealth;
}

export interface Gate {
  /**
   * Decides one request. Total: never throws, never awaits, allocates nothing once a subscriber is known that day; doubt is a reason and
   * refuses. Cost: one `locate`, one array read, and with evidence the hash of the subscriber. A closed gate goes on deciding and keeps
   * nothing.
   */
  decide(request: AccessRequest): Decision;
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
  health(): Health;
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

/** The rule for one offer as indexes of reasons, by location code x 8 + standing code: the space is finite, so it is tabulated. */
const tabulate = (choices: Partial<Offer>): Uint8Array => {
  const offer = completeOffer(choices);
  return Uint8Array.from(
    LOCATIONS.flatMap(location =>
      STANDINGS.map(standing => REASONS.indexOf(decideRule(location, standing, offer).reason)),
    ),
  );
};

const DECISION_OF = REASONS.map(reason => DECISIONS[reason]);
const EVIDENCE_UNAVAILABLE = REASONS.indexOf('evidence-unavailable');
const NO_CONTRACT = STANDINGS.indexOf('none');

/** The evidence bit follows the zone; a location that is not established has none, nor has one in doubt. */
const sideOf = ({ zone, anonymised, disputed }: Location): number => {
  if (zone === 'unknown' || anonymised || disputed) return 0;
  return zone === 'home' ? HOME : OUTSIDE;
};
const SIDES = Uint8Array.from(LOCATIONS, sideOf);

/** Why a decision leaves no bit, as far as place and contract tell. */
function causeOf(side: number, standing: number): NotRecordable | undefined {
  if (standing === NO_CONTRACT) return 'no-contract';
  return side === 0 ? 'location-not-established' : undefined;
}

const isWell = (kept: EvidenceHealth | undefined): boolean =>
  kept === undefined || (!kept.isFailing && kept.isClockBelieved);

type Watched = {
  readonly edition: Edition;
  readonly time: number;
  readonly maxDays: number;
  readonly isClosed: boolean;
};

/** What health says beside the counts. A clock that tells no time makes a table stale, and so do data from days to come. */
function stateOf({ edition, time, maxDays, isClosed }: Watched, kept: EvidenceHealth | undefined) {
  const { days: tableAgeDays } = ageOf(edition, time);
  const isTableStale = !(tableAgeDays >= -2 && tableAgeDays <= maxDays && time < endOf(edition));
  const status: Health['status'] = isClosed ? 'closed' : isWell(kept) && !isTableStale ? 'ok' : 'degraded';
  return { status, edition, tableAgeDays, isTableStale, ...(kept && { evidence: kept }) };
}

function checkMaxAge(days: number): number {
  if (typeof days === 'number' && days > 0) return days;
  throw new PortabilityError('ERR_ARGUMENT', 'the age of a table is a positive number of days');
}

/** The law's answer for a ledger's country. */
const isInEea = (country: string, on: string): boolean => ['home', 'eea'].includes(zoneOfTerritory(country, { on }));

/** What a request that is none says. */
const NOTHING: Partial<AccessRequest> = {};

/** Evidence and law are of one home State for as long as the gate is open. */
function checkSuccessor(next: ZoneTable, table: ZoneTable): ZoneTable {
  if (checkTable(next).edition.home === table.edition.home) return next;
  throw new PortabilityError('ERR_HOME', 'the new table is of another home state');
}

/** What a gate without a register answers. */
const NO_STANDINGS: ReturnType<typeof openStandings> = {
  of: () => undefined,
  load: async () => {
    throw new PortabilityError(
      'ERR_EVIDENCE_OPTION',
      'standings need a register: the gate was opened without evidence',
    );
  },
  close: () => {},
};

function tabulateAll(offers: Readonly<Record<string, Partial<Offer>>>): Map<unknown, Uint8Array> {
  const tables = new Map<unknown, Uint8Array>(
    Object.entries(offers).map(([name, choices]) => [name, tabulate(choices)]),
  );
  return tables.set('default', tables.get('default') ?? tabulate({}));
}

const keeperContext = ({ id: edition, home }: Edition, clock: Clock) => ({
  ...{ reasons: REASONS, home, edition, clock, isInEea },
  isCoarse: clock === systemClock,
});

async function openEvidence({ evidence, residence }: GateOptions, edition: Edition, clock: Clock) {
  if (evidence === undefined) return { keeper: undefined, standings: NO_STANDINGS };
  const keeper = await openKeeper(evidence, keeperContext(edition, clock));
  return { keeper, standings: openStandings(evidence, clock, residence) };
}

/**
 * Opens a gate: loads the table, completes and tabulates the offers, opens the evidence.
 * @throws PortabilityError `ERR_TABLE_...` or `ERR_SOURCE_...` on the table, `ERR_OFFER` on an offer, `ERR_EVIDENCE_OPTION`, `ERR_TRANSFER`
 * and `ERR_KEYRING_...` on the evidence.
 */
export async function openGate(options: GateOptions = {}): Promise<Gate> {
  const { clock = systemClock, offers, table: wanted, maxTableAgeDays = 365 } = options ?? {};
  const maxDays = checkMaxAge(maxTableAgeDays);
  const tabulated = tabulateAll(offers ?? {});
  const byDefault = tabulated.get('default')!;
  let table = wanted === undefined || typeof wanted === 'string' ? await loadZoneTable(wanted) : checkTable(wanted);
  const { keeper, standings } = await openEvidence(options ?? {}, table.edition, clock);
  let decided = 0;
  let unknownOffers = 0;
  let closing: Promise<void> | undefined;
  const decide = (request: AccessRequest): Decision => {
    decided++;
    const { subscriber, standing, address, offer, channel } = request ?? NOTHING;
    const location = table.locationCode(address);
    const standingIndex = standingCode(standing);
    const reasons = offer === undefined ? byDefault : tabulated.get(offer);
    if (reasons === undefined) unknownOffers++;
    const reason = (reasons ?? byDefault)[location * STANDINGS.length + standingIndex]!;
    if (keeper === undefined || closing !== undefined) return DECISION_OF[reason]!;
    const side = SIDES[location]!;
    const isKept = keeper.keep(subscriber, side, channel, causeOf(side, standingIndex));
    const final = isKept || DECISION_OF[reason]!.verdict === 'refused' ? reason : EVIDENCE_UNAVAILABLE;
    keeper.count(final);
    return DECISION_OF[final]!;
  };
  return {
    decide,
    standingOf: standings.of,
    loadStanding: standings.load,
    flush: async () => keeper?.flush(),
    health: () => {
      const watched = { edition: table.edition, time: clock(), maxDays, isClosed: closing !== undefined };
      return { ...stateOf(watched, keeper?.health()), decided, unknownOffers };
    },
    get table() {
      return table;
    },
    replaceTable: next => {
      table = checkSuccessor(next, table);
      keeper?.turnEdition(next.edition.id);
    },
    close: () => {
      standings.close();
      closing ??= keeper?.close() ?? Promise.resolve();
      return closing;
    },
  };
}
