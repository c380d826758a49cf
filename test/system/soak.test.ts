/**
 * Tests that the gate decides and keeps what a slow and obvious one does. `npm run soak` runs for
 * SOAK_MINUTES, from SOAK_SEED on.
 */
import { expect, it } from 'vitest';
import { randomFrom } from '../../src/cli/demo-traffic.ts';
import { type Ledger, memoryLedger } from '../../src/entry/ledger.ts';
import { type AccessRequest, type Keyring, openGate } from '../../src/index.ts';
import { slowDecide } from '../oracle/gate.ts';
import { newKeyring } from '../support/gate.ts';
import { compiledHere, fileOf } from '../support/tables.ts';
import { randomRequest, randomWorld, type World } from '../support/world.ts';

const MINUTES = Number(process.env['SOAK_MINUTES'] ?? 0);
const FIRST = Number(process.env['SOAK_SEED'] ?? Date.now() % 1_000_000_007);
const ROUNDS = 40;
const REQUESTS = 1500;
const DAYS = ['2026-10-30', '2026-10-31', '2026-11-01'];

const csv = (rows: ReadonlyMap<string, string>, columns: number): string =>
  [...rows].map(row => row.slice(0, columns).join(',')).join('\n');
const tableOf = ({ sourceRows, overlayRows }: World) =>
  compiledHere({
    sources: sourceRows.map(rows => ({ path: fileOf(csv(rows, 2)), built: '2026-06-01' })),
    overlays: overlayRows.map(({ kind, rows }) => ({
      kind,
      path: fileOf(csv(rows, kind === 'places' ? 2 : 1)),
    })),
  });

/** The content of the cards, in the form of the slow gate. */
async function keptIn(ledger: Ledger, keyring: Keyring): Promise<Set<string>> {
  const kept = new Set<string>();
  for (const month of ['2026-10', '2026-11'])
    for (let n = 0; n < 40; n++) {
      const cards = await ledger.cards([
        { month, pseudonym: keyring.cardPseudonym(`s${n}`, month)! },
      ]);
      for (const { homeDays, outsideDays } of cards)
        for (let day = 1; day <= 31; day++) {
          const text = `s${n} ${month}-${String(day).padStart(2, '0')}`;
          const bit = 1 << (day - 1);
          if ((homeDays & bit) !== 0) kept.add(`${text} home`);
          if ((outsideDays & bit) !== 0) kept.add(`${text} outside`);
        }
    }
  return kept;
}

/** Runs one world for its three days, and returns how many requests were compared. */
async function round(seed: number, keyring: Keyring): Promise<number> {
  const random = randomFrom(seed);
  const world = randomWorld(random);
  const ledger = memoryLedger();
  const evidence = new Set<string>();
  let now = 0;
  const clock = (): number => now;
  now = Date.parse(`${DAYS[0]}T01:00:00Z`);
  const gate = await openGate({
    table: await tableOf(world),
    offers: world.offers as never,
    clock,
    evidence: { ledger, keyring, acceptClock: true },
  });
  for (const day of DAYS) {
    now = Date.parse(`${day}T12:00:00Z`);
    for (let n = 0; n < REQUESTS; n++) {
      const request = randomRequest(random, world);
      const { verdict, reason } = slowDecide(world, request, day, evidence);
      const decision = gate.decide(request as AccessRequest);
      if (decision.verdict !== verdict || decision.reason !== reason)
        throw new Error(
          `seed ${seed}: ${JSON.stringify(request)} is ${decision.reason}, not ${reason}`,
        );
    }
    await gate.flush();
  }
  const kept = await keptIn(ledger, keyring);
  if (kept.size !== evidence.size || [...evidence].some(each => !kept.has(each)))
    throw new Error(`seed ${seed}: other evidence is kept`);
  await gate.close();
  return DAYS.length * REQUESTS;
}

it(
  `agrees with a slow gate on verdict, reason and evidence, in worlds from seed ${FIRST}`,
  async () => {
    const end = Date.now() + MINUTES * 60_000;
    const keyring = await newKeyring();
    let rounds = 0;
    let requests = 0;
    while (rounds < ROUNDS || Date.now() < end) requests += await round(FIRST + rounds++, keyring);
    process.stdout.write(
      `soak: ${requests} requests in ${rounds} worlds from seed ${FIRST}, none decided or kept differently\n`,
    );
    expect(requests).toBe(rounds * DAYS.length * REQUESTS);
  },
  MINUTES * 60_000 + 120_000,
);
