/** Lets one update at a time work in a folder, across processes and containers. */

import { randomBytes } from 'node:crypto';
import { link, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../clock.ts';
import { MINUTE_MS } from '../../days.ts';
import { portabilityError, systemCodeOf } from '../../errors.ts';
import * as UPDATE from '../../messages/update.ts';
import { cannotWrite } from '../option-at-fault.ts';

const NAME = 'update.lock';
/** A lock is renewed at this interval: one that is much older was left by a process that died. */
const RENEWAL_MS = MINUTE_MS;
const LONGEST_MS = 10 * MINUTE_MS;

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCodeOf(error) === 'EPERM';
  }
};

/** The locks that this process holds. */
const held = new Set<string>();

/**
 * Whether the process that made the lock is gone. A process of another container cannot be asked:
 * only the age of its lock counts. In a container every process may have the same number.
 */
async function isLeftOver(path: string, content: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || systemClock() - found.mtimeMs > LONGEST_MS) return true;
  const [pid, host] = content.split(' ');
  if (host !== hostname()) return false;
  return Number(pid) === process.pid ? !held.has(content) : !isAlive(Number(pid));
}

/** Removes a lock, unless another process has replaced it meanwhile. */
async function removeLock(path: string, content: string): Promise<void> {
  const aside = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    await rename(path, aside);
    if ((await readFile(aside, 'utf8')) !== content) await link(aside, path);
  } catch {
    // Another process was faster.
  } finally {
    await rm(aside, { force: true }).catch(() => {});
  }
}

/**
 * Runs `work` while no other process does so in the folder. A lock of a dead process is removed.
 * @throws PortabilityError `ERR_OUTPUT` if another one is at work
 */
export async function exclusively<Result>(
  folder: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const path = join(folder, NAME);
  const there = await readFile(path, 'utf8').catch(() => undefined);
  if (there !== undefined && (await isLeftOver(path, there))) await removeLock(path, there);
  const file = await open(path, 'wx', 0o600).catch(error => {
    throw systemCodeOf(error) === 'EEXIST'
      ? portabilityError(UPDATE.updateRunning, { path: folder })
      : cannotWrite(undefined, path, error);
  });
  const own = `${process.pid} ${hostname()} ${randomBytes(8).toString('hex')}`;
  held.add(own);
  const renewal = setInterval(() => {
    const now = new Date(systemClock());
    file.utimes(now, now).catch(() => {});
  }, RENEWAL_MS).unref();
  try {
    await file.writeFile(own).catch(async error => {
      await rm(path, { force: true }).catch(() => {});
      throw cannotWrite(undefined, path, error);
    });
    return await work();
  } finally {
    clearInterval(renewal);
    held.delete(own);
    await file.close().catch(() => {});
    if ((await readFile(path, 'utf8').catch(() => '')) === own) await removeLock(path, own);
  }
}
