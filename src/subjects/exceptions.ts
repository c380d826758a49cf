/** Grants, revokes and reads exceptions for subscribers whose location cannot be established. */

import { addDays, isCalendarDay } from '../days.ts';
import { portabilityError } from '../errors.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ExceptionRow } from '../ledger/person-records.ts';
import { oneOf } from '../messages/localised-text.ts';
import * as SUBJECTS from '../messages/subjects.ts';
import { type SubjectContext, todayOf } from './segregated-cards.ts';

/**
 * Reason why an agent's word replaces a location that the service could not establish:
 * - `address-data`: the address data are wrong or do not contain the network.
 * - `imposed-tunnel`: the subscriber cannot turn off a tunnel (an employer's or a network
 * operator's).
 * - `network-without-place`: the network has no location (satellite, ship).
 * - `service-fault`: the service has a fault.
 */
export type ExceptionReason = (typeof EXCEPTION_REASONS)[number];
/** All reasons for which an exception may be granted. */
export const EXCEPTION_REASONS = [
  'address-data',
  'imposed-tunnel',
  'network-without-place',
  'service-fault',
] as const;

/**
 * Largest number of days after today on which an exception may still apply. A longer need is a
 * correction of the table.
 */
export const MOST_EXCEPTION_DAYS = 31;

/**
 * Grants an exception, which replaces an earlier one.
 * @param until last UTC day on which it applies, from today to 31 days after
 * @throws PortabilityError `ERR_RIGHT` if the reason or the day is invalid
 */
export async function grantException(
  context: SubjectContext,
  subscriber: string,
  why: ExceptionReason,
  until: string,
): Promise<void> {
  const { ledger, keyring } = context;
  const since = todayOf(context);
  if (!EXCEPTION_REASONS.includes(why))
    throw portabilityError(SUBJECTS.exceptionReason, {}, { words: oneOf(EXCEPTION_REASONS) });
  if (!isCalendarDay(until) || until < since || until > addDays(since, MOST_EXCEPTION_DAYS))
    throw portabilityError(SUBJECTS.exceptionUntil, {}, { days: MOST_EXCEPTION_DAYS });
  await ledger.personRecords.put('exceptions', {
    pseudonym: keyring.personPseudonym(subscriber),
    why,
    since,
    until,
  });
}

/** Whether an exception applies on a UTC day. */
export const isExceptedOn = (
  exception: Pick<ExceptionRow, 'since' | 'until'> | undefined,
  day: string,
): boolean => exception !== undefined && exception.since <= day && day <= exception.until;

/** Revokes an exception. Returns `false` if there is none. */
export async function revokeException(
  { ledger, keyring }: SubjectContext,
  subscriber: string,
): Promise<boolean> {
  return (
    (await ledger.personRecords.remove('exceptions', {
      pseudonym: keyring.personPseudonym(subscriber),
    })) > 0
  );
}

/** Returns the last UTC day of a subscriber's exception, or an empty string if there is none. */
export async function exceptionEnd(
  { personRecords }: Ledger,
  keyring: Keyring,
  subscriber: string,
): Promise<string> {
  const [row] = await personRecords.read('exceptions', {
    pseudonym: keyring.personPseudonym(subscriber),
  });
  return row?.until ?? '';
}
