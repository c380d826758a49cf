/** Eight gateways on one ledger, killed and started anew at random, while the servers fail: what was acknowledged has to be there at the end. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Ledger } from '../../../src/entry/ledger.ts';
import type { Keyring } from '../../../src/index.ts';
import { newPlaces } from './kill.ts';
import { type Fed, startGateway } from './witness.ts';

const GATEWAYS = 8;
/** Fewer than are fed: every subscriber is seen by several gateways. */
const SUBSCRIBERS = 300;

export interface FleetPlaces {
  /** What a gateway opens its ledger with; its spool is put beside. */
  readonly ledger: object;
  readonly keyring: object | string;
  /** Between two rounds, and in the middle of one. */
  readonly trouble: (round: number) => Promise<void> | void;
}

interface Witness {
  readonly acknowledged: Set<string>;
  readonly fed: Set<string>;
}

const WAIT = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

async function feed(gateway: Fed, random: () => number, count: number): Promise<string[]> {
  const sights: string[] = [];
  for (let n = 0; n < count; n++) {
    const subscriber = `s${Math.floor(random() * SUBSCRIBERS)}`;
    const side = random() < 0.5 ? 'home' : 'outside';
    sights.push(`${subscriber} ${side}`);
    gateway.decide(subscriber, side === 'home' ? '2.1.1.1' : '3.1.1.1');
    if (n % 25 === 0) await WAIT(random() * 20);
  }
  return sights;
}

/** As a supervisor does: a gateway that finds no ledger when it starts ends, and is started again. */
async function startAgain(places: Parameters<typeof startGateway>[0], tries = 20): Promise<Fed> {
  try {
    return await startGateway(places);
  } catch (error) {
    if (tries === 0) throw error;
    await WAIT(500);
    return startAgain(places, tries - 1);
  }
}

/** One life of a gateway: fed, and killed, unless it is the last. */
async function live(
  places: Parameters<typeof startGateway>[0],
  random: () => number,
  isLast: boolean,
  witness: Witness,
) {
  const gateway = await startAgain(places);
  const sights = await feed(gateway, random, 150 + Math.floor(random() * 150));
  for (const sight of sights) witness.fed.add(sight);
  if (isLast) {
    gateway.child.kill('SIGTERM');
    await gateway.waitFor(/^closed /);
    const left = await gateway.waitFor(/^left /);
    if (left !== 'left 0') throw new Error(`the spool did not drain: ${left}`);
  } else {
    await WAIT(random() * 200);
    gateway.child.kill('SIGKILL');
  }
  await gateway.end();
  for (const sight of sights.slice(0, gateway.acknowledged())) witness.acknowledged.add(sight);
  return gateway.lines.filter(line => line.startsWith('lost')).length;
}

/** Runs the fleet; answers what the witness saw. */
export async function runFleet(
  { ledger, keyring, trouble }: FleetPlaces,
  rounds: number,
  random: () => number,
) {
  const { folder, table } = await newPlaces();
  const witness: Witness = { acknowledged: new Set(), fed: new Set() };
  let failures = 0;
  const placesOf = (n: number) => ({
    table,
    ledger: JSON.stringify({
      ...ledger,
      spool: join(folder, `spool-${n}.db`),
      register: join(folder, 'register.db'),
    }),
    keyring: typeof keyring === 'string' ? keyring : JSON.stringify(keyring),
  });
  for (let round = 0; round < rounds; round++) {
    const lives = Array.from({ length: GATEWAYS }, (_, n) =>
      live(placesOf(n), random, false, witness),
    );
    const [counts] = await Promise.all([Promise.all(lives), WAIT(1200).then(() => trouble(round))]);
    failures += counts.reduce((sum, count) => sum + count, 0);
  }
  for (let n = 0; n < GATEWAYS; n++) failures += await live(placesOf(n), random, true, witness);
  return { ...witness, failures };
}

export const newWrap = (): string => randomBytes(32).toString('hex');

/** The sights that the cards tell of. */
export async function sightsIn(ledger: Ledger, keyring: Keyring): Promise<Set<string>> {
  const months = [
    ...new Set(
      [-1, 0].map(day => new Date(Date.now() + day * 86_400_000).toISOString().slice(0, 7)),
    ),
  ];
  const found = new Set<string>();
  for (const month of months) {
    await keyring.ensureMonth(month);
    for (let n = 0; n < SUBSCRIBERS; n++) {
      const [card] = await ledger.cards([
        { month, pseudonym: keyring.cardPseudonym(`s${n}`, month)! },
      ]);
      if (card !== undefined && card.homeDays !== 0) found.add(`s${n} home`);
      if (card !== undefined && card.outsideDays !== 0) found.add(`s${n} outside`);
    }
  }
  return found;
}
