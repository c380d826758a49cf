/**
 * Tests that evidence survives an unreachable ledger, with a ledger that can be disconnected and a
 * real file.
 */
import { readFileSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openDesk } from '../../../src/entry/desk.ts';
import { type Batch, type Ledger, memoryLedger } from '../../../src/entry/ledger.ts';
import { PortabilityError } from '../../../src/index.ts';
import { openSpool } from '../../../src/ledger/sqlite.ts';
import { card, EMPTY, keys } from '../../support/contract/cards.ts';
import { bit, cardsOf, evidenceOf, request, setUp } from '../../support/gate.ts';
import { inFolder } from '../../support/tables.ts';

const unreachable = () =>
  Promise.reject(new PortabilityError('ERR_LEDGER_OPEN', 'the ledger cannot be reached'));
let files = 0;
const newFile = (): string => inFolder(`spool-${++files}.db`);

/** A ledger in memory behind a line that can be cut, and the batches it received, in order. */
function disconnectable(ledger = memoryLedger()) {
  const written: Batch[] = [];
  const line = { isCut: false };
  const remote: Ledger = {
    ...ledger,
    personRecords: {
      ...ledger.personRecords,
      among: (table, names) =>
        line.isCut ? unreachable() : ledger.personRecords.among(table, names),
    },
    write: async batch => {
      if (line.isCut) return unreachable();
      written.push(batch);
      return ledger.write(batch);
    },
    close: async () => undefined,
  };
  return { remote, ledger, line, written };
}

const until = async (isSo: () => boolean): Promise<void> => {
  for (let tries = 0; tries < 400 && !isSo(); tries++)
    await new Promise(resolve => setTimeout(resolve, 5));
  expect(isSo()).toBe(true);
};
const cards = (...all: readonly ReturnType<typeof card>[]): Batch => ({ ...EMPTY, cards: all });

describe('a spool', () => {
  it('is bypassed while the ledger answers', async () => {
    const { remote, written } = disconnectable();
    const spool = await openSpool(remote, newFile());
    await spool.write(cards(card(1, 1)));
    expect([written.length, spool.spooled!()]).toEqual([1, 0]);
    await spool.close();
  });

  it('keeps batches in order while the ledger is unreachable, and writes them when it is back', async () => {
    const { remote, line, written } = disconnectable();
    const spool = await openSpool(remote, newFile(), { retryMs: 10 });
    line.isCut = true;
    for (let n = 1; n <= 5; n++) await spool.write(cards(card(n, 1)));
    expect([written.length, spool.spooled!()]).toEqual([0, 5]);
    line.isCut = false;
    // This batch is queued after the waiting ones.
    await spool.write(cards(card(6, 1)));
    await until(() => spool.spooled!() === 0);
    expect(written.flatMap(batch => batch.cards.map(({ pseudonym }) => Number(pseudonym)))).toEqual(
      [1, 2, 3, 4, 5, 6],
    );
    await spool.close();
  });

  it('reads a batch that an earlier version put, and leaves out who is restricted', async () => {
    const [file, { remote, line, ledger }] = [newFile(), disconnectable()];
    line.isCut = true;
    const before = await openSpool(remote, file, { retryMs: 10 });
    await before.write(cards(card(9, 1)));
    await before.close();
    const database = new Sqlite(file);
    const owners = keys(card(1, 0)).map(({ pseudonym }) => [pseudonym, 'owner']);
    const body = JSON.stringify({ batch: cards(card(1, 1), card(2, 1)), owners });
    database.exec(
      'DROP TABLE spool; CREATE TABLE spool (seq INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL) STRICT',
    );
    database.prepare('INSERT INTO spool (body) VALUES (?)').run(body);
    database.close();
    const row = { pseudonym: 'owner', since: '2026-11-01', ground: 'restriction' };
    await ledger.personRecords.put('restrictions', row);
    line.isCut = false;
    const after = await openSpool(remote, file, { retryMs: 10 });
    await until(() => after.spooled!() === 0);
    expect(await ledger.cards(keys(card(1, 0), card(2, 0)))).toEqual([card(2, 1)]);
    await after.close();
  });

  it('outlives its process: the next one finds the waiting batches', async () => {
    const [file, { remote, line, ledger }] = [newFile(), disconnectable()];
    line.isCut = true;
    const before = await openSpool(remote, file, { retryMs: 10 });
    await before.write(cards(card(1, 0b11)));
    await before.close();
    line.isCut = false;
    const after = await openSpool(remote, file, { retryMs: 10 });
    expect(after.spooled!()).toBe(1);
    await until(() => after.spooled!() === 0);
    expect(await ledger.cards(keys(card(1, 0)))).toEqual([card(1, 0b11)]);
    await after.close();
  });

  it('is bounded: a batch beyond its room fails', async () => {
    const { remote, line } = disconnectable();
    line.isCut = true;
    const spool = await openSpool(remote, newFile(), { retryMs: 10, megabytes: 1 });
    const many = Array.from({ length: 10_000 }, (_, n) => card(n, 1));
    for (let n = 0; n < 2; n++) await spool.write(cards(...many));
    const { bytes, mostBytes } = spool.spoolSize!();
    expect([bytes > 880_000, mostBytes]).toEqual([true, 2 ** 20]);
    await expect(spool.write(cards(...many))).rejects.toMatchObject({
      code: 'ERR_LEDGER_WRITE',
    });
    expect(spool.spooled!()).toBe(2);
    await spool.close();
  });

  it('leaves no byte of a batch in its file once the batch is written', async () => {
    const [file, { remote, line }] = [newFile(), disconnectable()];
    const spool = await openSpool(remote, file, { retryMs: 10 });
    line.isCut = true;
    const [secret] = keys(card(0xabc123, 1));
    await spool.write(cards(card(0xabc123, 1)));
    const bytes = (): string =>
      ['', '-wal'].map(end => readFileSync(`${file}${end}`, 'hex')).join('');
    expect(bytes()).toContain(secret!.pseudonym);
    line.isCut = false;
    await until(() => spool.spooled!() === 0);
    expect(bytes()).not.toContain(secret!.pseudonym);
    await spool.close();
  });

  it('does not restore a subscriber who was erased while a batch waited', async () => {
    const { remote, line, ledger } = disconnectable();
    const spool = await openSpool(remote, newFile(), { retryMs: 10 });
    line.isCut = true;
    await spool.write(cards(card(1, 0b11), card(2, 0b11)));
    await ledger.erase(keys(card(1, 0)), '2026-11-30');
    line.isCut = false;
    await until(() => spool.spooled!() === 0);
    expect(await ledger.cards(keys(card(1, 0), card(2, 0)))).toEqual([card(2, 0b11)]);
    await spool.close();
  });
});

describe('a gate whose ledger is unreachable', () => {
  const openOnSpool = async () => {
    const { remote, line, ledger } = disconnectable();
    const spool = await openSpool(remote, newFile(), { retryMs: 10 });
    return { ...(await setUp('2026-11-22', { ledger: spool })), line, near: ledger, spool };
  };

  it('decides, keeps evidence on disk, acknowledges it, and counts what waits', async () => {
    const { gate, keyring, line, near, spool } = await openOnSpool();
    line.isCut = true;
    expect(gate.decide(request('a', '2.1.1.1'))).toMatchObject({ verdict: 'domestic' });
    await gate.flush();
    expect(evidenceOf(gate)).toMatchObject({ spooled: 1, recorded: 1, isFailing: false });
    line.isCut = false;
    await until(() => spool.spooled!() === 0);
    expect(evidenceOf(gate).spooled).toBe(0);
    expect(await cardsOf(near, keyring, 'a', '2026-11')).toMatchObject([
      { homeDays: bit(22), outsideDays: 0 },
    ]);
    await gate.close();
    await spool.close();
  });

  it('keeps nothing of a subscriber who was restricted before the line was cut, though restrictions cannot be read', async () => {
    const { gate, keyring, line, near, spool, time } = await openOnSpool();
    const desk = openDesk({ ledger: near, keyring, agent: 'Anna', clock: () => time.now });
    await desk.restrict('a', { reason: 'restriction-request' }, 'restriction');
    line.isCut = true;
    gate.decide(request('a', '2.1.1.1'));
    gate.decide(request('b', '2.1.1.1'));
    await gate.flush();
    line.isCut = false;
    await until(() => spool.spooled!() === 0);
    expect(await cardsOf(near, keyring, 'a', '2026-11')).toEqual([]);
    expect(await cardsOf(near, keyring, 'b', '2026-11')).toHaveLength(1);
    await gate.close();
    await spool.close();
  });
});
