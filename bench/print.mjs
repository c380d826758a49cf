/** Prints results that came as JSON on standard input. */
import { readFileSync } from 'node:fs';
import { print } from './harness.mjs';

for (const result of JSON.parse(readFileSync(0, 'utf8') || '[]')) print(result);
