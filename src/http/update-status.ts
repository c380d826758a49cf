/**
 * Remembers the outcome of each update of the zone table inside the sidecar, for `/readyz` and for
 * metrics.
 */
import { Counter, Gauge, type Registry } from 'prom-client';
import { systemClock } from '../clock.ts';

const OUTCOMES = ['updated', 'unchanged', 'held', 'failed'] as const;

/** A file of the table, as the last update left it. */
export interface UpdatedSource {
  readonly name: string;
  /** UTC day of its data. */
  readonly built?: string | undefined;
  /** ISO 8601: since when it cannot be fetched; absent if it was fetched. */
  readonly failingSince?: string | undefined;
  /** Code of the error, if it cannot be fetched. */
  readonly code?: string | undefined;
}

/** What came of an update. */
export interface TableUpdate {
  readonly outcome: (typeof OUTCOMES)[number];
  readonly sources: readonly UpdatedSource[];
}

/** The last update, as `/readyz` reports it. */
export interface LastUpdate extends TableUpdate {
  /** ISO 8601 in UTC. */
  readonly at: string;
}

/** The updates of one process. */
export interface UpdateStatus {
  record(update: TableUpdate): void;
  /** Remembers an update of an earlier process, without counting it. */
  restore(update: LastUpdate): void;
  /** Returns the last update, or `undefined` before the first one. */
  last(): LastUpdate | undefined;
  /**
   * Registers `laissez_passer_table_updates_total` and
   * `laissez_passer_table_source_failing_seconds`. The names of sources are the operator's.
   */
  register(registry: Registry): void;
}

/** Creates a status that counts updates and remembers the last one. */
export function createUpdateStatus(): UpdateStatus {
  const counts = { updated: 0, unchanged: 0, held: 0, failed: 0 };
  let last: LastUpdate | undefined;
  return {
    record: ({ outcome, sources }) => {
      counts[outcome]++;
      last = { outcome, at: new Date(systemClock()).toISOString(), sources };
    },
    restore: update => {
      last = update;
    },
    last: () => last,
    register: registry => {
      new Counter({
        name: 'laissez_passer_table_updates_total',
        help: 'Updates of the zone table by the sidecar itself, by what came of them.',
        labelNames: ['outcome'],
        registers: [registry],
        collect() {
          this.reset();
          for (const outcome of OUTCOMES) this.inc({ outcome }, counts[outcome]);
        },
      });
      new Gauge({
        name: 'laissez_passer_table_source_failing_seconds',
        help: 'Time since a source of the table can no longer be fetched, 0 if it can.',
        labelNames: ['source'],
        aggregator: 'max',
        registers: [registry],
        collect() {
          this.reset();
          for (const { name, failingSince } of last?.sources ?? []) {
            const since = failingSince === undefined ? systemClock() : Date.parse(failingSince);
            this.set({ source: name }, Math.max(0, (systemClock() - since) / 1000));
          }
        },
      });
    },
  };
}
