/** The contract of every ledger: one suite, run on each implementation. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { daysThrough } from '../../../src/days.ts';
import type { Card, Ledger } from '../../../src/entry/ledger.ts';
import { PortabilityError } from '../../../src/index.ts';
import { digestOf, type Run, type Tombstone } from '../../../src/ledger/ledger.ts';
import { tombstoneKey } from '../../../src/ledger/tombstones.ts';
import { type Column, undisclosed } from '../disclosed.ts';
import { card, cardArbitrary, EMPTY, keys, naiveMerge, name, sorted } from './cards.ts';

/** How an implementation is opened for the suite. */
export interface Subject {
  readonly name: string;
  /** Opens an empty ledger of its own. */
  open(): Promise<Ledger>;
  /**
   * Opens the same ledger as a restarted process would; undefined where nothing outlives the
   * process.
   */
  reopen?: (ledger: Ledger) => Promise<Ledger>;
  /** Opens another connection to the same ledger, as another process would. */
  join?: (ledger: Ledger) => Promise<Ledger>;
  /** The columns that the database itself lists; undefined where there is no database to ask. */
  columnsOf?: (ledger: Ledger) => Promise<Column[]>;
}

export function ledgerContract({ name: title, open, reopen, join, columnsOf }: Subject): void {
  describe(`ledger contract: ${title}`, () => {
    const opened: Ledger[] = [];
    const fresh = async (): Promise<Ledger> => {
      const ledger = await open();
      opened.push(ledger);
      return ledger;
    };
    let shared: Ledger;
    beforeAll(async () => {
      shared = await fresh();
    });
    afterAll(async () => {
      for (const ledger of opened) await ledger.close();
    });
    const put = (ledger: Ledger, ...cards: readonly Card[]): Promise<readonly string[]> =>
      ledger.write({ ...EMPTY, cards });

    it('leaves out the owners who are restricted, in the same write, and names them', async () => {
      const ledger = await fresh();
      const owner = '1'.repeat(32);
      await ledger.personRecords.put('restrictions', {
        pseudonym: owner,
        since: '2026-11-01',
        ground: 'restriction',
      });
      const owned = [card(1, 1), card(2, 1), card(3, 1)];
      const accesses = owned.map(({ month, pseudonym }) => ({
        month,
        pseudonym,
        at: Date.UTC(2026, 10, 1) / 1000,
        fromHome: true,
      }));
      const [first, second] = owned;
      const owners = { [first!.pseudonym]: owner, [second!.pseudonym]: '2'.repeat(32) };
      expect(await ledger.write({ ...EMPTY, cards: owned, accesses, owners })).toEqual([owner]);
      expect(sorted(await ledger.cards(keys(...owned)))).toEqual(owned.slice(1));
      expect(await ledger.accesses(keys(...owned))).toHaveLength(2);
      expect(await ledger.write({ ...EMPTY, cards: owned })).toEqual([]);
      expect(await ledger.cards(keys(...owned))).toHaveLength(3);
    });

    it('keeps the first check value of a key, for every connection', async () => {
      const ledger = await fresh();
      expect(await ledger.keyChecks()).toEqual({});
      await ledger.addKeyChecks({ register: 'aa', 'card-2026-11': 'bb' });
      await ledger.addKeyChecks({ register: 'cc', 'card-2026-12': 'dd' });
      const checks = { register: 'aa', 'card-2026-11': 'bb', 'card-2026-12': 'dd' };
      expect(await ledger.keyChecks()).toEqual(checks);
      const other = join === undefined ? ledger : await join(ledger);
      expect(await other.keyChecks()).toEqual(checks);
      if (other !== ledger) await other.close();
    });

    it('keeps what it is given', async () => {
      await put(shared, card(1, 0b101), card(2, 0, 0x40000000));
      expect(sorted(await shared.cards(keys(card(1, 0), card(2, 0), card(3, 0))))).toEqual([
        card(1, 0b101),
        card(2, 0, 0x40000000),
      ]);
    });

    // INVARIANT (merge-is-or)
    it('merge-is-or: in any order, any number of times, in any batches', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(cardArbitrary, { maxLength: 6 }), { maxLength: 6 }),
          fc.infiniteStream(fc.nat(99)),
          async (batches, random) => {
            const ledger = await fresh();
            const twice = [...batches, ...batches.filter(() => random.next().value! < 50)];
            const shuffled = twice
              .map(batch => ({ batch, rank: random.next().value! }))
              .sort((a, b) => a.rank - b.rank);
            for (const { batch } of shuffled) await put(ledger, ...batch);
            const want = naiveMerge(batches);
            expect(sorted(await ledger.cards(keys(...want, card(9, 0))))).toEqual(want);
            await ledger.close();
          },
        ),
        { numRuns: 40 },
      );
    });

    it('reads by pseudonym and month, and only that', async () => {
      const ledger = await fresh();
      await put(ledger, card(1, 1, 0, '2026-10'), card(1, 2, 0, '2026-11'), card(2, 4));
      expect(await ledger.cards(keys(card(1, 0, 0, '2026-10')))).toEqual([
        card(1, 1, 0, '2026-10'),
      ]);
      expect(await ledger.cards([])).toEqual([]);
      expect(await ledger.months()).toEqual([
        { month: '2026-10', cards: 1 },
        { month: '2026-11', cards: 2 },
      ]);
    });

    it('erases for good: drops repeated writes up to that day, keeps later days and leaves other cards alone', async () => {
      const ledger = await fresh();
      await put(ledger, card(1, 0b111, 0b1000), card(2, 0b111), card(1, 1, 0, '2026-10'));
      expect(await ledger.erase(keys(card(1, 0), card(1, 0, 0, '2026-10')), '2026-11-04')).toBe(2);
      await put(ledger, card(1, 0b111, 0b1000), card(1, 1, 0, '2026-10'));
      expect(await ledger.cards(keys(card(1, 0), card(1, 0, 0, '2026-10'), card(2, 0)))).toEqual([
        card(2, 0b111),
      ]);
      await put(ledger, card(1, 0b10111));
      expect(await ledger.cards(keys(card(1, 0)))).toEqual([card(1, 0b10000)]);
      expect((await ledger.tombstones()).map(tombstone => tombstone.digest)).toContain(
        digestOf(name(1)),
      );
      expect(JSON.stringify(await ledger.tombstones())).not.toContain(name(1));
    });

    it('erases from a merge as a model does, whatever the days', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(cardArbitrary, { minLength: 1, maxLength: 5 }),
          fc.integer({ min: 1, max: 30 }),
          async (cards, day) => {
            const ledger = await fresh();
            const through = `2026-11-${String(day).padStart(2, '0')}`;
            await put(ledger, ...cards);
            await ledger.erase(keys(card(1, 0), card(1, 0, 0, '2026-10')), through);
            await put(ledger, ...cards);
            const kept = cards.map(each => {
              const dropped = each.pseudonym === name(1) ? daysThrough(each.month, through) : 0;
              return {
                ...each,
                homeDays: each.homeDays & ~dropped,
                outsideDays: each.outsideDays & ~dropped,
              };
            });
            const want = naiveMerge([
              kept.filter(({ homeDays, outsideDays }) => (homeDays | outsideDays) !== 0),
            ]);
            expect(
              sorted(
                await ledger.cards(
                  keys(...[1, 2, 3, 4].flatMap(n => [card(n, 0), card(n, 0, 0, '2026-10')])),
                ),
              ),
            ).toEqual(want);
            await ledger.close();
          },
        ),
        { numRuns: 40 },
      );
    });

    it('applies tombstones that a restored backup has lost', async () => {
      const ledger = await fresh();
      await put(ledger, card(1, 0b11), card(2, 0b11));
      const tombstones = [{ month: '2026-11', digest: digestOf(name(1)), through: '2026-11-30' }];
      await ledger.restoreTombstones(tombstones);
      await ledger.restoreTombstones([{ ...tombstones[0]!, through: '2026-11-01' }]);
      expect(await ledger.cards(keys(card(1, 0), card(2, 0)))).toEqual([card(2, 0b11)]);
      await put(ledger, card(1, 0b11));
      expect(await ledger.cards(keys(card(1, 0)))).toEqual([]);
      expect(await ledger.tombstones()).toEqual(tombstones);
    });

    it('returns the tombstones in pages: each once, also those of the person records', async () => {
      const ledger = await fresh();
      const tombstones = Array.from({ length: 7 }, (_, n) => ({
        month: ['2026-10', '2026-11', 'register'][n % 3]!,
        digest: digestOf(name(n)),
        through: '2026-11-04',
      }));
      await ledger.restoreTombstones(tombstones);
      const found: Tombstone[] = [];
      for (let cursor = ''; ; ) {
        const { tombstones: page, next } = await ledger.tombstonePage(cursor, 3);
        found.push(...page);
        if (next === '') break;
        cursor = next;
      }
      const sortedKeys = (all: readonly Tombstone[]) => all.map(tombstoneKey).sort();
      expect(sortedKeys(found)).toEqual(sortedKeys(tombstones));
    });

    it('keeps the position of the keyring, for every connection', async () => {
      const ledger = await fresh();
      expect(await ledger.tombstonePosition()).toBe('');
      await ledger.setTombstonePosition('12:0123456789abcdef');
      await ledger.setTombstonePosition('34:fedcba9876543210');
      const other = join === undefined ? ledger : await join(ledger);
      expect(await other.tombstonePosition()).toBe('34:fedcba9876543210');
      if (other !== ledger) await other.close();
    });

    it('purges the months before one, with their tombstones', async () => {
      const ledger = await fresh();
      await put(ledger, card(1, 1, 0, '2025-09'), card(1, 1, 0, '2025-10'), card(1, 1));
      await ledger.erase(keys(card(2, 0, 0, '2025-09'), card(2, 0)), '2026-11-04');
      expect(await ledger.purgeBefore('2025-11')).toEqual({ cards: 2, accesses: 0 });
      expect(await ledger.months()).toEqual([{ month: '2026-11', cards: 1 }]);
      expect((await ledger.tombstones()).map(tombstone => tombstone.month)).toEqual(['2026-11']);
      expect(await ledger.purgeBefore('2025-11')).toEqual({ cards: 0, accesses: 0 });
    });

    it('purges counts, editions and runs before their days, and keeps the newest edition and the last destruction', async () => {
      const ledger = await fresh();
      const days = ['2025-10-30', '2025-10-31', '2025-11-01'];
      const tally = days.map(day => ({ day, reason: 'home', writer: 'a', epoch: 1, count: 2 }));
      const editions = days
        .slice(0, 2)
        .flatMap(day => ['x', 'y'].map(edition => ({ day, edition })));
      await ledger.write({ ...EMPTY, tally, editions });
      const run = (at: string, what: Run['what'], before = '') => ({
        at: `${at}T00:00:00.000Z`,
        what,
        before,
        cards: 1,
        accesses: 0,
        keys: 1,
      });
      const runs = [
        run('2023-10-30', 'erase'),
        run('2023-10-31', 'purge', '2022-10'),
        run('2023-11-01', 'erase'),
      ];
      for (const each of runs) await ledger.recordRun(each);
      await ledger.purgeBefore('2024-11');
      expect(await ledger.runs()).toEqual(runs);
      expect(await ledger.tally('2025-01-01', '2025-12-31')).toHaveLength(3);
      await ledger.purgeBefore('2024-11', { counts: '2025-11-01', runs: '2023-11-01' });
      expect((await ledger.tally('2025-01-01', '2025-12-31')).map(({ day }) => day)).toEqual([
        '2025-11-01',
      ]);
      // A clock is compared with the newest day, although it is older than the retention.
      expect(await ledger.editions('2025-01-01', '2025-12-31')).toEqual(editions.slice(2));
      expect(await ledger.purgedBefore()).toBe('2022-10');
      const left = (await ledger.runs()).filter(({ what }) => what === 'erase');
      expect(left).toEqual(runs.slice(2));
      await ledger.write({ ...EMPTY, editions: [{ day: '2025-11-01', edition: 'z' }] });
      await ledger.recordRun(run('2023-11-02', 'purge', '2022-11'));
      await ledger.purgeBefore('2024-11', { counts: '2025-11-01', runs: '2023-11-02' });
      expect(await ledger.editions('2025-01-01', '2025-12-31')).toEqual([
        { day: '2025-11-01', edition: 'z' },
      ]);
      expect((await ledger.runs()).map(({ before }) => before)).toEqual(['2022-11']);
      expect(await ledger.purgedBefore()).toBe('2022-11');
    });

    it('keeps each single access once, with its own time', async () => {
      const ledger = await fresh();
      const at = Date.UTC(2026, 10, 5, 20) / 1000;
      const access = (n: number, seconds: number, fromHome = true) => ({
        month: '2026-11',
        pseudonym: name(n),
        at: at + seconds,
        fromHome,
      });
      const accesses = [access(1, 0), access(1, 60), access(1, 60, false), access(2, 0)];
      await ledger.write({ ...EMPTY, accesses });
      await ledger.write({ ...EMPTY, accesses });
      expect(await ledger.accesses(keys(card(1, 0)))).toHaveLength(3);
      expect(await ledger.purgeAccesses(at + 60)).toBe(2);
      expect(await ledger.accesses(keys(card(2, 0)))).toEqual([]);
      await ledger.erase(keys(card(1, 0)), '2026-11-05');
      await ledger.write({ ...EMPTY, accesses });
      expect(await ledger.accesses(keys(card(1, 0)))).toEqual([]);
      expect(await ledger.accesses(keys(card(2, 0)))).toEqual([access(2, 0)]);
    });

    it('sums tallies over writers, and counts a repeated or late row once', async () => {
      const ledger = await fresh();
      const row = (writer: string, count: number, day = '2026-11-05', epoch = 1) => ({
        day,
        reason: 'outside-eea',
        writer,
        epoch,
        count,
      });
      await ledger.write({ ...EMPTY, tally: [row('a', 3), row('b', 10)] });
      await ledger.write({
        ...EMPTY,
        tally: [row('a', 7), row('b', 10), row('a', 1, '2026-11-06')],
      });
      await ledger.write({ ...EMPTY, tally: [row('a', 5), row('a', 2, '2026-11-05', 2)] });
      expect(await ledger.tally('2026-11-01', '2026-11-05')).toEqual([
        { day: '2026-11-05', reason: 'outside-eea', count: 19 },
      ]);
      expect(await ledger.tally('2026-11-05', '2026-11-30')).toHaveLength(2);
    });

    it('keeps editions by day, and runs in order', async () => {
      const ledger = await fresh();
      const editions = [
        { day: '2026-11-05', edition: 'x' },
        { day: '2026-11-06', edition: 'y' },
      ];
      await ledger.write({ ...EMPTY, editions });
      await ledger.write({ ...EMPTY, editions });
      expect(await ledger.editions('2026-11-05', '2026-11-05')).toEqual([editions[0]]);
      expect(await ledger.purgedBefore()).toBe('');
      const run = {
        at: '2026-11-05T00:00:00.000Z',
        what: 'purge' as const,
        before: '2025-11',
        cards: 1,
        accesses: 2,
        keys: 3,
      };
      await ledger.recordRun(run);
      await ledger.recordRun({ ...run, what: 'erase' });
      expect(await ledger.runs()).toEqual([run, { ...run, what: 'erase' }]);
      expect(await ledger.purgedBefore()).toBe('2025-11');
      await ledger.recordRun({ ...run, what: 'destroy-keys', before: '2026-01' });
      await ledger.recordRun({ ...run, before: '2025-12' });
      await ledger.recordRun({ ...run, what: 'erase', before: '2026-02' });
      expect(await ledger.purgedBefore()).toBe('2026-01');
    });

    it('supports concurrent writers', async () => {
      const ledger = await fresh();
      const other = join === undefined ? ledger : await join(ledger);
      const writes = Array.from({ length: 60 }, (_, n) =>
        put(n % 2 === 0 ? ledger : other, card(1 + (n % 3), 1 << (n % 30), 1 << ((n * 7) % 30))),
      );
      await Promise.all(writes);
      const want = naiveMerge([
        Array.from({ length: 60 }, (_, n) => card(1 + (n % 3), 1 << (n % 30), 1 << ((n * 7) % 30))),
      ]);
      expect(sorted(await other.cards(keys(...want)))).toEqual(want);
      expect(await ledger.verify()).toEqual([]);
      if (other !== ledger) await other.close();
    });

    it.skipIf(reopen === undefined)('is the same after a restart', async () => {
      const ledger = await fresh();
      await put(ledger, card(1, 5, 10));
      await ledger.erase(keys(card(2, 0)), '2026-11-04');
      const again = await reopen!(ledger);
      opened.push(again);
      expect(await again.cards(keys(card(1, 0)))).toEqual([card(1, 5, 10)]);
      await put(again, card(2, 1));
      expect(await again.cards(keys(card(2, 0)))).toEqual([]);
      expect(await again.verify()).toEqual([]);
    });

    if (columnsOf !== undefined)
      it('keeps no undisclosed column about a person', async () => {
        const columns = await columnsOf(shared);
        expect(columns.map(({ table, column }) => `${table}.${column}`)).toContain(
          'cards.home_days',
        );
        expect(undisclosed(columns)).toEqual([]);
        expect(undisclosed([...columns, { table: 'cards', column: 'country' }])).toEqual([
          { table: 'cards', column: 'country' },
        ]);
      });

    it('rejects writes once it is closed', async () => {
      const ledger = await fresh();
      await ledger.close();
      await ledger.close();
      const error = await put(ledger, card(0xabcdef, 1)).catch(caught => caught);
      expect(error).toBeInstanceOf(PortabilityError);
      expect(error.code).toBe('ERR_LEDGER_CLOSED');
      expect(error.message).not.toContain('abcdef');
    });
  });
}
