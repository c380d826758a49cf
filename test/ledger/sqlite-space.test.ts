/** Tests that a SQLite file shrinks after a purge, in steps between which others write. */
import { statSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { type Ledger, memoryLedger } from '../../src/entry/ledger.ts';
import { purge } from '../../src/index.ts';
import { openDatabase, SHRINK_PAGES, sqliteStore } from '../../src/ledger/sqlite/store.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { checkKeyring } from '../../src/subjects/keyring-check.ts';
import { cli } from '../support/cli.ts';
import { card, EMPTY, name } from '../support/contract/cards.ts';
import { newKeyring, noon } from '../support/gate.ts';
import { inFolder } from '../support/tables.ts';

let files = 0;
const newPath = (): string => inFolder(`space-${++files}.db`);
const OLD = '2025-10';
const CARDS = 60_000;

async function fill(ledger: Ledger): Promise<void> {
  // Pseudonyms of both months in a mixed order, as they come.
  for (const month of [OLD, '2026-11'])
    for (let from = 0; from < CARDS; from += 10_000)
      await ledger.write({
        ...EMPTY,
        cards: Array.from({ length: 10_000 }, (_, n) => card((from + n) * 7919, 1, 0, month)),
      });
}

/** The number of pages that are free, as another process sees it. */
function freePages(path: string): number {
  const database = new Sqlite(path, { readonly: true });
  const free = database.pragma('freelist_count', { simple: true }) as number;
  database.close();
  return free;
}

/** Turns a file into one of an earlier version, which cannot shrink. */
function makeEarlier(path: string): void {
  const database = new Sqlite(path);
  database.pragma('journal_mode = DELETE');
  database.pragma('auto_vacuum = NONE');
  database.exec('VACUUM');
  database.close();
}

const COUNT = 'SELECT count(*) AS count FROM cards';

describe('the file of a SQLite ledger', () => {
  it('shrinks after the purge of a month, and loses nothing of the others', async () => {
    const path = newPath();
    const ledger = await openSqliteLedger(path);
    const keyring = await newKeyring();
    await checkKeyring(ledger, keyring);
    await fill(ledger);
    await ledger.purgeBefore(OLD);
    const full = statSync(path).size;
    expect(await purge(ledger, keyring, noon('2026-11-22'))).toMatchObject({ cards: CARDS });
    expect(statSync(path).size).toBeLessThan(0.6 * full);
    expect(freePages(path)).toBe(0);
    expect(await ledger.months()).toEqual([{ month: '2026-11', cards: CARDS }]);
    expect(await ledger.cards([{ month: '2026-11', pseudonym: name(7919) }])).toHaveLength(1);
    expect(await ledger.verify()).toEqual([]);
    await ledger.close();
  });

  it('is locked for one step at a time: another process writes after each, without waiting', async () => {
    const path = newPath();
    const ledger = await openSqliteLedger(path);
    await fill(ledger);
    await ledger.purgeBefore('2025-11');
    await ledger.close();
    const database = openDatabase(Sqlite, path);
    const store = sqliteStore(database);
    const other = new Sqlite(path, { timeout: 0 });
    const write = other.prepare('INSERT INTO editions VALUES (?, ?)');
    let left = freePages(path);
    expect(left).toBeGreaterThan(3 * SHRINK_PAGES);
    for (let steps = 0; left > 0; steps++) {
      const before = left;
      left = database.transaction(store.shrink).immediate();
      write.run('2026-11-01', `${steps}`);
      expect(before - left).toBeLessThanOrEqual(SHRINK_PAGES);
      expect(before - left).toBeGreaterThan(0);
    }
    expect(other.prepare<[], { count: number }>(COUNT).get()).toEqual({ count: CARDS });
    other.close();
    database.close();
  });

  it('lets other requests of the same process come in between', async () => {
    const path = newPath();
    const ledger = await openSqliteLedger(path);
    await fill(ledger);
    await ledger.purgeBefore('2025-11');
    const order: string[] = [];
    const shrinking = ledger.shrink!().then(() => order.push('shrunk'));
    await ledger.write({ ...EMPTY, cards: [card(1, 1)] });
    order.push('written');
    await shrinking;
    expect(order).toEqual(['written', 'shrunk']);
    await ledger.close();
  });

  it('of an earlier version keeps its size, until `ledger prepare` has rewritten it', async () => {
    const path = newPath();
    const ledger = await openSqliteLedger(path);
    await fill(ledger);
    await ledger.close();
    makeEarlier(path);
    const earlier = await openSqliteLedger(path);
    const full = statSync(path).size;
    await earlier.purgeBefore('2025-11');
    await earlier.shrink!();
    expect(statSync(path).size).toBeGreaterThanOrEqual(full);
    await earlier.close();
    expect((await cli(['ledger', 'prepare', '--ledger', path])).status).toBe(0);
    expect(statSync(path).size).toBeLessThan(0.6 * full);
    const after = await openSqliteLedger(path);
    expect(await after.months()).toEqual([{ month: '2026-11', cards: CARDS }]);
    expect(await after.verify()).toEqual([]);
    await after.purgeBefore('2026-12');
    await after.shrink!();
    expect(statSync(path).size).toBeLessThan(0.1 * full);
    await after.close();
  });

  it('is not needed for a purge to succeed', async () => {
    const ledger = { ...memoryLedger(), shrink: () => Promise.reject(new Error('busy')) };
    const done = await purge(ledger, await newKeyring(), noon('2026-11-22'));
    expect(done).toMatchObject({ before: '2025-11' });
    expect(await ledger.runs()).toHaveLength(1);
  });
});
