import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { compileBundle } from '../../../src/entry/tables.ts';
import { loadZoneTable } from '../../../src/index.ts';
import { HOSTILE } from '../../support/hostile.ts';
import { ipv4Bits, writeMmdb } from '../../support/mmdb-writer.ts';
import { fileOf, inFolder } from '../../support/tables.ts';

const ADDRESSES = ['2.1.1.1', '193.252.19.3', '80.58.61.250', '8.8.8.8', '2a01:cb00::1'];
const BUNDLED = readFileSync(new URL('../../../data/zones.bin', import.meta.url));

/** Sound files of different kinds and sizes, and files that must not come into force. */
const bundle = (rows: string) =>
  compileBundle({ sources: [{ path: fileOf(rows), built: '2026-06-01' }] });
const GOOD = [
  BUNDLED,
  await bundle('2.0.0.0/8,ES\n193.0.0.0/8,GB'),
  writeMmdb([{ bits: ipv4Bits('0.0.0.0/1'), record: { country_code: 'ES' } }]),
  await bundle('0.0.0.0/0,FR\n::/0,FR'),
];
const BAD = [
  Buffer.alloc(0),
  BUNDLED.subarray(0, 1_000_000),
  gzipSync(BUNDLED),
  Buffer.concat([BUNDLED.subarray(0, -1), Buffer.from([BUNDLED.at(-1)! ^ 1])]),
  ...Object.values(HOSTILE)
    .filter(([, outcome]) => outcome.startsWith('ERR'))
    .map(([file]) => file),
];
const ROUNDS = 200;

/** The expected zone of each address, by edition. */
async function wantedZones(): Promise<Record<string, string[]>> {
  const tables = await Promise.all(GOOD.map(file => loadZoneTable(file)));
  return Object.fromEntries(
    tables.map(({ edition, locate }) => [
      edition.id,
      ADDRESSES.map(address => locate(address).zone),
    ]),
  );
}

const nextEvent = async (server: ChildProcess): Promise<string> => {
  const [message] = await once(server, 'message');
  return (message as { event: string }).event;
};

it('reload under load: through hundreds of good and bad files, every answer comes from the table in force', async () => {
  const path = inFolder('zones.bin');
  writeFileSync(path, GOOD[0]!);
  const server = fork(fileURLToPath(new URL('./server.mjs', import.meta.url)), [path], {
    execArgv: [],
  });
  server.send({ addresses: ADDRESSES, wanted: await wantedZones() });
  expect(await nextEvent(server)).toBe('unchanged');
  let good = 0;
  let bad = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const isGood = round % 2 === 0;
    const next = nextEvent(server);
    const file = isGood ? GOOD[++good % GOOD.length]! : BAD[bad++ % BAD.length]!;
    if (round % 3 === 0) writeFileSync(path, file);
    else {
      writeFileSync(`${path}.new`, file);
      renameSync(`${path}.new`, path);
    }
    expect([round, await next]).toEqual([round, isGood ? 'replaced' : 'refused']);
  }
  const message = once(server, 'message');
  const gone = once(server, 'exit');
  server.send('over');
  const [counts] = await message;
  expect(await gone).toEqual([0, null]);
  expect(counts).toMatchObject({ wrong: 0, replaced: ROUNDS / 2, refused: ROUNDS / 2, held: 0 });
  expect(counts.asked).toBeGreaterThan(100_000);
  process.stderr.write(
    `reload: ${counts.asked} answers, event-loop delay p99 ${counts.p99.toFixed(2)} ms, maximum ${counts.max.toFixed(2)} ms\n`,
  );
  // Compiling on this thread would hold it for hundreds of milliseconds; `bench/reload.mjs` has the
  // figure.
  expect(counts.p99).toBeLessThan(50);
}, 300_000);
