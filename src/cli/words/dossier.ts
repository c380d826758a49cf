/** Describes an event of a dossier in one line, in English or French. */
import type { DossierEvent } from '../../law/dossier.ts';
import type { Language } from '../../law/reasons.ts';
import { dayWord } from '../dates.ts';
import { wordFor } from './residence.ts';
import { colon, say } from './words.ts';

/** Returns the details of an event in addition to its name. */
function particulars(language: Language, event: DossierEvent): (string | undefined)[] {
  const word = (code: string): string => wordFor(language, code);
  switch (event.type) {
    case 'contract-concluded': {
      const { renewsEvery: months } = event;
      if (months === undefined) return [];
      return [
        months === 1
          ? say(language, 'renewsMonthly')
          : say(language, 'renewsEvery', { months: String(months) }),
      ];
    }
    case 'residence-verified':
      return [
        word(`outcome-${event.outcome}`),
        say(language, 'meansUsed', {
          means: event.means.map(letter => `(${letter}) ${word(letter)}`).join(', '),
        }),
        word(`occasion-${event.occasion}`),
        word(`by-${event.by}`),
      ];
    case 'doubt-raised':
      return [say(language, 'doubtReason', { reason: word(event.reason) })];
    case 'information-requested':
      return [say(language, 'byDay', { day: dayWord(language, event.answerBy) })];
    case 'information-not-answered':
      return event.heldDataProveResidence ? [say(language, 'heldProves')] : [];
    case 'verification-waived':
      return event.until === undefined
        ? []
        : [say(language, 'untilDay', { day: dayWord(language, event.until) })];
    default:
      return [];
  }
}

/** Describes an event, without its day. */
export function eventWords(language: Language, event: DossierEvent): string {
  const name = wordFor(language, event.type);
  const more = particulars(language, event);
  return more.length === 0 ? name : `${name}${colon(language)}${more.join(', ')}`;
}
