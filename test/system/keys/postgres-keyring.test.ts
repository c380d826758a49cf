/** Tests one keyring for many gateways: all have the same keys, and none keeps a destroyed one. */
import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { memoryLedger, type Tombstone } from '../../../src/entry/ledger.ts';
import { openPostgresKeyring, type PostgresKeyring } from '../../../src/entry/postgres.ts';
import { mergePostgresKeyring, readPostgresKeyring } from '../../../src/keys/postgres-keyring.ts';
import { evidenceOf, request, setUp } from '../../support/gate.ts';
import { dropSchemas, hasPostgres, newSchema, POSTGRES, psql } from '../../support/postgres.ts';

const wrap = randomBytes(32);
const openAt = (schema: string, key: Uint8Array = wrap, create = true): Promise<PostgresKeyring> =>
  openPostgresKeyring(POSTGRES, { schema, wrap: key, create });
const closeAll = async (...keyrings: readonly PostgresKeyring[]): Promise<void> => {
  for (const keyring of keyrings) await keyring.close();
};

describe.skipIf(!hasPostgres)('the keyring of a fleet', () => {
  afterAll(dropSchemas);

  it('is created once when eight open it at once, and a new month has one key when all need it at the same moment', async () => {
    const schema = newSchema();
    const keyrings = await Promise.all(Array.from({ length: 8 }, () => openAt(schema)));
    expect(new Set(keyrings.map(each => each.personPseudonym('s'))).size).toBe(1);
    for (const month of ['2026-11', '2026-12', '2027-01']) {
      await Promise.all(keyrings.map(each => each.ensureMonth(month)));
      const pseudonyms = new Set(keyrings.map(each => each.cardPseudonym('s', month)));
      expect([pseudonyms.size, pseudonyms.has(undefined)]).toEqual([1, false]);
    }
    expect(await keyrings[0]!.months()).toHaveLength(3);
    await closeAll(...keyrings);
  });

  it('holds no key that can be read without the wrapping key', async () => {
    const schema = newSchema();
    const keyring = await openAt(schema);
    await keyring.ensureMonth('2026-11');
    const rows = await psql<{ name: string; wrapped: Buffer }>(
      `SELECT name, wrapped FROM ${schema}.keys`,
    );
    expect(rows.length).toBeGreaterThan(1);
    // Nonce, key and tag; wrapping the same key twice gives different bytes.
    for (const { wrapped } of rows) expect(wrapped).toHaveLength(12 + 32 + 16);
    await expect(openAt(schema, randomBytes(32))).rejects.toMatchObject({
      code: 'ERR_KEYRING_KEY',
    });
    await expect(openAt(schema, randomBytes(16))).rejects.toMatchObject({
      code: 'ERR_KEYRING_KEY',
    });
    await closeAll(keyring);
  });

  it('continues after a position, knows none of a later backup, and takes the table of an earlier version', async () => {
    const schema = newSchema();
    const keyring = await openAt(schema);
    const tombstone = (n: number, through = '2026-11-27'): Tombstone => ({
      month: '2026-11',
      digest: n.toString(16).padStart(64, '0'),
      through,
    });
    const many = Array.from({ length: 2500 }, (_, n) => tombstone(n));
    await psql(`ALTER TABLE ${schema}.key_marks DROP COLUMN seq, DROP COLUMN token`);
    await psql(`INSERT INTO ${schema}.key_marks VALUES ('2026-11', $1, $2)`, [
      many[0]!.digest,
      JSON.stringify(many[0]),
    ]);
    await expect(openAt(schema, wrap, false)).rejects.toMatchObject({ code: 'ERR_KEYRING_OPEN' });
    const migrated = await openAt(schema);
    const readAfter = async (position: string) => {
      const { isUnknown, pieces } = await migrated.tombstonesAfter(position);
      const found: Tombstone[] = [];
      let end = isUnknown ? '' : position;
      for await (const piece of pieces) {
        found.push(...piece.tombstones);
        end = piece.position;
      }
      return { isUnknown, found, end };
    };
    expect((await readAfter('')).found).toEqual([many[0]]);
    await migrated.addTombstones(many);
    const { found, end } = await readAfter('');
    expect(found).toEqual(many);
    // What drops nothing more is not stored again; what drops more comes again.
    await migrated.addTombstones([tombstone(3), tombstone(4, '2026-11-28')]);
    const next = await readAfter(end);
    expect(next).toMatchObject({ isUnknown: false, found: [tombstone(4, '2026-11-28')] });
    expect((await readAfter(next.end)).found).toEqual([]);
    // A restored backup gives the same number again.
    await psql(`DELETE FROM ${schema}.key_marks WHERE seq = $1`, [next.end.split(':')[0]]);
    await psql(
      `INSERT INTO ${schema}.key_marks (month, digest, mark, seq) VALUES ('2026-11', 'x', '{}', $1)`,
      [next.end.split(':')[0]],
    );
    expect((await readAfter(next.end)).isUnknown).toBe(true);
    for (const position of ['x', '1:x', "1:' OR true"])
      expect((await readAfter(position)).isUnknown).toBe(true);
    await closeAll(keyring, migrated);
  });

  it('names a destroyed month for ten years, and creates no key of it later', async () => {
    const schema = newSchema();
    const keyring = await openAt(schema);
    for (const month of ['2016-10', '2016-11', '2016-12']) await keyring.ensureMonth(month);
    const backup = await readPostgresKeyring(POSTGRES, { schema, wrap });
    await keyring.destroyBefore('2016-12', '2026-11-05');
    const months = async () => (await keyring.months()).map(({ month }) => month);
    expect(await months()).toEqual(['2016-11', '2016-12']);
    await keyring.destroyBefore('2016-12', '2027-01-05');
    expect(await months()).toEqual(['2016-12']);
    const other = await openAt(schema);
    for (const month of ['2016-11', '1999-01'])
      await expect(other.ensureMonth(month)).rejects.toMatchObject({
        code: 'ERR_KEYRING_DESTROYED',
      });
    await mergePostgresKeyring(POSTGRES, { schema, wrap }, backup);
    expect(await months()).toEqual(['2016-12']);
    const copy = newSchema();
    await mergePostgresKeyring(POSTGRES, { schema: copy, wrap }, backup);
    const after = await readPostgresKeyring(POSTGRES, { schema, wrap });
    await mergePostgresKeyring(POSTGRES, { schema: copy, wrap }, after);
    const copied = await openAt(copy);
    expect((await copied.months()).map(({ month }) => month)).toEqual(['2016-12']);
    await closeAll(keyring, other, copied);
  });

  it('refuses a key that was put in place of another', async () => {
    const schema = newSchema();
    const keyring = await openAt(schema);
    for (const month of ['2026-11', '2026-12']) await keyring.ensureMonth(month);
    await psql(
      `UPDATE ${schema}.keys SET wrapped = (SELECT wrapped FROM ${schema}.keys WHERE name = 'card-2026-12') WHERE name = 'card-2026-11'`,
    );
    const other = await openAt(schema);
    await expect(other.ensureMonth('2026-11')).rejects.toMatchObject({ code: 'ERR_KEYRING_KEY' });
    await other.ensureMonth('2026-12');
    await closeAll(keyring, other);
  });

  it('destroys a month for all: no row holds it, it is never created again, and the others drop it at their next look', async () => {
    const schema = newSchema();
    const one = await openAt(schema);
    const other = await openAt(schema);
    for (const month of ['2025-10', '2025-11']) {
      await one.ensureMonth(month);
      await other.ensureMonth(month);
    }
    expect(await one.destroyBefore('2025-11', '2026-11-25')).toEqual(['2025-10']);
    expect(
      await psql(
        `SELECT length(wrapped) AS bytes, destroyed FROM ${schema}.keys WHERE name = 'card-2025-10'`,
      ),
    ).toEqual([{ bytes: 0, destroyed: '2026-11-25' }]);
    expect(await other.months()).toEqual([
      { month: '2025-10', state: 'destroyed', destroyed: '2026-11-25' },
      { month: '2025-11', state: 'held' },
    ]);
    expect(other.cardPseudonym('s', '2025-10')).toBeUndefined();
    for (const each of [one, other])
      await expect(each.ensureMonth('2025-10')).rejects.toMatchObject({
        code: 'ERR_KEYRING_DESTROYED',
      });
    expect(await one.destroyBefore('2025-11', '2026-11-26')).toEqual([]);
    await closeAll(one, other);
  });

  it('keeps merged tombstones next to the keys until their month is over', async () => {
    const schema = newSchema();
    const keyring = await openAt(schema);
    const digest = 'ab'.repeat(32);
    await Promise.all([
      keyring.addTombstones([{ month: '2025-11', digest, through: '2025-11-04' }]),
      keyring.addTombstones([{ month: '2025-11', digest, through: '2025-11-20', homeDays: 1 }]),
      keyring.addTombstones([{ month: '2026-11', digest, through: '2026-11-20' }]),
    ]);
    expect(await keyring.tombstones()).toEqual([
      { month: '2025-11', digest, through: '2025-11-20', homeDays: 1 },
      { month: '2026-11', digest, through: '2026-11-20' },
    ]);
    await keyring.ensureMonth('2025-11');
    await keyring.destroyBefore('2025-12', '2026-12-01');
    expect((await keyring.tombstones()).map(({ month }) => month)).toEqual(['2026-11']);
    await closeAll(keyring);
  });

  it('gives two gates the same card for a subscriber', async () => {
    const schema = newSchema();
    const one = await openAt(schema);
    const other = await openAt(schema);
    const ledger = memoryLedger();
    const a = await setUp('2026-11-22', { ledger, keyring: one });
    const b = await setUp('2026-11-22', { ledger, keyring: other });
    a.gate.decide(request('s', '2.1.1.1'));
    b.gate.decide(request('s', '3.1.1.1'));
    await a.gate.flush();
    await b.gate.flush();
    expect(evidenceOf(b.gate)).toMatchObject({ recorded: 1, isFailing: false });
    expect(await ledger.months()).toEqual([{ month: '2026-11', cards: 1 }]);
    await a.gate.close();
    await b.gate.close();
    await closeAll(one, other);
  });

  it('is refused where it does not exist and may not be created', async () => {
    await expect(openAt(newSchema(), wrap, false)).rejects.toMatchObject({
      code: 'ERR_KEYRING_OPEN',
    });
  });
});
