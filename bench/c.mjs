/** What does C make of it? The two drivers, built where there is a compiler: libmaxminddb on the common data, and our own table in a loop of C. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MMDB } from './peers.mjs';

const folder = fileURLToPath(new URL('../.cache/bench/', import.meta.url));
const source = name => fileURLToPath(new URL(`${name}.c`, import.meta.url));

/** The path of a driver, or `undefined` where there is no compiler, or not its library. */
function build(name, ...libraries) {
  mkdirSync(folder, { recursive: true });
  const { status } = spawnSync(
    'cc',
    ['-O2', '-o', join(folder, name), source(name), ...libraries],
    {
      stdio: 'ignore',
    },
  );
  return status === 0 ? join(folder, name) : undefined;
}

const drivers = new Map();
function run(name, libraries, texts, ...files) {
  if (!drivers.has(name)) drivers.set(name, build(name, ...libraries));
  if (drivers.get(name) === undefined) return undefined;
  const list = join(folder, 'addresses.txt');
  writeFileSync(list, `${texts.join('\n')}\n`);
  return JSON.parse(execFileSync(drivers.get(name), [...files, list], { encoding: 'utf8' }));
}

/** libmaxminddb over the same strings, in nanoseconds an address. */
export const libmaxminddb = texts => run('lookup', ['-lmaxminddb'], texts, MMDB);

/** The arrays in the order of `pack` that the driver reads: all but those of /64s that are not uniform. */
const SECTIONS = [
  [0, 8],
  [1, 4],
  [2, 4],
  [3, 4],
  [6, 2],
  [7, 1],
  [8, 1],
  [9, 1],
];

/** The same table and reading as one loop in C: how far there is to go. Its answers are summed, and the sum has to be ours. */
export function reference(table, texts) {
  const { buffer, places } = table.share();
  const parts = SECTIONS.flatMap(([index, size]) => {
    const bytes = Buffer.from(buffer, places[index].offset, places[index].length * size);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return [length, bytes];
  });
  const file = join(folder, 'table.bin');
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, Buffer.concat(parts));
  const told = run('reference', [], texts, file);
  const sum = texts.reduce((total, text) => total + table.locationCode(text), 0);
  if (told !== undefined && told.sum !== sum) throw new Error('the loop in C answers otherwise');
  return told;
}
