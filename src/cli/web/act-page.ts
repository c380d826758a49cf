/** The page of an act: what will happen, its form, and what it does when the form is sent. */

import { daysOf } from '../../desk/export.ts';
import { portabilityError } from '../../errors.ts';
import * as WEB from '../../messages/web.ts';
import { knownMonths } from '../desk/calendar.ts';
import { exportPage } from '../pages/export-page.ts';
import { type Html, html } from '../pages/html.ts';
import { monthPicture, PATTERNS, swatch } from '../pages/month-picture.ts';
import { say } from '../words/words.ts';
import { type Act, type ActContext, checkTyped, type Ended, meansVerdict } from './acts.ts';
import { isOpen } from './call-page.ts';
import { fieldOf, groupField, textField, tokenField, type Values } from './layout.ts';
import { readRecords, type SeenRecords } from './records.ts';
import type { Call } from './sessions.ts';
import {
  accessFields,
  accessIn,
  accessOf,
  errorNotice,
  numberField,
  statusOf,
  typedIn,
  type Visit,
} from './visit.ts';

async function contextOf(
  visit: Visit,
  call: Call,
  act: Act,
  { view }: SeenRecords,
): Promise<ActContext> {
  const { t, language, today, desk } = visit;
  const extent =
    act.role === 'erase' ? await desk.extent(call.subscriber, accessOf(call)) : undefined;
  return { t, language, today, view, extent };
}

const back = ({ t, base }: Visit, { id }: Call): Html =>
  html`<p><a href="${base}/call/${id}">${t('Back to the call, without doing anything', 'Revenir à l’appel sans rien faire')}</a></p>`;

function form(
  visit: Visit,
  call: Call,
  act: Act,
  context: ActContext,
  values: Values,
  revision: string,
): Html {
  const { t, base, session } = visit;
  const path = `${base}/call/${call.id}/act/${act.name}`;
  const typed = act.typed?.(context);
  const number =
    typed === undefined
      ? ''
      : textField(
          {},
          {
            name: 'typed',
            label: `${typed.label}${t(': ', ' : ')}${typed.count}`,
            hint: t('Type this number to confirm.', 'Tapez ce nombre pour confirmer.'),
            inputMode: 'numeric',
          },
        );
  const check = act.name === 'verification' ? html` data-check="${path}/check"` : '';
  return html`<form method="post" action="${path}"${check}>${tokenField(session.token)}<input type="hidden" name="revision" value="${revision}">${numberField(call)}
${act.fields(context, values)}
${accessFields(visit, values, act.reason, call.reference)}
${number}
<p><button type="submit"${act.role === 'erase' ? html` class="grave"` : ''}>${act.title(t)}</button></p></form>`;
}

/** Returns the page of an act, with what was typed before if there is something. */
export async function actPage(
  visit: Visit,
  call: Call,
  act: Act,
  error?: unknown,
  revision?: string,
): Promise<string> {
  const { t } = visit;
  const seen = await readRecords(visit, call);
  const context = await contextOf(visit, call, act, seen);
  const { draft } = call;
  const isDrafted = draft?.act === act.name;
  if (isDrafted) call.draft = undefined;
  const values = isDrafted ? draft.values : visit.values;
  return visit.page(
    act.title(t),
    html`<h1>${act.title(t)}</h1>
<p class="soft">${t('Subscriber', 'Abonné')} ${call.subscriber} · ${say(visit.language, seen.view.standing.standing)}</p>
${error === undefined ? '' : errorNotice(error, visit)}
<h2>${t('What will happen', 'Ce qui va se passer')}</h2>
${act.before(context)}
${form(visit, call, act, context, values, revision ?? seen.revision)}
${back(visit, call)}`,
  );
}

/** Says in one line whether the means that are ticked suffice. */
export const checkedMeans = ({ language, values }: Visit): string => meansVerdict(language, values);

/** Does what the form says, unless the records have changed since the agent saw them. */
async function perform(visit: Visit, call: Call, asked: Act): Promise<string | Ended> {
  const { values, desk } = visit;
  const { subscriber, number } = call;
  const seen = await readRecords(visit, call);
  if (!isOpen(visit, asked, seen.view)) throw portabilityError(WEB.actClosed);
  if (seen.revision !== fieldOf(values, 'revision')) throw portabilityError(WEB.recordsChanged);
  const context = await contextOf(visit, call, asked, seen);
  checkTyped(asked, context, values);
  const access = accessIn(values, number);
  return asked.run({ ...context, desk, subscriber, access, values });
}

/**
 * Does what a form says, once: a second click on its button waits for the first. Acts on one person
 * follow each other, so that none overlooks what another one changes.
 */
export async function act(visit: Visit, call: Call, asked: Act): Promise<string | undefined> {
  const { values, reply, base, session, site } = visit;
  if (fieldOf(values, 'check') !== '')
    return actPage(visit, call, asked, undefined, fieldOf(values, 'revision'));
  const key = JSON.stringify([asked.name, fieldOf(values, 'revision'), typedIn(values)]);
  const earlier = call.sent.get(key);
  const doing = earlier ?? site.inTurn(call.subscriber, () => perform(visit, call, asked));
  call.sent.set(key, doing);
  try {
    const done = await doing;
    // What was said of an address may be otherwise now.
    call.answer = undefined;
    if (typeof done === 'object') {
      session.done = { path: '/', text: done.ended };
      session.calls.delete(call.id);
      reply.redirect(`${base}/`, 303);
      return undefined;
    }
    call.done = done;
  } catch (error) {
    call.sent.delete(key);
    reply.code(statusOf(error));
    return actPage(visit, call, asked, error);
  }
  reply.redirect(`${base}/call/${call.id}`, 303);
  return undefined;
}

const MONTHS_SHOWN = 24;

/** Returns the form that asks for the reason before the days of a person are shown. */
export function daysForm(visit: Visit, call: Call, error?: unknown): string {
  const { t, base, session, values } = visit;
  return visit.page(
    t('The days', 'Les jours'),
    html`<h1>${t('See the days', 'Voir les jours')}</h1>
${error === undefined ? '' : errorNotice(error, visit)}
<p>${t('The days on which the account was seen from France or from outside France. The look is entered in the journal.', 'Les jours où le compte a été vu depuis la France ou hors de France. La consultation est inscrite au journal.')}</p>
<form method="post" action="${base}/call/${call.id}/days">${tokenField(session.token)}${accessFields(visit, values, 'rectification-request', call.reference)}
<p><button type="submit">${t('Show the days', 'Afficher les jours')}</button></p></form>
${back(visit, call)}`,
  );
}

/** Shows the days of a person, month by month. */
export async function days(visit: Visit, call: Call): Promise<string> {
  const { t, desk, values, reply, today, language } = visit;
  try {
    const held = await desk.calendar(call.subscriber, accessIn(values, call.number));
    const months = knownMonths(held, today, MONTHS_SHOWN).map(month => {
      const found = held.months.find(each => each.month === month);
      return monthPicture(
        {
          month,
          fromHome: daysOf(found?.homeDays ?? 0),
          fromOutside: daysOf(found?.outsideDays ?? 0),
        },
        language,
      );
    });
    return visit.page(
      t('The days', 'Les jours'),
      html`<h1>${t('The days of the account', 'Les jours du compte')}</h1>
<p>${t('A day without a record proves nothing. A household may share an account. A calendar is never a reason to doubt a residence. Days are UTC.', 'Un jour sans enregistrement ne prouve rien. Un foyer peut partager un compte. Un calendrier ne justifie jamais un doute sur la résidence. Les jours sont en temps universel (UTC).')}</p>
${PATTERNS}
<ul class="legend"><li>${swatch('home')}${t('seen from France', 'vu depuis la France')}</li><li>${swatch('outside')}${t('from outside France', 'hors de France')}</li><li>${swatch('both')}${t('both', 'les deux')}</li><li>${swatch('none')}${t('none recorded', 'aucune demande enregistrée')}</li></ul>
<div class="months">${months}</div>
${back(visit, call)}`,
    );
  } catch (error) {
    reply.code(statusOf(error));
    return daysForm(visit, call, error);
  }
}

/** Returns the form of an export. */
export function exportForm(visit: Visit, call: Call, error?: unknown): string {
  const { t, base, session, values } = visit;
  const title = t('Hand over the data', 'Remettre les données');
  return visit.page(
    title,
    html`<h1>${title}</h1>
${error === undefined ? '' : errorNotice(error, visit)}
<h2>${t('What will happen', 'Ce qui va se passer')}</h2>
<p>${t('The page for the person opens, in French: print it, or save it; the JSON file is downloaded. For a request for portability, choose the JSON file (Art. 20 GDPR: structured, machine-readable). With the reason “request for access” or “request for portability”, it answers the open requests of that kind.', 'La page destinée à la personne s’ouvre : imprimez-la ou enregistrez-la ; le fichier JSON se télécharge. Pour une demande de portabilité, choisissez le fichier JSON (RGPD, art. 20 : format structuré, lisible par machine). Avec le motif « demande d’accès aux données » ou « demande de portabilité », elle répond aux demandes de ce type en cours.')}</p>
<form method="post" action="${base}/call/${call.id}/export">${tokenField(session.token)}
${groupField(values, 'radio', {
  name: 'format',
  label: t('Form', 'Forme'),
  choices: [
    { value: 'page', text: t('page to print', 'page à imprimer') },
    {
      value: 'json',
      text: t('file for another service (JSON)', 'fichier pour un autre service (JSON)'),
    },
  ],
  default: 'page',
})}
${accessFields(visit, values, 'access-request', call.reference)}
<p><button type="submit">${title}</button></p></form>
${back(visit, call)}`,
  );
}

/** What an export is sent as. */
export interface ExportFile {
  readonly type: string;
  readonly name: string;
  readonly text: string;
}

/**
 * Exports what is held about the person. `deliver` resolves once the browser has the whole file:
 * only then are the requests answered.
 */
export async function exportData(
  visit: Visit,
  call: Call,
  deliver: (file: ExportFile) => Promise<void>,
): Promise<string | undefined> {
  const { desk, values, reply } = visit;
  const isJson = fieldOf(values, 'format') === 'json';
  let isSent = false;
  try {
    await desk.export(call.subscriber, accessIn(values, call.number), async file => {
      isSent = true;
      await deliver(
        isJson
          ? {
              type: 'application/json; charset=utf-8',
              name: 'export.json',
              text: `${JSON.stringify(file, null, 2)}\n`,
            }
          : { type: 'text/html; charset=utf-8', name: 'export.html', text: exportPage(file) },
      );
    });
  } catch (error) {
    if (isSent) {
      // The page cannot say so any more: the browser has something else, or is gone.
      visit.request.log.error({ event: 'desk-export-failed' }, 'an export was cut off');
      return undefined;
    }
    reply.code(statusOf(error));
    return exportForm(visit, call, error);
  }
  return undefined;
}
