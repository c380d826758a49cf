import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openKeyring } from '../../src/index.ts';
import { mergeKeyringFile, readKeyringFile } from '../../src/keys/file-keyring.ts';

const newPath = (): string => join(mkdtempSync(join(tmpdir(), 'keyring-')), 'keys');
const DIST = new URL('../../dist/index.js', import.meta.url).href;

describe('a keyring file', () => {
  it('is created for its owner alone, and is the same keyring when opened again', async () => {
    const path = newPath();
    const keyring = await openKeyring(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await keyring.ensureMonth('2026-11');
    const again = await openKeyring(path);
    expect(again.cardPseudonym('s', '2026-11')).toBe(keyring.cardPseudonym('s', '2026-11'));
    expect(again.personPseudonym('s')).toBe(keyring.personPseudonym('s'));
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('gives pseudonyms of 128 bits that differ by subscriber, month, purpose and keyring', async () => {
    const one = await openKeyring(newPath());
    const other = await openKeyring(newPath());
    for (const keyring of [one, other])
      for (const month of ['2026-10', '2026-11']) await keyring.ensureMonth(month);
    const all = [one, other].flatMap(keyring => [
      ...['a', 'b'].flatMap(subscriber =>
        ['2026-10', '2026-11'].map(month => keyring.cardPseudonym(subscriber, month)),
      ),
      keyring.personPseudonym('a'),
    ]);
    expect(new Set(all).size).toBe(10);
    for (const pseudonym of all) expect(pseudonym).toMatch(/^[0-9a-f]{32}$/);
  });

  it('has no pseudonym for a month whose key is not in memory', async () => {
    expect((await openKeyring(newPath())).cardPseudonym('s', '2026-11')).toBeUndefined();
  });

  it('destroys the keys of old months, never the key of the person records, and does not create them again', async () => {
    const path = newPath();
    const keyring = await openKeyring(path);
    for (const month of ['2025-09', '2025-10', '2025-11']) await keyring.ensureMonth(month);
    const person = keyring.personPseudonym('s');
    const kept = keyring.cardPseudonym('s', '2025-11');
    const gone = readFileSync(path, 'utf8');
    expect(await keyring.destroyBefore('2025-11', '2026-11-05')).toEqual(['2025-09', '2025-10']);
    expect(await keyring.destroyBefore('2025-11', '2026-11-05')).toEqual([]);
    expect(await keyring.months()).toEqual([
      { month: '2025-09', state: 'destroyed', destroyed: '2026-11-05' },
      { month: '2025-10', state: 'destroyed', destroyed: '2026-11-05' },
      { month: '2025-11', state: 'held' },
    ]);
    const key = JSON.parse(gone).keys['card-2025-09'];
    expect(readFileSync(path, 'utf8')).not.toContain(key);
    const again = await openKeyring(path);
    expect([
      again.personPseudonym('s'),
      again.cardPseudonym('s', '2025-11'),
      again.cardPseudonym('s', '2025-09'),
    ]).toEqual([person, kept, undefined]);
    await expect(again.ensureMonth('2025-09')).rejects.toMatchObject({
      code: 'ERR_KEYRING_DESTROYED',
    });
  });

  it('keeps tombstones until the key of their month is destroyed', async () => {
    const keyring = await openKeyring(newPath());
    for (const month of ['2025-10', '2025-11']) await keyring.ensureMonth(month);
    const tombstone = (month: string, through: string) => ({
      month,
      digest: 'ab'.repeat(32),
      through,
    });
    await keyring.addTombstones([
      tombstone('2025-10', '2025-10-09'),
      tombstone('2025-11', '2025-11-02'),
    ]);
    await keyring.addTombstones([
      tombstone('2025-11', '2025-11-01'),
      tombstone('2025-10', '2025-10-11'),
    ]);
    expect(await keyring.tombstones()).toEqual([
      tombstone('2025-10', '2025-10-11'),
      tombstone('2025-11', '2025-11-02'),
    ]);
    await keyring.destroyBefore('2025-11', '2026-11-05');
    expect(await keyring.tombstones()).toEqual([tombstone('2025-11', '2025-11-02')]);
  });

  it.each<[string, (path: string) => void, string]>([
    ['open to its group', path => chmodSync(path, 0o640), 'ERR_KEYRING_MODE'],
    ['open to all', path => chmodSync(path, 0o604), 'ERR_KEYRING_MODE'],
    ['in a folder open to others', path => chmodSync(join(path, '..'), 0o750), 'ERR_KEYRING_MODE'],
    ['with a second name', path => linkSync(path, `${path}2`), 'ERR_KEYRING_LINK'],
    [
      'a symbolic link',
      path => {
        renameSync(path, `${path}2`);
        symlinkSync(`${path}2`, path);
      },
      'ERR_KEYRING_LINK',
    ],
    [
      'a folder',
      path => {
        renameSync(path, `${path}2`);
        mkdirSync(path, 0o700);
      },
      'ERR_KEYRING_OPEN',
    ],
    [
      'truncated',
      path => writeFileSync(path, readFileSync(path, 'utf8').slice(0, 90)),
      'ERR_KEYRING_FORMAT',
    ],
    [
      'with a short key',
      path => writeFileSync(path, readFileSync(path, 'utf8').replace(/[0-9a-f]{64}/, 'abcd')),
      'ERR_KEYRING_FORMAT',
    ],
    [
      'without the key of the person records',
      path => writeFileSync(path, readFileSync(path, 'utf8').replace('"register"', '"other"')),
      'ERR_KEYRING_FORMAT',
    ],
  ])('is refused: %s', async (_, spoil, code) => {
    const path = newPath();
    const secret = await openKeyring(path).then(
      () => JSON.parse(readFileSync(path, 'utf8')).keys.register as string,
    );
    spoil(path);
    const error = await openKeyring(path).catch(caught => caught);
    expect(error).toMatchObject({ name: 'PortabilityError', code });
    expect(`${error.message} ${error.stack}`).not.toContain(secret);
  });

  it('refuses an invalid month and a missing folder', async () => {
    const keyring = await openKeyring(newPath());
    for (const month of ['2026-13', '2026-1', '', '../x', undefined]) {
      await expect(keyring.ensureMonth(month as string)).rejects.toMatchObject({ code: 'ERR_DAY' });
    }
    await expect(openKeyring('/nowhere/at/all')).rejects.toMatchObject({
      code: 'ERR_KEYRING_OPEN',
    });
  });

  it('is shared by processes that open it and create months at the same moment: one key each, none lost', async () => {
    const path = newPath();
    const script = `import { openKeyring } from '${DIST}';
      const keyring = await openKeyring(process.argv[1]);
      for (let n = 1; n <= 9; n++) await keyring.ensureMonth('2026-0' + n);
      const all = [keyring.personPseudonym('s')];
      for (let n = 1; n <= 9; n++) all.push(keyring.cardPseudonym('s', '2026-0' + n));
      console.log(JSON.stringify(all));`;
    const outputs = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const child = spawn(process.execPath, ['--input-type=module', '-e', script, path], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        let out = '';
        child.stdout.on('data', chunk => {
          out += chunk;
        });
        await once(child, 'close');
        return out;
      }),
    );
    expect(outputs[0]).toMatch(/^\["[0-9a-f]{32}",/);
    expect(new Set(outputs).size).toBe(1);
  });

  it('takes over the lock of a dead process, with its number or without, and waits for a living one', async () => {
    const path = newPath();
    const keyring = await openKeyring(path);
    const dead = spawn(process.execPath, ['-e', '']);
    await once(dead, 'exit');
    writeFileSync(`${path}.lock`, `${dead.pid} nonce`);
    await keyring.ensureMonth('2026-10');
    writeFileSync(`${path}.lock`, '');
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(`${path}.lock`, longAgo, longAgo);
    await keyring.ensureMonth('2026-11');
    // Another process with this process's number, as in a restarted container.
    writeFileSync(`${path}.lock`, `${process.pid} 1 nonce`);
    await keyring.ensureMonth('2027-01');
    const beginning = /.*\) (?:\S+ ){19}(\d+)/.exec(readFileSync('/proc/self/stat', 'utf8'))![1]!;
    writeFileSync(`${path}.lock`, `${process.pid} ${beginning} nonce`);
    utimesSync(`${path}.lock`, longAgo, longAgo);
    const waiting = keyring.ensureMonth('2026-12');
    await new Promise(resolve => setTimeout(resolve, 50));
    expect(keyring.cardPseudonym('s', '2026-12')).toBeUndefined();
    rmSync(`${path}.lock`);
    await waiting;
    expect(keyring.cardPseudonym('s', '2026-12')).toBeDefined();
  });

  it('leaves no half-written file with keys in it', async () => {
    const path = newPath();
    const keyring = await openKeyring(path);
    writeFileSync(`${path}.new`, 'card-2020-01: secret', { mode: 0o600 });
    await keyring.ensureMonth('2026-11');
    expect(readdirSync(join(path, '..'))).toEqual(['keys']);
  });

  it('is not created again once it has vanished, nor at all with `create: false`', async () => {
    const path = newPath();
    await expect(openKeyring(path, { create: false })).rejects.toMatchObject({
      code: 'ERR_KEYRING_OPEN',
    });
    const keyring = await openKeyring(path);
    rmSync(path);
    await expect(keyring.months()).rejects.toMatchObject({ code: 'ERR_KEYRING_OPEN' });
    await expect(keyring.ensureMonth('2026-11')).rejects.toMatchObject({
      code: 'ERR_KEYRING_OPEN',
    });
    expect(existsSync(path)).toBe(false);
  });

  it('names a destroyed month for ten years, and creates or takes over no key of it later', async () => {
    const path = newPath();
    const keyring = await openKeyring(path);
    for (const month of ['2016-10', '2016-11', '2016-12']) await keyring.ensureMonth(month);
    copyFileSync(path, `${path}.backup`);
    await keyring.destroyBefore('2016-12', '2026-10-05');
    const states = async () => (await keyring.months()).map(({ month, state }) => [month, state]);
    const held = ['2016-12', 'held'];
    expect(await states()).toEqual([['2016-10', 'destroyed'], ['2016-11', 'destroyed'], held]);
    await keyring.destroyBefore('2016-12', '2026-11-05');
    expect(await states()).toEqual([['2016-11', 'destroyed'], held]);
    await keyring.destroyBefore('2016-12', '2027-01-05');
    expect(await states()).toEqual([held]);
    for (const month of ['2016-10', '2016-11', '1999-01'])
      await expect(keyring.ensureMonth(month)).rejects.toMatchObject({
        code: 'ERR_KEYRING_DESTROYED',
      });
    await mergeKeyringFile(path, undefined, await readKeyringFile(`${path}.backup`, undefined));
    expect(await states()).toEqual([held]);
    expect(readFileSync(path, 'utf8')).not.toContain('card-2016-11');
    // The copy learns of the destruction, although the months are named no more.
    await mergeKeyringFile(`${path}.backup`, undefined, await readKeyringFile(path, undefined));
    expect(readFileSync(`${path}.backup`, 'utf8')).not.toContain('card-2016-11');
    expect(Object.keys((await readKeyringFile(`${path}.backup`, undefined)).keys)).toEqual(
      Object.keys((await readKeyringFile(path, undefined)).keys),
    );
  });

  it('does not destroy the key of the present month', async () => {
    const keyring = await openKeyring(newPath());
    await keyring.ensureMonth('2026-11');
    await expect(keyring.destroyBefore('2026-12', '2026-11-22')).rejects.toMatchObject({
      code: 'ERR_DAY',
    });
    expect(keyring.cardPseudonym('s', '2026-11')).toBeDefined();
  });
});
