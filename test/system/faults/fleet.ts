/**
 * Runs eight gateways on one ledger, kills and restarts them at random while the servers fail, and
 * returns what was acknowledged.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Ledger } from '../../../src/entry/ledger.ts';
import type { Keyring } from '../../../src/index.ts';
import { newPaths } from './kill.ts';
import { type Fed, startGateway } from './witness.ts';

const GATEWAYS = 8;
/** Fewer than the requests, so that several gateways see every subscriber. */
const SUBSCRIBERS = 300;

export interface FleetOptions {
  /** What a gateway opens its ledger with; its spool lies in the folder of the fleet. */
  readonly ledger: object;
  readonly keyring: object | string;
  /** Called in the middle of each round, to break something. */
  readonly trouble: (round: number) => Promise<void> | void;
}

interface Witness {
  readonly acknowledged: Set<string>;
  readonly fed: Set<string>;
}

const wait = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

async function feed(gateway: Fed, random: () => number, count: number): Promise<string[]> {
  const sightings: string[] = [];
  for (let n = 0; n < count; n++) {
    const subscriber = `s${Math.floor(random() * SUBSCRIBERS)}`;
    const side = random() < 0.5 ? 'home' : 'outside';
    sightings.push(`${subscriber} ${side}`);
    gateway.decide(subscriber, side === 'home' ? '2.1.1.1' : '3.1.1.1');
    if (n % 25 === 0) await wait(random() * 20);
  }
  return sightings;
}

/**
 * Retries as a supervisor does: a gateway that finds no ledger at its start ends, and is started
 * again.
 */
async function startAgain(paths: Parameters<typeof startGateway>[0], tries = 20): Promise<Fed> {
  try {
    return await startGateway(paths);
  } catch (error) {
    if (tries === 0) throw error;
    await wait(500);
    return startAgain(paths, tries - 1);
  }
}

/** One life of a gateway: fed, and killed, unless it is the last. */
async function live(
  paths: Parameters<typeof startGateway>[0],
  random: () => number,
  isLast: boolean,
  witness: Witness,
) {
  const gateway = await startAgain(paths);
  const sightings = await feed(gateway, random, 150 + Math.floor(random() * 150));
  for (const sighting of sightings) witness.fed.add(sighting);
  if (isLast) {
    gateway.child.kill('SIGTERM');
    await gateway.waitFor(/^closed /);
    const left = await gateway.waitFor(/^left /);
    if (left !== 'left 0') throw new Error(`the spool did not drain: ${left}`);
  } else {
    await wait(random() * 200);
    gateway.child.kill('SIGKILL');
  }
  await gateway.end();
  for (const sighting of sightings.slice(0, gateway.acknowledged()))
    witness.acknowledged.add(sighting);
  return gateway.lines.filter(line => line.startsWith('lost')).length;
}

/** Runs the fleet, and returns what was fed and what was acknowledged. */
export async function runFleet(
  { ledger, keyring, trouble }: FleetOptions,
  rounds: number,
  random: () => number,
) {
  const { folder, table } = await newPaths();
  const witness: Witness = { acknowledged: new Set(), fed: new Set() };
  let failures = 0;
  const pathsOf = (n: number) => ({
    table,
    ledger: JSON.stringify({
      ...ledger,
      spool: join(folder, `spool-${n}.db`),
      personRecords: join(folder, 'person-records.db'),
    }),
    keyring: typeof keyring === 'string' ? keyring : JSON.stringify(keyring),
  });
  for (let round = 0; round < rounds; round++) {
    const lives = Array.from({ length: GATEWAYS }, (_, n) =>
      live(pathsOf(n), random, false, witness),
    );
    const [counts] = await Promise.all([Promise.all(lives), wait(1200).then(() => trouble(round))]);
    failures += counts.reduce((sum, count) => sum + count, 0);
  }
  for (let n = 0; n < GATEWAYS; n++) failures += await live(pathsOf(n), random, true, witness);
  return { ...witness, failures };
}

export const newWrap = (): string => randomBytes(32).toString('hex');

/** Lists the subscribers and sides that the cards hold. */
export async function sightingsIn(
  ledger: Ledger,
  keyring: Keyring,
  subscribers: readonly string[] = Array.from({ length: SUBSCRIBERS }, (_, n) => `s${n}`),
): Promise<Set<string>> {
  const months = [
    ...new Set(
      [-1, 0].map(day => new Date(Date.now() + day * 86_400_000).toISOString().slice(0, 7)),
    ),
  ];
  const found = new Set<string>();
  for (const month of months) {
    await keyring.ensureMonth(month);
    const names = new Map(
      subscribers.map(subscriber => [keyring.cardPseudonym(subscriber, month)!, subscriber]),
    );
    const keys = [...names.keys()].map(pseudonym => ({ month, pseudonym }));
    for (let from = 0; from < keys.length; from += 500)
      for (const card of await ledger.cards(keys.slice(from, from + 500))) {
        const subscriber = names.get(card.pseudonym);
        if (card.homeDays !== 0) found.add(`${subscriber} home`);
        if (card.outsideDays !== 0) found.add(`${subscriber} outside`);
      }
  }
  return found;
}
