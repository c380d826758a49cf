/** The pages for the data protection officer: the journal, what is kept, retention, the report. */

import { addMonths } from '../../days.ts';
import { buildReport } from '../../desk/report.ts';
import { FIELDS, IMPERSONAL } from '../../recording/disclosed-fields.ts';
import { JOURNAL_ACTIONS, type JournalAction } from '../../subjects/journal.ts';
import { dateCell, readDay, readMonth, timeCell } from '../dates.ts';
import { type Html, html, htmlTable } from '../pages/html.ts';
import { reportContent, reportTitle } from '../pages/report-page.ts';
import { fieldFacts } from '../privacy-policy.ts';
import { libraryVersion } from '../version.ts';
import { accessReasonWord, actionWord } from '../words/journal.ts';
import { say } from '../words/words.ts';
import { choiceField, factList, fieldOf, textField, tokenField } from './layout.ts';
import { accessFields, accessIn, errorNotice, statusOf, type Visit } from './visit.ts';

/** Returns the first page of oversight: where its pages are. */
export function oversightPage({ t, base, page }: Visit): string {
  const link = (path: string, title: string, about: string): Html =>
    html`<li><a href="${base}${path}">${title}</a><br><span class="soft">${about}</span></li>`;
  return page(
    t('Oversight', 'Contrôle'),
    html`<h1>${t('Oversight', 'Contrôle')}</h1><ul>${[
      link(
        '/journal',
        t('Journal', 'Journal'),
        t(
          'who saw or changed personal data, when and why',
          'qui a consulté ou modifié des données personnelles, quand et pourquoi',
        ),
      ),
      link(
        '/kept',
        t('What is kept', 'Ce qui est conservé'),
        t(
          'each field, why and for how long, by the privacy notice',
          'chaque donnée, pourquoi et combien de temps, selon la politique de confidentialité',
        ),
      ),
      link(
        '/runs',
        t('Retention', 'Conservation'),
        t(
          'months that are kept, and what was deleted when',
          'les mois conservés, et ce qui a été supprimé, quand',
        ),
      ),
      link(
        '/report',
        t('Report', 'Rapport'),
        t(
          'decisions by day and reason, without personal data',
          'les décisions par jour et par motif, sans donnée personnelle',
        ),
      ),
    ]}</ul>`,
  );
}

const MOST_ENTRIES = 500;

/** Returns the journal: the form alone, or with the entries that it asks for. */
export async function journalPage(visit: Visit): Promise<string> {
  const { t, language, base, session, values, desk, reply, request } = visit;
  const title = t('Journal', 'Journal');
  const form = html`<form method="post" action="${base}/journal">${tokenField(session.token)}
<div class="row">${textField(values, { name: 'identifier', label: t('Person (identifier)', 'Personne (identifiant)'), hint: t('Empty for all.', 'Vide pour toutes.') })}
${textField(values, { name: 'by', label: t('Agent', 'Agent'), hint: t('Empty for all.', 'Vide pour tous.') })}
${choiceField(values, { name: 'action', label: t('Action', 'Opération'), choices: [{ value: '', text: t('all', 'toutes') }, ...JOURNAL_ACTIONS.map(value => ({ value, text: actionWord(language, value) }))] })}</div>
<div class="row">${textField(values, { name: 'from', label: t('First day', 'Premier jour'), hint: t('05/12/2026, the day first', '05/12/2026') })}
${textField(values, { name: 'to', label: t('Last day', 'Dernier jour'), hint: t('05/12/2026, the day first', '05/12/2026') })}</div>
${accessFields(visit, values, 'audit')}
<p><button type="submit">${t('Show', 'Afficher')}</button></p></form>`;
  let shown: Html = html``;
  if (request.method === 'POST')
    try {
      const text = (name: string): string | undefined => fieldOf(values, name).trim() || undefined;
      const day = (name: string): string | undefined => {
        const typed = text(name);
        return typed === undefined ? undefined : readDay(typed);
      };
      const entries = await desk.journal(accessIn(values), {
        subscriber: text('identifier'),
        agent: text('by'),
        action: text('action') as JournalAction | undefined,
        from: day('from'),
        to: day('to'),
        limit: MOST_ENTRIES,
      });
      const head = (
        [
          'journalNumber',
          'journalTime',
          'journalAgent',
          'journalAction',
          'journalReason',
          'journalReference',
        ] as const
      ).map(word => say(language, word));
      const rows = entries
        .toReversed()
        .map(({ seq, at, agent, action, reason, reference }) => [
          seq,
          timeCell(language, at),
          agent,
          actionWord(language, action),
          accessReasonWord(language, reason),
          reference,
        ]);
      shown =
        rows.length === 0
          ? html`<p>${t('No entry matches.', 'Aucune entrée ne correspond.')}</p>`
          : html`<h2>${t(`The newest ${rows.length} entries`, `Les ${rows.length} dernières entrées`)}</h2>${htmlTable(head, rows)}`;
    } catch (error) {
      reply.code(statusOf(error));
      shown = errorNotice(error, visit);
    }
  return visit.page(
    title,
    html`<h1>${title}</h1><p>${t('This look is entered in the journal too.', 'Cette consultation est inscrite au journal, elle aussi.')}</p>${form}${shown}`,
  );
}

/** Returns what is kept, by the operator's notice. */
export function keptPage({ t, language, terminal, site, page }: Visit): string {
  const title = t('What is kept', 'Ce qui est conservé');
  const { service, updated } = site.notice.policy;
  const sections = FIELDS.map(field => {
    const { legalBasis, why, kept } = fieldFacts(terminal, site.notice, field);
    return html`<h2>${field[language]}</h2>${factList([
      [t('Field', 'Champ'), html`<code>${field.field}</code>`],
      [t('Basis', 'Fondement'), legalBasis],
      [t('Purpose', 'Finalité'), why],
      [t('Kept', 'Durée'), kept],
    ])}`;
  });
  const impersonal = Object.entries(IMPERSONAL).map(
    ([table, words]) => [table, words[language]] as const,
  );
  return page(
    title,
    html`<h1>${title}</h1><p>${say(language, 'policyTitle', { service, day: dateCell(language, updated) })}</p>
${sections}<h2>${say(language, 'policyImpersonal')}</h2>${factList(impersonal)}`,
  );
}

/** Returns the months that are kept, and the retention runs. */
export async function runsPage({ t, language, site, page }: Visit): Promise<string> {
  const { ledger } = site;
  const title = t('Retention', 'Conservation');
  const months = (await ledger.months()).map(({ month, cards }) => [
    dateCell(language, month),
    cards.toLocaleString(language),
  ]);
  const runs = (await ledger.runs())
    .toReversed()
    .map(({ at, what, before, cards }) => [
      timeCell(language, at),
      say(language, `run-${what}`),
      dateCell(language, before),
      cards.toLocaleString(language),
    ]);
  const none = html`<p class="soft">${t('Nothing.', 'Rien.')}</p>`;
  return page(
    title,
    html`<h1>${title}</h1>
<h2>${say(language, 'cardsKept')}</h2>${months.length === 0 ? none : htmlTable([say(language, 'month'), say(language, 'cards')], months, [1])}
<h2>${say(language, 'runs')}</h2>${runs.length === 0 ? none : htmlTable([say(language, 'time'), t('what', 'opération'), say(language, 'before'), say(language, 'cards')], runs, [3])}
<p class="soft">${say(language, 'utc')}</p>`,
  );
}

const MONTHS = 3;

/** Returns the report: the form, and the report of the months that it asks for. */
export async function reportPages(visit: Visit): Promise<string> {
  const { t, language, base, request, today, site, reply } = visit;
  const title = t('Report', 'Rapport');
  const query = request.query as Readonly<Record<string, unknown>>;
  const [from, to] = [query['from'], query['to']].map(each =>
    typeof each === 'string' ? each : '',
  ) as [string, string];
  const typed = (month: string): string => (language === 'fr' ? dateCell('fr', month) : month);
  const hint = t('12/2026 or 2026-12', '12/2026');
  const form = html`<form method="get" action="${base}/report"><div class="row">${textField(from === '' ? {} : { from: [from] }, { name: 'from', label: t('First month', 'Premier mois'), hint, default: typed(addMonths(today, -MONTHS).slice(0, 7)) })}
${textField(to === '' ? {} : { to: [to] }, { name: 'to', label: t('Last month', 'Dernier mois'), hint, default: typed(addMonths(today, -1).slice(0, 7)) })}</div>
<p><button type="submit">${t('Show', 'Afficher')}</button></p></form>`;
  let shown: Html = html``;
  if (from !== '' || to !== '')
    try {
      const months = { from: readMonth(from), to: readMonth(to) };
      const report = await buildReport(site.ledger, months, { today, library: libraryVersion() });
      shown = html`<h2>${reportTitle(report, language)}</h2>${reportContent(report, language)}`;
    } catch (error) {
      reply.code(statusOf(error));
      shown = errorNotice(error, visit);
    }
  return visit.page(title, html`<h1>${title}</h1>${form}${shown}`);
}
