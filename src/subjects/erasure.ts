/** Erases a person's data so that a crash, a retry or a restored backup cannot bring them back. */

import { portabilityError } from '../errors.ts';
import {
  ALONGSIDE_DOSSIER_TOMBSTONE,
  digestOf,
  PERSON_TOMBSTONE,
  type Tombstone,
} from '../ledger/ledger.ts';
import { UPHELD } from '../ledger/person-records.ts';
import * as SUBJECTS from '../messages/subjects.ts';
import { removeReference } from './dossier-store.ts';
import { whileErasing } from './restore-erasures.ts';
import { eraseMarked } from './retention.ts';
import { type SubjectContext, todayOf } from './segregated-cards.ts';
import { cardKeysOf } from './subject-data.ts';

export interface ErasureOptions {
  /**
   * Keeps the dossier: a contract is in force, and the Regulation requires its outcomes (Art.
   * 17(3)(b) GDPR). Default: `false`.
   */
  readonly keepsDossier?: boolean | undefined;
  /**
   * An objection is upheld: nothing is recorded any more (Art. 21 GDPR). The person records keep
   * the pseudonym for this purpose only. Default: `false`.
   */
  readonly objectionUpheld?: boolean | undefined;
}

/** Returns the pseudonyms of a person that the person records use. */
const pseudonymsOf = ({ keyring }: SubjectContext, subscriber: string) => ({
  personRecords: keyring.personPseudonym(subscriber),
  hold: keyring.holdPseudonym(subscriber),
  journal: keyring.journalPseudonym(subscriber),
});

/** Returns the tombstones of an erasure: one for each card, and those of the person records. */
async function tombstonesOfErasure(
  context: SubjectContext,
  subscriber: string,
  { keepsDossier = false }: ErasureOptions,
) {
  const through = todayOf(context);
  const { personRecords, hold, journal } = pseudonymsOf(context, subscriber);
  const keys = await cardKeysOf(context.ledger, context.keyring, subscriber);
  const cards = keys.map(
    ({ month, pseudonym }): Tombstone => ({ month, digest: digestOf(pseudonym), through }),
  );
  const tombstone = (month: string, pseudonym: string): Tombstone => ({
    month,
    digest: digestOf(pseudonym),
    through,
  });
  const own = tombstone(
    keepsDossier ? ALONGSIDE_DOSSIER_TOMBSTONE : PERSON_TOMBSTONE,
    personRecords,
  );
  return {
    keys,
    cards,
    personRecords: [own, tombstone(PERSON_TOMBSTONE, hold), tombstone(PERSON_TOMBSTONE, journal)],
  };
}

/**
 * Erases a person from the person records. Rows are removed; requests and journal entries keep
 * their days without the person.
 */
async function erasePersonRecords(
  context: SubjectContext,
  subscriber: string,
  { keepsDossier = false }: ErasureOptions,
): Promise<void> {
  const { ledger } = context;
  const { personRecords, hold, journal } = pseudonymsOf(context, subscriber);
  for (const row of await ledger.personRecords.read('restrictions', { pseudonym: personRecords }))
    if (row.ground !== UPHELD) await ledger.personRecords.remove('restrictions', row);
  for (const table of [
    'directives',
    'exceptions',
    'proposals',
    ...(keepsDossier ? [] : (['dossiers'] as const)),
  ] as const)
    await ledger.personRecords.remove(table, { pseudonym: personRecords });
  if (keepsDossier) await removeReference(ledger, personRecords);
  await ledger.personRecords.remove('apart', { pseudonym: hold });
  for (
    let rows = await ledger.personRecords.read('requests', { pseudonym: personRecords });
    rows.length > 0;
  ) {
    for (const row of rows)
      await ledger.personRecords.change('requests', row, {
        ...row,
        pseudonym: '',
        reference: '',
      });
    rows = await ledger.personRecords.read('requests', { pseudonym: personRecords });
  }
  await ledger.personRecords.forgetInJournal(journal);
}

/**
 * Checks that no legal hold prevents the erasure.
 * @throws PortabilityError `ERR_RIGHT_HELD` under a legal hold (Art. 17(3)(e) GDPR)
 */
export async function checkErasable(context: SubjectContext, subscriber: string): Promise<void> {
  const [held] = await context.ledger.personRecords.read('holds', {
    pseudonym: pseudonymsOf(context, subscriber).hold,
  });
  if (held !== undefined) throw portabilityError(SUBJECTS.holdBarsErasure);
}

/**
 * Erases cards, accesses, dossier, restriction, directive and exception, and returns the number of
 * cards. Tombstones (digests) remain; they prevent a retry, a replay or a restored backup from
 * bringing the data back.
 * @throws PortabilityError `ERR_RIGHT_HELD` under a legal hold
 */
export async function erase(
  context: SubjectContext,
  subscriber: string,
  erasure: ErasureOptions = {},
): Promise<number> {
  const { ledger, keyring, time } = context;
  const { personRecords, hold } = pseudonymsOf(context, subscriber);
  await checkErasable(context, subscriber);
  // The objection is stored first, then all tombstones next to the keys: the next opening of the
  // ledger completes what a crash interrupted.
  if (erasure.objectionUpheld === true)
    await ledger.personRecords.put('restrictions', {
      pseudonym: personRecords,
      since: todayOf(context),
      ground: UPHELD,
    });
  const tombstones = await tombstonesOfErasure(context, subscriber, erasure);
  return whileErasing(ledger, keyring, async () => {
    await keyring.addTombstones([...tombstones.cards, ...tombstones.personRecords]);
    const apart = await ledger.personRecords.read('apart', { pseudonym: hold });
    await erasePersonRecords(context, subscriber, erasure);
    await ledger.restoreTombstones(
      tombstones.personRecords,
      Object.values(pseudonymsOf(context, subscriber)),
    );
    return apart.length + (await eraseMarked(ledger, tombstones.keys, time));
  });
}
