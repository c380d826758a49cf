/**
 * Keeps the requests by which persons exercise their rights, and computes their deadlines: one
 * month, extendable by two (Art. 12(3) GDPR).
 */

import { addMonths, isCalendarDay } from '../days.ts';
import { portabilityError } from '../errors.ts';
import { type Bare, bare, type PersonRecords, type RequestRow } from '../ledger/person-records.ts';
import * as SUBJECTS from '../messages/subjects.ts';
import { isRequestNumber, newRequestNumber } from './record-number.ts';

/** A right that the last chapter of the policy grants. */
export type RequestKind = (typeof REQUEST_KINDS)[number];
/** All rights that can be requested. */
export const REQUEST_KINDS = [
  'access',
  'portability',
  'rectification',
  'objection',
  'restriction',
  'erasure',
  'directive',
] as const;

/** How a request was answered. A refusal names its reason. */
export type RequestOutcome = (typeof REQUEST_OUTCOMES)[number];
/** All outcomes of a request. */
export const REQUEST_OUTCOMES = [
  'granted',
  'granted-in-part',
  'withdrawn',
  'refused-identity',
  'refused-excessive',
  'refused-legal-duty',
  'refused-legal-claim',
  'refused-overriding-interest',
] as const;

/**
 * A request without its person, with the deadline of the answer. There is no deadline while proof
 * of the person's identity is pending, or after the answer.
 */
export interface RequestState extends Bare<RequestRow> {
  readonly due: string | undefined;
}

/**
 * Returns the last day for the answer: one month after receipt, or after the identity was
 * established if proof was requested (Art. 12(6); our reading: the month starts again), and two
 * more months if the extension was announced. Weekends and holidays do not move it: in doubt, the
 * earlier day applies.
 */
export function dueOf({
  received,
  asked,
  established,
  extended,
  answered,
}: Bare<RequestRow>): string | undefined {
  if (answered !== '' || (asked !== '' && established === '')) return undefined;
  return addMonths(established || received, extended === '' ? 1 : 3);
}

const withDue = (row: RequestRow): RequestState => ({ ...bare(row), due: dueOf(row) });

export async function openRequest(
  personRecords: PersonRecords,
  pseudonym: string,
  kind: RequestKind,
  received: string,
  today: string,
  reference = '',
): Promise<RequestState> {
  if (!REQUEST_KINDS.includes(kind))
    throw portabilityError(SUBJECTS.requestKind, {}, { known: REQUEST_KINDS.join(', ') });
  if (!isCalendarDay(received) || received > today)
    throw portabilityError(SUBJECTS.requestReceived);
  const blank = { asked: '', established: '', extended: '', answered: '', outcome: '' };
  const row = { id: newRequestNumber(), pseudonym, kind, received, ...blank, reference };
  await personRecords.put('requests', row);
  return withDue(row);
}

/**
 * Returns all requests, or only the open ones, sorted by deadline. Requests without a deadline come
 * last.
 */
export async function listRequests(
  personRecords: PersonRecords,
  isOpen = false,
): Promise<RequestState[]> {
  const rows = (await personRecords.read('requests')).map(withDue);
  const shown = isOpen ? rows.filter(({ answered }) => answered === '') : rows;
  const rank = ({ due, received }: RequestState): string => `${due ?? '9999'} ${received}`;
  return shown.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

/**
 * Checks the number of a request and returns it.
 * @throws PortabilityError `ERR_REQUEST` if it is not the number of a request
 */
export function checkRequestId(id: string): string {
  if (isRequestNumber(id)) return id;
  throw portabilityError(SUBJECTS.requestMissing);
}

async function openRow(personRecords: PersonRecords, id: string): Promise<RequestRow> {
  const [row] = await personRecords.read('requests', { id: checkRequestId(id) });
  if (row === undefined) throw portabilityError(SUBJECTS.requestMissing);
  if (row.answered !== '') throw portabilityError(SUBJECTS.requestAnswered);
  return row;
}

/**
 * Writes a step over the request as it was read, and the agent's reference if the request has none
 * yet. If another step or an erasure came in between, the
 * later write is refused.
 */
async function change(
  personRecords: PersonRecords,
  row: RequestRow,
  more: Partial<RequestRow>,
  reference = '',
): Promise<RequestState> {
  const next = { ...row, ...more, reference: row.reference === '' ? reference : row.reference };
  if (await personRecords.change('requests', row, next)) return withDue(next);
  throw portabilityError(SUBJECTS.requestChanged);
}

/**
 * Records that the extension by two months was announced, within the first month (Art. 12(3)).
 * @throws PortabilityError `ERR_REQUEST` if it was announced before, is late, or the request is
 * closed or unknown
 */
export async function extendRequest(
  personRecords: PersonRecords,
  id: string,
  today: string,
  reference?: string,
): Promise<RequestState> {
  const row = await openRow(personRecords, id);
  if (row.extended !== '') throw portabilityError(SUBJECTS.requestExtended);
  if (today > addMonths(row.established || row.received, 1))
    throw portabilityError(SUBJECTS.requestExtensionLate);
  return change(personRecords, row, { extended: today }, reference);
}

/**
 * Records that proof of identity was requested (Art. 12(6)), or that the identity was established.
 * @throws PortabilityError `ERR_REQUEST` if the step is not possible, or the request is closed or
 * unknown
 */
export async function identifyRequest(
  personRecords: PersonRecords,
  id: string,
  step: 'asked' | 'established',
  today: string,
  reference?: string,
): Promise<RequestState> {
  const row = await openRow(personRecords, id);
  if (step === 'asked' && row.asked !== '') throw portabilityError(SUBJECTS.identityAsked);
  if (step === 'asked' && today > addMonths(row.received, 1))
    throw portabilityError(SUBJECTS.identityLate);
  if (step === 'established' && (row.asked === '' || row.established !== ''))
    throw portabilityError(SUBJECTS.identityNotAsked);
  return change(personRecords, row, { [step]: today }, reference);
}

export async function answerRequest(
  personRecords: PersonRecords,
  id: string,
  outcome: RequestOutcome,
  today: string,
  reference?: string,
): Promise<RequestState> {
  if (!REQUEST_OUTCOMES.includes(outcome))
    throw portabilityError(SUBJECTS.requestOutcome, {}, { known: REQUEST_OUTCOMES.join(', ') });
  const row = await openRow(personRecords, id);
  return change(personRecords, row, { answered: today, outcome }, reference);
}

/**
 * Returns the numbers of a person's open requests of a kind. If none is open, a request received
 * today is recorded and its number returned.
 */
export async function requestsToSettle(
  personRecords: PersonRecords,
  pseudonym: string,
  kind: RequestKind,
  today: string,
  reference?: string,
): Promise<string[]> {
  const open = await personRecords.read('requests', { pseudonym, kind, answered: '' });
  const rows =
    open.length > 0
      ? open
      : [await openRequest(personRecords, pseudonym, kind, today, today, reference)];
  return rows.map(({ id }) => id);
}

/**
 * Answers a person's open requests of a kind. If none is open, records one that was received and
 * answered today.
 */
export async function settleRequests(
  personRecords: PersonRecords,
  pseudonym: string,
  kind: RequestKind,
  outcome: RequestOutcome,
  today: string,
  reference?: string,
): Promise<void> {
  for (const id of await requestsToSettle(personRecords, pseudonym, kind, today, reference))
    await answerRequest(personRecords, id, outcome, today, reference);
}
