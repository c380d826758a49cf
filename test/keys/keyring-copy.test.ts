/** Tests the copies of a keyring file: whole, of one keyring only, and without a destroyed key. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openKeyring } from '../../src/index.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { checkKeyring } from '../../src/subjects/keyring-check.ts';
import { cli, MAIN } from '../support/cli.ts';
import { keyringParts } from '../support/keyring-file.ts';

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'keyring-copy-'));
const NAMES = ['register', 'hold', 'journal', 'card-2026-10', 'card-2026-11'];
const TOMBSTONE = { month: '2026-11', digest: 'ab'.repeat(32), through: '2026-11-22' };

/** A keyring with two months and a tombstone, and the command that copies it. */
async function source() {
  const folder = newFolder();
  const [from, to, wrapFile] = [`${folder}/keys`, `${folder}/copy`, `${folder}/wrap.key`];
  writeFileSync(wrapFile, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
  const keyring = await openKeyring(from);
  for (const month of ['2026-10', '2026-11']) await keyring.ensureMonth(month);
  await keyring.addTombstones([TOMBSTONE]);
  const copy = (...more: string[]) => cli(['keyring', 'copy', '--from', from, '--to', to, ...more]);
  return { folder, from, to, wrapFile, keyring, copy };
}

async function valuesOf(path: string, wrap?: Uint8Array): Promise<(string | undefined)[]> {
  const keyring = await openKeyring(path, { create: false, wrap });
  for (const { month, state } of await keyring.months())
    if (state === 'held') await keyring.ensureMonth(month);
  return NAMES.map(name => keyring.checkValue(name));
}

const bytesOf = (path: string): Buffer => Buffer.from(readFileSync(path, 'utf8').trim(), 'hex');

describe('keyring copy', () => {
  it('copies every key and tombstone for the owner alone, says so in both languages, and changes nothing the second time', async () => {
    const { from, to, copy } = await source();
    expect(await copy()).toEqual({
      status: 0,
      stdout: 'copied; the check values are the same, keys: 5\n',
      stderr: '',
    });
    expect(statSync(to).mode & 0o777).toBe(0o600);
    expect(await valuesOf(to)).toEqual(await valuesOf(from));
    expect(await (await openKeyring(to)).tombstones()).toEqual([TOMBSTONE]);
    const { ino } = statSync(to);
    expect((await copy('--lang', 'fr')).stdout).toContain('les valeurs de contrôle sont les mêmes');
    expect(statSync(to).ino).toBe(ino);
  });

  it('wraps the copy under a key of its own, from a file or a variable, and opens it with that key alone', async () => {
    const { from, to, wrapFile, keyring, copy } = await source();
    expect((await copy('--to-key', wrapFile)).status).toBe(0);
    const { keys } = keyringParts(from).head;
    for (const key of Object.values(keys))
      expect(readFileSync(to, 'utf8')).not.toContain(key as string);
    const wrap = bytesOf(wrapFile);
    expect(await valuesOf(to, wrap)).toEqual(await valuesOf(from));
    for (const refused of [undefined, randomBytes(32), randomBytes(16)])
      await expect(openKeyring(to, { create: false, wrap: refused })).rejects.toMatchObject({
        code: 'ERR_KEYRING_KEY',
      });
    await expect(openKeyring(from, { create: false, wrap })).rejects.toMatchObject({
      code: 'ERR_KEYRING_KEY',
    });
    const back = ['keyring', 'copy', '--from', to, '--to', `${to}-back`];
    const env = { WRAP: wrap.toString('hex') };
    expect((await cli([...back, '--from-key', 'env:WRAP'], '', env)).status).toBe(0);
    expect(await valuesOf(`${to}-back`)).toEqual(await valuesOf(from));
    const wrapped = await openKeyring(to, { create: false, wrap });
    await wrapped.ensureMonth('2026-12');
    expect((await openKeyring(to, { create: false, wrap })).personPseudonym('s')).toBe(
      keyring.personPseudonym('s'),
    );
  });

  it('refuses a target that holds other keys, and one in a folder open to others, and changes nothing', async () => {
    const { to, copy } = await source();
    await openKeyring(to);
    const before = readFileSync(to, 'utf8');
    expect(await copy()).toMatchObject({
      status: 1,
      stderr: `laissez-passer: error: the target holds the keys of another keyring: nothing was changed (--to ${to}) [ERR_KEYRING_MISMATCH]\n`,
    });
    expect(readFileSync(to, 'utf8')).toBe(before);
    expect((await copy('--to', '/tmp/keyring-copy')).stderr).toContain('[ERR_KEYRING_MODE]');
    expect((await copy('--to-key', 'env:NOT_SET')).stderr).toContain('(--to-key env:NOT_SET)');
    expect((await copy('--from-key', `${to}.none`)).stderr).toContain('--from-key');
  });

  it('brings no destroyed key back from an older copy, and destroys it in the copy at the next backup', async () => {
    const { from, to, keyring, copy } = await source();
    await copy();
    const older = readFileSync(to, 'utf8');
    await keyring.destroyBefore('2026-11', '2026-12-01');
    const back = await cli(['keyring', 'copy', '--from', to, '--to', from]);
    expect(back.stdout).toContain('destroyed, not brought back: 2026-10');
    expect(await keyring.months()).toMatchObject([{ state: 'destroyed' }, { state: 'held' }]);
    expect((await copy()).status).toBe(0);
    const { keys, destroyed } = keyringParts(to).head;
    expect([keys['card-2026-10'], destroyed]).toEqual([undefined, { '2026-10': '2026-12-01' }]);
    expect(older).toContain('card-2026-10');
  });

  it('destroys again, next to a ledger that records the destruction, what a backup brings back after a loss', async () => {
    const { folder, from, to, keyring, copy } = await source();
    const path = `${folder}/ledger.db`;
    const ledger = await openSqliteLedger(path);
    await checkKeyring(ledger, keyring);
    await copy();
    const destroy = ['keyring', 'destroy', '--before', '2026-11', '--yes', '--keyring', from];
    expect((await cli([...destroy, '--ledger', path])).stdout).toContain('2026-10');
    const restored = `${folder}/restored`;
    const restore = (...more: string[]) =>
      cli(['keyring', 'copy', '--from', to, '--to', restored, ...more]);
    // Without the ledger the copy has the key, until something opens both.
    expect(JSON.parse((await restore('--json')).stdout)).toEqual({ keys: 5, destroyed: [] });
    const verify = ['evidence', 'verify', '--ledger', path, '--keyring', restored];
    expect((await cli(verify)).status).toBe(0);
    expect(readFileSync(restored, 'utf8')).not.toContain('card-2026-10');
    expect(JSON.parse((await restore('--json', '--ledger', path)).stdout)).toEqual({
      keys: 4,
      destroyed: ['2026-10'],
    });
    const other = `${folder}/other`;
    await openKeyring(other);
    const wrong = ['keyring', 'copy', '--from', other, '--to', `${folder}/new`, '--ledger', path];
    expect((await cli(wrong)).stderr).toContain('does not belong to this ledger');
    expect(() => statSync(`${folder}/new`)).toThrow();
    await ledger.close();
  });
});

describe('a wrapped keyring file', () => {
  it('is created by keyring create, and is used by every command with its key', async () => {
    const folder = newFolder();
    const env = {
      LAISSEZ_PASSER_KEYRING: `${folder}/keys`,
      LAISSEZ_PASSER_KEYRING_KEY: 'env:WRAP',
      LAISSEZ_PASSER_LEDGER: `${folder}/ledger.db`,
      WRAP: randomBytes(32).toString('hex'),
    };
    expect((await cli(['keyring', 'create'], '', env)).stdout).toBe('keyring created\n');
    expect(JSON.parse(readFileSync(`${folder}/keys`, 'utf8'))).toMatchObject({ format: 2 });
    expect((await cli(['ledger', 'prepare'], '', env)).status).toBe(0);
    expect((await cli(['evidence', 'verify'], '', env)).status).toBe(0);
    expect((await cli(['keyring', 'list'], '', env)).stdout).toMatch(/register +held +belongs/);
    const { stderr } = await cli(['keyring', 'list'], '', { ...env, WRAP: 'x' });
    expect(stderr).toContain('(--keyring-key env:WRAP) [ERR_KEYRING_KEY]');
  });
});

describe('keyring rewrap', () => {
  it('wraps a keyring for the first time, then under another key, and refuses the former one', async () => {
    const { folder, from, wrapFile, keyring } = await source();
    const next = `${folder}/next.key`;
    writeFileSync(next, randomBytes(32).toString('hex'), { mode: 0o600 });
    const values = await valuesOf(from);
    const rewrap = (...more: string[]) => cli(['keyring', 'rewrap', '--keyring', from, ...more]);
    expect((await rewrap('--new-key', wrapFile)).stdout).toContain('wrapped under the new key');
    expect(await valuesOf(from, bytesOf(wrapFile))).toEqual(values);
    const again = await rewrap('--keyring-key', wrapFile, '--new-key', `file:${next}`);
    expect(again.status).toBe(0);
    expect(await valuesOf(from, bytesOf(next))).toEqual(values);
    const former = await rewrap('--keyring-key', wrapFile, '--new-key', next, '--lang', 'fr');
    expect(former.status).toBe(1);
    expect(former.stderr).toContain(`(--keyring-key ${wrapFile}) [ERR_KEYRING_KEY]`);
    expect((await rewrap('--new-key', next)).stderr).toContain('are wrapped: give the key');
    // A process that was started before must not write under the former key.
    await expect(keyring.ensureMonth('2027-01')).rejects.toMatchObject({ code: 'ERR_KEYRING_KEY' });
    const list = ['keyring', 'list', '--keyring', from, '--keyring-key', next];
    expect((await cli(list)).stdout).toMatch(/2026-11 +held/);
  });

  it('leaves a file that one of the two keys opens, whenever it is killed', async () => {
    const { folder, from, wrapFile } = await source();
    const values = await valuesOf(from);
    const files = [wrapFile, `${folder}/next.key`];
    writeFileSync(files[1]!, randomBytes(32).toString('hex'), { mode: 0o600 });
    expect(
      (await cli(['keyring', 'rewrap', '--keyring', from, '--new-key', wrapFile])).status,
    ).toBe(0);
    let killed = 0;
    for (let n = 0; n < 8; n++) {
      const opens = async (file: string) =>
        valuesOf(from, bytesOf(file)).catch((error: { code: string }) => {
          expect(error.code).toBe('ERR_KEYRING_KEY');
          return undefined;
        });
      const isFirst = (await opens(files[0]!)) !== undefined;
      const [now, next] = isFirst ? files : files.toReversed();
      const args = [
        'keyring',
        'rewrap',
        '--keyring',
        from,
        '--keyring-key',
        now!,
        '--new-key',
        next!,
      ];
      const child = spawn(process.execPath, [MAIN, ...args], { stdio: 'ignore' });
      const ended = once(child, 'exit');
      // The lock says that the file is about to be replaced.
      while (!existsSync(`${from}.lock`) && child.exitCode === null)
        await new Promise(resolve => setImmediate(resolve));
      await new Promise(resolve => setTimeout(resolve, n));
      child.kill('SIGKILL');
      const [, signal] = await ended;
      if (signal === 'SIGKILL') killed++;
      const outcomes = [await opens(files[0]!), await opens(files[1]!)];
      expect(outcomes.filter(outcome => outcome !== undefined)).toEqual([values]);
    }
    expect(killed).toBeGreaterThan(0);
  });
});
