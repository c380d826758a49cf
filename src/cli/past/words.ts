/**
 * Says in words and in JSON what was in force at an earlier moment, and what is not known of it.
 */

import type { SubscriberView } from '../../desk/desk.ts';
import { basisOf, explain } from '../../law/reasons.ts';
import type { PastView, PersonGap } from '../../subjects/as-it-stood.ts';
import { dayWord, timeCell } from '../dates.ts';
import type { Outlook, PastOutlook } from '../outlook.ts';
import type { Terminal } from '../terminal.ts';
import { eventWords } from '../words/dossier.ts';
import { colon } from '../words/words.ts';
import type { PastGap } from './in-force.ts';

const GAP_WORDS = {
  'notes-damaged': 'gapNotesDamaged',
  'moment-by-day': 'gapMomentByDay',
  'several-editions': 'gapSeveralEditions',
  'several-offers': 'gapSeveralOffers',
  'ledger-differs': 'gapLedgerDiffers',
  'offers-unknown': 'gapOffersUnknown',
  'library-differs': 'gapLibraryDiffers',
} as const satisfies Record<PastGap, string>;

const PERSON_GAP_WORDS = {
  'journal-shorter': 'gapJournalShorter',
  'journal-silent': 'gapJournalSilent',
  'no-dossier': 'gapNoDossier',
  'exception-removed': 'gapExceptionRemoved',
} as const satisfies Record<PersonGap, string>;

/** Formats a moment: 2026-11-21T20:15:00Z, 21/11/2026 20:15:00 UTC in French. */
export const momentWord = ({ language }: Terminal, time: number | string): string => {
  const cell = timeCell(language, `${new Date(time).toISOString().slice(0, 19)}Z`);
  return language === 'fr' ? `${cell} UTC` : cell;
};

/** Says which edition was in force, since when, and by the law of which day. */
export function stateLine(
  terminal: Terminal,
  { edition, since, lawOf }: Pick<Outlook, 'edition' | 'since' | 'lawOf'>,
  at: number,
): string {
  const values = {
    moment: momentWord(terminal, at),
    edition,
    law: dayWord(terminal.language, lawOf),
  };
  return since === undefined
    ? terminal.say('inForceThatDay', values)
    : terminal.say('inForceThen', { ...values, since: momentWord(terminal, since) });
}

/** Says which standing the person records give, and which events led to it. */
export function recordLines(terminal: Terminal, { standing }: SubscriberView): string[] {
  const { say, language } = terminal;
  return [
    `${say('standing')}${colon(language)}${say(standing.standing)}`,
    ...standing.because.map(
      event => `- ${dayWord(language, event.on)} ${eventWords(language, event)}`,
    ),
  ];
}

/** Says what is not known of the moment: of the tables, and of the person's records. */
export function pastLines(
  terminal: Terminal,
  gaps: readonly PastGap[],
  past: PastView | undefined,
): string[] {
  const { say } = terminal;
  const lines = gaps.map(gap => say(GAP_WORDS[gap]));
  if (past === undefined) return lines;
  const { laterChanges } = past;
  if (laterChanges.length > 0)
    lines.push(
      say('changedSince', {
        count: String(laterChanges.length),
        first: momentWord(terminal, laterChanges[0]!.at),
      }),
    );
  return [...lines, ...past.gaps.map(gap => say(PERSON_GAP_WORDS[gap]))];
}

/** Returns what a request got at a moment, for JSON. */
export function pastJson(
  { language }: Terminal,
  { outlooks, gaps }: PastOutlook,
  at: number,
  view: SubscriberView | undefined,
) {
  const decisions = outlooks.map(({ decision, ...rest }) => ({
    ...decision,
    basis: basisOf(decision.reason, language),
    explanation: explain(decision.reason, language),
    ...rest,
  }));
  return {
    at: new Date(at).toISOString(),
    decisions,
    gaps,
    ...(view !== undefined && { standing: view.standing, past: view.past }),
  };
}
