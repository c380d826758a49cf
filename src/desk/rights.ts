/** How does a desk carry out the rights of a person? Each act with the request that it answers. */

import { dossierOf } from '../dossiers.ts';
import { PortabilityError } from '../errors.ts';
import type { Side } from '../evidence/card.ts';
import { openRequest, type RequestKind, type RequestOutcome, settleRequests } from '../evidence/requests.ts';
import * as rights from '../evidence/rights.ts';
import { isInForce } from '../law/standing.ts';
import type { Act, Acting, Whom } from './acts.ts';
import type { Desk, EraseOptions } from './desk.ts';

const refusal = (message: string): PortabilityError => new PortabilityError('ERR_RIGHT', message);

const settle = ({ ledger, today }: Act, { pseudonym }: Whom, kind: RequestKind, outcome: RequestOutcome) =>
  settleRequests(ledger.register, pseudonym, kind, outcome, today);

async function restrict(act: Act, whom: Whom, ground: rights.RestrictionGround): Promise<void> {
  const { register } = act.ledger;
  await rights.restrict(act, whom.subscriber, ground);
  if (ground === 'restriction') return settle(act, whom, 'restriction', 'granted');
  const open = await register.read('requests', { pseudonym: whom.pseudonym, kind: 'objection', answered: '' });
  if (open.length === 0) await openRequest(register, whom.pseudonym, 'objection', act.today, act.today);
}

async function lift(act: Act, whom: Whom, rejection?: RequestOutcome): Promise<void> {
  const [before] = await act.ledger.register.read('restrictions', { pseudonym: whom.pseudonym });
  if (before === undefined) throw refusal('there is no restriction to lift');
  const isObjection = before.ground === 'objection';
  if (isObjection && rejection === undefined)
    throw refusal('an objection is rejected with a ground, or upheld by an erasure (Art. 21 GDPR)');
  await rights.lift(act, whom.subscriber);
  if (isObjection) await settle(act, whom, 'objection', rejection!);
}

async function erase(act: Act, whom: Whom, { evenDossier = false, objectionUpheld = false }: EraseOptions = {}) {
  const [dossier] = await act.ledger.register.read('dossiers', { pseudonym: whom.pseudonym });
  const isDossierKept = !evenDossier && isInForce(dossierOf(dossier), act.today);
  const erasure = { keepsDossier: isDossierKept, stops: objectionUpheld };
  await rights.checkErasable(act, whom.subscriber);
  // Answered first: afterwards the request is nobody's.
  await settle(act, whom, objectionUpheld ? 'objection' : 'erasure', isDossierKept ? 'granted-in-part' : 'granted');
  return { cards: await rights.erase(act, whom.subscriber, erasure), isDossierKept };
}

async function release(act: Act, { subscriber }: Whom): Promise<void> {
  if (!(await rights.release(act, subscriber))) throw refusal('there is no hold to release');
}

async function revoke(act: Act, { subscriber }: Whom): Promise<void> {
  if (!(await rights.revoke(act, subscriber))) throw refusal('there is no directive to revoke');
}

export const exercises = (
  acting: Acting,
): Pick<Desk, 'restrict' | 'lift' | 'erase' | 'dispute' | 'hold' | 'release' | 'direct' | 'revokeDirective'> => ({
  restrict: acting('restrict', restrict),
  lift: acting('lift', lift),
  erase: acting('erase', erase),
  dispute: acting('dispute', async (act, whom, day: string, side: Side) => {
    await rights.correct(act, whom.subscriber, day, side);
    await settle(act, whom, 'rectification', 'granted');
  }),
  hold: acting('hold', (act, { subscriber }, ground: rights.HoldReason, review: string) =>
    rights.hold(act, subscriber, ground, review),
  ),
  release: acting('release', release),
  direct: acting('directive', async (act, whom, choice: rights.DirectiveChoice, designated?: string) => {
    await rights.direct(act, whom.subscriber, choice, designated);
    await settle(act, whom, 'directive', 'granted');
  }),
  revokeDirective: acting('directive', revoke),
});
