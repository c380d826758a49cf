/** Copies a ledger to another storage engine, and compares two ledgers by count and digest. */

import { createHash } from 'node:crypto';
import { portabilityError } from '../errors.ts';
import * as LEDGER from '../messages/ledger.ts';
import type { Card } from './card.ts';
import type { Access, Ledger, Piece } from './ledger.ts';
import { PERSON_TABLES, type PersonTable } from './person-records.ts';
import { newNames } from './scan-cursor.ts';

/** Rows that are copied at once. */
const PIECE = 2000;

export interface CopyProgress {
  /** Cursor at which to resume; empty when all pieces are written. */
  readonly cursor: string;
  /** Cards and accesses copied in this run so far. */
  readonly rows: number;
}

/** Row counts of a ledger and a digest of its cards that does not depend on their order. */
export interface Inventory {
  readonly cards: number;
  readonly accesses: number;
  readonly tally: number;
  /** 64 hexadecimal digits. */
  readonly digest: string;
  readonly personRecords: Readonly<Record<string, number>>;
}

/** 32-bit words of a SHA-256 digest. */
const WORDS = 8;

/** Yields the pieces of a ledger from a cursor on, each with the cursor that follows it. */
async function* piecesOf(ledger: Ledger, from = ''): AsyncGenerator<Piece> {
  let piece = await ledger.scan(from, PIECE);
  yield piece;
  while (piece.next !== '') {
    piece = await ledger.scan(piece.next, PIECE);
    yield piece;
  }
}

/** Adds the hash of a card to a sum, which is the same in any order. */
function addTo(sum: Uint32Array, { month, pseudonym, homeDays, outsideDays }: Card): void {
  const hash = createHash('sha256')
    .update(`${month} ${pseudonym} ${homeDays} ${outsideDays}`)
    .digest();
  for (let word = 0; word < sum.length; word++) sum[word]! += hash.readUInt32BE(word * 4);
}

async function countPersonRecords({ personRecords }: Ledger): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of Object.keys(PERSON_TABLES) as PersonTable[])
    counts[table] = (await personRecords.read(table)).length;
  return { ...counts, journal: (await personRecords.journalHead())?.seq ?? 0 };
}

const accessName = ({ at, fromHome, month, pseudonym }: Access): string =>
  `${at} ${fromHome} ${month}${pseudonym}`;

/**
 * Counts and digests a ledger. Nothing may write to it during the call. Counts a key once even if a
 * scan returns it twice.
 */
export async function takeInventory(ledger: Ledger): Promise<Inventory> {
  const sum = new Uint32Array(WORDS);
  // Only a scan of Redis may return a key twice.
  const seen = ledger.kind === 'redis' ? newNames() : undefined;
  let cards = 0;
  let accesses = 0;
  let tally = 0;
  for await (const { batch } of piecesOf(ledger)) {
    for (const card of batch.cards) {
      if (seen?.add(`${card.month}${card.pseudonym}`) === false) continue;
      addTo(sum, card);
      cards++;
    }
    accesses += batch.accesses.filter(each => seen?.add(accessName(each)) !== false).length;
    tally += batch.tally.length;
  }
  const digest = Array.from(sum, word => word.toString(16).padStart(8, '0')).join('');
  return { cards, accesses, tally, digest, personRecords: await countPersonRecords(ledger) };
}

async function copyCards(
  from: Ledger,
  to: Ledger,
  start: string,
  onStep: (progress: CopyProgress) => Promise<void>,
) {
  let rows = 0;
  for await (const { batch, next } of piecesOf(from, start)) {
    await to.write(batch);
    rows += batch.cards.length + batch.accesses.length;
    await onStep({ cursor: next, rows });
  }
}

/**
 * The journal is a hash chain: the journal of the target must be the beginning of the source's
 * journal. Returns its last `seq`.
 */
async function checkJournal(from: Ledger, to: Ledger): Promise<number> {
  const head = await to.personRecords.journalHead();
  const [same] = head === undefined ? [] : await from.personRecords.journalAfter(head.seq - 1, 1);
  if (head !== undefined && same?.hash !== head.hash)
    throw portabilityError(LEDGER.copyForeignJournal);
  return head?.seq ?? 0;
}

async function copyJournal(from: Ledger, to: Ledger): Promise<void> {
  for (let seq = await checkJournal(from, to); ; ) {
    const rows = await from.personRecords.journalAfter(seq, PIECE);
    if (rows.length === 0) return;
    for (const row of rows)
      if (!(await to.personRecords.appendJournal(row)))
        throw portabilityError(LEDGER.copyJournalWritten);
    seq = rows.at(-1)!.seq;
  }
}

/** Copies the check values of the keys, so that the keyring of the source belongs to the target. */
async function copyKeyChecks(from: Ledger, to: Ledger): Promise<void> {
  const checks = await from.keyChecks();
  const present = await to.keyChecks();
  const isForeign = Object.entries(checks).some(
    ([name, value]) => present[name] !== undefined && present[name] !== value,
  );
  if (isForeign) throw portabilityError(LEDGER.copyForeignKeys);
  await to.addKeyChecks(checks);
}

async function copyPersonRecords(from: Ledger, to: Ledger): Promise<void> {
  for (const table of Object.keys(PERSON_TABLES) as PersonTable[])
    for (const row of await from.personRecords.read(table))
      await to.personRecords.put(table, row as never);
  await copyJournal(from, to);
  const known = new Set((await to.runs()).map(run => JSON.stringify(run)));
  for (const run of await from.runs()) if (!known.has(JSON.stringify(run))) await to.recordRun(run);
}

/**
 * Copies a whole ledger into another one and merges into its content: tombstones first, then
 * everything else. Copying a row twice changes nothing, so an interrupted copy can resume.
 * @param cursor Empty, or the cursor of an interrupted run at which to resume.
 * @throws PortabilityError the errors of the two ledgers, and `ERR_LEDGER_WRITE` if the other
 *   ledger has a journal of its own.
 */
export async function copyLedger(
  from: Ledger,
  to: Ledger,
  cursor: string,
  onStep: (progress: CopyProgress) => Promise<void>,
): Promise<void> {
  await checkJournal(from, to);
  await copyKeyChecks(from, to);
  await to.restoreTombstones(await from.tombstones());
  await copyCards(from, to, cursor, onStep);
  await copyPersonRecords(from, to);
}
