/** Lets one update at a time work in a folder, across processes. */

import { open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../clock.ts';
import { HOUR_MS } from '../../days.ts';
import { portabilityError, systemCodeOf } from '../../errors.ts';
import * as UPDATE from '../../messages/update.ts';
import { cannotWrite } from '../option-at-fault.ts';

const NAME = 'update.lock';
/** No update takes that long: what is older was left by a process that died in another container. */
const LONGEST_MS = 6 * HOUR_MS;

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCodeOf(error) === 'EPERM';
  }
};

/** Whether the process that made the lock is gone. */
async function isLeftOver(path: string): Promise<boolean> {
  const [content, found] = await Promise.all([
    readFile(path, 'utf8').catch(() => ''),
    stat(path).catch(() => undefined),
  ]);
  if (found === undefined || systemClock() - found.mtimeMs > LONGEST_MS) return true;
  const pid = Number(content);
  return Number.isInteger(pid) && pid > 0 && !isAlive(pid);
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
  if (await isLeftOver(path)) await rm(path, { force: true }).catch(() => {});
  const file = await open(path, 'wx', 0o644).catch(error => {
    throw systemCodeOf(error) === 'EEXIST'
      ? portabilityError(UPDATE.updateRunning, { path: folder })
      : cannotWrite(undefined, path, error);
  });
  try {
    await file.writeFile(String(process.pid)).catch(error => {
      throw cannotWrite(undefined, path, error);
    });
    return await work();
  } finally {
    await file.close().catch(() => {});
    await rm(path, { force: true }).catch(() => {});
  }
}
