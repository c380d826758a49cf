/**
 * Implements the desk operations for a person's rights and answers the requests that they settle.
 */

import { portabilityError } from '../errors.ts';
import { isInForce } from '../law/standing.ts';
import type { Side } from '../ledger/card.ts';
import { UPHELD } from '../ledger/person-records.ts';
import * as DESK from '../messages/desk.ts';
import { dossierOf } from '../subjects/dossier-store.ts';
import { checkErasable, erase as eraseHeld } from '../subjects/erasure.ts';
import { type ExceptionReason, grantException, revokeException } from '../subjects/exceptions.ts';
import {
  answerRequest,
  type RequestKind,
  type RequestOutcome,
  requestsToSettle,
  settleRequests,
} from '../subjects/requests.ts';
import * as rights from '../subjects/rights.ts';
import { isKnown } from '../subjects/subject-data.ts';
import type { Desk, EraseOptions } from './desk.ts';
import type { DeskContext, Journaled, Subject } from './journaled-operations.ts';

/** Marks the operation as done and answers the requests that it settles. */
function settle(
  act: DeskContext,
  { pseudonym }: Subject,
  kind: RequestKind,
  outcome: RequestOutcome,
): Promise<void> {
  act.done();
  return settleRequests(act.ledger.personRecords, pseudonym, kind, outcome, act.today);
}

const known = async ({ ledger, keyring }: DeskContext, { subscriber }: Subject) => ({
  isKnown: await isKnown(ledger, keyring, subscriber),
});

async function restrict(act: DeskContext, subject: Subject, reason: rights.RestrictionReason) {
  const { personRecords } = act.ledger;
  const before = await known(act, subject);
  await rights.restrict(act, subject.subscriber, reason);
  act.done();
  if (reason === 'restriction') await settle(act, subject, 'restriction', 'granted');
  // An objection stays open until it is upheld or rejected.
  else await requestsToSettle(personRecords, subject.pseudonym, 'objection', act.today);
  return before;
}

async function lift(act: DeskContext, subject: Subject, rejection?: RequestOutcome): Promise<void> {
  const [row] = await act.ledger.personRecords.read('restrictions', {
    pseudonym: subject.pseudonym,
  });
  if (row === undefined) throw portabilityError(DESK.restrictionMissing);
  if (row.ground === UPHELD && rejection !== 'withdrawn')
    throw portabilityError(DESK.objectionUpheld);
  const isObjection = row.ground === 'objection' || row.ground === rights.BOTH_REASONS;
  if (isObjection && rejection !== 'withdrawn' && !rejection?.startsWith('refused-'))
    throw portabilityError(DESK.objectionReason);
  await rights.lift(act, row);
  if (isObjection) await settle(act, subject, 'objection', rejection!);
}

async function erase(
  act: DeskContext,
  subject: Subject,
  { evenDossier = false, objectionUpheld = false }: EraseOptions = {},
) {
  const { personRecords } = act.ledger;
  const before = await known(act, subject);
  const kind = objectionUpheld ? 'objection' : 'erasure';
  // The request is on record even if a legal hold bars the erasure, so that somebody works it off.
  const requests = await requestsToSettle(personRecords, subject.pseudonym, kind, act.today);
  await checkErasable(act, subject.subscriber);
  const [dossier] = await personRecords.read('dossiers', { pseudonym: subject.pseudonym });
  const isDossierKept = !evenDossier && isInForce(dossierOf(dossier), act.today);
  const cards = await eraseHeld(act, subject.subscriber, {
    keepsDossier: isDossierKept,
    objectionUpheld,
  });
  act.done();
  const outcome = isDossierKept ? 'granted-in-part' : 'granted';
  for (const id of requests) await answerRequest(personRecords, id, outcome, act.today);
  return { ...before, cards, isDossierKept };
}

async function release(act: DeskContext, { subscriber }: Subject): Promise<void> {
  if (!(await rights.release(act, subscriber))) throw portabilityError(DESK.holdMissing);
}

async function revoke(act: DeskContext, { subscriber }: Subject): Promise<void> {
  if (!(await rights.revoke(act, subscriber))) throw portabilityError(DESK.directiveMissing);
}

async function revokeGranted(act: DeskContext, { subscriber }: Subject): Promise<void> {
  if (!(await revokeException(act, subscriber))) throw portabilityError(DESK.exceptionMissing);
}

export const exceptionActions = (acting: Journaled): Pick<Desk, 'except' | 'revokeException'> => ({
  except: acting('exception', async (act, subject, reason: ExceptionReason, until: string) => {
    const before = await known(act, subject);
    await grantException(act, subject.subscriber, reason, until);
    return before;
  }),
  revokeException: acting('revoke-exception', revokeGranted),
});

export const rightActions = (
  acting: Journaled,
): Pick<
  Desk,
  'restrict' | 'lift' | 'erase' | 'dispute' | 'hold' | 'release' | 'direct' | 'revokeDirective'
> => ({
  restrict: acting('restrict', restrict),
  lift: acting('lift', lift),
  erase: acting('erase', erase),
  dispute: acting('dispute', async (act, subject, day: string, side: Side) => {
    await rights.correct(act, subject.subscriber, day, side);
    await settle(act, subject, 'rectification', 'granted');
  }),
  hold: acting('hold', async (act, subject, reason: rights.HoldReason, review: string) => {
    const before = await known(act, subject);
    return { ...before, months: await rights.hold(act, subject.subscriber, reason, review) };
  }),
  release: acting('release', release),
  direct: acting(
    'directive',
    async (act, subject, choice: rights.DirectiveChoice, designated?: string) => {
      await rights.direct(act, subject.subscriber, choice, designated);
      await settle(act, subject, 'directive', 'granted');
    },
  ),
  revokeDirective: acting('directive', revoke),
});
