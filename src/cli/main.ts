#!/usr/bin/env node
/** Runs the command line. */
import { run } from './args.ts';
import { languageOf } from './words/words.ts';

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

process.exitCode = await run(process.argv.slice(2), languageOf(process.env));
