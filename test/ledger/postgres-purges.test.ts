/** Purges of several gateways at once, against a database that answers as PostgreSQL did. */
import { describe, expect, it } from 'vitest';
import { portabilityError } from '../../src/errors.ts';
import type { Database, Query } from '../../src/ledger/postgres/pool.ts';
import { postgresPurges } from '../../src/ledger/postgres/tombstones.ts';
import * as LEDGER from '../../src/messages/ledger.ts';

const HOST = '127.0.0.1:5432/postgres';
const failure = (system: string) => portabilityError(LEDGER.ledgerFailed, { host: HOST, system });

/**
 * A database with one old month of 300 cards. Each statement that drops a table meets the next
 * failure, if there is one left.
 */
function databaseWith(failures: string[]): { database: Database; drops: () => number } {
  let drops = 0;
  const query = (async (sql: string, values?: readonly unknown[]) => {
    if (sql.startsWith('SELECT c.relname'))
      return { rows: values?.[1] === 'cards' ? [{ part: 'cards_2026_01' }] : [] };
    if (sql.startsWith('SELECT count')) return { rows: [{ rows: 300 }] };
    if (sql.startsWith('DROP TABLE')) {
      drops++;
      const system = failures.shift();
      if (system !== undefined) throw failure(system);
    }
    return { rows: [] };
  }) as unknown as Query;
  const database: Database = {
    host: HOST,
    schema: '"s"',
    plain: 's',
    lockTimeout: 1,
    query,
    transaction: work => work(query),
    close: async () => {},
  };
  return { database, drops: () => drops };
}

const purgeWith = async (failures: string[]) => {
  const { database, drops } = databaseWith(failures);
  const { cards } = await postgresPurges(database).purgeBefore('2026-02');
  return { cards, drops: drops() };
};

describe('a purge while another one drops the same month', () => {
  it('counts the month if it drops it itself', async () => {
    expect(await purgeWith([])).toEqual({ cards: 300, drops: 1 });
  });

  it('counts nothing if the other one was faster', async () => {
    expect(await purgeWith(['42P01'])).toEqual({ cards: 0, drops: 1 });
  });

  it('looks again if the server stumbled over the table that was just dropped', async () => {
    expect(await purgeWith(['XX000', '42P01'])).toEqual({ cards: 0, drops: 2 });
    expect(await purgeWith(['XX000', 'XX000'])).toEqual({ cards: 300, drops: 3 });
  });

  it('gives up after five attempts: the server may be damaged', async () => {
    await expect(purgeWith(Array.from({ length: 9 }, () => 'XX000'))).rejects.toMatchObject({
      system: 'XX000',
    });
    const { database, drops } = databaseWith(Array.from({ length: 9 }, () => 'XX000'));
    await postgresPurges(database)
      .purgeBefore('2026-02')
      .catch(() => {});
    expect(drops()).toBe(5);
  });

  it('passes other errors on', async () => {
    await expect(purgeWith(['57P01'])).rejects.toMatchObject({ system: '57P01' });
  });
});
