import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { memoryLedger } from '../../src/entry/ledger.ts';
import { registerMetrics } from '../../src/http/metrics.ts';
import { openGate, REASONS } from '../../src/index.ts';
import { newKeyring, request, setUp, table } from '../support/gate.ts';

type Values = Readonly<Record<string, number>>;

/** Values by name with labels, as a scrape returns them. */
async function scrape(registry: Registry): Promise<Values> {
  const lines = (await registry.metrics())
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map(line => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  );
}

const sumOf = (values: Values, start: string): number =>
  Object.entries(values).reduce(
    (sum, [name, value]) => (name.startsWith(start) ? sum + value : sum),
    0,
  );

describe('metrics', () => {
  it('count every decision by verdict and reason, and every outcome of its evidence', async () => {
    const { gate } = await setUp();
    const registry = new Registry();
    registerMetrics(registry, gate);
    for (const address of ['2.1.1.1', '2.1.1.1', '3.1.1.1', '4.1.1.1', 'x'])
      gate.decide(request('s', address));
    gate.decide(request('s', '2.1.1.1', { offer: 'typo' }));
    await gate.flush();
    const values = await scrape(registry);
    expect(
      values['laissez_passer_decisions_total{verdict="domestic",reason="present-at-home"}'],
    ).toBe(3);
    expect(values['laissez_passer_decisions_total{verdict="refused",reason="outside-eea"}']).toBe(
      1,
    );
    expect(sumOf(values, 'laissez_passer_decisions_total')).toBe(6);
    expect(
      Object.keys(values).filter(name => name.startsWith('laissez_passer_decisions_total')),
    ).toHaveLength(REASONS.length);
    expect(values['laissez_passer_unknown_offers_total']).toBe(1);
    expect(
      sumOf(values, 'laissez_passer_evidence_total') + values['laissez_passer_evidence_pending']!,
    ).toBe(6);
    expect(values['laissez_passer_evidence_total{outcome="recorded",reason=""}']).toBe(2);
    expect(values['laissez_passer_ledger_batch_seconds_count{outcome="written"}']).toBeGreaterThan(
      0,
    );
    expect(values[`laissez_passer_table_info{edition="${table.edition.id}",home="FR"}`]).toBe(1);
    await gate.close();
    expect((await scrape(registry))['laissez_passer_up']).toBe(0);
  });

  it('report a failing ledger, and leave out metrics of parts that are absent', async () => {
    const ledger = { ...memoryLedger(), write: () => Promise.reject(new Error('full')) };
    const { gate } = await setUp('2026-11-22', { ledger });
    const registry = new Registry();
    registerMetrics(registry, gate);
    expect(gate.decide(request('s', '2.1.1.1')).verdict).toBe('domestic');
    await expect(gate.flush()).rejects.toMatchObject({ code: 'ERR_EVIDENCE_WAITING' });
    const values = await scrape(registry);
    expect(values['laissez_passer_evidence_failing']).toBe(1);
    expect(values['laissez_passer_up']).toBe(0);
    expect(values['laissez_passer_evidence_pending']).toBe(1);
    expect(values['laissez_passer_evidence_queue_bytes']).toBe(48);
    expect(values['laissez_passer_evidence_queue_limit_bytes']).toBe(64 * 2 ** 20);
    expect(values['laissez_passer_ledger_batch_seconds_count{outcome="failed"}']).toBeGreaterThan(
      0,
    );
    const bare = new Registry();
    registerMetrics(bare, await openGate({ table }));
    expect(Object.keys(await scrape(bare)).filter(name => /evidence_|ledger/.test(name))).toEqual(
      [],
    );
  });

  it('have no label that a request can choose', async () => {
    const { gate } = await setUp();
    const registry = new Registry();
    registerMetrics(registry, gate);
    const before = Object.keys(await scrape(registry));
    const more = { offer: 'canary', channel: 'canary', standing: 'canary' as never };
    for (const address of ['canary', '2.1.1.1']) gate.decide(request('canary', address, more));
    await gate.flush();
    const after = Object.keys(await scrape(registry));
    expect(
      after.filter(name => !before.includes(name) && !name.includes('ledger_batch_seconds')),
    ).toEqual([]);
    expect(await registry.metrics()).not.toContain('canary');
  });

  it('can be unregistered, and need a prefix each for two gates', async () => {
    const registry = new Registry();
    const gate = await openGate({
      table,
      evidence: { ledger: memoryLedger(), keyring: await newKeyring() },
    });
    const stop = registerMetrics(registry, gate);
    registerMetrics(registry, gate, { prefix: 'other_' });
    expect(() => registerMetrics(registry, gate)).toThrow();
    stop();
    expect(Object.keys(await scrape(registry)).every(name => name.startsWith('other_'))).toBe(true);
    registerMetrics(registry, gate);
    for (const prefix of ['', 'a-b', 7, '9a'])
      expect(() => registerMetrics(registry, gate, { prefix: prefix as never })).toThrow(
        expect.objectContaining({ code: 'ERR_ARGUMENT' }),
      );
    await gate.close();
  });

  it('still work when a listener of the operator throws', async () => {
    const { gate } = await setUp();
    let calls = 0;
    const stop = gate.onBatch(() => {
      calls++;
      throw new Error('mine');
    });
    gate.decide(request('s', '2.1.1.1'));
    await gate.flush();
    expect(calls).toBeGreaterThan(0);
    stop();
    const before = calls;
    gate.decide(request('t', '2.1.1.1'));
    await gate.flush();
    expect(calls).toBe(before);
    await gate.close();
  });
});
