#!/usr/bin/env node
/** The command line. */
import { run } from './args.ts';
import { languageOf } from './words.ts';

// A reader that has seen enough (`| head`) closes the pipe: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await run(process.argv.slice(2), languageOf(process.env));
