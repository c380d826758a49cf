/**
 * Tests that an option which is `undefined` behaves as one that is left out, for every options
 * object of the library.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type DeskOptions,
  type DeskReason,
  type EraseOptions,
  openDesk,
  type Periods,
} from '../../src/entry/desk.ts';
import { memoryLedger } from '../../src/entry/ledger.ts';
import {
  openPostgresKeyring,
  openPostgresLedger,
  type PostgresOptions,
} from '../../src/entry/postgres.ts';
import {
  type CompileOptions,
  compileZoneTable,
  type Guards,
  type Licence,
  type Limits,
  type Overlay,
  publishTable,
  type Source,
  type WatchOptions,
  watchZoneTable,
} from '../../src/entry/tables.ts';
import { guardViolations } from '../../src/geo/guard-violations.ts';
import { checkGuards } from '../../src/geo/guards.ts';
import { intervalsOf } from '../../src/geo/table-intervals.ts';
import { type MetricsOptions, registerMetrics } from '../../src/http/metrics.ts';
import {
  type AccessRequest,
  checkMeans,
  type DossierEvent,
  decideRule,
  type EvidenceOptions,
  type GateOptions,
  type KeySupply,
  type MeansOptions,
  type OfferChoices,
  openGate,
  openKeyring,
  openSuppliedKeyring,
  PortabilityError,
  parseEvent,
  purge,
  type ResidenceOptions,
  type RetentionOptions,
  type Safeguard,
  type TerritoryOptions,
  zoneOfTerritory,
} from '../../src/index.ts';
import { openRedisLedger, type RedisOptions } from '../../src/ledger/redis.ts';
import { openSpool, openSqliteLedger, type SpoolOptions } from '../../src/ledger/sqlite.ts';
import { newKeyring, noon, table } from '../support/gate.ts';

const folder = mkdtempSync(join(tmpdir(), 'left-out-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const own = join(folder, 'own.csv');
const built = '2026-11-01';
writeFileSync(own, '2.0.0.0/8,FR\n3.0.0.0/8,ES\n');

type OptionalNames<Options> = {
  [Name in keyof Options]-?: Record<never, never> extends Pick<Options, Name> ? Name : never;
}[keyof Options];

/** Every optional name of the options, each as `undefined`: the compiler requires all of them. */
type LeftOut<Options> = Record<OptionalNames<Options>, undefined>;

/** One options object: its required fields, and what its use results in. */
interface Case {
  readonly name: string;
  readonly undefinedOnes: object;
  readonly see: (more: object) => unknown;
}

const caseOf = <Options>(
  name: string,
  undefinedOnes: LeftOut<Options>,
  see: (more: Partial<Options>) => unknown,
): Case => ({ name, undefinedOnes: undefinedOnes as object, see: see as Case['see'] });

/** The outcome of work that may be refused, in a form that can be compared. */
const settled = async (work: () => unknown): Promise<unknown> => {
  try {
    return await work();
  } catch (error) {
    return error instanceof PortabilityError
      ? { code: error.code, message: error.message }
      : { thrown: String(error) };
  }
};

const candidate = { table, intervals: intervalsOf(table.share()) };
const clock = () => noon('2026-11-22');
const request: AccessRequest = { subscriber: 's', standing: 'verified', address: '3.1.1.1' };

/** The decision and the counts of a gate that decides one request. */
async function decided(options: GateOptions): Promise<unknown> {
  const gate = await openGate({
    table,
    clock,
    ...options,
    ...(options.table === undefined && { table }),
  });
  const decision = gate.decide(request);
  await gate.flush();
  const { status, evidence } = gate.health();
  await gate.close();
  return { decision, status, evidence };
}

const store = async () => ({ ledger: memoryLedger(), keyring: await newKeyring() });

const supply: KeySupply = { key: async name => Buffer.alloc(32, name) };

const CONCLUDED = { type: 'contract-concluded', on: '2026-01-10' } as const;
const VERIFIED = {
  type: 'residence-verified',
  on: '2026-01-10',
  outcome: 'home',
  means: ['a'],
  occasion: 'conclusion',
  by: 'provider',
} as const;
const WAIVED = { type: 'verification-waived', on: '2026-01-10' } as const;

const CASES: readonly Case[] = [
  caseOf<GateOptions>(
    'a gate',
    {
      table: undefined,
      compileWorker: undefined,
      offers: undefined,
      evidence: undefined,
      residence: undefined,
      clock: undefined,
      maxTableAgeDays: undefined,
    },
    async more => {
      const gate = await openGate(more);
      const { status, edition, evidence } = gate.health();
      return { decision: gate.decide(request), status, edition, evidence };
    },
  ),
  caseOf<OfferChoices>(
    'an offer',
    {
      paid: undefined,
      portable: undefined,
      unknown: undefined,
      anonymised: undefined,
      disputed: undefined,
      unverified: undefined,
      homeUnlicensed: undefined,
    },
    async more => [
      await decided({ offers: { default: more } }),
      decideRule(table.locate('3.1.1.1'), 'verified', more),
    ],
  ),
  caseOf<EvidenceOptions>(
    'evidence',
    {
      closesStores: undefined,
      notice: undefined,
      detail: undefined,
      retentionMonths: undefined,
      journalMonths: undefined,
      requestMonths: undefined,
      purges: undefined,
      onFailure: undefined,
      country: undefined,
      safeguard: undefined,
      memoryMegabytes: undefined,
      queueMegabytes: undefined,
      acceptClock: undefined,
      batchSize: undefined,
      batchMs: undefined,
    },
    async more => decided({ evidence: { ...(await store()), ...more } }),
  ),
  caseOf<Exclude<Safeguard, string>>('a safeguard', { scope: undefined }, async more =>
    settled(async () =>
      decided({
        evidence: { ...(await store()), country: 'JP', safeguard: { adequacy: true, ...more } },
      }),
    ),
  ),
  caseOf<ResidenceOptions>(
    'residence',
    { waivers: undefined, ttlMs: undefined, max: undefined },
    async more => decided({ evidence: await store(), residence: more }),
  ),
  caseOf<CompileOptions>(
    'compiling',
    {
      overlays: undefined,
      home: undefined,
      on: undefined,
      licence: undefined,
      clock: undefined,
      limits: undefined,
      compileWorker: undefined,
      onStep: undefined,
    },
    async more => (await compileZoneTable({ sources: [{ path: own, built }], ...more })).edition.id,
  ),
  caseOf<Licence>('a licence', { also: undefined, except: undefined }, async more => {
    const { edition } = await compileZoneTable({ sources: [{ path: own, built }], licence: more });
    return [edition.id, edition.licence];
  }),
  caseOf<Source>(
    'a source',
    {
      name: undefined,
      sha256: undefined,
      built: undefined,
      licence: undefined,
      locations: undefined,
    },
    async more => [
      (await compileZoneTable({ sources: [{ path: own, ...more, built }] })).edition.sources,
      await settled(() => compileZoneTable({ sources: [{ path: own, ...more }] })),
    ],
  ),
  caseOf<Overlay>(
    'an overlay',
    {
      name: undefined,
      sha256: undefined,
      built: undefined,
      licence: undefined,
      kind: undefined,
      fields: undefined,
    },
    async more =>
      (
        await compileZoneTable({
          sources: [{ path: own, built }],
          overlays: [{ path: own, ...more }],
        })
      ).edition.overlays,
  ),
  caseOf<Limits>(
    'limits',
    { seconds: undefined, megabytes: undefined },
    async more =>
      (await compileZoneTable({ sources: [{ path: own, built }], limits: more })).edition.id,
  ),
  caseOf<Guards>(
    'guards',
    {
      shares: undefined,
      sentinels: undefined,
      bundledSentinels: undefined,
      moved: undefined,
      families: undefined,
    },
    async more => [
      await settled(() => Object.keys(checkGuards(more)).length >= 0),
      guardViolations(candidate, undefined, [], more),
    ],
  ),
  caseOf<NonNullable<Guards['shares']>>(
    'shares of guards',
    {
      home: undefined,
      eea: undefined,
      outside: undefined,
      unknown: undefined,
      anonymised: undefined,
    },
    shares => [
      Object.keys(checkGuards({ shares })).length,
      guardViolations(candidate, undefined, [], { shares }),
    ],
  ),
  caseOf<WatchOptions>(
    'a watch',
    {
      archive: undefined,
      everyMs: undefined,
      quietMs: undefined,
      retryMs: undefined,
      longestRetryMs: undefined,
      guards: undefined,
      accept: undefined,
      limits: undefined,
      compileWorker: undefined,
      onEvent: undefined,
      clock: undefined,
    },
    async more => {
      const gate = await openGate({ table });
      const watch = watchZoneTable(gate, { sources: [{ path: own, built }] }, more);
      const { type } = await watch.check();
      watch.close();
      return type;
    },
  ),
  caseOf<NonNullable<Parameters<typeof publishTable>[2]>>(
    'publishing',
    { timeoutMs: undefined },
    async more => {
      const publisher = publishTable('left-out', table, more);
      const came = await publisher.replace(table);
      publisher.close();
      return came;
    },
  ),
  caseOf<TerritoryOptions>('a territory', { home: undefined, on: undefined }, more => [
    zoneOfTerritory('FR', more),
    zoneOfTerritory('ES', more),
  ]),
  caseOf<MeansOptions>('means', { postalAddressRegistered: undefined }, more =>
    checkMeans(['i', 'j'], { occasion: 'conclusion', ...more }),
  ),

  caseOf<Extract<DossierEvent, { type: 'contract-concluded' }>>(
    'a contract',
    { renewsEvery: undefined },
    more => parseEvent({ ...CONCLUDED, ...more }),
  ),
  caseOf<Extract<DossierEvent, { type: 'residence-verified' }>>(
    'a verification',
    { postalAddressRegistered: undefined },
    more => parseEvent({ ...VERIFIED, ...more }),
  ),
  caseOf<Extract<DossierEvent, { type: 'verification-waived' }>>(
    'a waiver',
    { until: undefined },
    more => parseEvent({ ...WAIVED, ...more }),
  ),
  caseOf<DeskOptions>(
    'a desk',
    {
      clock: undefined,
      periods: undefined,
      notice: undefined,
      waivers: undefined,
      secondAgent: undefined,
    },
    async more => {
      const desk = openDesk({ ...(await store()), agent: 'Claire', ...more });
      return (await desk.export('s', { reason: 'access-request' })).information;
    },
  ),
  caseOf<Periods>(
    'periods of an export',
    { months: undefined, journalMonths: undefined, requestMonths: undefined },
    async periods => {
      const desk = openDesk({ ...(await store()), agent: 'Claire', periods });
      return (await desk.export('s', { reason: 'access-request' })).information;
    },
  ),
  caseOf<DeskReason>('a reason', { reference: undefined, number: undefined }, async more => {
    const kept = await store();
    await openDesk({ ...kept, agent: 'Claire', clock }).export('s', {
      reason: 'access-request',
      ...more,
    });
    const { action, reason, reference } = (await kept.ledger.personRecords.journalHead())!;
    return [action, reason, reference];
  }),
  caseOf<EraseOptions>(
    'an erasure',
    { evenDossier: undefined, objectionUpheld: undefined },
    async more => {
      const desk = openDesk({ ...(await store()), agent: 'Claire', clock });
      await desk.record(
        's',
        { reason: 'residence-verification' },
        { ...CONCLUDED, renewsEvery: 12 },
      );
      return desk.erase('s', { reason: 'erasure-request' }, more);
    },
  ),
  caseOf<RetentionOptions>(
    'a purge',
    { months: undefined, keepDays: undefined, journalMonths: undefined, requestMonths: undefined },
    async more => {
      const { ledger, keyring } = await store();
      return purge(ledger, keyring, clock(), more);
    },
  ),
  caseOf<KeySupply>(
    'a supply of keys',
    { destroy: undefined, months: undefined, addTombstones: undefined, tombstones: undefined },
    async more => {
      const keyring = await openSuppliedKeyring({ ...supply, ...more });
      await keyring.ensureMonth('2026-11');
      return [
        keyring.cardPseudonym('s', '2026-11'),
        await keyring.tombstones(),
        keyring.listsMonths,
      ];
    },
  ),
  caseOf<NonNullable<Parameters<typeof openKeyring>[1]>>(
    'a keyring',
    { create: undefined, wrap: undefined },
    async more =>
      (await openKeyring(join(mkdtempSync(join(folder, 'keys-')), 'keys'), more)).months(),
  ),
  caseOf<NonNullable<Parameters<typeof openSqliteLedger>[1]>>(
    'a sqlite ledger',
    { create: undefined, acceptReadOnly: undefined, onCopy: undefined, sqliteWorker: undefined },
    async more => {
      const ledger = await openSqliteLedger(
        join(mkdtempSync(join(folder, 'ledger-')), 'ledger.db'),
        more,
      );
      await ledger.close();
      return ledger.kind;
    },
  ),
  caseOf<SpoolOptions>(
    'a spool',
    { megabytes: undefined, retryMs: undefined, sqliteWorker: undefined },
    async more => {
      const ledger = await openSpool(
        memoryLedger(),
        join(mkdtempSync(join(folder, 'spool-')), 'spool.db'),
        more,
      );
      const seen = await decided({ evidence: { ledger, keyring: await newKeyring() } });
      await ledger.close();
      return seen;
    },
  ),
  caseOf<PostgresOptions>(
    'a postgres ledger and keyring',
    {
      schema: undefined,
      connections: undefined,
      statementTimeout: undefined,
      connectTimeout: undefined,
      tls: undefined,
      create: undefined,
    },
    async more => [
      await settled(() => openPostgresLedger('postgres://127.0.0.1:1/none', more)),
      await settled(() => openPostgresLedger('postgres://other.example/none', more)),
      await settled(() =>
        openPostgresKeyring('postgres://127.0.0.1:1/none', { wrap: Buffer.alloc(32), ...more }),
      ),
    ],
  ),
  caseOf<RedisOptions>(
    'a redis ledger',
    {
      url: undefined,
      cluster: undefined,
      sentinel: undefined,
      client: undefined,
      tls: undefined,
      timeout: undefined,
      prefix: undefined,
      keepMonths: undefined,
      replicas: undefined,
      acceptLoss: undefined,
    },
    more => settled(() => openRedisLedger({ personRecords: memoryLedger(), ...more })),
  ),
  caseOf<MetricsOptions>('metrics', { prefix: undefined }, async more => {
    const registry = new Registry();
    registerMetrics(registry, await openGate({ table }), more);
    return registry.getMetricsAsArray().map(({ name }) => name);
  }),
];

describe('an option that is undefined equals one that is left out', () => {
  it.each(CASES)('of $name', async ({ undefinedOnes, see }) => {
    const expected = await see({});
    expect(expected).toBeDefined();
    expect(await see(undefinedOnes)).toEqual(expected);
    // Each also alone: another one could hide it.
    for (const name of Object.keys(undefinedOnes))
      expect([name, await see({ [name]: undefined })]).toEqual([name, expected]);
  });
});
