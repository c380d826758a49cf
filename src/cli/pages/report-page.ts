/**
 * Writes the report as an HTML page: charts, totals, months and tables in force, with the same
 * rounded counts as in all formats.
 */
import { addDays } from '../../days.ts';
import type { Report, ReportedReason, ReportRow } from '../../desk/report.ts';
import { explain, type Language, type Verdict } from '../../law/reasons.ts';
import { dayWord, monthWord } from '../dates.ts';
import { type PlainWord, say } from '../words/words.ts';
import { barChart, type Series } from './chart.ts';
import { type Html, html, htmlTable, page } from './html.ts';

const COLOURS: Readonly<Record<Verdict, string>> = {
  domestic: '#1f5fa8',
  portable: '#3a9a6b',
  refused: '#a12b2b',
};
const REFUSALS = ['#a12b2b', '#c2610c', '#7a4fa3', '#5a6472', '#b8901a', '#2f7f86'] as const;

const VERDICT_WORDS: Readonly<Record<Verdict, PlainWord>> = {
  domestic: 'domestic',
  portable: 'portable',
  refused: 'refused',
};

function daysOf({ from, to }: Report): string[] {
  const days: string[] = [];
  for (let day = from; day <= to; day = addDays(day, 1)) days.push(day);
  return days;
}

function sumBy(rows: readonly ReportRow[], keyOf: (row: ReportRow) => string): Map<string, number> {
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(keyOf(row), (sums.get(keyOf(row)) ?? 0) + row.count);
  return sums;
}

/** Returns the description of a reason for right holders. Merged reasons have their own texts. */
const reasonWords = (language: Language, reason: ReportedReason): string => {
  if (reason === 'abroad-granted') return say(language, 'mergedGranted');
  return reason === 'abroad-refused' ? say(language, 'mergedRefused') : explain(reason, language);
};

/** Returns the beginning of the description, which is enough for a legend. */
const shortWords = (language: Language, reason: ReportedReason): string =>
  reasonWords(language, reason).split(/[:,.](?: |$)/)[0]!;

function byVerdict(report: Report, language: Language): Html {
  const series = (['domestic', 'portable', 'refused'] as const).map(
    (verdict): Series => ({
      name: say(language, VERDICT_WORDS[verdict]),
      colour: COLOURS[verdict],
      isHatched: verdict === 'refused',
      values: sumBy(
        report.decisions.filter(row => row.verdict === verdict),
        row => row.day,
      ),
    }),
  );
  return barChart('verdicts', language, say(language, 'chartVerdicts'), daysOf(report), series);
}

function refusals(report: Report, language: Language): Html {
  const reasons = report.totals
    .filter(({ verdict, count }) => verdict === 'refused' && count > 0)
    .map(({ reason }) => reason);
  if (reasons.length === 0) return html`<p>${say(language, 'noRefusals')}</p>`;
  const series = reasons.map(
    (reason, index): Series => ({
      name: shortWords(language, reason),
      colour: REFUSALS[index % REFUSALS.length]!,
      isHatched: index % 2 === 1,
      values: sumBy(
        report.decisions.filter(row => row.reason === reason),
        row => row.day,
      ),
    }),
  );
  return barChart('refusals', language, say(language, 'chartRefusals'), daysOf(report), series);
}

function totals({ totals: rows }: Report, language: Language): Html {
  const head = (['reason', 'meaning', 'verdict', 'requests'] as const).map(word =>
    say(language, word),
  );
  const cells = rows.map(({ reason, verdict, count }) => [
    reason,
    reasonWords(language, reason),
    say(language, VERDICT_WORDS[verdict]),
    count.toLocaleString(language),
  ]);
  return htmlTable(head, cells, [3]);
}

function months({ decisions }: Report, language: Language): Html {
  const sums = sumBy(decisions, row => `${row.day.slice(0, 7)} ${row.verdict}`);
  const names = [...new Set(decisions.map(({ day }) => day.slice(0, 7)))];
  const verdicts = ['domestic', 'portable', 'refused'] as const;
  const rows = names.map(month => [
    monthWord(language, month),
    ...verdicts.map(verdict => (sums.get(`${month} ${verdict}`) ?? 0).toLocaleString(language)),
  ]);
  return htmlTable(
    [say(language, 'month'), ...verdicts.map(verdict => say(language, VERDICT_WORDS[verdict]))],
    rows,
    [1, 2, 3],
  );
}

function editions({ editions: spans }: Report, language: Language): Html {
  const head = (['edition', 'firstDay', 'lastDay', 'built', 'age'] as const).map(word =>
    say(language, word),
  );
  const rows = spans.map(({ edition, from, to, built, age }) => [
    edition,
    ...[from, to, built].map(day => dayWord(language, day)),
    say(language, 'ageDays', { days: String(age) }),
  ]);
  return htmlTable(head, rows, [4]);
}

export const reportTitle = (report: Report, language: Language): string =>
  say(language, 'reportTitle', {
    from: dayWord(language, report.from),
    to: dayWord(language, report.to),
  });

/** Returns the report as one page without external resources. */
export function reportPage(report: Report, language: Language): string {
  const title = reportTitle(report, language);
  return page(
    language,
    title,
    html`<main>
<h1>${title}</h1>
${reportContent(report, language)}
</main>`,
  );
}

/** Returns what the page of a report says below its title. */
export function reportContent(report: Report, language: Language): Html {
  const word = (key: PlainWord): string => say(language, key);
  return html`<p>${word('reportIntro')}</p>
<p class="soft">${word('reportRounding')} ${word('utc')}</p>
<h2>${word('decisions')}</h2>
${byVerdict(report, language)}
${refusals(report, language)}
<h2>${word('byReason')}</h2>
${totals(report, language)}
<h2>${word('byMonth')}</h2>
${months(report, language)}
<h2>${word('editions')}</h2>
${editions(report, language)}
<p class="soft">${say(language, 'reportNote', { library: report.library, rule: report.rule })}</p>`;
}
