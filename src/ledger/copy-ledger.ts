/** Copies a ledger to another storage engine, and compares two ledgers by count and digest. */

import { createHash } from 'node:crypto';
import { portabilityError } from '../errors.ts';
import * as LEDGER from '../messages/ledger.ts';
import {
  digestOf,
  type Ledger,
  PERSON_TOMBSTONE,
  PERSON_TOMBSTONES,
  type Piece,
  type Tombstone,
} from './ledger.ts';
import {
  type DossierRow,
  type JournalRow,
  PERSON_TABLES,
  type PersonTable,
  type RequestRow,
  UPHELD,
} from './person-records.ts';
import { missingFrom, tombstoneKey } from './tombstones.ts';

/** Rows that are copied at once. */
const PIECE = 2000;

export interface CopyProgress {
  /** Cursor at which to resume; empty when all pieces are written. */
  readonly cursor: string;
  /** Cards and accesses copied in this run so far. */
  readonly rows: number;
}

/** Row counts of a ledger by kind, and a digest of all rows that does not depend on their order. */
export interface Inventory {
  /** Number of rows: `cards`, `accesses`, `tally`, `tombstones`, each table, `journal`. */
  readonly counts: Readonly<Record<string, number>>;
  /** 64 hexadecimal digits. */
  readonly digest: string;
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

/** Counts rows by kind, and adds their hashes up: the sum is the same in any order. */
class InventoryBuilder {
  private readonly counts: Record<string, number> = {};
  private readonly sum = new Uint32Array(WORDS);

  add(kind: string, row: object): void {
    const fields = Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1));
    const hash = createHash('sha256')
      .update(`${kind} ${JSON.stringify(fields)}`)
      .digest();
    for (let word = 0; word < WORDS; word++) this.sum[word]! += hash.readUInt32BE(word * 4);
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
  }

  build(): Inventory {
    const digest = Array.from(this.sum, word => word.toString(16).padStart(8, '0')).join('');
    return { counts: this.counts, digest };
  }
}

async function addJournal({ personRecords }: Ledger, inventory: InventoryBuilder): Promise<void> {
  for (let seq = 0; ; ) {
    const rows = await personRecords.journalAfter(seq, PIECE);
    for (const row of rows) inventory.add('journal', row);
    if (rows.length === 0) return;
    seq = rows.at(-1)!.seq;
  }
}

/** Counts and digests everything in a ledger. Nothing may write to it during the call. */
export async function takeInventory(ledger: Ledger): Promise<Inventory> {
  const inventory = new InventoryBuilder();
  for await (const { batch } of piecesOf(ledger)) {
    for (const card of batch.cards) inventory.add('cards', card);
    for (const access of batch.accesses) inventory.add('accesses', access);
    for (const row of batch.tally) inventory.add('tally', row);
    for (const row of batch.editions) inventory.add('editions', row);
  }
  for (const tombstone of await ledger.tombstones()) inventory.add('tombstones', tombstone);
  for (const table of Object.keys(PERSON_TABLES) as PersonTable[])
    for (const row of await ledger.personRecords.read(table)) inventory.add(table, row);
  await addJournal(ledger, inventory);
  for (const check of Object.entries(await ledger.keyChecks())) inventory.add('keyChecks', check);
  return inventory.build();
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

/** The persons that only the target has erased: by digest, the last day that is erased. */
class TargetErasures {
  private readonly all = new Map<string, string>();
  private readonly withDossier = new Map<string, string>();

  constructor(tombstones: readonly Tombstone[]) {
    for (const { month, digest, through } of tombstones) {
      if (!PERSON_TOMBSTONES.includes(month)) continue;
      if (through > (this.all.get(digest) ?? '')) this.all.set(digest, through);
      if (month === PERSON_TOMBSTONE) this.withDossier.set(digest, through);
    }
  }

  private covers(pseudonym: string, day: string, erased = this.all): boolean {
    return pseudonym !== '' && day <= (erased.get(digestOf(pseudonym)) ?? '');
  }

  /** Returns what the erasure leaves of a row, or `undefined` if it leaves nothing. */
  leftOf(table: PersonTable, row: object): object | undefined {
    if (table === 'requests') {
      const { pseudonym, received } = row as RequestRow;
      return this.covers(pseudonym, received) ? { ...row, pseudonym: '', reference: '' } : row;
    }
    const { pseudonym, since } = row as DossierRow;
    if (!this.covers(pseudonym, since)) return row;
    // The restriction after an upheld objection stays, and so does a dossier with its contract.
    if (table === 'restrictions' && (row as { ground?: string }).ground === UPHELD) return row;
    const isKept = table === 'dossiers' && !this.covers(pseudonym, since, this.withDossier);
    return isKept ? { ...row, reference: '' } : undefined;
  }

  leftOfEntry(row: JournalRow): JournalRow {
    return this.covers(row.subject, row.at.slice(0, 10)) ? { ...row, salt: '', subject: '' } : row;
  }
}

/** What the source holds about a person in spite of its own tombstone is newer than that. */
async function targetErasures(from: Ledger, to: Ledger): Promise<TargetErasures> {
  const known = new Map((await from.tombstones()).map(each => [tombstoneKey(each), each]));
  return new TargetErasures(missingFrom(known, await to.tombstones()));
}

async function copyJournal(from: Ledger, to: Ledger, erasures: TargetErasures): Promise<void> {
  for (let seq = await checkJournal(from, to); ; ) {
    const rows = await from.personRecords.journalAfter(seq, PIECE);
    if (rows.length === 0) return;
    for (const row of rows)
      if (!(await to.personRecords.appendJournal(erasures.leftOfEntry(row))))
        throw portabilityError(LEDGER.copyJournalWritten);
    seq = rows.at(-1)!.seq;
  }
}

/** Whether a ledger holds rows under pseudonyms. */
async function isInUse({ personRecords, months, tombstonePage }: Ledger): Promise<boolean> {
  const [dossier] = await personRecords.dossiersAfter('', 1);
  const head = await personRecords.journalHead();
  if (dossier !== undefined || head !== undefined || (await months()).length > 0) return true;
  return (await tombstonePage('', 1)).tombstones.length > 0;
}

const hasChecks = (checks: Readonly<Record<string, string>>): boolean =>
  Object.keys(checks).length > 0;

/**
 * Copies the check values of the keys, so that the keyring of the source belongs to the target. A
 * target whose rows nothing connects with this keyring would be proven by the values of others.
 */
async function copyKeyChecks(from: Ledger, to: Ledger): Promise<void> {
  const checks = await from.keyChecks();
  const present = await to.keyChecks();
  if (hasChecks(checks) !== hasChecks(present) && (await isInUse(from)) && (await isInUse(to)))
    throw portabilityError(LEDGER.copyUnproven);
  const isForeign = Object.entries(checks).some(
    ([name, value]) => present[name] !== undefined && present[name] !== value,
  );
  if (isForeign) throw portabilityError(LEDGER.copyForeignKeys);
  await to.addKeyChecks(checks);
}

async function copyPersonRecords(from: Ledger, to: Ledger): Promise<void> {
  const erasures = await targetErasures(from, to);
  for (const table of Object.keys(PERSON_TABLES) as PersonTable[])
    for (const row of await from.personRecords.read(table)) {
      const left = erasures.leftOf(table, row);
      if (left !== undefined) await to.personRecords.put(table, left as never);
    }
  await copyJournal(from, to, erasures);
  const known = new Set((await to.runs()).map(run => JSON.stringify(run)));
  for (const run of await from.runs()) if (!known.has(JSON.stringify(run))) await to.recordRun(run);
}

/**
 * Copies a whole ledger into another one and merges into its content: tombstones first, then
 * everything else except what the target has erased. Copying a row twice changes nothing, so an
 * interrupted copy can resume.
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
