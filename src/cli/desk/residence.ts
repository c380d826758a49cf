/**
 * Implements `residence check|event|undo|overdue`: verification of residence (Article 5) at the
 * desk.
 */
import { systemClock } from '../../clock.ts';
import { dayOf } from '../../days.ts';
import type { DossierEvent, DossierEventType } from '../../law/dossier.ts';
import { checkMeans, MEANS, type Means, type Occasion } from '../../law/residence.ts';
import type { StandingOn } from '../../law/standing.ts';
import { dayWord } from '../dates.ts';
import { REFUSED } from '../outlook.ts';
import { confirm } from '../prompt.ts';
import type { Terminal } from '../terminal.ts';
import { wrapped } from '../text-table.ts';
import { eventWords } from '../words/dossier.ts';
import { frenchArticle, meansHelp, wordFor } from '../words/residence.ts';
import {
  type DeskLocations,
  deskAccessOf,
  tell,
  tellTable,
  withSubscriber,
  withWorkList,
} from './open-desk.ts';
import { workList } from './work-list.ts';

export interface CheckOptions {
  readonly occasion: Occasion;
  readonly postalAddressRegistered?: boolean;
}

export async function residenceCheck(
  terminal: Terminal,
  letters: readonly string[],
  { occasion, postalAddressRegistered = false }: CheckOptions,
): Promise<number> {
  const means = letters.flatMap(each => each.split(',')).filter(each => each !== '');
  const check = checkMeans(means as Means[], { occasion, postalAddressRegistered });
  const line = check.valid
    ? terminal.say('meansValid')
    : terminal.say('meansInvalid', {
        violation: wordFor(terminal.language, check.violation),
        article: terminal.language === 'fr' ? frenchArticle(check.article) : check.article,
      });
  const named = means
    .filter(letter => MEANS.includes(letter as Means))
    .map(letter => `(${letter}) ${wordFor(terminal.language, letter)}`);
  const isUnknown = !check.valid && check.violation === 'unknown-means';
  const list = isUnknown ? [terminal.say('meansHelp'), meansHelp(terminal.language)] : [];
  tell(terminal, check, [...named, line, ...list].join('\n'));
  return check.valid ? 0 : REFUSED;
}

/** The fields of an event, as the command line names them. */
export interface EventOptions extends DeskLocations {
  readonly on?: string;
  readonly renewsEvery?: number;
  readonly outcome?: string;
  readonly means?: readonly string[];
  readonly occasion?: string;
  readonly by?: string;
  readonly postalAddressRegistered?: boolean;
  readonly doubtReason?: string;
  readonly answerBy?: string;
  readonly heldDataProveResidence?: string;
  readonly until?: string;
}

/**
 * Builds the event from the options. Missing or superfluous fields are detected by the law module.
 */
function eventOf(type: DossierEventType, options: EventOptions): DossierEvent {
  const {
    on,
    renewsEvery,
    outcome,
    means,
    occasion,
    by,
    postalAddressRegistered,
    doubtReason,
    answerBy,
    until,
  } = options;
  const held = options.heldDataProveResidence;
  const given = {
    type,
    on: on ?? dayOf(systemClock()),
    renewsEvery,
    outcome,
    means: means?.flatMap(letters => letters.split(',')),
    occasion,
    by,
    postalAddressRegistered,
    reason: doubtReason,
    answerBy,
    until,
    heldDataProveResidence: held === undefined ? undefined : held === 'yes',
  };
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as unknown as DossierEvent;
}

/** Prints the event that was recorded or removed, and the resulting standing. */
function tellStanding(
  terminal: Terminal,
  word: 'noted' | 'takenOut',
  event: DossierEvent,
  standing: StandingOn,
): number {
  const { language, say } = terminal;
  const line = say(word, { day: dayWord(language, event.on), event: eventWords(language, event) });
  return tell(
    terminal,
    standing,
    `${line}\n${say('standingNow', { standing: say(standing.standing) })}`,
  );
}

export const residenceEvent = (
  terminal: Terminal,
  type: DossierEventType,
  options: EventOptions,
): Promise<number> =>
  withSubscriber(terminal, options, async (desk, subscriber) => {
    const event = eventOf(type, options);
    return tellStanding(
      terminal,
      'noted',
      event,
      await desk.record(subscriber, deskAccessOf(options), event),
    );
  });

export const residenceUndo = (
  terminal: Terminal,
  number: number,
  options: DeskLocations & { readonly yes?: boolean },
): Promise<number> =>
  withSubscriber(terminal, options, async (desk, subscriber) => {
    await confirm(terminal, options.yes, 'sureUndo');
    const { removed, standing } = await desk.undo(subscriber, deskAccessOf(options), number - 1);
    return tellStanding(terminal, 'takenOut', removed, standing);
  });

export const residenceOverdue = (
  terminal: Terminal,
  options: DeskLocations & { readonly limit?: number },
): Promise<number> =>
  withWorkList(terminal, options, async desk => {
    const overdue = await desk.overdue(options.limit);
    const { dossiers, since, lines, unanswered } = overdue;
    const { say, language } = terminal;
    const answers = unanswered.map(({ number, reference, answerBy }) => ({
      number,
      reference,
      cells: [dayWord(language, answerBy)],
    }));
    const waiting =
      answers.length === 0
        ? ''
        : `\n\n${terminal.paint.bold(say('unansweredTitle'))}\n${workList(terminal, [say('answerWasDue')], answers)}`;
    if (since === undefined) {
      const none = wrapped(say('overdueNone'), terminal.width);
      return tellTable(terminal, overdue, `${none}${waiting}`);
    }
    const words = { dossiers: String(dossiers), day: dayWord(language, since) };
    const summary = wrapped(say('overdueCount', words), terminal.width);
    const head = [say('overdueRenewals'), say('overdueFrom')];
    const table = workList(
      terminal,
      head,
      lines.map(line => ({
        number: line.number,
        reference: line.reference,
        cells: [String(line.renewals), dayWord(language, line.since)],
      })),
    );
    const shown = lines.length === 0 ? summary : `${summary}\n\n${table}`;
    return tellTable(terminal, overdue, `${shown}${waiting}`);
  });
