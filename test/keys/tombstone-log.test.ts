/**
 * Tests that an erasure and a renewal of the keyring cost the same after any number of erasures,
 * and that no crash loses a tombstone that was reported as stored.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import type { Tombstone } from '../../src/entry/ledger.ts';
import { type Keyring, openKeyring } from '../../src/index.ts';
import { keyringParts } from '../support/keyring-file.ts';

const DIST = new URL('../../dist/index.js', import.meta.url).href;
const newPath = (): string => join(mkdtempSync(join(tmpdir(), 'tombstones-')), 'keys');
const digest = (n: number): string => n.toString(16).padStart(64, '0');
const tombstone = (n: number, month = '2026-11'): Tombstone => ({
  month,
  digest: digest(n),
  through: '2026-11-27',
});
/** An erasure: the cards of three months, and the person. */
const erasure = (n: number): Tombstone[] =>
  ['2026-09', '2026-10', '2026-11', 'register'].map(month => tombstone(n, month));
const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

async function keyringWith(erasures: number) {
  const path = newPath();
  const keyring = await openKeyring(path);
  for (const month of ['2026-09', '2026-10', '2026-11']) await keyring.ensureMonth(month);
  if (erasures > 0) await keyring.addTombstones(numbers(erasures).flatMap(erasure));
  return { path, keyring };
}

async function readAfter(keyring: Keyring, position = '') {
  const { isUnknown, pieces } = await keyring.tombstonesAfter(position);
  const tombstones: Tombstone[] = [];
  let end = isUnknown ? '' : position;
  for await (const piece of pieces) {
    tombstones.push(...piece.tombstones);
    end = piece.position;
  }
  return { isUnknown, tombstones, end };
}

/** Counts the bytes that files are read and written with meanwhile. */
async function bytesOf(work: () => Promise<unknown>): Promise<{ read: number; written: number }> {
  const probe = await open('/dev/null');
  const prototype = Object.getPrototypeOf(probe);
  await probe.close();
  const { read, appendFile, writeFile } = prototype;
  const bytes = { read: 0, written: 0 };
  prototype.read = async function (...args: unknown[]) {
    const result = await read.apply(this, args);
    bytes.read += result.bytesRead;
    return result;
  };
  const counting = (write: (...args: unknown[]) => Promise<void>) =>
    function (this: unknown, ...args: unknown[]) {
      bytes.written += Buffer.byteLength(args[0] as string);
      return write.apply(this, args);
    };
  prototype.appendFile = counting(appendFile);
  prototype.writeFile = counting(writeFile);
  try {
    await work();
  } finally {
    Object.assign(prototype, { read, appendFile, writeFile });
  }
  return bytes;
}

it('an erasure and a renewal read and write the same bytes after 10 erasures as after 5,000', async () => {
  const costs = [];
  for (const count of [10, 5000]) {
    const { path, keyring } = await keyringWith(count);
    const { end } = await readAfter(keyring);
    const { ino, size } = statSync(path);
    const add = await bytesOf(() => keyring.addTombstones(erasure(9999)));
    expect(statSync(path).ino).toBe(ino);
    expect(statSync(path).size - size).toBe(add.written);
    const renew = await bytesOf(async () => {
      await keyring.months();
      expect((await readAfter(keyring, end)).tombstones).toEqual(erasure(9999));
    });
    costs.push({ written: add.written, renewed: renew.read, least: add.read, size });
  }
  const [small, large] = costs;
  expect(large!.size).toBeGreaterThan(100 * small!.written);
  expect(large!.written).toBe(small!.written);
  // A block of the head and a block of the end.
  for (const bytes of [large!.least, large!.renewed])
    expect(bytes).toBeLessThan(small!.size + 8 * (1 << 16));
  expect(large!.renewed - small!.renewed).toBeLessThan(6 * (1 << 14));
});

it('keeps keys and tombstones if a write stopped at any byte, and the next write repairs the file', async () => {
  const { path, keyring } = await keyringWith(2);
  const before = readFileSync(path);
  await keyring.addTombstones(erasure(7));
  const after = readFileSync(path);
  const known = numbers(2).flatMap(erasure);
  for (let length = before.length; length <= after.length; length++) {
    const cut = `${path}-${length}`;
    writeFileSync(cut, after.subarray(0, length), { mode: 0o600 });
    const restarted = await openKeyring(cut, { create: false });
    expect(await restarted.months()).toHaveLength(3);
    const isWhole = length === after.length;
    const found = isWhole ? [...known, ...erasure(7)] : known;
    expect(await restarted.tombstones(), `${length}`).toEqual(found);
    await restarted.addTombstones(erasure(8));
    expect(await restarted.tombstones()).toEqual([...found, ...erasure(8)]);
    expect(keyringParts(cut).lines).toHaveLength(isWhole ? 3 : 2);
  }
});

it('takes a block that never reached the disk for the rest of a crash, and another damaged line for damage', async () => {
  const { path, keyring } = await keyringWith(0);
  for (const n of numbers(3)) await keyring.addTombstones(erasure(n));
  const { lines } = keyringParts(path);
  const whole = readFileSync(path);
  const start = whole.length - lines[2]!.length;
  whole.fill(0, start, start + 40);
  writeFileSync(path, whole);
  expect(await keyring.tombstones()).toEqual(numbers(2).flatMap(erasure));
  await keyring.addTombstones(erasure(4));
  expect(await keyring.tombstones()).toEqual([0, 1, 4].flatMap(erasure));
  const spoilt = readFileSync(path);
  spoilt[start - lines[1]!.length + 3] = 0x30;
  writeFileSync(path, spoilt);
  await expect(keyring.tombstones()).rejects.toMatchObject({ code: 'ERR_KEYRING_FORMAT' });
  expect(await keyring.months()).toHaveLength(3);
});

const script = `import { openKeyring } from '${DIST}';
  const [path, from, count] = process.argv.slice(1);
  const keyring = await openKeyring(path, { create: false });
  for (let n = Number(from); n < Number(from) + Number(count); n++) {
    const digest = n.toString(16).padStart(64, '0');
    await keyring.addTombstones([{ month: '2026-11', digest, through: '2026-11-27' }]);
    console.log(n);
  }`;
const writer = (path: string, from: number, count: number) =>
  spawn(process.execPath, ['--input-type=module', '-e', script, path, `${from}`, `${count}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });

it('loses no tombstone of several processes that write at once, also while a key is created', async () => {
  const { path, keyring } = await keyringWith(0);
  const writers = numbers(3).map(n => writer(path, n * 100, 30));
  const done = Promise.all(writers.map(each => once(each, 'close')));
  for (const month of ['2026-12', '2027-01', '2027-02']) await keyring.ensureMonth(month);
  await done;
  const found = (await keyring.tombstones()).map(each => Number.parseInt(each.digest, 16));
  expect(found.toSorted((a, b) => a - b)).toEqual(
    numbers(3).flatMap(n => numbers(30).map(each => n * 100 + each)),
  );
  expect(await keyring.months()).toHaveLength(6);
});

it('has every tombstone that a process reported before it was killed', async () => {
  const { path, keyring } = await keyringWith(0);
  const reported: number[] = [];
  for (const from of [0, 1000, 2000, 3000]) {
    const child = writer(path, from, 1000);
    const closed = once(child, 'close');
    let count = 0;
    for await (const line of createInterface(child.stdout)) {
      reported.push(Number(line));
      if (++count === 7 + from / 200) child.kill('SIGKILL');
    }
    await closed;
  }
  const found = new Set((await keyring.tombstones()).map(each => Number.parseInt(each.digest, 16)));
  expect(reported.length).toBeGreaterThan(40);
  expect(reported.filter(n => !found.has(n))).toEqual([]);
  await keyring.addTombstones([tombstone(9999)]);
  expect((await readAfter(keyring)).tombstones.at(-1)).toEqual(tombstone(9999));
});

it.each([undefined, randomBytes(32)])(
  'reads the file of an earlier version, and moves its tombstones at the next write',
  async wrap => {
    const path = newPath();
    const keyring = await openKeyring(path, { wrap });
    await keyring.ensureMonth('2026-11');
    const { head } = keyringParts(path);
    const marks = numbers(1500).map(n => tombstone(n));
    const corrected = { ...tombstone(1500), through: '', homeDays: 4 };
    const earlier = JSON.stringify({ ...head, marks: [...marks, corrected] }, null, 1);
    writeFileSync(path, `${earlier}\n`);
    const opened = await openKeyring(path, { create: false, wrap });
    expect(await opened.tombstones()).toEqual([...marks, corrected]);
    expect((await readAfter(opened)).tombstones).toHaveLength(1501);
    copyFileSync(path, `${path}2`);
    await opened.addTombstones([tombstone(2000)]);
    expect(await opened.tombstones()).toEqual([...marks, corrected, tombstone(2000)]);
    expect(keyringParts(path).head).not.toHaveProperty('marks');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const other = await openKeyring(`${path}2`, { create: false, wrap });
    await other.ensureMonth('2026-12');
    expect(keyringParts(`${path}2`).head).not.toHaveProperty('marks');
    expect(await other.tombstones()).toEqual([...marks, corrected]);
    // A file that an editor wrote in one line is read too.
    writeFileSync(`${path}2`, JSON.stringify({ ...head, marks }));
    await other.addTombstones([tombstone(2000)]);
    expect(await other.tombstones()).toEqual([...marks, tombstone(2000)]);
  },
);

it('continues after a position, also when months were purged, and knows none of a later backup', async () => {
  const { path, keyring } = await keyringWith(3);
  const { end } = await readAfter(keyring);
  copyFileSync(path, `${path}.backup`);
  await keyring.addTombstones(erasure(3));
  const next = await readAfter(keyring, end);
  expect(next).toMatchObject({ isUnknown: false, tombstones: erasure(3) });
  expect(await readAfter(keyring, next.end)).toMatchObject({ isUnknown: false, tombstones: [] });
  await keyring.ensureMonth('2026-12');
  expect((await readAfter(keyring, end)).tombstones).toEqual(erasure(3));
  await keyring.destroyBefore('2026-11', '2026-12-01');
  expect(await keyring.tombstones()).toHaveLength(8);
  await keyring.addTombstones(erasure(4));
  expect(await readAfter(keyring, next.end)).toMatchObject({
    isUnknown: false,
    tombstones: erasure(4),
  });
  expect(await readAfter(keyring, end)).toMatchObject({ isUnknown: true });
  const restored = await openKeyring(`${path}.backup`, { create: false });
  await restored.addTombstones(erasure(5));
  expect(await readAfter(restored, next.end)).toMatchObject({
    isUnknown: true,
    tombstones: [0, 1, 2, 5].flatMap(erasure),
  });
  expect((await readAfter(restored, end)).tombstones).toEqual(erasure(5));
  for (const position of ['x', '0:', '99999999:0123456789abcdef', '3:0123456789abcdef'])
    expect((await readAfter(restored, position)).isUnknown).toBe(true);
});

it('keeps the tombstones when all lines expire, and when a write is cut in front of them', async () => {
  const { path, keyring } = await keyringWith(0);
  await keyring.addTombstones([tombstone(1, '2026-09')]);
  const { end } = await readAfter(keyring);
  await keyring.destroyBefore('2026-10', '2026-12-01');
  expect(keyringParts(path).lines).toEqual([]);
  await keyring.addTombstones([tombstone(2)]);
  expect(await readAfter(keyring, end)).toMatchObject({
    isUnknown: false,
    tombstones: [tombstone(2)],
  });
  const { lines } = keyringParts(path);
  truncateSync(path, statSync(path).size - lines[0]!.length + 5);
  expect(await keyring.tombstones()).toEqual([]);
  await keyring.addTombstones([tombstone(3)]);
  expect(await keyring.tombstones()).toEqual([tombstone(3)]);
});
