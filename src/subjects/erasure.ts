/** Erases a person's data so that a crash, a retry or a restored backup cannot bring them back. */
import { PortabilityError } from '../errors.ts';
import { BESIDE_DOSSIER_MARK, digestOf, type Mark, REGISTER_MARK } from '../ledger/ledger.ts';
import { UPHELD } from '../ledger/person-records.ts';
import { eraseCards } from './retention.ts';
import { type Place, todayOf } from './segregated-cards.ts';
import { cardKeysOf } from './subject-data.ts';

export interface Erasure {
  /** Leaves the dossier: a contract is in force, and the Regulation asks for its outcomes (Art. 17(3)(b) GDPR). */
  readonly keepsDossier?: boolean | undefined;
  /** An objection is upheld: nothing is recorded any more (Art. 21 GDPR). The register keeps the stand-in for that alone. */
  readonly stops?: boolean | undefined;
}

/** The stand-ins of a person that the register knows. */
const standIns = ({ keyring }: Place, subscriber: string) => ({
  register: keyring.registerPseudonym(subscriber),
  hold: keyring.holdPseudonym(subscriber),
  journal: keyring.journalPseudonym(subscriber),
});

/** The tombstones of an erasure: of each card, and of the person in the register. */
async function tombstones(place: Place, subscriber: string, { keepsDossier = false }: Erasure) {
  const through = todayOf(place);
  const { register, hold, journal } = standIns(place, subscriber);
  const keys = await cardKeysOf(place.ledger, place.keyring, subscriber);
  const cards = keys.map(({ month, pseudonym }): Mark => ({ month, digest: digestOf(pseudonym), through }));
  const mark = (month: string, pseudonym: string): Mark => ({ month, digest: digestOf(pseudonym), through });
  const own = mark(keepsDossier ? BESIDE_DOSSIER_MARK : REGISTER_MARK, register);
  return { cards, register: [own, mark(REGISTER_MARK, hold), mark(REGISTER_MARK, journal)] };
}

/** Empties a person out of the register: rows go, requests and journal keep their days without the person. */
async function eraseFromRegister(place: Place, subscriber: string, { keepsDossier = false }: Erasure): Promise<void> {
  const { ledger } = place;
  const { register, hold, journal } = standIns(place, subscriber);
  for (const row of await ledger.register.read('restrictions', { pseudonym: register }))
    if (row.ground !== UPHELD) await ledger.register.remove('restrictions', row);
  for (const table of ['directives', 'exceptions', ...(keepsDossier ? [] : (['dossiers'] as const))] as const)
    await ledger.register.remove(table, { pseudonym: register });
  await ledger.register.remove('apart', { pseudonym: hold });
  for (let rows = await ledger.register.read('requests', { pseudonym: register }); rows.length > 0; ) {
    for (const row of rows) await ledger.register.change('requests', row, { ...row, pseudonym: '' });
    rows = await ledger.register.read('requests', { pseudonym: register });
  }
  await ledger.register.forgetInJournal(journal);
}

/** @throws PortabilityError `ERR_RIGHT_HELD` under a legal hold (Art. 17(3)(e) GDPR) */
export async function checkErasable(place: Place, subscriber: string): Promise<void> {
  const [held] = await place.ledger.register.read('holds', { pseudonym: standIns(place, subscriber).hold });
  if (held !== undefined)
    throw new PortabilityError('ERR_RIGHT_HELD', 'a legal hold bars the erasure: release it first');
}

/**
 * Erases cards, accesses, dossier, restriction, directive and exception; what is left are tombstones (digests) that keep a retry, a replay or a restored
 * backup from bringing them back. Answers the number of cards.
 * @throws PortabilityError `ERR_RIGHT_HELD` under a legal hold
 */
export async function erase(place: Place, subscriber: string, erasure: Erasure = {}): Promise<number> {
  const { ledger, keyring, time } = place;
  const { register, hold } = standIns(place, subscriber);
  await checkErasable(place, subscriber);
  // The stop first, then every tombstone beside the keys: what a crash leaves undone, the next opening of the ledger makes good.
  if (erasure.stops === true)
    await ledger.register.put('restrictions', { pseudonym: register, since: todayOf(place), ground: UPHELD });
  const marks = await tombstones(place, subscriber, erasure);
  await keyring.addMarks([...marks.cards, ...marks.register]);
  const apart = await ledger.register.read('apart', { pseudonym: hold });
  await eraseFromRegister(place, subscriber, erasure);
  await ledger.restoreMarks(marks.register);
  return apart.length + (await eraseCards(ledger, keyring, subscriber, time));
}
