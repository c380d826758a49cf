/** How is one request decided? Location and standing read the reason from an array; an exception and the evidence may change it; it is counted. */
import type { Clock } from './clock.ts';
import type { Keeper } from './evidence/keeper.ts';
import type { AccessRequest } from './gate.ts';
import { type Decision, REASONS } from './law/reasons.ts';
import { STANDINGS, standingCode } from './law/rule.ts';
import type { ZoneTable } from './place/table.ts';
import { BY_EXCEPTION, causeOf, DECISION_OF, EVIDENCE_UNAVAILABLE, isCurable, SIDES } from './ruling.ts';
import { isExcepted, type Standings } from './standings.ts';

interface Parts {
  readonly table: ZoneTable;
  readonly tabulated: ReadonlyMap<unknown, Uint8Array>;
  readonly keeper: Keeper | undefined;
  readonly standings: Standings;
  readonly clock: Clock;
}

export interface Decider {
  decide(request: AccessRequest): Decision;
  /** What place, standing and offer make of a request, as a number; decides and counts nothing. */
  rule(request: Partial<AccessRequest>): number;
  /** Whether an exception would change what was ruled. */
  needsException(ruling: number): boolean;
  /** Decides what was ruled just before: looks at the exception, keeps the evidence, counts. */
  conclude(request: Partial<AccessRequest>, ruling: number): Decision;
  table(): ZoneTable;
  replaceTable(table: ZoneTable): void;
  /** Goes on deciding, and keeps nothing more. */
  close(): void;
  counted(): { readonly counts: Float64Array; readonly unknownOffers: number };
}

/** What a request that is none says. */
const NOTHING: Partial<AccessRequest> = {};

/** A ruling: reason, standing and location in one small integer, so that none is made for a request. */
const pack = (location: number, standing: number, reason: number): number => (location << 8) | (standing << 5) | reason;
const reasonIn = (ruling: number): number => ruling & 31;
const standingIn = (ruling: number): number => (ruling >> 5) & 7;
const locationIn = (ruling: number): number => (ruling >> 8) & 0xffff;
const UNKNOWN_OFFER = 1 << 24;

export function openDecider({ table: first, tabulated, keeper, standings, clock }: Parts): Decider {
  const byDefault = tabulated.get('default')!;
  const counts = new Float64Array(REASONS.length);
  let table = first;
  let unknownOffers = 0;
  let isClosed = false;
  const hasException = ({ excepted, subscriber }: Partial<AccessRequest>): boolean =>
    excepted === undefined ? isExcepted(standings.recent(subscriber), clock()) : excepted === true;
  const rule: Decider['rule'] = ({ address, standing: word, offer }) => {
    const location = table.locationCode(address);
    const standing = standingCode(word);
    const reasons = offer === undefined ? byDefault : tabulated.get(offer);
    const reason = (reasons ?? byDefault)[location * STANDINGS.length + standing]!;
    return pack(location, standing, reason) | (reasons === undefined ? UNKNOWN_OFFER : 0);
  };
  const needsException = (ruling: number): boolean => isCurable(reasonIn(ruling), standingIn(ruling));
  const conclude: Decider['conclude'] = (request, ruling) => {
    if ((ruling & UNKNOWN_OFFER) !== 0) unknownOffers++;
    let reason = needsException(ruling) && hasException(request) ? BY_EXCEPTION : reasonIn(ruling);
    if (keeper !== undefined && !isClosed) {
      const side = SIDES[locationIn(ruling)]!;
      const cause = causeOf(side, standingIn(ruling));
      const isKept = keeper.keep(request.subscriber, side, request.channel, cause);
      if (!isKept && DECISION_OF[reason]!.verdict !== 'refused') reason = EVIDENCE_UNAVAILABLE;
      keeper.count(reason);
    }
    counts[reason]!++;
    return DECISION_OF[reason]!;
  };
  return {
    decide: request => conclude(request ?? NOTHING, rule(request ?? NOTHING)),
    ...{ rule, needsException, conclude },
    table: () => table,
    replaceTable: next => {
      table = next;
    },
    close: () => {
      isClosed = true;
    },
    counted: () => ({ counts, unknownOffers }),
  };
}
