#!/usr/bin/env node
/** The command line. */
import { run } from './args.ts';
import { languageOf } from './words.ts';

// A reader that has seen enough (`| head`) closes the pipe: that is no failure, and what was decided stays the exit code. It is set by
// the time of the exit: the error of a pipe comes before the promises that follow the write.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  setImmediate(() => {
    if (error.code !== 'EPIPE') process.exitCode = 1;
    process.exit();
  });
});
process.stderr.on('error', () => {});

process.exitCode = await run(process.argv.slice(2), languageOf(process.env));
