/**
 * Reads hostile files as an application does, one after the other, and prints the processor time
 * and extra memory of each.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HOSTILE } from '../../support/hostile.ts';

const { loadZoneTable } = await import('../../../dist/index.js');

const files = Object.entries(HOSTILE).map(([name, [file]]) => ({ name, file }));
for (const folder of process.argv.slice(2)) {
  for (const name of readdirSync(folder))
    files.push({ name, file: readFileSync(join(folder, name)) });
}

const attempt = (file: Uint8Array): Promise<unknown> =>
  loadZoneTable(file).catch((error: { code: string }) => error.code);
const highWater = (): number => process.resourceUsage().maxRSS / 1024;

// Memory for a sound file of this size, and for the thread itself, is allocated before measuring.
const sound = HOSTILE['a billion laughs next to the country']![0];
for (let round = 0; round < 5; round++) await attempt(sound);

const measured = [];
for (const { name, file } of files) {
  const before = process.cpuUsage();
  const memory = highWater();
  await attempt(file);
  const { user, system } = process.cpuUsage(before);
  measured.push({ name, seconds: (user + system) / 1e6, megabytes: highWater() - memory });
}
console.log(JSON.stringify(measured));
