/**
 * Implements `evidence purge|stats|verify|head`: deletes what has expired, counts what is kept and
 * checks its integrity.
 */

import { systemClock } from '../../clock.ts';
import type { EvidenceLocations } from '../../config/locations.ts';
import { namedLater } from '../../config/option-at-fault.ts';
import { portabilityError } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import * as CLI from '../../messages/cli.ts';
import type { Finding } from '../../messages/verification-findings.ts';
import { journalHead } from '../../subjects/journal.ts';
import {
  isClockPlausible,
  JOURNAL_MONTHS,
  purge,
  REQUEST_MONTHS,
  RETENTION_MONTHS,
  verifyEvidence,
} from '../../subjects/retention.ts';
import { dateCell, timeCell } from '../dates.ts';
import { confirm } from '../prompt.ts';
import type { Terminal } from '../terminal.ts';
import { plainTable } from '../text-table.ts';
import { readingWith, withEvidence } from './open-stores.ts';

const UNVERIFIED = 1;
const UNSOUND = 3;

export interface PurgeOptions extends EvidenceLocations {
  readonly months?: number;
  readonly keepDays?: number;
  readonly journalMonths?: number;
  readonly requestMonths?: number;
  readonly yes?: boolean;
  readonly acceptClock?: boolean;
}

/**
 * Checks whether a retention time is shorter than the usual one: that of the configuration file, or
 * the default. The usual one runs on a schedule; a shorter one needs confirmation.
 */
function isShorter({ configuration }: Terminal, options: PurgeOptions): boolean {
  const { months, journalMonths, requestMonths, keepDays } = options;
  const usual = configuration?.evidence ?? {};
  const isLess = (given: number | undefined, own: number | undefined, least: number): boolean =>
    given !== undefined && given < Math.min(own ?? least, least);
  return (
    keepDays === 0 ||
    isLess(months, usual.retentionMonths, RETENTION_MONTHS) ||
    isLess(journalMonths, usual.journalMonths, JOURNAL_MONTHS) ||
    isLess(requestMonths, usual.requestMonths, REQUEST_MONTHS)
  );
}

export const evidencePurge = (terminal: Terminal, options: PurgeOptions): Promise<number> =>
  withEvidence(options, async (ledger, keyring) => {
    const now = systemClock();
    if (
      options.acceptClock !== true &&
      !(await isClockPlausible(ledger, new Date(now).toISOString().slice(0, 10)))
    ) {
      throw portabilityError(CLI.clockContradicted);
    }
    if (isShorter(terminal, options)) await confirm(terminal, options.yes, 'surePurge');
    const done = await purge(ledger, keyring, now, options);
    if (terminal.json) terminal.print(JSON.stringify(done));
    else {
      const { before, cards, accesses, keys } = done;
      const counts = {
        before: dateCell(terminal.language, before),
        cards: String(cards),
        accesses: String(accesses),
        keys: String(keys.length),
      };
      terminal.tell(terminal.say('purged', counts));
    }
    return 0;
  });

const FIRST = '0000-01-01';
const LAST = '9999-12-31';

interface Days {
  readonly from?: string;
  readonly to?: string;
}

export const evidenceStats = (
  terminal: Terminal,
  places: EvidenceLocations & Days,
): Promise<number> =>
  withEvidence(places, ledger => printStats(terminal, ledger, places), {
    access: readingWith(terminal),
  });

async function printStats(terminal: Terminal, ledger: Ledger, days: Days): Promise<number> {
  const from = days.from ?? FIRST;
  const to = days.to ?? LAST;
  const months = await ledger.months();
  const tally = await ledger.tally(from, to);
  const editions = await ledger.editions(from, to);
  const runs = await ledger.runs();
  if (terminal.json) {
    terminal.print(JSON.stringify({ days: 'UTC', months, tally, editions, runs }));
    return 0;
  }
  const { say, paint, language } = terminal;
  const date = (day: string): string => dateCell(language, day);
  const sections: readonly (readonly [
    title: string,
    head: readonly string[],
    rows: readonly (readonly string[])[],
  ])[] = [
    [
      say('cardsKept'),
      [say('month'), say('cards')],
      months.map(row => [date(row.month), String(row.cards)]),
    ],
    [
      say('decisions'),
      [say('day'), say('reason'), say('requests')],
      tally.map(row => [date(row.day), row.reason, String(row.count)]),
    ],
    [
      say('editions'),
      [say('day'), say('edition')],
      editions.map(row => [date(row.day), row.edition]),
    ],
    [
      say('runs'),
      [say('time'), '', say('before'), say('cards')],
      runs.map(row => [
        timeCell(language, row.at),
        say(`run-${row.what}`),
        date(row.before),
        String(row.cards),
      ]),
    ],
  ];
  for (const [title, head, rows] of sections) {
    terminal.print(paint.bold(title));
    terminal.print(
      rows.length === 0 ? say('nothing') : plainTable(head, rows, [], terminal.rowWidth),
    );
    terminal.print();
  }
  terminal.print(say('utc'));
  return 0;
}

/** Prints the head of the journal, a line to keep in another location. */
export const evidenceHead = (terminal: Terminal, places: EvidenceLocations): Promise<number> =>
  withEvidence(
    places,
    async ledger => {
      const head = await journalHead(ledger.personRecords);
      terminal.print(terminal.json ? JSON.stringify({ head }) : head);
      return 0;
    },
    { access: readingWith(terminal) },
  );

/** Whether the findings are about the keyring alone: the evidence itself was not verified. */
const isAboutKeyring = (problems: readonly Finding[]): boolean =>
  problems.some(({ id }) => id === 'keyring-mismatch' || id === 'keyring-unproven');

/**
 * Verifies the evidence. Exit code 3 says that something was changed or damaged; 1 that it could
 * not be verified, because the keyring is wrong or a store cannot be reached.
 */
export const evidenceVerify = (
  terminal: Terminal,
  places: EvidenceLocations & { readonly head?: string },
): Promise<number> =>
  withEvidence(
    places,
    async (ledger, keyring) => {
      const problems = await namedLater(places.head === undefined ? {} : { option: '--head' }, () =>
        verifyEvidence(ledger, keyring, places.head),
      );
      const texts = problems.map(problem => problem[terminal.language]);
      if (terminal.json) {
        const ids = problems.map(({ id }) => id);
        terminal.print(JSON.stringify({ valid: problems.length === 0, problems: texts, ids }));
      } else if (problems.length === 0) terminal.print(terminal.say('evidenceSound'));
      else for (const text of texts) terminal.tell(text);
      if (problems.length === 0) return 0;
      return isAboutKeyring(problems) ? UNVERIFIED : UNSOUND;
    },
    { reportsKeyring: true, access: readingWith(terminal) },
  );
