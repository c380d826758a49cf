/**
 * Tests that a restored ledger receives every erasure again, a restored keyring those of the
 * ledger, and that neither is read as a whole when nothing was restored.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { type Desk, openDesk } from '../../src/entry/desk.ts';
import { type Ledger, memoryLedger, type Tombstone } from '../../src/entry/ledger.ts';
import {
  type Keyring,
  openGate,
  openKeyring,
  openSuppliedKeyring,
  purge,
} from '../../src/index.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { restoreErasures } from '../../src/subjects/restore-erasures.ts';
import { eraseCards } from '../../src/subjects/retention.ts';
import { cardsOf, noon, request, table } from '../support/gate.ts';
import { inFolder } from '../support/tables.ts';

const DAY = '2026-11-22';
const ACCESS = { reason: 'erasure-request' } as const;
const clock = (): number => noon(DAY);
let folders = 0;

function newPlace() {
  const folder = inFolder(`restore-${++folders}/keys`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return { ledgerPath: `${dirname(folder)}/ledger.db`, keyringPath: `${folder}/keyring` };
}
type Place = ReturnType<typeof newPlace>;

const open = async ({ ledgerPath, keyringPath }: Place) => ({
  ledger: await openSqliteLedger(ledgerPath),
  keyring: await openKeyring(keyringPath),
});

async function record(ledger: Ledger, keyring: Keyring, ...subscribers: string[]): Promise<void> {
  const gate = await openGate({ table, clock, evidence: { ledger, keyring } });
  for (const subscriber of subscribers) gate.decide(request(subscriber, '2.1.1.1'));
  await gate.close();
}

const deskOn = (ledger: Ledger, keyring: Keyring) =>
  openDesk({ ledger, keyring, agent: 'Anna', clock });

/** A ledger and a keyring that note what is read and restored. */
function counted(ledger: Ledger, keyring: Keyring) {
  const seen = { restored: 0, read: 0, whole: 0, position: 0 };
  const countedLedger: Ledger = {
    ...ledger,
    restoreTombstones: async (tombstones, pseudonyms) => {
      seen.restored += tombstones.length;
      await ledger.restoreTombstones(tombstones, pseudonyms);
    },
    tombstones: async () => {
      seen.whole++;
      return ledger.tombstones();
    },
    tombstonePage: async (cursor, limit) => {
      seen.whole++;
      return ledger.tombstonePage(cursor, limit);
    },
    runs: async () => {
      seen.whole++;
      return ledger.runs();
    },
    setTombstonePosition: async position => {
      seen.position++;
      await ledger.setTombstonePosition(position);
    },
  };
  const countedKeyring: Keyring = {
    ...keyring,
    tombstones: async () => {
      seen.whole++;
      return keyring.tombstones();
    },
    tombstonesAfter: async position => {
      const { isUnknown, pieces } = await keyring.tombstonesAfter(position);
      return {
        isUnknown,
        pieces: (async function* () {
          for await (const piece of pieces) {
            seen.read += piece.tombstones.length;
            yield piece;
          }
        })(),
      };
    },
  };
  return { ledger: countedLedger, keyring: countedKeyring, seen };
}

it('reads no earlier erasure again: for a gate, its upkeep, a purge and a desk', async () => {
  const place = newPlace();
  const { ledger, keyring } = await open(place);
  await record(ledger, keyring, 'a', 'b');
  const many = Array.from(
    { length: 2500 },
    (_, n): Tombstone => ({
      month: '2026-11',
      digest: n.toString(16).padStart(64, '0'),
      through: DAY,
    }),
  );
  await keyring.addTombstones(many);
  await restoreErasures(ledger, keyring);
  const { seen, ...stores } = counted(ledger, keyring);
  await record(stores.ledger, stores.keyring, 'c');
  await purge(stores.ledger, stores.keyring, clock());
  await deskOn(stores.ledger, stores.keyring).show('a', { reason: 'support-call' });
  expect(seen).toEqual({ restored: 0, read: 0, whole: 0, position: 0 });
  await deskOn(stores.ledger, stores.keyring).erase('a', ACCESS);
  const added = (await keyring.tombstones()).length - many.length;
  expect(added).toBeGreaterThan(3);
  // The erasure reads and restores its own tombstones only: the next ones read nothing again.
  expect(seen).toMatchObject({ read: added, whole: 0, position: 1 });
  const after = { ...seen };
  await purge(stores.ledger, stores.keyring, clock());
  expect(seen).toEqual(after);
  expect(await ledger.tombstones()).toHaveLength(many.length + added);
  const concurrent = ['b', 'c', 'd', 'e'];
  const desk = deskOn(stores.ledger, stores.keyring);
  await Promise.all(concurrent.map(subscriber => desk.erase(subscriber, ACCESS)));
  const read = (await keyring.tombstones()).length - many.length;
  expect(seen).toMatchObject({ read, whole: 0, position: 1 + concurrent.length });
  await ledger.close();
});

const sorted = (all: readonly Tombstone[]): string[] =>
  all.map(each => JSON.stringify(each)).sort();

it.each([
  ['an erasure', (desk: Desk) => desk.erase('ann', ACCESS), false],
  ['an erasure, the first one of all', (desk: Desk) => desk.erase('ann', ACCESS), true],
  [
    'a restriction',
    (desk: Desk) => desk.restrict('ann', { reason: 'restriction-request' }, 'restriction'),
    false,
  ],
  [
    'a correction',
    (desk: Desk) => desk.dispute('ann', { reason: 'rectification-request' }, DAY, 'home'),
    false,
  ],
])('gives back to a keyring that was backed up just before it: %s', async (_, work, isFirst) => {
  const place = newPlace();
  const { ledger, keyring } = await open(place);
  await record(ledger, keyring, 'ann', 'ben');
  if (!isFirst) await deskOn(ledger, keyring).erase('ben', ACCESS);
  await restoreErasures(ledger, keyring);
  copyFileSync(place.keyringPath, `${place.keyringPath}.backup`);
  await ledger.close();
  copyFileSync(place.ledgerPath, `${place.ledgerPath}.backup`);
  const again = await openSqliteLedger(place.ledgerPath);
  await work(deskOn(again, keyring));
  expect(await cardsOf(again, keyring, 'ann', '2026-11')).toEqual([]);
  copyFileSync(`${place.keyringPath}.backup`, place.keyringPath);
  const older = await openKeyring(place.keyringPath, { create: false });
  await purge(again, older, clock());
  expect(sorted(await older.tombstones())).toEqual(sorted(await again.tombstones()));
  await again.close();
  for (const end of ['', '-wal', '-shm']) rmSync(`${place.ledgerPath}${end}`, { force: true });
  copyFileSync(`${place.ledgerPath}.backup`, place.ledgerPath);
  const restored = await openSqliteLedger(place.ledgerPath);
  expect(await cardsOf(restored, older, 'ann', '2026-11')).toHaveLength(1);
  await restoreErasures(restored, older);
  expect(await cardsOf(restored, older, 'ann', '2026-11')).toEqual([]);
  await restored.close();
});

it('returns keys and erasures from the backup of a damaged keyring and from the ledger, as its message says', async () => {
  const place = newPlace();
  const { ledger, keyring } = await open(place);
  await record(ledger, keyring, 'ann', 'ben');
  await deskOn(ledger, keyring).erase('ben', ACCESS);
  copyFileSync(place.keyringPath, `${place.keyringPath}.backup`);
  await deskOn(ledger, keyring).erase('ann', ACCESS);
  const complete = sorted(await keyring.tombstones());
  const content = readFileSync(place.keyringPath);
  const first = content.indexOf('\n2026-11,') + 12;
  content[first] = content[first]! ^ 1;
  writeFileSync(place.keyringPath, content);
  const damaged = await openKeyring(place.keyringPath, { create: false });
  await expect(damaged.tombstones()).rejects.toMatchObject({
    code: 'ERR_KEYRING_FORMAT',
    message: expect.stringContaining('come back from the ledger'),
  });
  copyFileSync(`${place.keyringPath}.backup`, place.keyringPath);
  const restored = await openKeyring(place.keyringPath, { create: false });
  await restoreErasures(ledger, restored);
  expect(sorted(await restored.tombstones())).toEqual(complete);
  const later = Date.parse('2028-01-10T12:00:00Z');
  expect((await purge(ledger, restored, later)).keys).toContain('2026-11');
  await ledger.close();
});

it('gives back to a key supply what its store of tombstones has lost', async () => {
  let stored: Tombstone[] = [];
  const keyring = await openSuppliedKeyring({
    key: async name => createHash('sha256').update(name).digest(),
    months: async () => ['2026-11'],
    tombstones: async () => stored,
    addTombstones: async added => void stored.push(...added),
  });
  const ledger = memoryLedger();
  await record(ledger, keyring, 'ann');
  await deskOn(ledger, keyring).erase('ann', ACCESS);
  expect(stored.length).toBeGreaterThan(0);
  stored = [];
  await purge(ledger, keyring, clock());
  expect(sorted(stored)).toEqual(sorted(await ledger.tombstones()));
});

it('applies to an older ledger all erasures since its backup, with those of a crash, and only these', async () => {
  const place = newPlace();
  const { ledger, keyring } = await open(place);
  await record(ledger, keyring, 'early', 'late', 'crashed', 'stays');
  const desk = deskOn(ledger, keyring);
  await desk.erase('early', ACCESS);
  await restoreErasures(ledger, keyring);
  await ledger.close();
  copyFileSync(place.ledgerPath, `${place.ledgerPath}.backup`);
  const again = await openSqliteLedger(place.ledgerPath);
  await deskOn(again, keyring).erase('late', ACCESS);
  await restoreErasures(again, keyring);
  await again.close();
  for (const end of ['', '-wal', '-shm']) rmSync(`${place.ledgerPath}${end}`, { force: true });
  copyFileSync(`${place.ledgerPath}.backup`, place.ledgerPath);
  // A crash after the tombstones were stored, and before the ledger was changed.
  const failing = { ...(await openSqliteLedger(place.ledgerPath)) };
  const crash = deskOn(
    { ...failing, restoreTombstones: () => Promise.reject(new Error('crashed')) },
    { ...keyring, tombstonesAfter: async () => ({ isUnknown: false, pieces: none() }) },
  );
  await expect(crash.erase('crashed', ACCESS)).rejects.toThrow('crashed');
  await failing.close();
  const restored = await openSqliteLedger(place.ledgerPath);
  const { seen, ...stores } = counted(restored, keyring);
  expect(await cardsOf(restored, keyring, 'late', '2026-11')).toHaveLength(1);
  await restoreErasures(stores.ledger, stores.keyring);
  for (const subscriber of ['early', 'late', 'crashed'])
    expect(await cardsOf(restored, keyring, subscriber, '2026-11'), subscriber).toEqual([]);
  expect(await cardsOf(restored, keyring, 'stays', '2026-11')).toHaveLength(1);
  expect(seen.read).toBeLessThan((await keyring.tombstones()).length);
  expect(seen.whole).toBe(0);
  await restored.close();
});

async function* none(): AsyncGenerator<never> {}

it('gives an older keyring the erasures that the ledger has, and a later backup of the ledger gets them back', async () => {
  const place = newPlace();
  const { ledger, keyring } = await open(place);
  await record(ledger, keyring, 'early', 'late');
  await deskOn(ledger, keyring).erase('early', ACCESS);
  copyFileSync(place.keyringPath, `${place.keyringPath}.backup`);
  await ledger.close();
  copyFileSync(place.ledgerPath, `${place.ledgerPath}.backup`);
  const again = await openSqliteLedger(place.ledgerPath);
  await deskOn(again, keyring).erase('late', ACCESS);
  await restoreErasures(again, keyring);
  const complete = await keyring.tombstones();
  copyFileSync(`${place.keyringPath}.backup`, place.keyringPath);
  const older = await openKeyring(place.keyringPath, { create: false });
  expect((await older.tombstones()).length).toBeLessThan(complete.length);
  await deskOn(again, older).show('other', { reason: 'support-call' });
  expect(sorted(await older.tombstones())).toEqual(sorted(complete));
  await restoreErasures(again, older);
  const { seen, ...stores } = counted(again, older);
  await restoreErasures(stores.ledger, stores.keyring);
  expect(seen).toEqual({ restored: 0, read: 0, whole: 0, position: 0 });
  await again.close();
  for (const end of ['', '-wal', '-shm']) rmSync(`${place.ledgerPath}${end}`, { force: true });
  copyFileSync(`${place.ledgerPath}.backup`, place.ledgerPath);
  const restored = await openSqliteLedger(place.ledgerPath);
  await record(restored, older, 'new');
  expect(await cardsOf(restored, older, 'late', '2026-11')).toEqual([]);
  await restored.close();
});

it('an erasure counts its own cards, although a purge begins between its two halves', async () => {
  const { ledger, keyring } = await open(newPlace());
  await record(ledger, keyring, 's1', 's2');
  let restored: Promise<void> | undefined;
  const interrupted: Keyring = {
    ...keyring,
    addTombstones: async tombstones => {
      await keyring.addTombstones(tombstones);
      restored = restoreErasures(ledger, keyring);
      await Promise.race([restored, sleep(100)]);
    },
  };
  expect(await eraseCards(ledger, interrupted, 's1', noon(DAY))).toBe(1);
  await restored;
  await ledger.close();
});
