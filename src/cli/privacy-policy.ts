/**
 * Implements `policy`: prints each kept field with its legal basis, purpose and retention period,
 * and lists the gaps of the privacy notice.
 */
import { readNotice } from '../config/operator-files.ts';
import {
  type DisclosedField,
  entryFor,
  FIELDS,
  IMPERSONAL,
  legalBasisOf,
  periodOf,
  unnamedFields,
} from '../recording/disclosed-fields.ts';
import type { PrivacyNotice } from '../recording/privacy-notice.ts';
import { JOURNAL_MONTHS, REQUEST_MONTHS, RETENTION_MONTHS } from '../subjects/retention.ts';
import { dateCell } from './dates.ts';
import type { Terminal } from './terminal.ts';
import { frenchArticle } from './words/residence.ts';
import { colon } from './words/words.ts';

export interface PolicyOptions {
  readonly notice?: string;
}

const citation = ({ language }: Terminal, text: string): string =>
  language === 'fr' ? frenchArticle(text) : text;

/** Returns the wording of the privacy notice for a field, or the article of law. */
function legalBasis(terminal: Terminal, notice: PrivacyNotice, field: DisclosedField): string {
  const basis = legalBasisOf(field, notice);
  return entryFor(field, notice) === undefined ? citation(terminal, basis) : `« ${basis} »`;
}

function why(
  terminal: Terminal,
  notice: PrivacyNotice,
  { purposes: named }: DisclosedField,
): string {
  return notice.purposes
    .filter(({ id }) => named.includes(id))
    .map(purpose => `${purpose[terminal.language]} (${citation(terminal, purpose.basis)})`)
    .join(', ');
}

function howLong(terminal: Terminal, { kept }: DisclosedField): string {
  const {
    retentionMonths: months = RETENTION_MONTHS,
    journalMonths = JOURNAL_MONTHS,
    requestMonths = REQUEST_MONTHS,
  } = terminal.configuration?.evidence ?? {};
  return periodOf(kept, { months, journalMonths, requestMonths })[terminal.language];
}

/** Returns the basis, the purpose and the period of a field, in words. */
export const fieldFacts = (terminal: Terminal, notice: PrivacyNotice, field: DisclosedField) => ({
  legalBasis: legalBasis(terminal, notice, field),
  why: why(terminal, notice, field),
  kept: howLong(terminal, field),
});

export async function policy(terminal: Terminal, options: PolicyOptions): Promise<number> {
  const { language, paint, print, tell, say } = terminal;
  const notice = await readNotice(options.notice);
  const unnamed = unnamedFields(notice);
  if (terminal.json) {
    const names = unnamed.map(({ field }) => field);
    print(
      JSON.stringify({ ...notice, fields: FIELDS, impersonal: IMPERSONAL, unnamedFields: names }),
    );
    return 0;
  }
  const { service, updated } = notice.policy;
  tell(paint.bold(say('policyTitle', { service, day: dateCell(language, updated) })));
  for (const field of FIELDS) {
    tell(`\n${paint.bold(field.field)}  ${field[language]}`);
    tell(`  ${say('policyGround')} ${legalBasis(terminal, notice, field)}`);
    tell(`  ${say('policyWhy')} ${why(terminal, notice, field)}`);
    tell(`  ${say('policyKept')} ${howLong(terminal, field)}`);
  }
  tell(`\n${paint.bold(say('policyImpersonal'))}`);
  for (const [table, words] of Object.entries(IMPERSONAL))
    tell(`  ${table}${colon(language)}${words[language]}`);
  tell(`\n${paint.bold(say('policyGaps'))}`);
  for (const gap of notice.gaps ?? []) tell(`  - ${gap[language]}`);
  for (const field of unnamed)
    tell(
      `  - ${field.field}${colon(language)}${field[language]} (${legalBasis(terminal, notice, field)})`,
    );
  return 0;
}
