#!/usr/bin/env node
/**
 * Runs the command line. What a command needs is loaded when it is called, and nothing for the
 * version alone.
 */
import * as nodeModule from 'node:module';
import { join } from 'node:path';
import { cacheFolder } from './cache-folder.ts';
import { libraryVersion } from './version.ts';

// A reader such as `| head` closes the pipe early. This is not a failure, and the exit code of the
// command stays. It is set by the time of the exit, because the error of a pipe comes before the
// promises that follow the write.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  setImmediate(() => {
    if (error.code !== 'EPIPE') process.exitCode = 1;
    process.exit();
  });
});
process.stderr.on('error', () => {});

// Node 22.8 and newer can keep compiled code. Whoever can write to its folder chooses what runs, so
// it is in the user's own cache folder, and not in the one for temporary files, Node's default.
const { enableCompileCache } = nodeModule as { enableCompileCache?: (folder: string) => unknown };
const folder = cacheFolder();
if (folder !== undefined) enableCompileCache?.(join(folder, 'compiled'));

const args = process.argv.slice(2);
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${libraryVersion()}\n`);
} else {
  const { run } = await import('./args.ts');
  const { languageOf } = await import('./words/words.ts');
  process.exitCode = await run(args, languageOf(process.env));
}
