/**
 * Decides one request: reads the reason from a table, applies exceptions, records the evidence, and
 * counts the decision.
 */

import type { ZoneTable } from '../geo/zone-table.ts';
import { type Decision, REASONS } from '../law/reasons.ts';
import { STANDINGS, standingCode } from '../law/rule.ts';
import type { EvidenceRecorder } from '../recording/evidence-recorder.ts';
import type { AccessRequest } from './access-request.ts';
import {
  BY_EXCEPTION,
  DECISION_OF,
  EVIDENCE_UNAVAILABLE,
  notRecordableReason,
  type OfferTables,
  OVERRIDABLE,
  REASON_BITS,
  SIDES,
} from './decision-table.ts';
import type { StandingCache } from './standing-cache.ts';

interface Parts {
  readonly table: ZoneTable;
  readonly tabulated: OfferTables;
  readonly evidenceRecorder: EvidenceRecorder | undefined;
  readonly standings: Pick<StandingCache, 'excepts'>;
}

export interface Decider {
  decide(request: AccessRequest): Decision;
  /** Evaluates location, standing and offer to a number (a ruling). Decides and counts nothing. */
  rule(request: Partial<AccessRequest>): number;
  /** Whether an exception would change a ruling. */
  needsException(ruling: number): boolean;
  /** Completes a decision from its ruling: applies the exception, records the evidence, counts. */
  conclude(request: Partial<AccessRequest>, ruling: number): Decision;
  table(): ZoneTable;
  replaceTable(table: ZoneTable): void;
  counted(): { readonly counts: Float64Array; readonly unknownOffers: number };
}

/** Replaces a missing request. */
const NOTHING: Partial<AccessRequest> = {};

/**
 * Packs a ruling into one small integer, so that no object is created per request: entry (6 bits),
 * standing (3) and location (7).
 */
const pack = (location: number, standing: number, entry: number): number =>
  (location << 9) | (standing << 6) | entry;
const reasonIn = (ruling: number): number => ruling & REASON_BITS;
const standingIn = (ruling: number): number => (ruling >> 6) & 7;
const locationIn = (ruling: number): number => (ruling >> 9) & 0x7f;
const UNKNOWN_OFFER = 1 << 24;

export function openDecider({
  table: first,
  tabulated,
  evidenceRecorder,
  standings,
}: Parts): Decider {
  const byDefault = tabulated.byName.get('default')!;
  const counts = new Float64Array(REASONS.length);
  let table = first;
  let unknownOffers = 0;
  const hasException = ({ excepted, subscriber }: Partial<AccessRequest>): boolean =>
    excepted === undefined ? standings.excepts(subscriber) : excepted === true;
  const rule: Decider['rule'] = ({ address, standing: word, offer }) => {
    const location = table.locationCode(address);
    const standing = standingCode(word);
    const entries = offer === undefined ? byDefault : tabulated.byName.get(offer);
    const entry = (entries ?? tabulated.unknown)[location * STANDINGS.length + standing]!;
    return pack(location, standing, entry) | (entries === undefined ? UNKNOWN_OFFER : 0);
  };
  const needsException = (ruling: number): boolean => (ruling & OVERRIDABLE) !== 0;
  const conclude: Decider['conclude'] = (request, ruling) => {
    if ((ruling & UNKNOWN_OFFER) !== 0) unknownOffers++;
    let reason = needsException(ruling) && hasException(request) ? BY_EXCEPTION : reasonIn(ruling);
    if (evidenceRecorder !== undefined) {
      const side = SIDES[locationIn(ruling)]!;
      const unrecorded = notRecordableReason(side, standingIn(ruling));
      const isKept = evidenceRecorder.keep(request.subscriber, side, request.channel, unrecorded);
      if (!isKept && DECISION_OF[reason]!.verdict !== 'refused') reason = EVIDENCE_UNAVAILABLE;
      evidenceRecorder.count(reason);
    }
    counts[reason]!++;
    return DECISION_OF[reason]!;
  };
  return {
    decide: request => conclude(request ?? NOTHING, rule(request ?? NOTHING)),
    rule,
    needsException,
    conclude,
    table: () => table,
    replaceTable: next => {
      table = next;
    },
    counted: () => ({ counts, unknownOffers }),
  };
}
