/** Stores, reads and applies the tombstones of an SQLite ledger. Runs in the worker thread. */
import type DatabaseConstructor from 'better-sqlite3';
import type { DayBits } from '../card.ts';
import { type CardKey, digestOf, type Tombstone, type TombstonePage } from '../ledger.ts';
import { droppedBy, dropsMore, tombstoneKey } from '../tombstones.ts';
import { personTombstones } from './person-records.ts';

type Database = DatabaseConstructor.Database;

export const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
export const hex = (blob: Buffer): string => blob.toString('hex');

const PUT_TOMBSTONE = `INSERT INTO marks VALUES (?, ?, ?, ?, ?) ON CONFLICT (month, digest) DO UPDATE SET
  through = max(through, excluded.through),
  home_days = home_days | excluded.home_days, outside_days = outside_days | excluded.outside_days`;
const TOMBSTONE_COLUMNS =
  'SELECT month, digest, through, home_days AS homeDays, outside_days AS outsideDays FROM marks';

type TombstoneRow = Required<Tombstone> & { readonly digest: Buffer };

const tombstoneOf = ({
  month,
  digest,
  through,
  homeDays,
  outsideDays,
}: TombstoneRow): Tombstone => ({
  month,
  digest: hex(digest as unknown as Buffer),
  through,
  ...(homeDays !== 0 && { homeDays }),
  ...(outsideDays !== 0 && { outsideDays }),
});

/** Returns a function that reads the tombstone of a pseudonym, if it has one. */
export function tombstoneReader(
  database: Database,
): (month: string, digest: string) => Tombstone | undefined {
  const one = database.prepare<unknown[], TombstoneRow>(
    `${TOMBSTONE_COLUMNS} WHERE month = ? AND digest = ?`,
  );
  return (month, digest) => {
    const row = one.get(month, bytes(digest));
    return row === undefined ? undefined : tombstoneOf(row);
  };
}

const SAME = 'month = :month AND pseudonym = :pseudonym';

/**
 * Returns a function that applies dropped bits to the stored data and returns the number of cards
 * removed.
 */
function tombstoneApplier(
  database: Database,
): (month: string, pseudonym: Buffer, dropped: DayBits) => number {
  const dayBit = `(1 << (CAST(strftime('%d', at, 'unixepoch') AS INTEGER) - 1))`;
  const dropAccesses = database.prepare(
    `DELETE FROM accesses WHERE ${SAME} AND CASE from_home WHEN 1 THEN :homeDays ELSE :outsideDays END & ${dayBit} != 0`,
  );
  const dropCard = database.prepare(
    `DELETE FROM cards WHERE ${SAME} AND (home_days & ~:homeDays) | (outside_days & ~:outsideDays) = 0`,
  );
  const dropDays = database.prepare(
    `UPDATE cards SET home_days = home_days & ~:homeDays, outside_days = outside_days & ~:outsideDays WHERE ${SAME}`,
  );
  return (month, pseudonym, dropped) => {
    dropAccesses.run({ month, pseudonym, ...dropped });
    const { changes } = dropCard.run({ month, pseudonym, ...dropped });
    dropDays.run({ month, pseudonym, ...dropped });
    return changes;
  };
}

export function sqliteErasures(database: Database) {
  const putTombstone = database.prepare<unknown[]>(PUT_TOMBSTONE);
  const applyTombstone = tombstoneApplier(database);
  const applyToPersonRecords = personTombstones(database);
  const readTombstone = tombstoneReader(database);
  const put = ({ month, digest, through, homeDays = 0, outsideDays = 0 }: Tombstone): void =>
    void putTombstone.run(month, bytes(digest), through, homeDays, outsideDays);
  const pseudonymsOf = database.prepare<unknown[], { pseudonym: Buffer }>(
    'SELECT pseudonym FROM cards WHERE month = :month UNION SELECT pseudonym FROM accesses WHERE month = :month',
  );
  const apply = (
    { month, pseudonym }: CardKey,
    tombstone: Omit<Tombstone, 'month' | 'digest'>,
  ): number => {
    const whole = { month, digest: digestOf(pseudonym), ...tombstone };
    put(whole);
    return applyTombstone(month, bytes(pseudonym), droppedBy(whole));
  };
  const erase = (keys: readonly CardKey[], through: string): number =>
    keys.reduce((erased, key) => erased + apply(key, { through }), 0);
  const clear = (key: CardKey, bits: DayBits): void => void apply(key, { through: '', ...bits });
  /** Searches the cards of a month only for the tombstones that a restored backup has lost. */
  const restoreTombstones = (
    tombstones: readonly Tombstone[],
    pseudonyms?: readonly string[],
  ): void => {
    const lost = tombstones.filter(tombstone =>
      dropsMore(readTombstone(tombstone.month, tombstone.digest), tombstone),
    );
    const byKey = new Map(lost.map(tombstone => [tombstoneKey(tombstone), tombstone]));
    if (lost.length === 0) return;
    for (const tombstone of lost) put(tombstone);
    for (const month of new Set(lost.map(tombstone => tombstone.month))) {
      for (const { pseudonym } of pseudonymsOf.all({ month })) {
        const tombstone = byKey.get(tombstoneKey({ month, digest: digestOf(hex(pseudonym)) }));
        if (tombstone !== undefined) applyTombstone(month, pseudonym, droppedBy(tombstone));
      }
    }
    applyToPersonRecords(lost, pseudonyms);
  };
  return { erase, clear, restoreTombstones, ...tombstoneReads(database) };
}

function tombstoneReads(database: Database) {
  const all = database.prepare<unknown[], TombstoneRow>(TOMBSTONE_COLUMNS);
  const page = database.prepare<unknown[], TombstoneRow>(
    `${TOMBSTONE_COLUMNS} WHERE (month, digest) > (?, ?) ORDER BY month, digest LIMIT ?`,
  );
  const position = database.prepare<unknown[], { position: string }>(
    'SELECT position FROM tombstone_position',
  );
  const putPosition = database.prepare('INSERT OR REPLACE INTO tombstone_position VALUES (1, ?)');
  return {
    tombstones: (): Tombstone[] => all.all().map(tombstoneOf),
    tombstonePage: (cursor: string, limit: number): TombstonePage => {
      const [month = '', digest = ''] = cursor.split(' ');
      const tombstones = page.all(month, bytes(digest), limit).map(tombstoneOf);
      return {
        tombstones,
        next: tombstones.length < limit ? '' : tombstoneKey(tombstones.at(-1)!),
      };
    },
    tombstonePosition: (): string => position.get()?.position ?? '',
    setTombstonePosition: (next: string): void => void putPosition.run(next),
  };
}
