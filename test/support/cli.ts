/** Runs the command line in this process, or the built program as a process of its own. */
import { spawnSync } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { run } from '../../src/cli/args.ts';
import { languageOf } from '../../src/cli/words/words.ts';

export const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
export const PLAIN = { PATH: process.env['PATH'], LANG: 'C.UTF-8' };

type Environment = Readonly<Record<string, string>>;

/** What a command printed, and its exit code. */
export interface Output {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs one command in this process. Its environment is `PLAIN` and `env`, as long as it runs:
 * commands do not run side by side.
 * @param columns width of the terminal that it prints to; default: it prints to a pipe
 */
export async function cli(
  args: readonly string[],
  input: string | Uint8Array = '',
  env: Environment = {},
  columns?: number,
): Promise<Output> {
  const streams = {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
  };
  if (columns !== undefined)
    for (const stream of [streams.stdout, streams.stderr])
      Object.assign(stream, { isTTY: true, columns });
  streams.stdin.end(input);
  const printed = Promise.all([text(streams.stdout), text(streams.stderr)]);
  const before = process.env;
  process.env = { ...PLAIN, ...env };
  try {
    const status = await run(args, languageOf(process.env), streams);
    streams.stdout.end();
    streams.stderr.end();
    const [stdout, stderr] = await printed;
    return { status, stdout, stderr };
  } finally {
    process.env = before;
  }
}

/** Runs the built program in a process of its own. */
export function program(args: readonly string[], input = '', env: Environment = {}): Output {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    input,
    encoding: 'utf8',
    env: { ...PLAIN, ...env },
  });
  return { status, stdout, stderr };
}

/** Every command and group of the command line, as the help texts list them. */
export async function allCommands(prefix: readonly string[] = []): Promise<string[][]> {
  const { stdout } = await cli([...prefix, '--help', '--lang', 'en']);
  const [, listed = ''] = /^Commands:\n((?: .*\n)+)/m.exec(stdout) ?? [];
  const names = [...listed.matchAll(/^ {2}([a-z]+)\b/gm)].map(([, name]) => name!);
  const below = [];
  for (const name of names) below.push(...(await allCommands([...prefix, name])));
  return [[...prefix], ...below];
}
