/** The options of the desk as pages, and the parts that all of its pages share. */

import { LRUCache } from 'lru-cache';
import { type Clock, systemClock } from '../../clock.ts';
import {
  checkedElsewhere,
  checkSchema,
  fields,
  list,
  optional,
  word,
} from '../../config-schema.ts';
import { type Desk, openDesk } from '../../desk/desk.ts';
import type { Periods } from '../../desk/export.ts';
import { portabilityError } from '../../errors.ts';
import type { ZoneTable } from '../../geo/zone-table.ts';
import type { Keyring } from '../../keys/keyring.ts';
import type { DossierEvent } from '../../law/dossier.ts';
import type { Language } from '../../law/reasons.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import * as WEB from '../../messages/web.ts';
import { parseNotice } from '../../recording/disclosed-fields.ts';
import { OCS_NOTICE, type PrivacyNotice } from '../../recording/privacy-notice.ts';
import { SECOND_AGENT_OPERATIONS, type SecondAgentOperation } from '../../subjects/second-agent.ts';
import type { Offers } from '../../tables/edition-archive.ts';
import { type Terminal, terminalOf } from '../terminal.ts';
import type { Identify, OneTimeLinks, ProxyAgents } from './agents.ts';
import type { SiteParts } from './visit.ts';

/** The store and the settings of the pages. */
export interface DeskPagesOptions {
  readonly ledger: Ledger;
  readonly keyring: Keyring;
  /** The table in force; a function if it changes at run time. */
  readonly table: ZoneTable | (() => ZoneTable);
  /**
   * Who may: a reverse proxy that names the agents in headers, or a function that names the agent
   * of a request, for an application with a login of its own.
   */
  readonly agents: ProxyAgents | Identify;
  /** The offers of the gateways, by name; default: the default offer alone. */
  readonly offers?: Offers | undefined;
  /** Folder of past editions; default: none, and only the present is answered for. */
  readonly editions?: string | undefined;
  /** Retention periods that an export states; default: the defaults of the library. */
  readonly periods?: Periods | undefined;
  /** The operator's privacy notice; default: the notice of OCS, 2021. */
  readonly notice?: PrivacyNotice | undefined;
  /** Waivers of all right holders for the whole service (Art. 5(4)); default: none. */
  readonly waivers?: readonly DossierEvent[] | undefined;
  /** Operations that a second agent must confirm, as in `openDesk`; default: none. */
  readonly secondAgent?: readonly SecondAgentOperation[] | undefined;
  /** Language of a new session; default: `fr`. */
  readonly language?: Language | undefined;
  /** Time zone of the callers, in which a moment is typed; default: `Europe/Paris`. */
  readonly timeZone?: string | undefined;
  /** Minutes without a request after which a session ends, from 5 to 120; default: 30. */
  readonly sessionMinutes?: number | undefined;
  /** Whether browsers reach the pages by HTTPS, so that the cookie is sent by it alone; default: `true`. */
  readonly isHttps?: boolean | undefined;
  readonly clock?: Clock | undefined;
}

/** Options of the command: agents who come by a one-time link. */
export interface OwnDeskOptions extends Omit<DeskPagesOptions, 'agents'> {
  readonly agents: OneTimeLinks;
}

const OPTIONS = fields({
  ledger: checkedElsewhere(),
  keyring: checkedElsewhere(),
  table: checkedElsewhere(),
  agents: checkedElsewhere(),
  offers: checkedElsewhere(),
  editions: checkedElsewhere(),
  periods: checkedElsewhere(),
  notice: checkedElsewhere(),
  waivers: checkedElsewhere(),
  secondAgent: optional(list(word(SECOND_AGENT_OPERATIONS))),
  language: optional(word(['fr', 'en'])),
  timeZone: checkedElsewhere(),
  sessionMinutes: checkedElsewhere(),
  isHttps: checkedElsewhere(),
  clock: checkedElsewhere(),
});

/**
 * Checks the names of the options, and those values that nothing else checks.
 * @throws PortabilityError `ERR_ARGUMENT`
 */
export const checkOptions = (options: unknown): void => {
  checkSchema(OPTIONS, options, 'ERR_ARGUMENT', { en: 'a desk', fr: 'un poste d’assistance' });
};

const MOST_DESKS = 500;

/** Checks how long a session lasts. */
export function checkMinutes(minutes: number): number {
  if (Number.isInteger(minutes) && minutes >= 5 && minutes <= 120) return minutes;
  throw portabilityError(WEB.deskMinutes, { option: '--session-minutes' });
}

function checkTimeZone(timeZone: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone;
  } catch {
    throw portabilityError(WEB.deskTimeZone, { option: '--time-zone' });
  }
}

const SILENT = { write: () => true } as never;
const NO_STREAMS = { stdin: undefined as never, stdout: SILENT, stderr: SILENT };

/** Opens a desk for each agent once: a desk settles what a restored backup may have lost. */
function desksOf(options: DeskPagesOptions | OwnDeskOptions): (agent: string) => Desk {
  const { ledger, keyring, clock, periods, notice, waivers, secondAgent } = options;
  const desks = new LRUCache<string, Desk>({ max: MOST_DESKS });
  return agent => {
    const known = desks.get(agent);
    if (known !== undefined) return known;
    const desk = openDesk({ ledger, keyring, agent, clock, periods, notice, waivers, secondAgent });
    desks.set(agent, desk);
    return desk;
  };
}

/** Returns a function that does works on one subscriber one after the other. */
function takeTurns(): SiteParts['inTurn'] {
  const last = new Map<string, Promise<unknown>>();
  return async (subscriber, work) => {
    const before = last.get(subscriber) ?? Promise.resolve();
    const done = before.then(work, work);
    last.set(subscriber, done);
    try {
      return await done;
    } finally {
      if (last.get(subscriber) === done) last.delete(subscriber);
    }
  };
}

export function partsOf(options: DeskPagesOptions | OwnDeskOptions): SiteParts {
  const {
    ledger,
    table,
    offers = {},
    editions,
    periods = {},
    notice = OCS_NOTICE,
    timeZone = 'Europe/Paris',
    clock = systemClock,
  } = options;
  const { months: retentionMonths, journalMonths, requestMonths } = periods;
  const evidence = { retentionMonths, journalMonths, requestMonths };
  const configuration = { offers, evidence } as unknown as Terminal['configuration'];
  const terminals = new Map<Language, Terminal>(
    (['fr', 'en'] as const).map(language => [
      language,
      { ...terminalOf({ lang: language }, language, NO_STREAMS), configuration },
    ]),
  );
  return {
    ledger,
    table: typeof table === 'function' ? table : () => table,
    offers,
    editions,
    deskOf: desksOf(options),
    terminalOf: language => terminals.get(language)!,
    notice: parseNotice(notice),
    timeZone: checkTimeZone(timeZone),
    clock,
    inTurn: takeTurns(),
  };
}
