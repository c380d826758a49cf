/** Implements `decide`: shows what one request would get, and why. */

import { readOffers } from '../config/operator-files.ts';
import { portabilityError } from '../errors.ts';
import { openGate } from '../gate.ts';
import { parseAddress } from '../geo/address.ts';
import type { Offer, OfferChoices } from '../law/offer.ts';
import { basisOf, explain, type Verdict } from '../law/reasons.ts';
import type { Standing } from '../law/rule.ts';
import * as CLI from '../messages/cli.ts';
import { askInstead, describe } from './locate.ts';
import { loadTable, type Terminal } from './terminal.ts';

/** The choices of an offer, as the command line names them. */
export interface OfferOptions extends Partial<Omit<Offer, 'paid'>> {
  readonly free?: boolean;
  /** Name of an offer of the configuration file. */
  readonly offer?: string;
}

export interface DecideOptions extends OfferOptions {
  readonly address?: string;
  readonly subscriber?: string;
  readonly standing: Standing;
}

export const REFUSED = 2;

export const paintVerdict = (terminal: Terminal, verdict: Verdict): string => {
  const { green, cyan, red } = terminal.paint;
  return { domestic: green, portable: cyan, refused: red }[verdict](terminal.say(verdict));
};

/**
 * Returns the offer that a command decides with: the one of the configuration file, which a
 * gateway uses too, with the options that were set.
 * @throws PortabilityError `ERR_OFFER` if the file has no offer of that name
 */
export async function offerOf(
  { configuration }: Terminal,
  { offer = 'default', free, ...options }: OfferOptions,
): Promise<OfferChoices> {
  const offers = await readOffers(configuration?.offers);
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

export async function decide(terminal: Terminal, options: DecideOptions): Promise<number> {
  const table = await loadTable(terminal);
  const gate = await openGate({ table, offers: { default: await offerOf(terminal, options) } });
  const { address, standing, subscriber = '' } = options;
  const decision = gate.decide({ address, standing, subscriber });
  const location = table.locate(address ?? '');
  const text = explain(decision.reason, terminal.language);
  if (terminal.json) {
    const basis = basisOf(decision.reason, terminal.language);
    terminal.print(
      JSON.stringify({
        ...decision,
        basis,
        explanation: text,
        location,
        edition: table.edition.id,
      }),
    );
  } else {
    const parsed = address === undefined ? undefined : parseAddress(address);
    terminal.tell(
      `${terminal.paint.bold(paintVerdict(terminal, decision.verdict))} · ${decision.reason} · ${decision.code}`,
    );
    terminal.tell(text);
    terminal.tell(`${terminal.say('basis')} ${basisOf(decision.reason, terminal.language)}`);
    terminal.tell(`${terminal.say('location')} ${describe(terminal, location, parsed)}`);
    const ask = askInstead(terminal, location, parsed);
    if (ask !== undefined) terminal.tell(ask);
  }
  await gate.close();
  return decision.verdict === 'refused' ? REFUSED : 0;
}
