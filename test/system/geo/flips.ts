/**
 * `npx tsx test/system/geo/flips.ts FILE...`: tries every single-bit flip and every truncation of
 * each database, in this process. Each must be refused with a code, or read exactly as the slow,
 * plain reader reads it.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { PortabilityError } from '../../../src/index.ts';
import { attemptOf, differences } from '../../support/damage.ts';

function check(file: Buffer, counts: Map<string, number>): void {
  const started = performance.now();
  const ours = attemptOf(file);
  const took = performance.now() - started;
  const outcome =
    ours instanceof PortabilityError
      ? ours.code
      : differences(file, ours) === 0
        ? 'exact'
        : 'WRONG';
  counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  counts.set('slowest, ms', Math.max(counts.get('slowest, ms') ?? 0, Math.ceil(took)));
}

for (const path of process.argv.slice(2)) {
  const file = readFileSync(path);
  const flips = new Map<string, number>();
  for (let bit = 0; bit < file.length * 8; bit++) {
    const copy = Buffer.from(file);
    copy[bit >> 3]! ^= 1 << (bit & 7);
    check(copy, flips);
  }
  const cuts = new Map<string, number>();
  for (let length = 0; length < file.length; length++) check(file.subarray(0, length), cuts);
  console.log(
    JSON.stringify({
      file: basename(path),
      bytes: file.length,
      flips: Object.fromEntries(flips),
      truncations: Object.fromEntries(cuts),
    }),
  );
}
