/** Describes what the handler of a page gets: the agent, the session, and the parts of the desk. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Desk, DeskReason } from '../../desk/desk.ts';
import { PortabilityError, textOf } from '../../errors.ts';
import type { Language } from '../../law/reasons.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { PrivacyNotice } from '../../recording/privacy-notice.ts';
import { ACCESS_REASONS, type AccessReason } from '../../subjects/access-reasons.ts';
import type { Html } from '../pages/html.ts';
import { html } from '../pages/html.ts';
import type { Terminal } from '../terminal.ts';
import { accessReasonWord } from '../words/journal.ts';
import type { Role } from './agents.ts';
import type { DecisionParts } from './answer.ts';
import { choiceField, fieldOf, notice, type Translate, textField, type Values } from './layout.ts';
import type { Call, Session } from './sessions.ts';

/** The parts of a desk that all pages share. */
export interface SiteParts extends DecisionParts {
  readonly ledger: Ledger;
  /** Returns the desk under an agent's name. */
  readonly deskOf: (agent: string) => Desk;
  /** Returns what the words of the command line need, for a language. */
  readonly terminalOf: (language: Language) => Terminal;
  readonly notice: PrivacyNotice;
  /** Does works on one person one after the other. */
  inTurn<Result>(subscriber: string, work: () => Promise<Result>): Promise<Result>;
}

/** One request of an agent. */
export interface Visit {
  readonly site: SiteParts;
  /** Path below which the desk is mounted. */
  readonly base: string;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly session: Session;
  readonly desk: Desk;
  readonly language: Language;
  readonly t: Translate;
  readonly terminal: Terminal;
  /** UTC day. */
  readonly today: string;
  /** What was typed into the form. */
  readonly values: Values;
  may(role: Role): boolean;
  /** Returns a page. */
  page(title: string, main: Html): string;
}

/** Reads the fields of a form that was sent. A field whose value is empty counts as typed. */
export function valuesOf(body: unknown): Values {
  const params = new URLSearchParams(typeof body === 'string' ? body : '');
  const values: Record<string, string[]> = Object.create(null);
  for (const [name, value] of params) values[name] = [...(values[name] ?? []), value];
  return values;
}

/** Fields that belong to the page, not to what an agent typed. */
const OWN_FIELDS = ['token', 'revision', 'state', 'number', 'check', 'typed'];

/** Returns what the agent typed, which a page that refuses hands back. */
export const typedIn = (values: Values): [name: string, values: readonly string[]][] =>
  Object.entries(values)
    .filter(([name]) => !OWN_FIELDS.includes(name))
    .map(([name, list]) => [name, list ?? []]);

/**
 * Returns the text of an error for a page: options of the command line, which a message may name in
 * brackets, mean nothing there.
 */
export function errorText(error: unknown, { language, t }: Pick<Visit, 'language' | 't'>): string {
  if (!(error instanceof PortabilityError))
    return t(
      'This did not work. Try again; if it fails again, tell the technical team.',
      'L’opération a échoué. Réessayez ; si l’erreur se reproduit, prévenez l’équipe technique.',
    );
  const text = textOf(error)[language].replace(/ \(--[^)]*\)/g, '');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Whether an error says that the ledger or the keyring is away. */
export const isAway = (error: unknown): boolean =>
  !(error instanceof PortabilityError) || /^ERR_(LEDGER|KEYRING|SPOOL)/.test(error.code);

/** Returns the status of an error. */
export function statusOf(error: unknown): number {
  if (!(error instanceof PortabilityError)) return 500;
  if (isAway(error)) return 503;
  return /^ERR_(RIGHT|DOSSIER|REQUEST)/.test(error.code) ? 409 : 400;
}

/** Says what went wrong, and that nothing that was typed is lost. */
export function errorNotice(error: unknown, visit: Pick<Visit, 'language' | 't'>): Html {
  const { t } = visit;
  const retry = isAway(error)
    ? html`<p>${t('What you typed is still here: send it again in a moment.', 'Votre saisie est conservée ci-dessous : renvoyez-la dans un instant.')}</p>`
    : '';
  return notice('error', html`<p>${errorText(error, visit)}</p>${retry}`);
}

/** Returns the fields of the reason and the reference that the journal keeps. */
export function accessFields(
  { t, language }: Visit,
  values: Values,
  reason: AccessReason,
  reference = '',
  idPrefix = 'field',
): Html {
  const choices = ACCESS_REASONS.map(value => ({
    value,
    text: accessReasonWord(language, value),
  }));
  return html`<div class="row">${choiceField(values, { name: 'reason', label: t('Reason, for the journal', 'Motif, pour le journal'), choices, default: reason, idPrefix })}
${textField(values, { name: 'reference', label: t('Your reference (optional)', 'Votre référence (facultatif)'), default: reference, idPrefix })}</div>`;
}

/** Returns the reason that a form has; the desk checks it. */
export function accessIn(values: Values, number?: string): DeskReason {
  const reference = fieldOf(values, 'reference').trim();
  return {
    reason: fieldOf(values, 'reason') as AccessReason,
    ...(reference !== '' && { reference }),
    ...(number !== undefined && { number }),
  };
}

/** Carries the number of the line that a call works off. */
export const numberField = ({ number }: Call): Html =>
  number === undefined ? html`` : html`<input type="hidden" name="number" value="${number}">`;

/** Returns the reason of a call. */
export const accessOf = ({ reason, reference, number }: Call): DeskReason => ({
  reason,
  ...(reference !== '' && { reference }),
  ...(number !== undefined && { number }),
});
