/**
 * Implements `decide`: shows what one request would get now, or got at an earlier moment, and why.
 */

import { systemClock } from '../clock.ts';
import { dayOf } from '../days.ts';
import type { SubscriberView } from '../desk/desk.ts';
import { portabilityError } from '../errors.ts';
import { parseAddress } from '../geo/address.ts';
import { basisOf, explain } from '../law/reasons.ts';
import type { Standing } from '../law/rule.ts';
import * as CLI from '../messages/cli.ts';
import { isExceptedOn } from '../subjects/exceptions.ts';
import type { DeskLocations } from './desk/open-desk.ts';
import { askInstead, describe } from './locate.ts';
import {
  exitCodeOf,
  type OfferOptions,
  type Outlook,
  outlookNow,
  outlooksAt,
  type PastOutlook,
  paintVerdict,
} from './outlook.ts';
import type { EditionsOfDay, PastOptions } from './past/in-force.ts';
import type { Terminal } from './terminal.ts';

export interface DecideOptions extends OfferOptions, PastOptions, Partial<DeskLocations> {
  readonly address?: string;
  /** Whether the standing is read from the person records. */
  readonly subscriber?: boolean;
  readonly standing?: Standing;
}

/** The standing that a command decides with, and the records that it was read from. */
interface Known {
  readonly standing: Standing;
  readonly excepted: boolean;
  readonly view?: SubscriberView;
}

/** Prints what a request gets: the verdict, its meaning, its basis and the location. */
async function printOutlook(
  terminal: Terminal,
  { decision, location }: Outlook,
  address = '',
): Promise<void> {
  const { tell, say, language, paint } = terminal;
  const parsed = parseAddress(address);
  tell(
    `${paint.bold(paintVerdict(terminal, decision.verdict))} · ${decision.reason} · ${decision.code}`,
  );
  tell(explain(decision.reason, language));
  tell(`${say('basis')} ${basisOf(decision.reason, language)}`);
  tell(`${say('location')} ${describe(terminal, location, parsed)}`);
  const ask = await askInstead(terminal, location, parsed);
  if (ask !== undefined) tell(ask);
}

/** Prints what the person records say, if the standing was read from them. */
async function printRecords(terminal: Terminal, { view }: Known): Promise<void> {
  if (view === undefined) return;
  const { recordLines } = await import('./past/words.ts');
  for (const line of recordLines(terminal, view)) terminal.tell(line);
}

async function printPast(
  terminal: Terminal,
  past: PastOutlook,
  known: Known,
  options: DecideOptions,
): Promise<void> {
  const { pastJson, pastLines, stateLine } = await import('./past/words.ts');
  const { print, tell } = terminal;
  if (terminal.json) {
    print(JSON.stringify(pastJson(terminal, past, options.at!, known.view)));
    return;
  }
  for (const [index, outlook] of past.outlooks.entries()) {
    if (index > 0) print();
    tell(stateLine(terminal, outlook, options.at!));
    await printOutlook(terminal, outlook, options.address);
  }
  await printRecords(terminal, known);
  for (const line of pastLines(terminal, past.gaps, known.view?.past)) tell(line);
}

async function decideWith(
  terminal: Terminal,
  options: DecideOptions,
  known: Known,
  ofLedger?: EditionsOfDay,
): Promise<number> {
  const { standing, excepted } = known;
  const request = { address: options.address, standing, excepted };
  if (options.at !== undefined) {
    const past = await outlooksAt(terminal, request, options, options.at, ofLedger);
    await printPast(terminal, past, known, options);
    return exitCodeOf(past.outlooks);
  }
  const outlook = await outlookNow(terminal, request, options);
  const { decision, location, edition } = outlook;
  if (terminal.json) {
    const basis = basisOf(decision.reason, terminal.language);
    const explanation = explain(decision.reason, terminal.language);
    terminal.print(JSON.stringify({ ...decision, basis, explanation, location, edition }));
  } else {
    await printOutlook(terminal, outlook, options.address);
    await printRecords(terminal, known);
  }
  return exitCodeOf([outlook]);
}

export async function decide(terminal: Terminal, options: DecideOptions): Promise<number> {
  const { standing, subscriber = false, ledger, keyring, at } = options;
  if ((standing === undefined) === !subscriber) throw portabilityError(CLI.decideStandingSource);
  if (subscriber) {
    if (ledger === undefined || keyring === undefined)
      throw portabilityError(CLI.evidencePlacesMissing);
    const { deskAccessOf, withSubscriber } = await import('./desk/open-desk.ts');
    const { editionsIn } = await import('./past/in-force.ts');
    const places = { ...options, ledger, keyring };
    return withSubscriber(terminal, places, async (desk, identifier, opened) => {
      const view = await desk.show(identifier, deskAccessOf(places), { at });
      const excepted = isExceptedOn(view.exception, dayOf(at ?? systemClock()));
      const known = { standing: view.standing.standing, excepted, view };
      return decideWith(terminal, options, known, editionsIn(opened));
    });
  }
  const known = { standing: standing!, excepted: false };
  if (at === undefined || ledger === undefined) return decideWith(terminal, options, known);
  const { editionsAt } = await import('./past/in-force.ts');
  return decideWith(terminal, options, known, editionsAt({ ...options, ledger }, terminal));
}
