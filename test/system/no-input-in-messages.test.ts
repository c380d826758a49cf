import { inspect } from 'node:util';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import * as deskEntry from '../../src/entry/desk.ts';
import * as ledgerEntry from '../../src/entry/ledger.ts';
import * as tablesEntry from '../../src/entry/tables.ts';
import { parsePrefix } from '../../src/geo/prefix.ts';
import { laissezPasser as forExpress } from '../../src/http/express.ts';
import { registerMetrics } from '../../src/http/metrics.ts';
import * as lp from '../../src/index.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { newKeyring } from '../support/gate.ts';
import { fileOf, tableOf } from '../support/tables.ts';

/** What must never appear in a message, a stack or a cause. */
const CANARIES = ['81.2.69.142', '2a01:cb00:dead:beef::1', 'canary-subscriber-77'] as const;
const table = await tableOf(['2.0.0.0/8,FR']);
const trusted = lp.trustedPrefixes(['loopback']);

const ledger = ledgerEntry.memoryLedger();
const keyring = await newKeyring();
const openDesk = (operator = 'Anna') => deskEntry.openDesk({ ledger, keyring, agent: operator });
const VERIFIED = {
  type: 'residence-verified',
  on: '2026-01-01',
  outcome: 'home',
  means: ['a'],
  occasion: 'conclusion',
  by: 'provider',
};

/** Every public function that takes text, given a canary wherever text can go. */
const CALLS: Readonly<Record<string, (canary: string) => unknown>> = {
  explain: canary => lp.explain(canary),
  parseAddress: canary => lp.parseAddress(`${canary}x`),
  parsePrefix: canary => parsePrefix(canary),
  zoneOfTerritory: canary => lp.zoneOfTerritory(canary, { home: canary, on: canary }),
  'zoneOfTerritory on': canary => lp.zoneOfTerritory('FR', { on: canary }),
  'decideRule offer': canary =>
    lp.decideRule(table.locate('2.1.1.1'), 'verified', { [canary]: canary } as never),
  'decideRule answer': canary =>
    lp.decideRule(table.locate('2.1.1.1'), 'verified', { unknown: canary } as never),
  loadZoneTable: canary => lp.loadZoneTable(`/nowhere/${canary}`),
  'loadZoneTable bytes': canary => lp.loadZoneTable(Buffer.from(canary)),
  verifyZoneTable: canary => tablesEntry.verifyZoneTable(canary),
  'compileZoneTable path': canary => tablesEntry.compileZoneTable({ sources: [{ path: canary }] }),
  'compileZoneTable row': canary =>
    tablesEntry.compileZoneTable({
      sources: [{ path: fileOf(`${canary}\n`), built: '2026-11-01' }],
    }),
  'compileZoneTable range': canary =>
    tablesEntry.compileZoneTable({
      sources: [{ path: fileOf(`${canary},${canary},${canary},x\n`), built: '2026-11-01' }],
    }),
  'compileZoneTable overlap': () =>
    tablesEntry.compileZoneTable({
      sources: [{ path: fileOf('81.2.69.142/32,FR\n81.2.69.142/32,ES\n'), built: '2026-11-01' }],
    }),
  'compileZoneTable licence': canary =>
    tablesEntry.compileZoneTable({
      sources: [{ path: fileOf('2.0.0.0/8,FR'), built: '2026-11-01' }],
      licence: { also: [canary] },
    }),
  'compileZoneTable overlay': canary =>
    tablesEntry.compileZoneTable({
      sources: [{ path: fileOf('2.0.0.0/8,FR'), built: '2026-11-01' }],
      overlays: [
        {
          path: fileOf(`2.0.0.0/8,${canary},${canary},${canary}`),
          kind: 'corrections',
          name: canary,
        },
      ],
    }),
  'compileZoneTable geofeed': canary =>
    tablesEntry.compileZoneTable({
      sources: [{ path: fileOf('2.0.0.0/8,FR'), built: '2026-11-01' }],
      overlays: [{ path: fileOf(`${canary}x,FR`), kind: 'geofeed' }],
    }),
  'watchZoneTable path': async canary => {
    const watch = tablesEntry.watchZoneTable(await lp.openGate({ table }), `/nowhere/${canary}`);
    const event = await watch.check();
    watch.close();
    throw event.type === 'refused' ? event.error : event;
  },
  'watchZoneTable guards': async canary => {
    const guards = {
      sentinels: [{ address: canary.includes('c') ? '81.2.69.142' : canary, zone: 'home' }],
    } as const;
    const gate = await lp.openGate({ table });
    const watch = tablesEntry.watchZoneTable(
      gate,
      { sources: [{ path: fileOf('2.0.0.0/8,ES'), built: '2026-11-01' }] },
      { guards },
    );
    const event = await watch.check();
    watch.close();
    throw new Error(inspect(event, { depth: 9 }));
  },
  'openGate table': canary => lp.openGate({ table: canary }),
  'openGate offers': canary =>
    lp.openGate({ table, offers: { [canary]: { unknown: canary } } as never }),
  'openGate decide': async canary => {
    const gate = await lp.openGate({ table });
    gate.decide({
      subscriber: canary,
      standing: canary as lp.Standing,
      address: canary,
      offer: canary,
      channel: canary,
    });
    throw new Error(inspect(gate.health(), { depth: 9 }));
  },
  'openGate ask': async canary => {
    const gate = await lp.openGate({ table });
    await gate.decideAsync({ subscriber: canary, address: canary, offer: canary });
  },
  clientAddress: canary =>
    lp.clientAddress({ peer: canary, forwardedFor: canary, trusted: canary as never }),
  trustedPrefixes: canary => lp.trustedPrefixes([`${canary}/33`]),
  'express plugin': canary => forExpress({ gate: canary as never, subscriber: canary as never }),
  'express plugin trusted': async canary =>
    forExpress({
      gate: await lp.openGate({ table }),
      subscriber: () => canary,
      trusted: [`${canary}/99`],
    }),
  'express plugin header': async canary =>
    forExpress({
      gate: await lp.openGate({ table }),
      subscriber: () => canary,
      header: `${canary} x`,
    }),
  'openGate evidence': canary =>
    lp.openGate({
      table,
      evidence: {
        ledger: ledgerEntry.memoryLedger(),
        keyring: {} as never,
        country: canary,
        safeguard: canary as never,
      },
    }),
  openKeyring: canary => lp.openKeyring(`/nowhere/${canary}/keys`),
  openSqliteLedger: canary => openSqliteLedger(`/nowhere/${canary}.db`),
  checkRecipient: canary => deskEntry.checkRecipient(canary),
  parseEvent: canary => lp.parseEvent({ type: canary, on: canary, [canary]: canary }),
  'parseEvent field': canary =>
    lp.parseEvent({ type: 'doubt-raised', on: '2026-01-01', reason: canary, [canary]: canary }),
  'parseEvent means': canary => lp.parseEvent({ ...VERIFIED, means: [canary], by: canary }),
  standingAt: canary => lp.standingAt({ events: [canary as never] }, canary),
  'desk reason': canary => openDesk().show(canary, { reason: canary as never }),
  'desk reference': canary => openDesk().show(canary, { reason: 'audit', reference: canary }),
  'desk operator': canary => openDesk(canary).show(canary, { reason: 'audit' }),
  'desk event': canary =>
    openDesk().record(canary, { reason: 'audit' }, { type: canary, on: canary } as never),
  'desk undo': canary => openDesk().undo(canary, { reason: 'audit' }, canary as never),
  'desk dispute': canary =>
    openDesk().dispute(canary, { reason: 'audit' }, canary, canary as never),
  'desk hold': canary => openDesk().hold(canary, { reason: 'audit' }, canary as never, canary),
  'desk exception': canary =>
    openDesk().except(canary, { reason: 'audit' }, canary as never, canary),
  'desk directive': canary =>
    openDesk().direct(canary, { reason: 'audit' }, canary as never, canary),
  'desk restrict': canary => openDesk().restrict(canary, { reason: 'audit' }, canary as never),
  'desk lift': canary => openDesk().lift(canary, { reason: 'audit' }, canary as never),
  'desk release': canary => openDesk().release(canary, { reason: 'audit' }),
  'desk request': canary =>
    openDesk().openRequest(canary, { reason: 'audit' }, canary as never, canary),
  'desk answer': canary => openDesk().answerRequest(canary, { reason: 'audit' }, canary as never),
  verifyJournal: canary => deskEntry.verifyJournal(ledger.personRecords, keyring, canary),
  buildReport: canary =>
    deskEntry.buildReport(ledger, { from: canary, to: canary }, { today: canary, library: canary }),
  loadStanding: async canary => {
    const down = {
      ...ledger.personRecords,
      residencesOf: async () => Promise.reject(new lp.PortabilityError('ERR_LEDGER_OPEN', 'down')),
    };
    const gate = await lp.openGate({
      table,
      evidence: { ledger: { ...ledger, personRecords: down }, keyring },
    });
    await gate.loadStanding(canary);
  },
  'a ledger that is closed': async canary => {
    const ledger = ledgerEntry.memoryLedger();
    await ledger.close();
    await ledger.cards([{ month: canary, pseudonym: canary }]);
  },
};

/** Calls that take a path: the operator chose it, and a message names it. */
const NAME_A_PATH = [
  'loadZoneTable',
  'verifyZoneTable',
  'compileZoneTable path',
  'watchZoneTable path',
  'openGate table',
  'openKeyring',
  'openSqliteLedger',
];

describe('an error about a path names it', () => {
  it.each(NAME_A_PATH)('%s', async name => {
    for (const canary of CANARIES) {
      const error = await Promise.resolve()
        .then(() => CALLS[name]!(canary))
        .catch(caught => caught as lp.PortabilityError);
      if (!(error instanceof lp.PortabilityError)) throw new Error('it did not fail');
      expect(error.path).toContain(canary);
      expect(error.message).toBe(`${error.text.en} (${error.path}: ENOENT)`);
      expect(error.text.en).not.toContain(canary);
      expect(error.cause).toBeUndefined();
    }
  });
});

describe('no message holds an address or a subscriber', () => {
  const others = Object.entries(CALLS).filter(([name]) => !NAME_A_PATH.includes(name));

  it.each(others)('%s', async (_, call) => {
    for (const canary of CANARIES) {
      const outcome = await Promise.resolve()
        .then(() => call(canary))
        .catch(error => error);
      if (outcome instanceof lp.PortabilityError)
        expect(outcome.message).toMatch(/^[a-z][^\n]*[^.]$/);
      const text = outcome instanceof Error ? inspect(outcome, { depth: 9, showHidden: true }) : '';
      for (const each of CANARIES) expect(text).not.toContain(each);
    }
  });
});

/** Any JavaScript value, unusual ones included. */
const anything = fc.oneof(
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withObjectString: true,
    withSparseArray: true,
    withTypedArray: true,
  }),
  fc.constantFrom(Symbol('x'), () => 1, new Proxy({}, {}), Object.create(null), -0, Number.NaN),
);

it('any JavaScript value to a public function: a named result or a PortabilityError, never anything else', async () => {
  const gate = await lp.openGate({ table });
  const desk = openDesk();
  const functions: readonly ((value: never, other: never) => unknown)[] = [
    lp.explain,
    lp.parseAddress,
    value => lp.zoneOfTerritory(value, {}),
    (value, other) => lp.zoneOfTerritory('FR', { home: value, on: other }),
    (value, other) => lp.decideRule(value, other),
    (value, other) =>
      lp.decideRule(table.locate('2.1.1.1'), 'verified', {
        unknown: value,
        [String(typeof other)]: other,
      } as never),
    value => lp.loadZoneTable(value ?? null),
    value => tablesEntry.compileZoneTable({ sources: value }),
    value =>
      tablesEntry.compileZoneTable({
        sources: [{ path: '/nowhere' }],
        licence: value,
        home: value,
      }),
    (value, other) =>
      tablesEntry.compileZoneTable({
        sources: [{ path: '/nowhere' }],
        overlays: [value, { path: '/x', kind: other }],
      }),
    (value, other) => tablesEntry.watchZoneTable(gate, value, { guards: other }).close(),
    (value, other) =>
      tablesEntry
        .watchZoneTable(gate, '/nowhere', { guards: { shares: value, sentinels: other } })
        .close(),
    (value, other) => tablesEntry.watchZoneTable(value, '/nowhere', { everyMs: other }).close(),
    (value, other) =>
      tablesEntry.watchZoneTable(gate, '/nowhere', { accept: value, limits: other }).close(),
    (value, other) => lp.openGate({ table, maxTableAgeDays: value ?? other }),
    value => tablesEntry.openSharedTable(value),
    (value, other) => tablesEntry.publishTable(value, other).close(),
    table.locate,
    table.locateIPv4,
    gate.decide,
    (value, other) =>
      gate.decide({
        subscriber: value,
        standing: other,
        address: value,
        offer: other,
        channel: value,
      } as never),
    gate.replaceTable,
    gate.decideAsync,
    (value, other) =>
      gate.decideAsync({
        subscriber: value,
        standing: other,
        address: value,
        excepted: other,
      } as never),
    lp.clientAddress,
    (value, other) => lp.clientAddress({ peer: value, forwardedFor: other, trusted }),
    (value, other) =>
      lp.clientAddress({ peer: '127.0.0.1', forwarded: value, trusted: other ?? trusted }),
    value => lp.trustedPrefixes(value),
    (value, other) => forExpress({ gate: value, subscriber: other }),
    (value, other) => forExpress({ gate, subscriber: () => 's', trusted: value, header: other }),
    (value, other) => registerMetrics(new Registry(), gate, { prefix: value ?? other }),
    (value, other) => desk.except('s', { reason: 'audit' }, value, other),
    deskEntry.checkRecipient,
    lp.parseEvent,
    lp.checkMeans,
    (value, other) => lp.standingAt(value, other),
    (value, other) => lp.standingAt({ events: [] }, '2026-01-01', [value, other]),
    (value, other) => lp.addEvent({ events: [] }, { type: value, on: other } as never),
    (value, other) => lp.removeEvent({ events: [] }, value ?? other),
    gate.standingOf,
    (value, other) => desk.show(value, other),
    (value, other) =>
      desk.record('s', { reason: 'audit' }, {
        type: 'doubt-raised',
        on: value,
        ground: other,
      } as never),
    (value, other) => desk.dispute('s', { reason: 'audit' }, value, other),
    (value, other) => desk.hold('s', { reason: 'audit' }, value, other),
    (value, other) => desk.direct('s', { reason: 'audit' }, value, other),
    (value, other) => desk.openRequest('s', { reason: 'audit' }, value, other),
    (value, other) => desk.answerRequest(value, { reason: 'audit' }, other),
    (value, other) => deskEntry.verifyJournal(ledger.personRecords, keyring, value ?? other),
    (value, other) =>
      deskEntry.buildReport(
        ledger,
        { from: value, to: other },
        { today: '2026-01-01', library: 'x' },
      ),
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.nat(functions.length - 1),
      anything,
      anything,
      async (index, value, other) => {
        try {
          await functions[index]!(value as never, other as never);
        } catch (error) {
          if (!(error instanceof lp.PortabilityError)) throw error;
        }
      },
    ),
    { numRuns: 6000 },
  );
});
