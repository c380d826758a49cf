/** The work lists, and the page of one of their lines. They name no person. */

import { portabilityError } from '../../errors.ts';
import * as SUBJECTS from '../../messages/subjects.ts';
import * as WEB from '../../messages/web.ts';
import { checkRecordNumber } from '../../subjects/record-number.ts';
import {
  REQUEST_OUTCOMES,
  type RequestOutcome,
  type RequestState,
} from '../../subjects/requests.ts';
import { dayWord } from '../dates.ts';
import { requestState } from '../desk/show-subscriber.ts';
import { type Content, type Html, html, htmlTable } from '../pages/html.ts';
import { kindWord, wordFor } from '../words/residence.ts';
import { say } from '../words/words.ts';
import { doneNotice, identifierForm } from './find-page.ts';
import { choiceField, factList, fieldOf, groupField, tokenField } from './layout.ts';
import { accessFields, accessIn, errorNotice, statusOf, type Visit } from './visit.ts';

const lineLink = (base: string, number: string): Html =>
  html`<a href="${base}/tasks/${number}">${number}</a>`;

function list(
  { t, base }: Visit,
  title: string,
  head: readonly string[],
  rows: readonly {
    readonly number: string;
    readonly reference: string;
    readonly cells: readonly Content[];
  }[],
): Html {
  if (rows.length === 0)
    return html`<h2>${title}</h2><p class="soft">${t('Nothing.', 'Rien.')}</p>`;
  return html`<h2>${title}</h2>${htmlTable(
    [t('number', 'numéro'), ...head, t('reference', 'référence')],
    rows.map(({ number, reference, cells }) => [lineLink(base, number), ...cells, reference]),
  )}`;
}

/** A text that stands out if its day has passed. */
const dueCell = (
  language: 'fr' | 'en',
  day: string | undefined,
  today: string,
  none: string,
): Content => {
  if (day === undefined) return none;
  const text = dayWord(language, day);
  return day < today ? html`<span class="late">${text} (${say(language, 'isLate')})</span>` : text;
};

/** Returns the work lists, the most urgent line of each first. */
export async function workPage(visit: Visit): Promise<string> {
  const { t, language, desk, today } = visit;
  const [requests, holds, pending, overdue] = [
    await desk.requests(true),
    await desk.holdsDue(),
    await desk.pending(),
    await desk.overdue(),
  ];
  const date = (day: string): string => dayWord(language, day);
  return visit.page(
    t('Work lists', 'À faire'),
    html`<h1>${t('Work lists', 'À faire')}</h1>
<p class="soft">${t('The lists name no one: your own reference leads to the file.', 'Ces listes ne nomment personne : votre référence mène au dossier.')}</p>
${list(
  visit,
  t('Requests', 'Demandes'),
  [t('right', 'droit'), t('received', 'reçue le'), t('answer due', 'réponse à donner le')],
  requests.map(({ id, reference, kind, received, due }) => ({
    number: id,
    reference,
    cells: [
      kindWord(language, kind),
      date(received),
      dueCell(language, due, today, say(language, 'requestWaits')),
    ],
  })),
)}
${list(
  visit,
  t('Legal holds to review', 'Conservations à réexaminer'),
  [t('reason', 'motif'), t('review by', 'à réexaminer le')],
  holds.map(({ number, reference, reason, review }) => ({
    number,
    reference,
    cells: [wordFor(language, reason), dueCell(language, review, today, '')],
  })),
)}
${list(
  visit,
  t('Operations that wait for a second agent', 'Opérations en attente d’un second agent'),
  [t('operation', 'opération'), t('proposed by', 'proposée par'), t('until', 'jusqu’au')],
  pending.map(({ number, reference, operation, agent, until }) => ({
    number,
    reference,
    cells: [wordFor(language, `operation-${operation}`), agent, date(until)],
  })),
)}
${list(
  visit,
  t('Renewals whose verification is overdue', 'Renouvellements à vérifier'),
  [t('renewals', 'renouvellements'), t('since', 'depuis le')],
  overdue.lines.map(({ number, reference, renewals, since }) => ({
    number,
    reference,
    cells: [renewals, date(since)],
  })),
)}
${list(
  visit,
  say(language, 'unansweredTitle'),
  [say(language, 'answerWasDue')],
  overdue.unanswered.map(({ number, reference, answerBy }) => ({
    number,
    reference,
    cells: [dueCell(language, answerBy, today, '')],
  })),
)}`,
  );
}

const STEPS = ['asked', 'established', 'extend', 'answer'] as const;
type Step = (typeof STEPS)[number];

/** The steps that a request can take. */
function stepsOf({ answered, asked, established, extended }: RequestState): readonly Step[] {
  if (answered !== '') return [];
  return STEPS.filter(step => {
    if (step === 'asked') return asked === '';
    if (step === 'established') return asked !== '' && established === '';
    return step === 'answer' || extended === '';
  });
}

/** Says how far a request is: it differs once a step was taken. */
const stateOf = ({ asked, established, extended, answered }: RequestState): string =>
  [asked, established, extended, answered].join('/');

/** Returns the form of the steps that a request can take. */
function stepForm(visit: Visit, request: RequestState): Html {
  const { t, base, session, language, values } = visit;
  const steps = stepsOf(request);
  if (steps.length === 0) return html``;
  const texts: Readonly<Record<Step, string>> = {
    asked: t(
      'proof of identity was asked for: the month stops, and starts again in full once the identity is established (Art. 12(6) GDPR, our reading)',
      'un justificatif d’identité a été demandé : le délai d’un mois ne court plus et repartira en entier une fois l’identité établie (RGPD, art. 12, § 6, notre lecture)',
    ),
    established: t(
      'the identity is established: the month for the answer starts again today',
      'l’identité est établie : le délai d’un mois recommence aujourd’hui',
    ),
    extend: t(
      'the extension by two months was announced with its reasons, once and within the first month (Art. 12(3) GDPR)',
      'la prolongation de deux mois a été annoncée avec ses motifs, une seule fois et dans le premier mois (RGPD, art. 12, § 3)',
    ),
    answer: t(
      'the request is answered, and closed',
      'la demande a reçu sa réponse : elle est close',
    ),
  };
  return html`<h2>${t('Act', 'Opérations')}</h2>
<form method="post" action="${base}/tasks/${request.id}">${tokenField(session.token)}<input type="hidden" name="state" value="${stateOf(request)}">
${groupField(values, 'radio', { name: 'step', label: t('Event', 'Événement'), choices: steps.map(value => ({ value, text: texts[value] })) })}
${choiceField(values, {
  name: 'outcome',
  label: t('Answer, if the request is answered', 'Réponse, si la demande est close'),
  choices: [
    { value: '', text: t('choose', 'à choisir') },
    ...REQUEST_OUTCOMES.map(value => ({ value, text: wordFor(language, value) })),
  ],
})}
${accessFields(visit, values, 'access-request', request.reference)}
<p class="hint">${t('This page sends nothing. If you refuse, write to the person the reason and the remedies, the CNIL and the courts (Art. 12(4) GDPR).', 'Cette page n’envoie rien. En cas de refus, écrivez à la personne le motif et les voies de recours, CNIL et juge (RGPD, art. 12, § 4).')}</p>
<p><button type="submit">${t('Record', 'Enregistrer')}</button></p></form>`;
}

/** Returns the page of a line of a work list. */
export async function linePage(visit: Visit, number: string, error?: unknown): Promise<string> {
  const { t, language, desk, session, terminal } = visit;
  const id = checkRecordNumber(number);
  const request = id.startsWith('R-')
    ? (await desk.requests()).find(each => each.id === id)
    : undefined;
  if (id.startsWith('R-') && request === undefined) throw portabilityError(SUBJECTS.requestMissing);
  const what = {
    R: t('Request', 'Demande'),
    D: t('Dossier', 'Dossier'),
    H: t('Legal hold', 'Conservation pour un litige'),
    P: t('Operation that waits for a second agent', 'Opération en attente d’un second agent'),
  }[id.charAt(0) as 'R' | 'D' | 'H' | 'P'];
  const facts =
    request === undefined
      ? ''
      : factList([
          [t('Right', 'Droit'), kindWord(language, request.kind)],
          [t('Received', 'Reçue le'), dayWord(language, request.received)],
          [t('State', 'État'), requestState(terminal, request, visit.today)],
          ...(request.reference === ''
            ? []
            : [[t('Your reference', 'Votre référence'), request.reference] as const]),
        ]);
  const steps = request === undefined || !visit.may('act') ? '' : stepForm(visit, request);
  return visit.page(
    `${what} ${id}`,
    html`<h1>${what} ${id}</h1>
${doneNotice(session, `/tasks/${id}`)}${error === undefined ? '' : errorNotice(error, visit)}
${facts}
${steps}
<h2>${t('Open the file of the person', 'Ouvrir le dossier de la personne')}</h2>
${identifierForm(visit, {
  label: t('Identifier of the subscriber', 'Identifiant de l’abonné'),
  hint: t(
    'Your own reference leads to it. The file opens only if this number is that of the subscriber.',
    'Votre référence y mène. Le dossier ne s’ouvre que si ce numéro est celui de l’abonné.',
  ),
  more: html`<input type="hidden" name="number" value="${id}">`,
  button: t('Open', 'Ouvrir'),
})}`,
  );
}

/** Takes a step of a request. */
export async function step(visit: Visit, number: string): Promise<string | undefined> {
  const { desk, values, session, reply, base, t, terminal } = visit;
  try {
    const access = accessIn(values);
    const state = (await desk.requests()).filter(({ id }) => id === number).map(stateOf)[0];
    if (state !== fieldOf(values, 'state')) throw portabilityError(WEB.requestWorkedOn);
    const asked = STEPS.find(each => each === fieldOf(values, 'step'));
    if (asked === undefined)
      throw portabilityError(WEB.choiceMissing, {}, { field: { en: 'event', fr: 'événement' } });
    const outcome = fieldOf(values, 'outcome') as RequestOutcome;
    if (asked === 'answer' && (outcome as string) === '')
      throw portabilityError(WEB.choiceMissing, {}, { field: { en: 'answer', fr: 'réponse' } });
    const changed = {
      asked: () => desk.identifyRequest(number, access, 'asked'),
      established: () => desk.identifyRequest(number, access, 'established'),
      extend: () => desk.extendRequest(number, access),
      answer: () => desk.answerRequest(number, access, outcome),
    };
    session.done = {
      path: `/tasks/${number}`,
      text: `${t('Recorded:', 'Enregistré :')} ${requestState(terminal, await changed[asked](), visit.today)}`,
    };
  } catch (error) {
    reply.code(statusOf(error));
    return linePage(visit, number, error);
  }
  reply.redirect(`${base}/tasks/${number}`, 303);
  return undefined;
}
