/**
 * `npm run faults:kill`: kill -9 at random moments. Nothing that was acknowledged is lost, and
 * nothing else is stored.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ledger } from '../../../src/entry/ledger.ts';
import { type Keyring, openKeyring } from '../../../src/index.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite.ts';
import { compileBundle } from '../../../src/tables/compile.ts';
import { type GatewayPaths, startGateway } from './witness.ts';

export interface KillResult {
  readonly runs: number;
  readonly acknowledged: number;
  readonly lost: number;
  readonly foreign: number;
}

/** A folder with a small table; the gateway creates keyring and ledger. */
export async function newPaths(): Promise<GatewayPaths & { readonly folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'faults-'));
  writeFileSync(join(folder, 'rows.csv'), '2.0.0.0/8,FR\n3.0.0.0/8,ES\n');
  const table = join(folder, 'zones.bin');
  writeFileSync(
    table,
    await compileBundle({ sources: [{ path: join(folder, 'rows.csv'), built: '2026-11-01' }] }),
  );
  return { folder, table, ledger: join(folder, 'ledger.db'), keyring: join(folder, 'keys') };
}

interface Sighting {
  readonly subscriber: string;
  readonly side: 'home' | 'outside';
}

const months = (): string[] => [
  ...new Set(
    [-1, 0].map(days => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 7)),
  ),
];

/** The sides that are recorded for a subscriber. */
async function sidesOf(ledger: Ledger, keyring: Keyring, subscriber: string): Promise<Set<string>> {
  const cards = await ledger.cards(
    months()
      .flatMap(month => ({ month, pseudonym: keyring.cardPseudonym(subscriber, month) ?? '' }))
      .filter(({ pseudonym }) => pseudonym !== ''),
  );
  return new Set(
    cards.flatMap(({ homeDays, outsideDays }) => [
      homeDays === 0 ? '' : 'home',
      outsideDays === 0 ? '' : 'outside',
    ]),
  );
}

const FIRST_BATCH = 40;

/**
 * Feeds a gateway and kills it somewhere in the middle. Returns what was sent and how much of that
 * was acknowledged.
 */
async function feedAndKill(
  paths: GatewayPaths,
  run: number,
  random: () => number,
): Promise<{ fed: Sighting[]; acknowledged: number }> {
  const gateway = await startGateway(paths);
  const fed: Sighting[] = [];
  const killAfter = Math.floor(random() * 400);
  for (let n = 0; n < 400; n++) {
    const side = random() < 0.5 ? 'home' : 'outside';
    const subscriber = `r${run}-${Math.floor(random() * 150)}`;
    fed.push({ subscriber, side });
    gateway.decide(subscriber, side === 'home' ? '2.1.1.1' : '3.1.1.1');
    if (n % 20 === 0) await new Promise(resolve => setTimeout(resolve, random() * 3));
    // Every other death comes after the first acknowledgement, however slow the disk; the others
    // may come before it.
    while (run % 2 === 0 && n >= FIRST_BATCH && gateway.acknowledged() === 0)
      await new Promise(resolve => setTimeout(resolve, 1));
    if (n === killAfter) break;
  }
  await new Promise(resolve => setTimeout(resolve, random() * 8));
  gateway.child.kill('SIGKILL');
  await gateway.end();
  return { fed, acknowledged: gateway.acknowledged() };
}

/** Repeats this on one ledger that outlives all the deaths. */
export async function killRuns(runs: number, random: () => number): Promise<KillResult> {
  const paths = await newPaths();
  let acknowledged = 0;
  let lost = 0;
  let foreign = 0;
  const everFed = new Set<string>();
  for (let run = 0; run < runs; run++) {
    const result = await feedAndKill(paths, run, random);
    acknowledged += result.acknowledged;
    const keyring = await openKeyring(paths.keyring);
    const ledger = await openSqliteLedger(paths.ledger);
    for (const [index, { subscriber, side }] of result.fed.entries()) {
      everFed.add(`${subscriber} ${side}`);
      if (index < result.acknowledged && !(await sidesOf(ledger, keyring, subscriber)).has(side))
        lost++;
    }
    const cards = (await ledger.months()).reduce((sum, month) => sum + month.cards, 0);
    const mine = new Set(result.fed.map(({ subscriber }) => subscriber));
    for (const subscriber of mine) {
      for (const side of await sidesOf(ledger, keyring, subscriber))
        if (side !== '' && !everFed.has(`${subscriber} ${side}`)) foreign++;
    }
    if (cards > new Set([...everFed].map(each => each.split(' ')[0])).size) foreign++;
    if ((await ledger.verify()).length > 0) lost++;
    await ledger.close();
  }
  rmSync(paths.folder, { recursive: true });
  return { runs, acknowledged, lost, foreign };
}
