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
  /** Whether an exception would change the decision. Decides and counts nothing. */
  needsException(request: AccessRequest): boolean;
  table(): ZoneTable;
  replaceTable(table: ZoneTable): void;
  /** Goes on deciding, and keeps nothing more. */
  close(): void;
  counted(): { readonly counts: Float64Array; readonly unknownOffers: number };
}

/** What a request that is none says. */
const NOTHING: Partial<AccessRequest> = {};

export function openDecider({ table: first, tabulated, keeper, standings, clock }: Parts): Decider {
  const byDefault = tabulated.get('default')!;
  const counts = new Float64Array(REASONS.length);
  let table = first;
  let unknownOffers = 0;
  let isClosed = false;
  const hasException = ({ excepted, subscriber }: Partial<AccessRequest>): boolean =>
    excepted === undefined ? isExcepted(standings.recent(subscriber), clock()) : excepted === true;
  const decide = (request: AccessRequest): Decision => {
    const asked = request ?? NOTHING;
    const { subscriber, offer, channel } = asked;
    const location = table.locationCode(asked.address);
    const standing = standingCode(asked.standing);
    const reasons = offer === undefined ? byDefault : tabulated.get(offer);
    if (reasons === undefined) unknownOffers++;
    let reason = (reasons ?? byDefault)[location * STANDINGS.length + standing]!;
    if (isCurable(reason, standing) && hasException(asked)) reason = BY_EXCEPTION;
    if (keeper !== undefined && !isClosed) {
      const side = SIDES[location]!;
      const isKept = keeper.keep(subscriber, side, channel, causeOf(side, standing));
      if (!isKept && DECISION_OF[reason]!.verdict !== 'refused') reason = EVIDENCE_UNAVAILABLE;
      keeper.count(reason);
    }
    counts[reason]!++;
    return DECISION_OF[reason]!;
  };
  return {
    decide,
    needsException: ({ address, standing: word, offer }) => {
      const standing = standingCode(word);
      const reasons = tabulated.get(offer ?? 'default') ?? byDefault;
      return isCurable(reasons[table.locationCode(address) * STANDINGS.length + standing]!, standing);
    },
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
