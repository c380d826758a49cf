/** `evidence`, `keyring` and `policy`: what is kept, for how long, under which keys, and is it sound? */
import { systemClock } from '../clock.ts';
import { PortabilityError } from '../errors.ts';
import { journalHead } from '../evidence/journal.ts';
import type { Ledger } from '../evidence/ledger.ts';
import type { Keyring } from '../evidence/pseudonyms.ts';
import { isVouchedFor, purge, RETENTION_MONTHS, verifyEvidence } from '../evidence/retention.ts';
import { problemFrench } from './failure-desk-fr.ts';
import { type KeyringPlace, type LedgerPlace, openKeyringAt, openLedgerAt } from './places.ts';
import { confirm } from './prompt.ts';
import { plainTable } from './table.ts';
import type { Terminal } from './terminal.ts';

export interface EvidencePlaces extends LedgerPlace, KeyringPlace {}

const UNSOUND = 3;

/** Opens a ledger alone, for what concerns no person. */
export async function withLedger(place: LedgerPlace, work: (ledger: Ledger) => Promise<number>): Promise<number> {
  const ledger = await openLedgerAt(place);
  return work(ledger).finally(ledger.close);
}

/** Opens both, does the work, closes the ledger whatever happens. */
export async function withEvidence(
  places: EvidencePlaces,
  work: (ledger: Ledger, keyring: Keyring) => Promise<number>,
): Promise<number> {
  const keyring = await openKeyringAt(places);
  const ledger = await openLedgerAt(places).catch(error => keyring.close().then(() => Promise.reject(error)));
  try {
    await ledger.restoreMarks(await keyring.marks());
    return await work(ledger, keyring);
  } finally {
    await ledger.close();
    await keyring.close();
  }
}

export interface PurgeOptions extends EvidencePlaces {
  readonly months?: number;
  readonly keepDays?: number;
  readonly journalMonths?: number;
  readonly requestMonths?: number;
  readonly yes?: boolean;
}

export const evidencePurge = (terminal: Terminal, places: PurgeOptions): Promise<number> =>
  withEvidence(places, async (ledger, keyring) => {
    const now = systemClock();
    if (places.yes !== true && !(await isVouchedFor(ledger, new Date(now).toISOString().slice(0, 10)))) {
      throw new PortabilityError(
        'ERR_CONFIRMATION',
        'the days on record speak against the clock: if it is right, say --yes',
      );
    }
    // A shorter time than the usual one is a decision; the usual one is what a schedule runs.
    if (places.months !== undefined && places.months < RETENTION_MONTHS)
      await confirm(terminal, places.yes, 'surePurge');
    const done = await purge(ledger, keyring, now, places);
    if (terminal.json) terminal.print(JSON.stringify(done));
    else {
      const { before, cards, accesses, keys } = done;
      const counts = { before, cards: String(cards), accesses: String(accesses), keys: String(keys.length) };
      terminal.print(terminal.say('purged', counts));
    }
    return 0;
  });

const FIRST = '0000-01-01';
const LAST = '9999-12-31';

export const evidenceStats = (
  terminal: Terminal,
  places: EvidencePlaces & { readonly from?: string; readonly to?: string },
): Promise<number> =>
  withEvidence(places, async ledger => {
    const [from, to] = [places.from ?? FIRST, places.to ?? LAST];
    const [months, tally, editions, runs] = [
      await ledger.months(),
      await ledger.tally(from, to),
      await ledger.editions(from, to),
      await ledger.runs(),
    ];
    if (terminal.json) {
      terminal.print(JSON.stringify({ days: 'UTC', months, tally, editions, runs }));
      return 0;
    }
    const { say, paint } = terminal;
    const sections: readonly (readonly [
      title: string,
      head: readonly string[],
      rows: readonly (readonly string[])[],
    ])[] = [
      [say('cardsKept'), [say('month'), say('cards')], months.map(row => [row.month, String(row.cards)])],
      [
        say('decisions'),
        [say('day'), say('reason'), say('requests')],
        tally.map(row => [row.day, row.reason, String(row.count)]),
      ],
      [say('editions'), [say('day'), say('edition')], editions.map(row => [row.day, row.edition])],
      [
        say('runs'),
        [say('time'), '', say('before'), say('cards')],
        runs.map(row => [row.at, row.what, row.before, String(row.cards)]),
      ],
    ];
    for (const [title, head, rows] of sections) {
      terminal.print(paint.bold(title));
      terminal.print(rows.length === 0 ? say('nothing') : plainTable(head, rows));
      terminal.print();
    }
    terminal.print(say('utc'));
    return 0;
  });

/** Where the journal stands: a line to keep elsewhere. */
export const evidenceHead = (terminal: Terminal, places: EvidencePlaces): Promise<number> =>
  withEvidence(places, async ledger => {
    const head = await journalHead(ledger.register);
    terminal.print(terminal.json ? JSON.stringify({ head }) : head);
    return 0;
  });

export const evidenceVerify = (
  terminal: Terminal,
  places: EvidencePlaces & { readonly head?: string },
): Promise<number> =>
  withEvidence(places, async (ledger, keyring) => {
    const problems = await verifyEvidence(ledger, keyring, places.head);
    if (terminal.json) terminal.print(JSON.stringify({ valid: problems.length === 0, problems }));
    else if (problems.length === 0) terminal.print(terminal.say('evidenceSound'));
    else for (const problem of problems) terminal.print(terminal.language === 'fr' ? problemFrench(problem) : problem);
    return problems.length === 0 ? 0 : UNSOUND;
  });

/** Makes a keyring where there is none, so that a desk can begin before the first gateway does. */
export async function keyringCreate(terminal: Terminal, place: KeyringPlace): Promise<number> {
  await openKeyringAt(place, true);
  terminal.print(terminal.json ? JSON.stringify({ created: true }) : terminal.say('keyringThere'));
  return 0;
}

export async function keyringList(terminal: Terminal, places: KeyringPlace): Promise<number> {
  const months = await (await openKeyringAt(places)).months();
  if (terminal.json) terminal.print(JSON.stringify(months));
  else if (months.length === 0) terminal.print(terminal.say('nothing'));
  else {
    const rows = months.map(({ month, state, destroyed }) => [
      month,
      terminal.say(state === 'held' ? 'keyHeld' : 'keyDestroyed'),
      destroyed ?? '',
    ]);
    terminal.print(plainTable([terminal.say('month'), terminal.say('key'), terminal.say('day')], rows));
  }
  return 0;
}

export interface DestroyOptions extends KeyringPlace {
  readonly before: string;
  readonly yes?: boolean;
  readonly ledger?: string;
  readonly register?: string;
}

/** Destroying a key can not be undone: it takes `--yes`. With a ledger it is recorded there. */
export async function keyringDestroy(
  terminal: Terminal,
  { before, yes, ledger: place, register, ...where }: DestroyOptions,
): Promise<number> {
  await confirm(terminal, yes, 'sureKeys');
  const at = new Date(systemClock()).toISOString();
  const keys = await (await openKeyringAt(where)).destroyBefore(before, at.slice(0, 10));
  if (place !== undefined) {
    const ledger = await openLedgerAt({ ledger: place, ...(register !== undefined && { register }) });
    await ledger
      .recordRun({ at, what: 'destroy-keys', before, cards: 0, accesses: 0, keys: keys.length })
      .finally(ledger.close);
  }
  if (terminal.json) terminal.print(JSON.stringify({ before, destroyed: keys }));
  else terminal.print(`${terminal.say('keyDestroyed')}: ${keys.join(', ') || terminal.say('nothing')}`);
  return 0;
}
