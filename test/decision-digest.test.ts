/**
 * Runs two days of demo traffic through the whole library: HTTP gateway, gate, ledger on disk,
 * rights, report.
 *
 * The digest of every decision may change only with a `(*)` line in the CHANGELOG. `DECISIONS=write
 * npx vitest run test/decision-digest.test.ts` writes a new digest, and refuses to do so without
 * such a line.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastify, { type FastifyRequest } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoTraffic } from '../src/cli/demo-traffic.ts';
import { buildReport, openDesk, verifyJournal } from '../src/entry/desk.ts';
import type { Ledger } from '../src/entry/ledger.ts';
import { laissezPasser } from '../src/http/fastify.ts';
import { type Gate, type Keyring, openGate, REASONS } from '../src/index.ts';
import { openSqliteLedger } from '../src/ledger/sqlite.ts';
import { newKeyring, noon } from './support/gate.ts';
import { inFolder } from './support/tables.ts';

const FILE = fileURLToPath(new URL('./decision-digest.json', import.meta.url));
const CHANGELOG = readFileSync(new URL('../CHANGELOG.md', import.meta.url), 'utf8');
const starred = CHANGELOG.split('\n').filter(line => line.startsWith('- (*)')).length;
const SEED = 2017;
const REQUESTS = 60_000;
const SERVED = 400;
const requests = demoTraffic(SEED, REQUESTS);

describe('two days of demo traffic', () => {
  const time = { now: noon('2026-11-22') };
  let gate: Gate;
  let ledger: Ledger;
  let keyring: Keyring;
  const reasons: string[] = [];
  const desk = () => openDesk({ ledger, keyring, agent: 'Claire', clock: () => time.now });
  beforeAll(async () => {
    [ledger, keyring] = [await openSqliteLedger(inFolder('ledger.db')), await newKeyring()];
    const offers = {
      free: { paid: false },
      lenient: { unknown: 'tolerate', unverified: 'grant', homeUnlicensed: 'grant' },
    } as const;
    gate = await openGate({
      offers,
      clock: () => time.now,
      evidence: { ledger, keyring, batchMs: 5 },
    });
    for (const [n, request] of requests.entries()) {
      if (n === REQUESTS / 2) time.now = noon('2026-11-23');
      const offer = ['default', 'default', 'default', 'free', 'lenient'][n % 5];
      reasons.push(gate.decide({ ...request, offer }).reason);
    }
    await gate.flush();
  });
  afterAll(async () => {
    await gate.close();
    await ledger.close();
  });

  it('are decided as before, unless the CHANGELOG says otherwise', () => {
    const digest = createHash('sha256').update(reasons.join()).digest('hex');
    const kept = JSON.parse(readFileSync(FILE, 'utf8')) as { digest: string; starred: number };
    if (process.env['DECISIONS'] === 'write' && kept.digest !== digest) {
      expect(starred, 'a new digest needs a (*) line in the CHANGELOG').toBeGreaterThan(
        kept.starred,
      );
      writeFileSync(FILE, `${JSON.stringify({ digest, starred }, null, 2)}\n`);
      return;
    }
    expect({ digest, isStarred: starred >= kept.starred }).toEqual({
      digest: kept.digest,
      isStarred: true,
    });
  });

  it('are counted completely, by reason and by day', async () => {
    const { decided, evidence } = gate.health();
    const { recorded, alreadyKnown, notRecordable, pending, failed } = evidence!;
    const sum = (counts: object): number =>
      Object.values(counts).reduce((all: number, each) => all + Number(each), 0);
    expect(decided).toBe(REQUESTS);
    expect(recorded + alreadyKnown + sum(notRecordable) + pending + sum(failed)).toBe(REQUESTS);
    expect([pending, sum(failed)]).toEqual([0, 0]);
    const tally = await ledger.tally('2026-11-22', '2026-11-23');
    for (const reason of REASONS) {
      const counted = tally
        .filter(row => row.reason === reason)
        .reduce((all, { count }) => all + count, 0);
      expect([reason, counted]).toEqual([reason, reasons.filter(each => each === reason).length]);
    }
  });

  it('give the same decisions over HTTP, request by request', async () => {
    const app = fastify();
    const header = (request: FastifyRequest, name: string) => request.headers[name] as string;
    await app.register(async scope => {
      await scope.register(laissezPasser, {
        gate,
        trusted: ['loopback'],
        subscriber: (request: FastifyRequest) => header(request, 'x-account'),
        standing: (request: FastifyRequest) => header(request, 'x-standing') as never,
      });
      scope.get('/', async request => request.laissezPasser!.code);
    });
    for (const { subscriber, standing, address } of requests.slice(0, SERVED)) {
      const headers = {
        'x-account': subscriber,
        'x-standing': standing,
        'x-forwarded-for': address,
      };
      const { statusCode, body } = await app.inject({ url: '/', headers });
      const { verdict, code } = gate.decide({ subscriber, standing, address });
      expect([statusCode < 400, body.includes(code)], `${standing} ${code}`).toEqual([
        verdict !== 'refused',
        true,
      ]);
    }
    await app.close();
  });

  it('export and erase one subscriber, and leave no subscriber in the report', async () => {
    const seen = requests.find(
      ({ standing, place }) => standing === 'verified' && place.name.en === 'travelling in Spain',
    )!.subscriber;
    const own = await desk().export(seen, { reason: 'access-request' });
    expect(JSON.stringify(own)).toContain('2026-11');
    await desk().erase(seen, { reason: 'erasure-request' });
    expect(
      await ledger.cards([
        { month: '2026-11', pseudonym: keyring.cardPseudonym(seen, '2026-11')! },
      ]),
    ).toEqual([]);
    expect(await verifyJournal(ledger.personRecords, keyring)).toEqual([]);
    time.now = noon('2026-12-05');
    const report = await buildReport(
      ledger,
      { from: '2026-11', to: '2026-11' },
      { today: '2026-12-05', library: 'test' },
    );
    expect(JSON.stringify(report)).not.toContain(seen);
    expect(await ledger.verify()).toEqual([]);
  });
});
