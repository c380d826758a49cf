/** What does a data protection officer need in hand? The fields, their grounds and times, from what the library is held to, with the record of Art. 30 GDPR. */
import { frenchArticle } from '../src/cli/words/residence.ts';
import {
  type DisclosedField,
  FIELDS,
  IMPERSONAL as IMPERSONAL_TABLES,
  legalBasisOf,
  periodOf,
  unnamedFields,
} from '../src/recording/disclosed-fields.ts';
import { OCS_NOTICE } from '../src/recording/privacy-notice.ts';
import { JOURNAL_MONTHS, REQUEST_MONTHS, RETENTION_MONTHS } from '../src/subjects/retention.ts';
import {
  FORMAT_OF,
  FORMATS,
  type Format,
  IMPERSONAL,
  INSIDE_JSON,
  KEYRING_FILE,
  type OtherField,
  POSTGRES_ONLY,
} from './kept-formats.ts';
import { ENGLISH, FRENCH, type KeptWords, type Pair } from './kept-words.ts';

type Language = 'en' | 'fr';

const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const article = (language: Language, text: string): string =>
  language === 'fr' ? frenchArticle(text) : text;

function groundOf(language: Language, field: DisclosedField): string {
  const basis = legalBasisOf(field, OCS_NOTICE);
  return field.cites.startsWith('law:') ? article(language, basis) : `« ${basis} »`;
}

const purposeOf = (language: Language, { purposes }: DisclosedField): string =>
  OCS_NOTICE.purposes
    .filter(({ id }) => purposes.includes(id))
    .map(purpose => `${purpose[language]} (${article(language, purpose.basis)})`)
    .join(', ');

const MONTHS = {
  months: RETENTION_MONTHS,
  journalMonths: JOURNAL_MONTHS,
  requestMonths: REQUEST_MONTHS,
};

/** Returns the name of a format, with a link to the list of formats. A field must have one. */
function formatCell(name: string | undefined): string {
  if (name === undefined) throw new Error('a field without a format');
  return `[${name}](#${name})`;
}

const otherTable = (language: Language, words: KeptWords, fields: readonly OtherField[]): string =>
  [
    row(...words.otherHead),
    row(...words.otherHead.map(() => '---')),
    ...fields.map(each => row(`\`${each.field}\``, each[language], formatCell(each.format))),
  ].join('\n');

/** The formats by name. A vertical bar in an expression is escaped, as tables require. */
const formatTable = (language: Language, words: KeptWords): string =>
  [
    row(...words.formatHead),
    row(...words.formatHead.map(() => '---')),
    ...Object.entries<Format>(FORMATS).map(([name, format]) =>
      row(
        `<a id="${name}"></a>${name}`,
        format[language],
        format.alternatives.map(each => `\`${each.replaceAll('|', '\\|')}\``).join(', '),
      ),
    ),
  ].join('\n');

const fieldRow = (language: Language, field: DisclosedField): string =>
  row(
    `\`${field.field}\``,
    field[language],
    formatCell(FORMAT_OF[field.field]),
    groundOf(language, field),
    purposeOf(language, field),
    periodOf(field.kept, MONTHS)[language],
  );

/** The words of the record, with what the policy says itself. */
function filled(language: Language, [name, text]: Pair): string {
  const { controller, dpo } = OCS_NOTICE.policy;
  const recipients = OCS_NOTICE.recipients.map(({ wording }) => wording).join(' ; ');
  const known: Readonly<Record<string, string>> = {
    controller,
    dpo,
    recipients: `« ${recipients} »`,
    transfers: OCS_NOTICE.transfers[language],
    retention: OCS_NOTICE.retention[language],
  };
  return row(
    name,
    text.replace(/\{(\w+)\}/g, (whole, key: string) => known[key] ?? whole),
  );
}

const colon = (language: Language): string => (language === 'fr' ? ' :' : ':');

function body(language: Language, words: KeptWords): string[] {
  const gaps = [
    ...(OCS_NOTICE.gaps ?? []).map(gap => gap[language]),
    ...unnamedFields().map(
      field =>
        `\`${field.field}\`${colon(language)} ${field[language]} (${groundOf(language, field)})`,
    ),
  ];
  return [
    `## ${words.record}`,
    [row('', ''), row('---', '---'), ...words.recordRows.map(pair => filled(language, pair))].join(
      '\n',
    ),
    `## ${words.fields}`,
    [
      row(...words.head),
      row(...words.head.map(() => '---')),
      ...FIELDS.map(each => fieldRow(language, each)),
    ].join('\n'),
    `### ${words.insideJson}`,
    otherTable(language, words, INSIDE_JSON),
    `## ${words.impersonal}`,
    Object.entries(IMPERSONAL_TABLES)
      .map(([table, each]) => `- \`${table}\`${colon(language)} ${each[language]}`)
      .join('\n'),
    words.impersonalKept,
    otherTable(language, words, IMPERSONAL),
    `## ${words.keyring}`,
    words.keyringAbout,
    otherTable(language, words, KEYRING_FILE),
    `## ${words.postgres}`,
    words.postgresAbout,
    otherTable(language, words, POSTGRES_ONLY),
    `## ${words.formats}`,
    words.formatsAbout,
    formatTable(language, words),
    `## ${words.gaps}`,
    gaps.map(gap => `- ${gap}`).join('\n'),
    `## ${words.questions}`,
    words.answers.map(([question, answer]) => `**${question}** ${answer}`).join('\n\n'),
    `## ${words.decide}`,
    words.decisions.map(each => `- ${each}`).join('\n'),
  ];
}

/** docs/kept.md or docs/kept.fr.md. */
export function keptPage(language: Language): string {
  const words = language === 'fr' ? FRENCH : ENGLISH;
  return `${[`# ${words.title}`, words.about, ...body(language, words)].join('\n\n')}\n`;
}
