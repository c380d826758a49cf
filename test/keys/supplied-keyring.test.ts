import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { memoryLedger, type Tombstone } from '../../src/entry/ledger.ts';
import { openKeyring, openSuppliedKeyring } from '../../src/index.ts';
import { eraseCards } from '../../src/subjects/retention.ts';

const newPath = (): string => join(mkdtempSync(join(tmpdir(), 'keyring-')), 'keys');

describe('a keyring of the operator’s own secret manager', () => {
  const manager = (sizes = 32) => {
    const keys = new Map<string, Buffer>();
    const destroyed = new Set<string>();
    return {
      keys,
      key: async (name: string) => {
        if (destroyed.has(name)) return undefined;
        if (!keys.has(name)) keys.set(name, randomBytes(sizes));
        return keys.get(name);
      },
      destroy: async (name: string) => {
        keys.delete(name);
        destroyed.add(name);
      },
      months: async () =>
        [...keys.keys()].filter(name => name.startsWith('card-')).map(name => name.slice(5)),
    };
  };

  it('works as a keyring file does', async () => {
    const supply = manager();
    const keyring = await openSuppliedKeyring(supply);
    for (const month of ['2025-09', '2025-11']) await keyring.ensureMonth(month);
    const same = await openSuppliedKeyring(supply);
    await same.ensureMonth('2025-11');
    expect(same.cardPseudonym('s', '2025-11')).toBe(keyring.cardPseudonym('s', '2025-11'));
    expect(await keyring.destroyBefore('2025-11', '2026-11-05')).toEqual(['2025-09']);
    expect([...supply.keys.keys()].toSorted()).toEqual([
      'card-2025-11',
      'hold',
      'journal',
      'register',
    ]);
    expect(keyring.cardPseudonym('s', '2025-09')).toBeUndefined();
    await expect(keyring.ensureMonth('2025-09')).rejects.toMatchObject({
      code: 'ERR_KEYRING_DESTROYED',
    });
  });

  it('reports no key as destroyed that it does not destroy, and requires `months` next to `destroy`', async () => {
    const { destroy, ...listing } = manager();
    const keyring = await openSuppliedKeyring(listing);
    await keyring.ensureMonth('2025-09');
    expect(await keyring.destroyBefore('2025-11', '2026-11-05')).toEqual([]);
    expect(await keyring.destroyBefore('2025-11', '2026-11-06')).toEqual([]);
    const { months: _, ...unlisted } = manager();
    await expect(openSuppliedKeyring({ ...unlisted, destroy })).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
    });
  });

  it('finds nothing for a month whose key is gone, and goes on with the others', async () => {
    const { months: _, destroy, ...supply } = manager();
    const keyring = await openSuppliedKeyring(supply);
    const ledger = memoryLedger();
    for (const month of ['2025-09', '2026-09']) {
      await keyring.ensureMonth(month);
      const card = {
        month,
        pseudonym: keyring.cardPseudonym('s', month)!,
        homeDays: 1,
        outsideDays: 0,
      };
      await ledger.write({ cards: [card], accesses: [], tally: [], editions: [] });
    }
    await destroy('card-2025-09');
    expect(
      await eraseCards(ledger, await openSuppliedKeyring(supply), 's', Date.UTC(2026, 10, 22)),
    ).toBe(1);
    expect(await ledger.months()).toEqual([{ month: '2025-09', cards: 1 }]);
  });

  it('keeps tombstones in the manager, and erases months that only the ledger knows', async () => {
    const kept: Tombstone[] = [];
    const { months, destroy: _, ...rest } = manager();
    const supply = {
      ...rest,
      addTombstones: async (more: readonly Tombstone[]) => void kept.push(...more),
      tombstones: async () => kept,
    };
    const writer = await openSuppliedKeyring(supply);
    const eraser = await openSuppliedKeyring(supply);
    await writer.ensureMonth('2026-09');
    const ledger = memoryLedger();
    const card = {
      month: '2026-09',
      pseudonym: writer.cardPseudonym('s', '2026-09')!,
      homeDays: 1,
      outsideDays: 0,
    };
    const batch = { cards: [card], accesses: [], tally: [], editions: [] };
    await ledger.write(batch);
    expect(await eraseCards(ledger, eraser, 's', Date.UTC(2026, 10, 22))).toBe(1);
    const backup = memoryLedger();
    await backup.write(batch);
    await backup.restoreTombstones(await eraser.tombstones());
    expect(await backup.months()).toEqual([]);
    expect(await months()).toEqual(['2026-09']);
  });

  it('refuses short keys and values that are not keys', async () => {
    await expect(openSuppliedKeyring(manager(31))).rejects.toMatchObject({
      code: 'ERR_KEYRING_KEY',
    });
    await expect(
      openSuppliedKeyring({ key: async () => 'x'.repeat(64) as never }),
    ).rejects.toMatchObject({
      code: 'ERR_KEYRING_KEY',
    });
  });
});

it('a guess at a million identifiers without the key matches nothing', async () => {
  const keyring = await openKeyring(newPath());
  await keyring.ensureMonth('2026-11');
  const wanted = new Set(
    Array.from({ length: 100 }, (_, n) =>
      keyring.cardPseudonym(`subscriber-${n * 9973}`, '2026-11'),
    ),
  );
  const guesser = await openKeyring(newPath());
  await guesser.ensureMonth('2026-11');
  let matches = 0;
  for (let n = 0; n < 1_000_000; n++)
    if (wanted.has(guesser.cardPseudonym(`subscriber-${n}`, '2026-11'))) matches++;
  expect(wanted.size).toBe(100);
  expect(matches).toBe(0);
  expect(wanted.has(keyring.cardPseudonym('subscriber-9973', '2026-11'))).toBe(true);
});
