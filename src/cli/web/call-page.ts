/**
 * The page of a call: the question « which address, when? » with its answer, the records, and what
 * the agent can do.
 */

import type { SubscriberView } from '../../desk/desk.ts';
import { basisOf, explain, type Verdict } from '../../law/reasons.ts';
import { readDay } from '../dates.ts';
import { recordFacts } from '../desk/show-subscriber.ts';
import { type Content, type Html, html } from '../pages/html.ts';
import { pastLines, recordLines } from '../past/words.ts';
import { say } from '../words/words.ts';
import { ACTS, type Act } from './acts.ts';
import { type Answer, type AnsweredOutlook, answerFor, localMoment, momentIn } from './answer.ts';
import {
  choiceField,
  factList,
  fieldOf,
  groupField,
  notice,
  textField,
  tokenField,
  type Values,
} from './layout.ts';
import { readRecords } from './records.ts';
import { FIND_ADDRESS, NEXT_STEPS, THEN } from './sentences.ts';
import type { Call } from './sessions.ts';
import { accessOf, errorNotice, numberField, statusOf, type Visit } from './visit.ts';

/** The number of a request, as it stands in a line of the records. */
const REQUEST_NUMBER = /\bR-[2-9B-DF-HJ-NP-TV-Z]{8}\b/;

/** Makes the number of a request in a text a link to its page. */
function linked(base: string, text: string): Content {
  const [number] = REQUEST_NUMBER.exec(text) ?? [];
  if (number === undefined) return text;
  const [before, after] = text.split(number);
  return html`${before!}<a href="${base}/tasks/${number}">${number}</a>${after!}`;
}

/** Whether nothing at all is recorded, so that the identifier may be mistyped. */
const isBlank = ({ dossier, restriction, hold, directive, exception, requests }: SubscriberView) =>
  dossier.events.length === 0 &&
  requests.length === 0 &&
  [restriction, hold, directive, exception].every(each => each === undefined);

function records({ terminal, base, t, today }: Visit, view: SubscriberView): Html {
  const facts = recordFacts(terminal, view, today);
  const blank = isBlank(view)
    ? notice(
        'hint',
        t(
          'Nothing is recorded under this identifier. Check that it is typed correctly.',
          'Rien n’est enregistré sous cet identifiant. Vérifiez qu’il est bien tapé.',
        ),
      )
    : '';
  return html`<h2>${t('Records', 'Dossier')}</h2>${blank}
${factList(facts.map(([label, text]) => [label, linked(base, text)]))}`;
}

const GROUPS = ['residence', 'exception', 'rights', 'keeping'] as const;

/** Whether an act is open to the agent for these records. */
export const isOpen = (visit: Visit, { role, isOffered = () => true }: Act, view: SubscriberView) =>
  visit.may(role) && isOffered(view);

function acts(visit: Visit, call: Call, view: SubscriberView): Html {
  const { t, base } = visit;
  const titles = {
    residence: t('Residence and contract', 'Résidence et contrat'),
    exception: t('Exception', 'Exception'),
    rights: t('Rights of the person', 'Droits de la personne'),
    keeping: t('Legal hold', 'Conservation pour un litige'),
  };
  const link = (path: string, title: string): Html =>
    html`<li><a href="${base}/call/${call.id}/${path}">${title}</a></li>`;
  const sections = GROUPS.map(group => {
    const links = ACTS.filter(act => act.group === group && isOpen(visit, act, view)).map(act =>
      link(`act/${act.name}`, act.title(t)),
    );
    if (group === 'rights' && visit.may('act'))
      links.unshift(
        link('days', t('See the days', 'Voir les jours')),
        link('export', t('Hand over the data', 'Remettre les données')),
      );
    return links.length === 0
      ? html``
      : html`<section><h3>${titles[group]}</h3><ul>${links}</ul></section>`;
  });
  if (!visit.may('act')) return html``;
  return html`<h2>${t('Act', 'Opérations')}</h2><div class="acts">${sections}</div>`;
}

const VERDICT_WORDS: Readonly<Record<Verdict, 'domestic' | 'portable' | 'refused'>> = {
  domestic: 'domestic',
  portable: 'portable',
  refused: 'refused',
};

/** Returns the sentence that the agent reads out. */
function aloud(
  { t, language, site }: Visit,
  { at, ask }: Answer,
  outlook: AnsweredOutlook,
): string {
  const { reason } = outlook.decision;
  if (reason === 'address-not-public' && ask !== undefined && at === undefined)
    return t(
      'This is not your public address. I need your public address: I will tell you where to find it.',
      'Cette adresse n’est pas votre adresse publique. Il me faut l’adresse publique : je vous explique où la trouver.',
    );
  if (at === undefined) return explain(reason, language);
  const [day, time] = localMoment(language, site.timeZone, at).split(' ');
  const then = THEN[reason][language];
  return t(
    `By the address that you gave me and our data, on ${day} at ${time}, ${then}.`,
    `D’après l’adresse que vous m’avez indiquée et nos données, le ${day} à ${time}, ${then}.`,
  );
}

function nextStep(
  visit: Visit,
  call: Call,
  { ask, at }: Answer,
  { decision }: AnsweredOutlook,
): Html {
  const { t, language, base } = visit;
  if (ask !== undefined) {
    const steps = FIND_ADDRESS.map(each => html`<li>${each[language]}</li>`);
    return html`<p><strong>${t('Next:', 'Ensuite :')}</strong> ${ask}</p><p class="soft">${t('Read out:', 'À lire :')}</p><ol>${steps}</ol>`;
  }
  const next = at === undefined ? NEXT_STEPS[decision.reason] : undefined;
  const step =
    at === undefined
      ? next?.[language]
      : t(
          'Next: tell the caller what is established, and no more. For what the caller gets today, ask again for now.',
          'Ensuite : dites à l’abonné ce qui est établi, et rien de plus. Pour sa situation d’aujourd’hui, posez de nouveau la question pour maintenant.',
        );
  const links = ACTS.filter(({ name, role }) => next?.acts?.includes(name) && visit.may(role)).map(
    act =>
      html` <a class="button" href="${base}/call/${call.id}/act/${act.name}">${act.title(t)}</a>`,
  );
  const countries =
    next?.showsCountries === true
      ? html` <a class="button" href="${base}/countries">${t('The countries of the EEA', 'Les pays de l’EEE')}</a>`
      : '';
  if (step === undefined) return html``;
  return html`<p>${at === undefined ? html`<strong>${t('Next:', 'Ensuite :')}</strong> ` : ''}${step}</p>${
    links.length > 0 || countries !== '' ? html`<p>${links}${countries}</p>` : ''
  }`;
}

/** Shows an answer: the verdict, the sentence, the next step, and the article beneath. */
function shownAnswer(visit: Visit, call: Call, answer: Answer): Html {
  const { t, language, terminal, site } = visit;
  const { at, outlooks, gaps, view } = answer;
  const when =
    at === undefined
      ? t('for the address that was read out, now', 'maintenant, pour l’adresse indiquée')
      : t(
          `for the address that was read out, on ${localMoment(language, site.timeZone, at)} (${site.timeZone})`,
          `le ${localMoment(language, site.timeZone, at).replace(' ', ' à ')} (${site.timeZone}), pour l’adresse indiquée`,
        );
  const isCertain = gaps.length === 0 && outlooks.length === 1;
  const panels = outlooks.map(outlook => {
    const { decision, place, edition } = outlook;
    return html`<div class="answer ${decision.verdict}">
<p><span class="verdict">${say(language, VERDICT_WORDS[decision.verdict])}</span> ${when}</p>
<p class="soft">${isCertain ? t('Read out:', 'À lire :') : t('Not certain, do not state it as a fact:', 'Incertain, à ne pas affirmer :')}</p>
<p class="aloud">${aloud(visit, answer, outlook)}</p>
${nextStep(visit, call, answer, outlook)}
<p class="soft">${decision.code} · ${basisOf(decision.reason, language)} · ${place}${at === undefined ? '' : html` · ${t('table', 'table')} ${edition}`}</p>
</div>`;
  });
  const past =
    at === undefined
      ? html``
      : html`<h3>${t('What counted then', 'Ce qui comptait alors')}</h3><ul>${[
          ...recordLines(terminal, view),
          ...pastLines(terminal, gaps, view.past),
        ].map(line => html`<li>${line.replace(/^- /, '')}</li>`)}</ul>`;
  return html`<section id="answer" aria-label="${t('Answer', 'Réponse')}">${panels}${past}</section>`;
}

function askForm(visit: Visit, call: Call, values: Values): Html {
  const { t, base, session, site, terminal } = visit;
  const offers = [...new Set(['default', ...Object.keys(site.offers)])];
  const hasPast = site.editions !== undefined;
  const city = site.timeZone.split('/').at(-1)!.replaceAll('_', ' ');
  const when = groupField(values, 'radio', {
    name: 'when',
    label: t('When?', 'Quand ?'),
    choices: [
      { value: 'now', text: t('Now', 'Maintenant') },
      { value: 'then', text: t('At an earlier moment', 'À un moment passé') },
    ],
    default: 'now',
  });
  const moment = html`<div class="row moment">${textField(values, { name: 'day', label: t('Day', 'Jour'), hint: t('05/12/2026, the day first', '05/12/2026') })}
${textField(values, { name: 'time', label: t('Time', 'Heure'), hint: t(`21:15, as clocks in ${city} show`, `21:15, à l’heure de ${city}`) })}</div>`;
  return html`<form class="ask" method="post" action="${base}/call/${call.id}/ask#answer">${tokenField(session.token)}${numberField(call)}
${textField(values, {
  name: 'address',
  label: t(
    'Which address? The public IP address of the caller',
    'Quelle adresse ? L’adresse IP publique de l’abonné',
  ),
  hint: t(
    'For example 203.0.113.7 or 2001:db8::1; the caller reads it from a page that shows it.',
    'Par exemple 203.0.113.7 ou 2001:db8::1 ; l’abonné la lit sur une page qui l’affiche.',
  ),
  isRequired: true,
  isFirst: call.answer === undefined,
  width: 'long',
})}
${offers.length > 1 ? choiceField(values, { name: 'offer', label: terminal.language === 'fr' ? 'Offre' : 'Offer', choices: offers.map(value => ({ value, text: value === 'default' ? t('default offer', 'offre par défaut') : value })) }) : ''}
${hasPast ? html`${when}${moment}` : ''}
<p><button type="submit">${t('Show the decision', 'Voir la décision')}</button></p></form>`;
}

/** Whether an answer for now was given with the table that is in force. */
const isCurrent = ({ site }: Visit, { at, outlooks }: Answer): boolean =>
  at !== undefined || outlooks.every(({ edition }) => edition === site.table().edition.id);

/** Returns the page of a call. */
export async function callPage(visit: Visit, call: Call, error?: unknown): Promise<string> {
  const { t, base, session } = visit;
  const { view } = await readRecords(visit, call);
  const { done, answer, draft } = call;
  call.done = undefined;
  const isAsked = draft?.act === 'ask';
  if (isAsked) call.draft = undefined;
  const values = isAsked ? draft.values : error === undefined ? {} : visit.values;
  const question = askForm(visit, call, values);
  // An answer of another language was read in that language.
  const shown =
    answer !== undefined && answer.language === visit.language && isCurrent(visit, answer)
      ? shownAnswer(visit, call, answer)
      : html``;
  return visit.page(
    t('Call', 'Appel'),
    html`<h1>${t('Subscriber', 'Abonné')} ${call.subscriber}</h1>
${done === undefined ? '' : notice('done', done)}${error === undefined ? '' : errorNotice(error, visit)}
${shown}
${question}
${records(visit, view)}
${acts(visit, call, view)}
<form method="post" action="${base}/call/${call.id}/end">${tokenField(session.token)}<p><button type="submit" class="plain">${t('End the call: forget the identifier', 'Terminer l’appel : oublier l’identifiant')}</button></p></form>`,
  );
}

/** Answers « which address, when? ». The records of an earlier moment are a look of their own. */
export async function ask(visit: Visit, call: Call): Promise<string | undefined> {
  const { values, desk, site, terminal, reply, base } = visit;
  try {
    const isThen = site.editions !== undefined && fieldOf(values, 'when') === 'then';
    const at = isThen
      ? momentIn(site, readDay(fieldOf(values, 'day')), fieldOf(values, 'time'))
      : undefined;
    const view =
      at === undefined
        ? (await readRecords(visit, call)).view
        : await desk.show(call.subscriber, accessOf(call), { at });
    const address = fieldOf(values, 'address').trim();
    const offer = fieldOf(values, 'offer') || undefined;
    call.answer = await answerFor(terminal, site, { view, address, offer, at });
  } catch (error) {
    reply.code(statusOf(error));
    return callPage(visit, call, error);
  }
  reply.redirect(`${base}/call/${call.id}#answer`, 303);
  return undefined;
}
