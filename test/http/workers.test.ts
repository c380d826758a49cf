import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { registerMetrics } from '../../src/http/metrics.ts';
import { createReloadStatus } from '../../src/http/reload-status.ts';
import { createSidecarMetrics } from '../../src/http/sidecar-metrics.ts';
import { createUpdateStatus } from '../../src/http/update-status.ts';
import {
  countsOf,
  type MetricsSnapshot,
  metricsOfAll,
  type Readiness,
  readinessOfAll,
} from '../../src/http/workers.ts';
import { openGate } from '../../src/index.ts';

const READY: Readiness = {
  isOut: false,
  state: {
    status: 'ok',
    edition: 'a',
    tableAgeDays: 3,
    isTableStale: false,
    shadow: false,
    evidence: 'ok',
    reload: { outcome: 'replaced', at: '2026-11-20T00:00:00.000Z', edition: 'a' },
  },
};
const ready = (state: Partial<Readiness['state']>, isOut = false): Readiness => ({
  isOut,
  state: { ...READY.state, ...state },
});

it('the whole is as one process if there is one', () => {
  expect(readinessOfAll([READY])).toEqual(READY);
  const { evidence: _, reload: __, ...bare } = READY.state;
  expect(readinessOfAll([{ isOut: false, state: bare }]).state).toEqual(bare);
});

it('the whole is out only if every process is', () => {
  const closed = ready({ status: 'closed' }, true);
  expect(readinessOfAll([closed, READY])).toEqual(READY);
  expect(readinessOfAll([closed, closed])).toEqual(closed);
});

it('the whole has the worst state, evidence and reload of all', () => {
  const held = { outcome: 'held', at: '2026-11-21T00:00:00.000Z' } as const;
  const later = { outcome: 'unchanged', at: '2026-11-22T00:00:00.000Z' } as const;
  const update = { outcome: 'failed', at: '2026-11-22T00:00:00.000Z', sources: [] } as const;
  expect(
    readinessOfAll([
      READY,
      ready({ status: 'degraded', evidence: 'ledger-unavailable', reload: held, update }),
      ready({ isTableStale: true, tableAgeDays: 400, reload: later, evidence: 'keyring-unproven' }),
    ]),
  ).toEqual(
    ready({
      status: 'degraded',
      tableAgeDays: 400,
      isTableStale: true,
      evidence: 'keyring-unproven',
      reload: held,
      update,
    }),
  );
  expect(readinessOfAll([READY, ready({ reload: later })]).state.reload).toEqual(later);
  const mismatch = ready({ evidence: 'keyring-mismatch' }, true);
  expect(readinessOfAll([READY, mismatch]).state.evidence).toBe('keyring-mismatch');
});

/** The metrics of a sidecar that has made a number of decisions. */
async function snapshotOf(decisions: number): Promise<MetricsSnapshot> {
  const registry = new Registry();
  const gate = await openGate();
  const sidecar = createSidecarMetrics(registry);
  sidecar.setShadow(false);
  createReloadStatus().register(registry);
  createUpdateStatus().register(registry);
  const stop = registerMetrics(registry, gate);
  for (let count = 0; count < decisions; count++) {
    gate.decide({ subscriber: 's', standing: 'verified', address: '80.58.61.250' });
    sidecar.observeCheck('granted', 0.0002);
  }
  const metrics = (await registry.getMetricsAsJSON()) as MetricsSnapshot;
  stop();
  return metrics;
}

it('metrics are summed, but for the gauges that are not a sum', async () => {
  const all = [await snapshotOf(2), await snapshotOf(3)];
  const text = await metricsOfAll(all).metrics();
  expect(text).toContain('reason="temporarily-abroad"} 5\n');
  expect(text).toContain('laissez_passer_check_seconds_bucket{le="0.00025",outcome="granted"} 5\n');
  expect(text).toContain('laissez_passer_check_seconds_count{outcome="granted"} 5\n');
  expect(text).toContain('laissez_passer_up 1\n');
  expect(text).toContain('laissez_passer_shadow 0\n');
  expect(text).toMatch(/laissez_passer_table_info\{.*\} 1\n/);
  expect(text).not.toContain('process_start_time_seconds');
});

it('the counts of processes that have ended remain, without their gauges', async () => {
  const counts = await countsOf([await snapshotOf(2), await snapshotOf(1)]);
  expect(counts.map(({ name }) => name)).not.toContain('laissez_passer_up');
  const text = await metricsOfAll([await snapshotOf(4), counts, []]).metrics();
  expect(text).toContain('reason="temporarily-abroad"} 7\n');
  expect(text).toContain('laissez_passer_check_seconds_count{outcome="granted"} 7\n');
  expect(text).toContain('laissez_passer_up 1\n');
});
