/**
 * Implements `report`: decision counts for right holders and auditors, as a table, JSON or an HTML
 * page.
 */
import { writeFile } from 'node:fs/promises';
import { systemClock } from '../../clock.ts';
import type { LedgerLocation } from '../../config/locations.ts';
import { namedLater } from '../../config/option-at-fault.ts';
import { dayOf } from '../../days.ts';
import { buildReport, type Report, type ReportedReason } from '../../desk/report.ts';
import { DECISIONS } from '../../law/reasons.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { dateCell, dayWord } from '../dates.ts';
import { readingWith, withLedger } from '../evidence/open-stores.ts';
import { cannotWrite } from '../option-at-fault.ts';
import { paintVerdict } from '../outlook.ts';
import { reportPage } from '../pages/report-page.ts';
import type { Terminal } from '../terminal.ts';
import { plainTable } from '../text-table.ts';
import { libraryVersion } from '../version.ts';

export interface ReportOptions extends LedgerLocation {
  readonly from: string;
  readonly to: string;
  readonly html?: string;
}

/** Returns the short code of a reason. Merged reasons have no code. */
export const codeOf = (reason: ReportedReason): string =>
  reason in DECISIONS ? DECISIONS[reason as never]['code'] : '';

function printReport(
  terminal: Terminal,
  { from, to, totals, editions, library, rule }: Report,
): void {
  const { say, paint, print, tell, language } = terminal;
  tell(
    paint.bold(say('reportTitle', { from: dayWord(language, from), to: dayWord(language, to) })),
  );
  const rows = totals.map(({ reason, verdict, count }) => [
    codeOf(reason),
    reason,
    paintVerdict(terminal, verdict),
    count.toLocaleString(language),
  ]);
  print(
    rows.length === 0
      ? say('noDecisions')
      : plainTable(
          ['code', 'reason', 'verdict', 'requests'].map(word => say(word as 'code')),
          rows,
          [3],
          terminal.rowWidth,
        ),
  );
  print(`\n${paint.bold(say('editions'))}`);
  const spans = editions.map(span => [
    span.edition,
    dateCell(language, span.from),
    dateCell(language, span.to),
    say('ageDays', { days: String(span.age) }),
  ]);
  print(
    spans.length === 0
      ? say('noEditions')
      : plainTable(
          [say('edition'), say('firstDay'), say('lastDay'), say('age')],
          spans,
          [],
          terminal.rowWidth,
        ),
  );
  tell(`\n${say('reportRounded')} ${say('utc')} ${say('reportNote', { library, rule })}`);
}

export const report = (terminal: Terminal, options: ReportOptions): Promise<number> =>
  withLedger(options, ledger => reportOf(terminal, ledger, options), readingWith(terminal));

async function reportOf(
  terminal: Terminal,
  ledger: Ledger,
  options: ReportOptions,
): Promise<number> {
  const { from, to, html } = options;
  const built = await namedLater({ option: '--from, --to', value: `${from} ${to}` }, () =>
    buildReport(ledger, options, { today: dayOf(systemClock()), library: libraryVersion() }),
  );
  if (html !== undefined)
    await writeFile(html, reportPage(built, terminal.language)).catch(error => {
      throw cannotWrite('--html', html, error);
    });
  if (terminal.json) terminal.print(JSON.stringify(built));
  else printReport(terminal, built);
  return 0;
}
