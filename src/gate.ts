/** May this subscriber watch now, from this address? The gate composes table and rule into one synchronous call. */
import { PortabilityError } from './errors.ts';
import { completeOffer, type Offer } from './law/offer.ts';
import type { Decision } from './law/reasons.ts';
import { decideRule, STANDINGS, type Standing, standingCode } from './law/rule.ts';
import { LOCATIONS } from './place/location.ts';
import type { Edition, ZoneTable } from './place/table.ts';
import { loadZoneTable } from './tables.ts';

/** One request for access to the service. */
export interface AccessRequest {
  /** Opaque technical identifier of the subscriber (Art. 2(1)). What is no non-empty string changes no verdict and is not recordable. */
  readonly subscriber: string;
  /** Residence standing; what is none of the words counts as `unverified`. */
  readonly standing: Standing;
  /** The client's address as text; `undefined` where it could not be read: `address-invalid`. */
  readonly address: string | undefined;
  /** Name of one of the gate's offers; `default` unless given. A name that the gate does not hold has the strictest choices. */
  readonly offer?: string;
}

export interface GateOptions {
  /** A zone table, or the path of a bundle or an MMDB file; the bundled table unless given. */
  readonly table?: ZoneTable | string;
  /** The provider's choices for each kind of contract, by name; `default` is always there. */
  readonly offers?: Readonly<Record<string, Partial<Offer>>>;
}

export interface Health {
  readonly status: 'ok' | 'closed';
  readonly edition: Edition;
  /** Decisions since the gate was opened. */
  readonly decided: number;
}

export interface Gate {
  /**
   * Decides one request. Total: never throws, never awaits, allocates nothing; doubt is a reason and refuses. Cost: one `locate` and
   * one array read. A closed gate goes on deciding.
   */
  decide(request: AccessRequest): Decision;
  /** Resolves when everything decided before it is durable. */
  flush(): Promise<void>;
  health(): Health;
  /** Puts another table in force, from the next decision on. */
  replaceTable(table: ZoneTable): void;
  /** Flushes and lets go; safe to call twice. */
  close(): Promise<void>;
}

/** The whole rule for one offer, as decisions by location code x 8 + standing code: the space is finite, so it is tabulated. */
const tabulate = (offer: Offer): readonly Decision[] =>
  LOCATIONS.flatMap(location => STANDINGS.map(standing => decideRule(location, standing, offer)));

/** For an offer that the gate does not hold: nothing is granted that the law does not demand, and nothing is taken for paid. */
const STRICTEST: Partial<Offer> = { paid: false, disputed: 'refuse', homeUnlicensed: 'refuse' };

/** What a request that is none says. */
const NOTHING: Partial<AccessRequest> = {};

/**
 * Opens a gate: loads the table, completes and tabulates the offers.
 * @throws PortabilityError `ERR_TABLE_...` or `ERR_SOURCE_...` on the table, `ERR_OFFER` on an offer.
 */
export async function openGate(options: GateOptions = {}): Promise<Gate> {
  const offers = new Map<unknown, readonly Decision[]>([['default', tabulate(completeOffer({}))]]);
  for (const [name, choices] of Object.entries(options.offers ?? {}))
    offers.set(name, tabulate(completeOffer(choices)));
  const byDefault = offers.get('default')!;
  const strictest = tabulate(completeOffer(STRICTEST));
  let table = typeof options.table === 'object' ? options.table : await loadZoneTable(options.table);
  let decided = 0;
  let isClosed = false;
  const decide = (request: AccessRequest): Decision => {
    decided++;
    const { standing, address, offer } = request ?? NOTHING;
    const decisions = offer === undefined ? byDefault : (offers.get(offer) ?? strictest);
    return decisions[table.locationCode(address) * STANDINGS.length + standingCode(standing)]!;
  };
  return {
    decide,
    flush: async () => {},
    health: () => ({ status: isClosed ? 'closed' : 'ok', edition: table.edition, decided }),
    replaceTable: next => {
      if (typeof next?.locationCode !== 'function')
        throw new PortabilityError('ERR_ARGUMENT', 'a gate takes a zone table');
      table = next;
    },
    close: async () => {
      isClosed = true;
    },
  };
}
