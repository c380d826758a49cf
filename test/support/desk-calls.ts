/**
 * Five calls as an agent answers them on the pages of the desk, in a real browser, with the commands
 * that do the same work. Keys and clicks are counted.
 */

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify from 'fastify';
import type { Page } from 'playwright-core';
import { libraryVersion } from '../../src/cli/version.ts';
import { createDesk } from '../../src/cli/web/desk-page.ts';
import { type Desk, openDesk } from '../../src/entry/desk.ts';
import { type Ledger, memoryLedger } from '../../src/entry/ledger.ts';
import { openEditionArchive } from '../../src/entry/tables.ts';
import { type Keyring, loadZoneTable, openGate, openKeyring } from '../../src/index.ts';

/** A Monday; the Saturday before is the 21st. */
const NOW = Date.parse('2026-11-23T10:00:00Z');
/** A gateway noted its table at noon of that Saturday. */
const BEFORE = Date.parse('2026-11-21T12:00:00Z');
export const WHO = 'K-100234';
const CALL = { reason: 'support-call' } as const;
/** Networks of the bundled table. */
const PLACES = {
  spain: '80.58.61.250',
  switzerland: '195.186.1.111',
  london: '81.2.69.142',
} as const;

const CONTRACT = { type: 'contract-concluded', on: '2026-01-10', renewsEvery: 12 } as const;
const VERIFIED = {
  type: 'residence-verified',
  on: '2026-01-10',
  outcome: 'home',
  means: ['b'],
  occasion: 'conclusion',
  by: 'provider',
} as const;

/** The desk of a service, with an archive of past editions. */
export interface CallCentre {
  readonly origin: string;
  readonly desk: Desk;
  readonly ledger: Ledger;
  readonly keyring: Keyring;
  /** An address of which the table does not know the location. */
  readonly unknown: string;
  visit(address: string): Promise<void>;
  close(): Promise<void>;
}

export async function openCallCentre(agent = 'Brigitte'): Promise<CallCentre> {
  const table = await loadZoneTable();
  const ledger = memoryLedger();
  const keyring = await openKeyring(join(mkdtempSync(join(tmpdir(), 'keyring-')), 'keys'));
  const clock = (): number => NOW;
  const editions = mkdtempSync(join(tmpdir(), 'editions-'));
  const archive = await openEditionArchive(editions, {
    clock: () => BEFORE,
    library: libraryVersion(),
    offers: {},
  });
  await archive.note(table);
  const gate = await openGate({ table, clock, evidence: { ledger, keyring, batchMs: 1 } });
  const app = fastify({ forceCloseConnections: true });
  const agents = () => ({ name: agent, roles: ['read', 'act', 'erase', 'oversight'] as const });
  await app.register(
    createDesk({ ledger, keyring, table, agents, editions, clock, isHttps: false }),
  );
  const origin = await app.listen({ host: '127.0.0.1', port: 0 });
  let unknown = '';
  for (let n = 1; unknown === '' && n < 224; n++)
    for (let m = 0; unknown === '' && m < 256; m++) {
      const address = `${n}.${m}.7.7`;
      const { zone, known } = table.locate(address);
      if (zone === 'unknown' && known === 'unlisted') unknown = address;
    }
  return {
    origin,
    desk: openDesk({ ledger, keyring, agent: 'System', clock }),
    ledger,
    keyring,
    unknown,
    visit: async address => {
      gate.decide({ subscriber: WHO, standing: 'verified', address });
      await gate.flush();
    },
    close: async () => {
      await app.close();
      await gate.close();
      await ledger.close();
    },
  };
}

/** Types and clicks as a person does, and counts: each key and each click is one. */
export class Hands {
  readonly page: Page;
  keys = 0;
  clicks = 0;
  /** Forms that were sent, until the first answer was seen. */
  sent = 0;

  constructor(page: Page) {
    this.page = page;
  }

  /** Types where the cursor is, once the browser has put it into the first field. */
  async type(text: string): Promise<void> {
    await this.page.locator('input:focus').waitFor();
    await this.page.keyboard.type(text);
    this.keys += text.length;
  }

  async enter(): Promise<void> {
    this.keys++;
    this.sent++;
    await Promise.all([
      this.page.waitForNavigation({ waitUntil: 'load' }),
      this.page.keyboard.press('Enter'),
    ]);
  }

  /** Clicks on what has a text; `goes` if it leads to another page. */
  async click(
    role: 'link' | 'button' | 'radio' | 'checkbox' | 'textbox',
    name: string | RegExp,
    goes = false,
  ) {
    this.clicks++;
    const target = this.page.getByRole(role, { name, exact: typeof name === 'string' }).first();
    if (!goes) return target.click();
    this.sent++;
    await Promise.all([this.page.waitForNavigation({ waitUntil: 'load' }), target.click()]);
  }

  /** Chooses in a list: a click to open it, and one on the line. */
  async choose(label: string, value: string): Promise<void> {
    this.clicks += 2;
    await this.page.getByLabel(label, { exact: true }).selectOption(value);
  }

  /** Replaces what is in a field: a click, select all, and the text. */
  async replace(label: string, text: string): Promise<void> {
    this.clicks++;
    this.keys += 1 + text.length;
    await this.page.getByLabel(label, { exact: true }).fill(text);
  }
}

export type Language = 'fr' | 'en';

/** One call, in either language. */
export interface PlayedCall {
  readonly name: string;
  prepare(centre: CallCentre): Promise<void>;
  /** Up to the first answer: the sentence that is read out. */
  ask(hands: Hands, centre: CallCentre, t: Choose): Promise<void>;
  /** The rest of the call. */
  act(hands: Hands, t: Choose): Promise<void>;
  /** Commands that do the same, without `npx laissez-passer `; the identifier is typed at each. */
  readonly commands: (centre: CallCentre) => readonly string[];
  /** What is read out. */
  readonly says: Readonly<Record<Language, RegExp>>;
  /** Actions in the journal, of the agent on the pages. */
  readonly journal: readonly string[];
  /** What the ledger holds at the end: the parts that tell. */
  readonly end: Readonly<Record<string, unknown>>;
}

/** Chooses between the English and the French name of a control. */
type Choose = <Name>(en: Name, fr: Name) => Name;

const asking =
  (address: string) =>
  async (hands: Hands): Promise<void> => {
    await hands.type(WHO);
    await hands.enter();
    await hands.type(address);
    await hands.enter();
  };

const record = async ({ desk }: CallCentre, isVerified: boolean): Promise<void> => {
  await desk.record(WHO, CALL, CONTRACT);
  if (isVerified) await desk.record(WHO, CALL, VERIFIED);
};

const end = (hands: Hands, t: Choose): Promise<void> =>
  hands.click(
    'button',
    t('End the call: forget the identifier', 'Terminer l’appel : oublier l’identifiant'),
    true,
  );

/** What a call leaves in the ledger. */
export async function endOf({ desk, ledger }: CallCentre): Promise<Record<string, unknown>> {
  const { standing, exception, hold, dossier } = await desk.show(WHO, CALL);
  return {
    standing: standing.standing,
    means: dossier.events.flatMap(event => ('means' in event ? event.means : [])),
    exception: exception && [exception.why, exception.until],
    hold: hold?.why,
    cards: (await ledger.months())[0]?.cards ?? 0,
    open: (await desk.requests(true)).map(({ kind }) => kind),
  };
}

const NOTHING = { exception: undefined, hold: undefined, cards: 0, open: [] };

export const CALLS: readonly PlayedCall[] = [
  {
    name: 'refused in Spain (LP-19), residence verified',
    prepare: centre => record(centre, false),
    ask: asking(PLACES.spain),
    act: async (hands, t) => {
      const verify = t('Verify the residence', 'Vérifier la résidence');
      await hands.click('link', verify, true);
      await hands.click('checkbox', /^\(a\)/);
      await hands.click('button', verify, true);
      await end(hands, t);
    },
    commands: () => [
      `subscriber show --reason support-call --address ${PLACES.spain}`,
      'residence check a',
      'residence event residence-verified --outcome home --means a --occasion conclusion --by provider --reason residence-verification',
    ],
    says: { en: /Have it verified/, fr: /Faites-la vérifier/ },
    journal: ['show', 'event', 'show'],
    end: { ...NOTHING, standing: 'verified', means: ['a'] },
  },
  {
    name: 'Switzerland',
    prepare: centre => record(centre, true),
    ask: asking(PLACES.switzerland),
    act: async (hands, t) => {
      await hands.click('link', t('The countries of the EEA', 'Les pays de l’EEE'), true);
      await hands.click('link', t('Find', 'Rechercher'), true);
    },
    commands: () => [
      `subscriber show --reason support-call --address ${PLACES.switzerland}`,
      'explain --where switzerland',
    ],
    says: {
      en: /You are outside the European Economic Area/,
      fr: /Vous êtes hors de l’Espace économique européen/,
    },
    journal: ['show'],
    end: { ...NOTHING, standing: 'verified', means: ['b'] },
  },
  {
    name: 'London last Saturday',
    prepare: centre => record(centre, true),
    ask: async (hands, _, t) => {
      await hands.type(WHO);
      await hands.enter();
      await hands.type(PLACES.london);
      await hands.click('radio', t('At an earlier moment', 'À un moment passé'));
      await hands.replace(t('Day', 'Jour'), '21/11/2026');
      await hands.replace(t('Time', 'Heure'), '21:15');
      await hands.enter();
    },
    act: end,
    commands: () => [
      `subscriber show --reason support-call --address ${PLACES.london} --at 2026-11-21T21:15+01:00`,
    ],
    says: {
      en: /Read out:[\s\S]*on 2026-11-21 at 21:15, you were outside the European Economic Area/,
      fr: /À lire[\s\S]*le 21\/11\/2026 à 21:15, vous étiez hors de l’Espace économique européen/,
    },
    journal: ['show', 'show'],
    end: { ...NOTHING, standing: 'verified', means: ['b'] },
  },
  {
    name: 'a network without a place, exception granted',
    prepare: centre => record(centre, true),
    ask: async (hands, { unknown }) => asking(unknown)(hands),
    act: async (hands, t) => {
      const grant = t('Grant an exception', 'Accorder une exception');
      await hands.click('link', grant, true);
      await hands.click('radio', t(/a network without a fixed location/, /réseau sans lieu fixe/));
      await hands.click('button', grant, true);
      await end(hands, t);
    },
    commands: ({ unknown }) => [
      `subscriber show --reason support-call --address ${unknown}`,
      'subscriber exception --exception-reason network-without-place --until 30/11/2026 --reason support-call',
    ],
    says: {
      en: /The address data do not contain the location of your network/,
      fr: /Les données d’adresses n’indiquent pas où se trouve votre réseau/,
    },
    journal: ['show', 'exception', 'show'],
    end: {
      ...NOTHING,
      standing: 'verified',
      means: ['b'],
      exception: ['network-without-place', '2026-11-30'],
    },
  },
  {
    name: 'an erasure under a legal hold',
    prepare: async centre => {
      await record(centre, true);
      await centre.visit(PLACES.spain);
      const access = { reason: 'legal-claim', reference: 'LIT-7' } as const;
      await centre.desk.hold(WHO, access, 'legal-claim', '2027-01-15');
    },
    ask: async hands => {
      await hands.type(WHO);
      await hands.enter();
    },
    act: async (hands, t) => {
      const erase = t('Erase the data', 'Effacer les données');
      await hands.click('link', erase, true);
      await hands.replace(
        t('Monthly cards that will be erased: 1', 'Fiches mensuelles qui seront effacées : 1'),
        '1',
      );
      await hands.click('button', erase, true);
      const back = t(
        'Back to the call, without doing anything',
        'Revenir à l’appel sans rien faire',
      );
      await hands.click('link', back, true);
      await end(hands, t);
    },
    commands: () => [
      'subscriber show --reason erasure-request',
      'subscriber erase --reason erasure-request --yes',
    ],
    says: { en: /legal claim/, fr: /défense de droits en justice/ },
    journal: ['show', 'show', 'show', 'erase', 'refused', 'show', 'show'],
    end: {
      ...NOTHING,
      standing: 'verified',
      means: ['b'],
      hold: 'legal-claim',
      cards: 1,
      open: ['erasure'],
    },
  },
];

/** Keys of the commands: each is typed with its name, and the identifier where it is asked for. */
export const keysOfCommands = (commands: readonly string[]): number =>
  commands.reduce((sum, command) => {
    const isAsked = /^(?:subscriber|residence event)/.test(command);
    return sum + `npx laissez-passer ${command}`.length + 1 + (isAsked ? WHO.length + 1 : 0);
  }, 0);
