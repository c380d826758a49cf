/** The first page: finds a subscriber, a code or a number. */

import { portabilityError } from '../../errors.ts';
import { reasonOf } from '../../law/reasons.ts';
import * as CLI from '../../messages/cli.ts';
import { type Html, html } from '../pages/html.ts';
import { ACTS } from './acts.ts';
import { fieldOf, notice, textField, tokenField, type Values } from './layout.ts';
import { readRecords } from './records.ts';
import { type Call, openCall, type Session } from './sessions.ts';
import { accessFields, accessIn, errorNotice, statusOf, type Visit } from './visit.ts';

/** Returns the form that asks for the identifier. `more` are fields that it carries along. */
export function identifierForm(
  visit: Visit,
  {
    label,
    hint,
    more = html``,
    values = visit.values,
    button,
  }: {
    readonly label: string;
    readonly hint?: string;
    readonly more?: Html;
    readonly values?: Values;
    readonly button?: string;
  },
): Html {
  const { base, session, t } = visit;
  return html`<form method="post" action="${base}/find">${tokenField(session.token)}${more}
${textField(values, { name: 'identifier', label, isRequired: true, isFirst: true, width: 'long', ...(hint !== undefined && { hint }) })}
${accessFields(visit, values, 'support-call', '', 'find')}
<p><button type="submit">${button ?? t('Find', 'Rechercher')}</button></p></form>`;
}

export function findPage(visit: Visit, error?: unknown): string {
  const { t, session } = visit;
  const calls = [...session.calls.values()];
  const open =
    calls.length === 0
      ? html``
      : html`<h2>${t('Open calls', 'Appels en cours')}</h2><ul>${calls.map(
          ({ id, subscriber }) =>
            html`<li><a href="${visit.base}/call/${id}">${subscriber}</a></li>`,
        )}</ul>`;
  const more = error === undefined ? html`` : carriedAlong(visit.values);
  return visit.page(
    t('Find', 'Rechercher'),
    html`<h1>${t('Who is calling?', 'Qui appelle ?')}</h1>
${doneNotice(session, '/')}${error === undefined ? '' : errorNotice(error, visit)}
${identifierForm(visit, {
  more,
  label: t(
    'Identifier of the subscriber, code of a refusal or number of a request',
    'Identifiant de l’abonné, code de refus ou numéro de demande',
  ),
  hint: t(
    'A code is on the screen of the caller (LP-12); a number is in a work list (R-...). The identifier stays on this page: it is in no address and no log.',
    'Le code figure sur l’écran de l’abonné (LP-12) ; un numéro, dans une liste (R-...). L’identifiant reste dans cette page : il ne figure dans aucune adresse web ni aucun journal technique.',
  ),
})}
${open}`,
  );
}

/** Returns the numbers of all lines of the work lists, and of requests that were answered. */
async function numbersOf({ desk }: Visit): Promise<Set<string>> {
  const requests = await desk.requests();
  const overdue = await desk.overdue();
  const others = [
    ...(await desk.holdsDue()),
    ...(await desk.pending()),
    ...overdue.lines,
    ...overdue.unanswered,
  ];
  return new Set([...requests.map(({ id }) => id), ...others.map(({ number }) => number)]);
}

/**
 * Where a text leads that is not an identifier: the page of a code, or of a number that is in a work
 * list. A number that is in none is an identifier, which is in no address.
 */
async function pageOf(visit: Visit, text: string): Promise<string | undefined> {
  const reason = /^lp-?\d{1,2}$/i.test(text) ? reasonOf(text) : undefined;
  if (reason !== undefined) return `/code/${reason}`;
  const number = text.toUpperCase();
  if (!/^[RDHP]-\w{8}$/.test(number) || !(await numbersOf(visit)).has(number)) return undefined;
  return `/tasks/${number}`;
}

/** The fields of a form that was refused, by the act they belong to. */
export interface Draft {
  readonly act: string;
  readonly values: Values;
}

const DRAFT = 'draft-';

/** Returns the hidden fields that a form which was refused hands on: the number and the draft. */
const carriedAlong = (values: Values): Html =>
  html`${Object.entries(values)
    .filter(([name]) => name === 'number' || name === 'then' || name.startsWith(DRAFT))
    .flatMap(([name, list = []]) =>
      list.map(value => html`<input type="hidden" name="${name}" value="${value}">`),
    )}`;

/** Returns what an act did that led to the page of this path. It is shown once. */
export function doneNotice(session: Session, path: string): Html {
  if (session.done?.path !== path) return html``;
  const { text } = session.done;
  session.done = undefined;
  return notice('done', text);
}

/** Returns hidden fields that carry along what was typed into another form. */
export const draftFields = (
  act: string,
  typed: readonly (readonly [string, readonly string[]])[],
): Html =>
  html`<input type="hidden" name="then" value="${act}">${typed.flatMap(([name, list]) =>
    list.map(value => html`<input type="hidden" name="${DRAFT}${name}" value="${value}">`),
  )}`;

function draftIn(values: Values): Draft | undefined {
  const act = fieldOf(values, 'then');
  if (act !== 'ask' && !ACTS.some(({ name }) => name === act)) return undefined;
  const fields = Object.entries(values).filter(([name]) => name.startsWith(DRAFT));
  return {
    act,
    values: Object.fromEntries(fields.map(([name, list]) => [name.slice(DRAFT.length), list])),
  };
}

/** Where a form that was refused is filled in again. */
export const pathOfAct = ({ id }: Call, act: string): string =>
  act === 'ask' ? `/call/${id}` : `/call/${id}/act/${act}`;

/** Opens the file of a subscriber, and leads to it. */
export async function find(visit: Visit): Promise<string | undefined> {
  const { values, session, reply, base } = visit;
  const text = fieldOf(values, 'identifier').trim();
  const draft = draftIn(values);
  const number = fieldOf(values, 'number') || undefined;
  const other = draft === undefined && number === undefined ? await pageOf(visit, text) : undefined;
  if (other !== undefined) {
    reply.redirect(`${base}${other}`, 303);
    return undefined;
  }
  const { reason, reference = '' } = accessIn(values);
  const call = openCall(session, { subscriber: text, reason, reference, number });
  try {
    // Two identifiers with different bytes would be the same.
    if (text.includes('\ufffd')) throw portabilityError(CLI.identifierNotUtf8);
    await readRecords(visit, call);
  } catch (error) {
    session.calls.delete(call.id);
    reply.code(statusOf(error));
    return findPage(visit, error);
  }
  call.draft = draft;
  reply.redirect(
    `${base}${draft === undefined ? `/call/${call.id}` : pathOfAct(call, draft.act)}`,
    303,
  );
  return undefined;
}
