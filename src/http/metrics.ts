/**
 * Exports a gate's counters and gauges to the operator's prom-client registry. Exported from
 * `laissez-passer/metrics`.
 * @module metrics
 */

import { type Aggregator, Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { DAY_MS } from '../days.ts';
import { portabilityError } from '../errors.ts';
import type { Health } from '../gate/health.ts';
import type { Gate } from '../gate.ts';
import { DECISIONS, REASONS } from '../law/reasons.ts';
import * as HTTP from '../messages/http.ts';
import type { EvidenceHealth } from '../recording/evidence-recorder.ts';

/** Options for the names of the metrics. */
export interface MetricsOptions {
  /**
   * Prefix of each name; default: `laissez_passer_`. A registry can hold several gates if each has
   * its own prefix.
   */
  readonly prefix?: string | undefined;
}

/**
 * Labels of a sample. They have few values, all from the library or the table; a client cannot
 * choose any.
 */
type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

interface Reading {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly kind: 'counter' | 'gauge';
  /** How the values of several processes make one. Default: their sum. */
  readonly aggregator?: Aggregator;
  readonly read: (health: Health) => readonly Sample[];
}

const gauge = (
  name: string,
  help: string,
  read: (health: Health) => number,
  aggregator: Aggregator = 'sum',
): Reading => ({
  name,
  help,
  labelNames: [],
  kind: 'gauge',
  aggregator,
  read: health => [[{}, read(health)]],
});

const DAY_SECONDS = DAY_MS / 1000;

const byReason = (outcome: string, counts: Readonly<Record<string, number>>): Sample[] =>
  Object.entries(counts).map(([reason, count]) => [{ outcome, reason }, count]);

const outcomes = ({ recorded, alreadyKnown, notRecordable, failed }: EvidenceHealth): Sample[] => [
  [{ outcome: 'recorded', reason: '' }, recorded],
  [{ outcome: 'already-known', reason: '' }, alreadyKnown],
  ...byReason('not-recordable', notRecordable),
  ...byReason('failed', failed),
];

const READINGS: readonly Reading[] = [
  {
    name: 'decisions_total',
    help: 'Decisions by verdict and reason.',
    kind: 'counter',
    labelNames: ['verdict', 'reason'],
    read: ({ decisions }) =>
      REASONS.map(reason => [{ verdict: DECISIONS[reason].verdict, reason }, decisions[reason]]),
  },
  {
    name: 'unknown_offers_total',
    help: 'Decisions that named an offer which the gate does not hold.',
    kind: 'counter',
    labelNames: [],
    read: ({ unknownOffers }) => [[{}, unknownOffers]],
  },
  {
    name: 'undecided_total',
    help: 'Requests that could not be decided: the person records could not be read.',
    kind: 'counter',
    labelNames: [],
    read: ({ undecided }) => [[{}, undecided]],
  },
  {
    name: 'address_notes_total',
    help: 'Requests without a client address, or from an untrusted proxy, by problem.',
    kind: 'counter',
    labelNames: ['seen'],
    read: ({ addressNotes }) =>
      Object.entries(addressNotes).map(([seen, count]) => [{ seen }, count]),
  },
  gauge(
    'up',
    '1 if the gate is open and not degraded, otherwise 0.',
    ({ status }) => Number(status === 'ok'),
    'min',
  ),
  gauge(
    'table_age_seconds',
    'Time since the oldest source of the zone table was built, in whole days.',
    health => Math.max(0, health.tableAgeDays * DAY_SECONDS),
    'max',
  ),
  gauge(
    'table_stale',
    '1 if the table is older than its maximum age, or a correction in it has ended.',
    health => Number(health.isTableStale),
    'max',
  ),
  {
    name: 'table_source_built_timestamp_seconds',
    help: 'Day of the data of each source of the zone table, since 1970.',
    kind: 'gauge',
    aggregator: 'min',
    labelNames: ['source'],
    read: ({ edition: { sources } }) =>
      sources.map(({ name, built }) => [{ source: name }, Date.parse(built) / 1000]),
  },
  {
    name: 'table_info',
    help: 'The zone table in force.',
    kind: 'gauge',
    aggregator: 'max',
    labelNames: ['edition', 'home'],
    read: ({ edition: { id, home } }) => [[{ edition: id, home }, 1]],
  },
];

/** Additional metrics of a gate that keeps evidence. */
const EVIDENCE_READINGS: readonly Reading[] = [
  {
    name: 'evidence_total',
    help: 'Evidence of decisions, by outcome and by the reason if none was kept.',
    kind: 'counter',
    labelNames: ['outcome', 'reason'],
    read: ({ evidence }) => outcomes(evidence!),
  },
  gauge(
    'evidence_pending',
    'Records that wait to be written.',
    ({ evidence }) => evidence!.pending,
  ),
  gauge(
    'evidence_memory_bytes',
    'Memory of who was seen today.',
    ({ evidence }) => evidence!.memory.bytes,
  ),
  gauge(
    'evidence_memory_limit_bytes',
    'Bound on that memory (memoryMegabytes).',
    ({ evidence }) => evidence!.memory.mostBytes,
  ),
  {
    name: 'evidence_forgotten_total',
    help: 'Subscribers that were forgotten because of that bound; each is written once more.',
    kind: 'counter',
    labelNames: [],
    read: ({ evidence }) => [[{}, evidence!.memory.forgotten]],
  },
  gauge(
    'standings',
    'Standings in memory, those that are no longer valid among them.',
    ({ standings }) => standings!.remembered,
  ),
  gauge(
    'standings_limit',
    'Bound on the standings in memory (residence.max).',
    ({ standings }) => standings!.most,
  ),
  {
    name: 'standings_evicted_total',
    help: 'Standings that gave way to others at that bound; each is read once more.',
    kind: 'counter',
    labelNames: [],
    read: ({ standings }) => [[{}, standings!.evicted]],
  },
  gauge(
    'evidence_queue_bytes',
    'Memory of the records that wait for the ledger.',
    ({ evidence }) => evidence!.queue.bytes,
  ),
  gauge(
    'evidence_queue_limit_bytes',
    'Bound on that memory (queueMegabytes); beyond it records are lost.',
    ({ evidence }) => evidence!.queue.mostBytes,
  ),
  gauge(
    'evidence_spooled',
    'Batches that wait in the spool until the ledger is back; 0 without one.',
    ({ evidence }) => Number(evidence!.spooled ?? 0),
  ),
  gauge(
    'evidence_spool_bytes',
    'What waits in the spool on disk.',
    ({ evidence }) => evidence!.spool?.bytes ?? 0,
  ),
  gauge(
    'evidence_spool_limit_bytes',
    'Bound on the spool; 0 without one.',
    ({ evidence }) => evidence!.spool?.mostBytes ?? 0,
  ),
  gauge(
    'evidence_failing',
    '1 where the last write to the ledger, or the last maintenance run, failed.',
    ({ evidence }) => Number(evidence!.isFailing),
    'max',
  ),
  gauge(
    'evidence_clock_plausible',
    '0 where the clock is in doubt and nothing is recorded.',
    ({ evidence }) => Number(evidence!.isClockPlausible),
    'min',
  ),
];

/**
 * Registers a metric that is read from the gate's own counts at each scrape, so that it costs
 * nothing per request. Returns its name.
 */
function register(registry: Registry, gate: Gate, prefix: string, reading: Reading): string {
  const { help, labelNames, kind, aggregator = 'sum', read } = reading;
  const name = prefix + reading.name;
  const common = { name, help, labelNames: [...labelNames], aggregator, registers: [registry] };
  if (kind === 'counter')
    new Counter({
      ...common,
      collect() {
        this.reset();
        for (const [labels, value] of read(gate.health())) this.inc(labels, value);
      },
    });
  else
    new Gauge({
      ...common,
      collect() {
        this.reset();
        for (const [labels, value] of read(gate.health())) this.set(labels, value);
      },
    });
  return name;
}

/**
 * Buckets in seconds, from a fast write to an SSD to a write that an operator needs to investigate.
 */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Registers the duration of batch writes. Returns a function that removes the metric. */
function timeBatches(registry: Registry, gate: Gate, name: string): () => void {
  const batches = new Histogram({
    name,
    help: 'Time that the ledger took for a batch of evidence, by what came of it.',
    labelNames: ['outcome'],
    buckets: BUCKETS,
    registers: [registry],
  });
  const stop = gate.onBatch(({ seconds, isWritten }) =>
    batches.observe({ outcome: isWritten ? 'written' : 'failed' }, seconds),
  );
  return () => {
    stop();
    registry.removeSingleMetric(name);
  };
}

/**
 * Registers the metrics of a gate in a registry, with names that follow the Prometheus conventions.
 * Returns a function that removes them.
 * @throws PortabilityError `ERR_ARGUMENT` if the prefix is invalid
 */
export function registerMetrics(
  registry: Registry,
  gate: Gate,
  options: MetricsOptions = {},
): () => void {
  const { prefix = 'laissez_passer_' } = options ?? {};
  if (typeof prefix !== 'string' || !/^[a-z_]\w*$/.test(prefix))
    throw portabilityError(HTTP.metricsPrefix);
  const isKeeping = gate.health().evidence !== undefined;
  const readings = isKeeping ? [...READINGS, ...EVIDENCE_READINGS] : READINGS;
  const names = readings.map(reading => register(registry, gate, prefix, reading));
  const stop = isKeeping ? timeBatches(registry, gate, `${prefix}ledger_batch_seconds`) : () => {};
  return () => {
    stop();
    for (const name of names) registry.removeSingleMetric(name);
  };
}
