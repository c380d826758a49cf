/** Computes what one request gets, now or at an earlier moment, with the offers of the command. */

import { readOffers } from '../config/operator-files.ts';
import { portabilityError } from '../errors.ts';
import { openDecider } from '../gate/decider.ts';
import { tabulateAll } from '../gate/decision-table.ts';
import type { Location } from '../geo/location.ts';
import type { ZoneTable } from '../geo/zone-table.ts';
import { completeOffer, type Offer, type OfferChoices } from '../law/offer.ts';
import type { Decision, Verdict } from '../law/reasons.ts';
import type { Standing } from '../law/rule.ts';
import * as CLI from '../messages/cli.ts';
import type { Offers } from '../tables/edition-archive.ts';
import type { EditionsOfDay, PastGap, PastOptions } from './past/in-force.ts';
import { loadTable, type Terminal } from './terminal.ts';

/** The choices of an offer, as the command line names them. */
export interface OfferOptions extends Partial<Omit<Offer, 'paid'>> {
  readonly free?: boolean;
  /** Name of an offer of the configuration file. */
  readonly offer?: string;
}

export const REFUSED = 2;

export const paintVerdict = (terminal: Terminal, verdict: Verdict): string => {
  const { green, cyan, red } = terminal.paint;
  return { domestic: green, portable: cyan, refused: red }[verdict](terminal.say(verdict));
};

/**
 * Returns the offer that a command decides with: one of the offers of a gateway, with the options
 * that were set.
 * @throws PortabilityError `ERR_OFFER` if there is no offer of that name
 */
export function offerOf(
  offers: Offers,
  { offer = 'default', free, ...options }: OfferOptions,
): OfferChoices {
  if (offer !== 'default' && !Object.hasOwn(offers, offer))
    throw portabilityError(
      CLI.offerUnknown,
      { option: '--offer', value: offer },
      { known: [...new Set(['default', ...Object.keys(offers)])].join(', ') },
    );
  const { portable, unknown, anonymised, disputed, unverified, homeUnlicensed } = options;
  const paid = free === true ? false : undefined;
  const named = { paid, portable, unknown, anonymised, disputed, unverified, homeUnlicensed };
  const given = Object.entries(named).filter(([, answer]) => answer !== undefined);
  return { ...offers[offer], ...Object.fromEntries(given) };
}

/** A request of the command line. */
export interface AskedRequest {
  readonly address: string | undefined;
  readonly standing: Standing;
  readonly excepted: boolean;
}

/** What a request gets, and the table that it was decided with. */
export interface Outlook {
  readonly decision: Decision;
  readonly location: Location;
  /** Id of the edition. */
  readonly edition: string;
  /** UTC day whose law the table applies. */
  readonly lawOf: string;
  /** From when the table was in force, ISO 8601 in UTC; `undefined` for now, or if not known. */
  readonly since?: string | undefined;
  /** The offer that a past decision was made with. */
  readonly offer?: Offer | undefined;
}

/** Decides a request with a table and an offer, as a gate without evidence does. */
export function decideOnce(
  { address, standing, excepted }: AskedRequest,
  table: ZoneTable,
  offer: OfferChoices,
): Outlook {
  const decider = openDecider({
    table,
    tabulated: tabulateAll({ default: offer }),
    evidenceRecorder: undefined,
    standings: { excepts: () => false },
  });
  const decision = decider.decide({ address, standing, subscriber: '', excepted });
  const { id: edition, on: lawOf } = table.edition;
  return { decision, location: table.locate(address ?? ''), edition, lawOf };
}

/** Decides a request with the table and the offers of now. */
export async function outlookNow(
  terminal: Terminal,
  request: AskedRequest,
  options: OfferOptions,
): Promise<Outlook> {
  const table = await loadTable(terminal);
  const offers = await readOffers(terminal.configuration?.offers);
  return decideOnce(request, table, offerOf(offers, options));
}

/** What a request got at a moment: one outlook for each table that may have been in force. */
export interface PastOutlook {
  readonly outlooks: readonly Outlook[];
  readonly gaps: readonly PastGap[];
}

/** Decides a request with everything that may have been in force at a moment. */
export async function outlooksAt(
  terminal: Terminal,
  request: AskedRequest,
  options: OfferOptions & PastOptions,
  at: number,
  ofLedger?: EditionsOfDay,
): Promise<PastOutlook> {
  const { PastReader } = await import('./past/in-force.ts');
  const past = await PastReader.open(terminal, options.editions, ofLedger);
  const { states, gaps } = await past.at(at);
  const outlooks: Outlook[] = [];
  for (const { table, offers, since } of states) {
    const offer = completeOffer(offerOf(offers, options));
    outlooks.push({ ...decideOnce(request, table, offer), since, offer });
  }
  return { outlooks, gaps };
}

/** The exit code: 0 only if every outlook grants the request. */
export const exitCodeOf = (outlooks: readonly Outlook[]): number =>
  outlooks.every(({ decision }) => decision.verdict !== 'refused') ? 0 : REFUSED;
