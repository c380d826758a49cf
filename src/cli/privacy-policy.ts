/**
 * Implements `policy`: prints each kept field with its legal basis, purpose and retention period,
 * and lists the gaps of the privacy notice.
 */
import {
  DISCLOSURE,
  type DisclosedField,
  FIELDS,
  periodOf,
  unnamedFields,
} from '../recording/privacy-notice.ts';
import { JOURNAL_MONTHS, REQUEST_MONTHS, RETENTION_MONTHS } from '../subjects/retention.ts';
import type { Terminal } from './terminal.ts';
import { frenchArticle } from './words/residence.ts';
import { colon } from './words/words.ts';

const citation = ({ language }: Terminal, text: string): string =>
  language === 'fr' ? frenchArticle(text) : text;

/** Returns the wording of the privacy policy for a field, or the article of law. */
function legalBasis(terminal: Terminal, { cites }: DisclosedField): string {
  if (cites.startsWith('law:')) return citation(terminal, cites.slice('law:'.length));
  return `« ${[...DISCLOSURE.categories, ...DISCLOSURE.security].find(({ id }) => id === cites)!.wording} »`;
}

function why(terminal: Terminal, { purposes }: DisclosedField): string {
  const known = DISCLOSURE.purposes.filter(({ id }) => purposes.includes(id));
  return known
    .map(purpose => `${purpose[terminal.language]} (${citation(terminal, purpose.basis)})`)
    .join(', ');
}

const howLong = (terminal: Terminal, { kept }: DisclosedField): string =>
  periodOf(kept, {
    months: RETENTION_MONTHS,
    journalMonths: JOURNAL_MONTHS,
    requestMonths: REQUEST_MONTHS,
  })[terminal.language];

export async function policy(terminal: Terminal): Promise<number> {
  const { language, paint, print, say } = terminal;
  if (terminal.json) {
    print(
      JSON.stringify({ ...DISCLOSURE, unnamedFields: unnamedFields().map(({ field }) => field) }),
    );
    return 0;
  }
  print(
    paint.bold(
      say('policyTitle', { service: DISCLOSURE.policy.service, day: DISCLOSURE.policy.updated }),
    ),
  );
  for (const field of FIELDS) {
    print(`\n${paint.bold(field.field)}  ${field[language]}`);
    print(`  ${say('policyGround')} ${legalBasis(terminal, field)}`);
    print(`  ${say('policyWhy')} ${why(terminal, field)}`);
    print(`  ${say('policyKept')} ${howLong(terminal, field)}`);
  }
  print(`\n${paint.bold(say('policyImpersonal'))}`);
  for (const [table, words] of Object.entries(DISCLOSURE.impersonal))
    print(`  ${table}${colon(language)}${words[language]}`);
  print(`\n${paint.bold(say('policyGaps'))}`);
  for (const gap of DISCLOSURE.gaps) print(`  - ${gap[language]}`);
  for (const field of unnamedFields())
    print(
      `  - ${field.field}${colon(language)}${field[language]} (${legalBasis(terminal, field)})`,
    );
  return 0;
}
