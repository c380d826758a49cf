/** How does a desk read and write what is known of a person? Standing, calendar, export, and the events of the dossier. */

import { changeDossier, dossierOf } from '../dossiers.ts';
import { PortabilityError } from '../errors.ts';
import { readDays, readPersonal } from '../evidence/holdings.ts';
import type { JournalAction } from '../evidence/journal.ts';
import { settleRequests } from '../evidence/requests.ts';
import type { Place } from '../evidence/rights.ts';
import { type Dossier, type DossierEvent, parseEvent } from '../law/dossier.ts';
import { addEvent, removeEvent, type StandingOn, standingAt } from '../law/standing.ts';
import type { Desk, Why } from './desk.ts';
import { exportOf, type Periods } from './export.ts';

/** What an act has at hand. */
export interface Act extends Place {
  /** UTC day. */
  readonly today: string;
  readonly periods: Periods;
  readonly waivers: readonly DossierEvent[];
}

/** Whom an act concerns, and why. */
export interface Whom {
  readonly subscriber: string;
  /** Under the register key. */
  readonly pseudonym: string;
  readonly why: Why;
}

/** Makes a method of a desk of a piece of work: it notes the act in the journal, then does it. */
export type Acting = <Args extends readonly unknown[], Result>(
  action: JournalAction,
  work: (act: Act, whom: Whom, ...args: Args) => Promise<Result>,
) => (subscriber: string, why: Why, ...args: Args) => Promise<Result>;

export const readings = (acting: Acting): Pick<Desk, 'show' | 'calendar' | 'export'> => ({
  show: acting('show', async ({ ledger, keyring, today, waivers }, { subscriber }) => {
    const { dossier: row, journal: _, ...rest } = await readPersonal(ledger, keyring, subscriber);
    const dossier = dossierOf(row);
    return { ...rest, dossier, standing: standingAt(dossier, today, waivers) };
  }),
  calendar: acting('calendar', async ({ ledger, keyring }, { subscriber }) => {
    const { restriction } = await readPersonal(ledger, keyring, subscriber);
    if (restriction === undefined) return readDays(ledger, keyring, subscriber);
    throw new PortabilityError(
      'ERR_RIGHT',
      'a restriction sets the days aside: only the export for the person shows them',
    );
  }),
  export: acting(
    'export',
    async ({ ledger, keyring, time, today, periods, waivers }, { subscriber, pseudonym, why }) => {
      const [kind] = /^(access|portability)(?=-request$)/.exec(why.reason) ?? [];
      if (kind !== undefined)
        await settleRequests(ledger.register, pseudonym, kind as 'access' | 'portability', 'granted', today);
      const personal = await readPersonal(ledger, keyring, subscriber);
      return exportOf({ ...personal, ...(await readDays(ledger, keyring, subscriber)) }, time, periods, waivers);
    },
  ),
});

async function edit(act: Act, { pseudonym }: Whom, change: (dossier: Dossier) => Dossier): Promise<StandingOn> {
  const { ledger, today, waivers } = act;
  return standingAt(await changeDossier(ledger, pseudonym, today, change), today, waivers);
}

export const residence = (acting: Acting): Pick<Desk, 'record' | 'undo'> => ({
  record: acting('event', (act, whom, event: DossierEvent) => {
    const parsed = parseEvent(event);
    return edit(act, whom, dossier => addEvent(dossier, parsed));
  }),
  undo: acting('undo-event', (act, whom, index: number) => edit(act, whom, dossier => removeEvent(dossier, index))),
});
