/** The built command line, as a process of its own. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
export const PLAIN = { PATH: process.env['PATH'], LANG: 'C.UTF-8' };

export function cli(
  args: readonly string[],
  input = '',
  env: Readonly<Record<string, string>> = {},
) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    input,
    encoding: 'utf8',
    env: { ...PLAIN, ...env },
  });
  return { status, stdout, stderr };
}
