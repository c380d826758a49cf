/**
 * Remembers the outcome of each load of the zone table, for `/readyz` and for a counter by outcome.
 */
import { Counter, type Registry } from 'prom-client';
import { systemClock } from '../clock.ts';

const OUTCOMES = ['replaced', 'unchanged', 'held', 'refused'] as const;

/** What came of a load: a `TableEvent` of a watch is one. */
export interface TableLoad {
  readonly type: (typeof OUTCOMES)[number];
  /** The edition that was loaded; a file that could not be read has none. */
  readonly edition?: { readonly id: string };
  /** The guards that the table did not pass. */
  readonly breaches?: readonly unknown[];
}

/** The last load, as `/readyz` shows it. */
export interface LastReload {
  readonly outcome: TableLoad['type'];
  /** ISO 8601 in UTC. */
  readonly at: string;
  readonly edition?: string;
  readonly violations?: number;
}

/** What came of the loads of one process. */
export interface ReloadStatus {
  record(load: TableLoad): void;
  /** `undefined` until something was loaded. */
  last(): LastReload | undefined;
  /** Adds `laissez_passer_table_reloads_total` to a registry; all outcomes are there from the start. */
  register(registry: Registry): void;
}

const lastOf = ({ type, edition, breaches }: TableLoad): LastReload => ({
  outcome: type,
  at: new Date(systemClock()).toISOString(),
  ...(edition !== undefined && { edition: edition.id }),
  ...(breaches !== undefined && { violations: breaches.length }),
});

/** Counts and remembers loads; the first is the one at the start. */
export function createReloadStatus(): ReloadStatus {
  const counts = { replaced: 0, unchanged: 0, held: 0, refused: 0 };
  let last: LastReload | undefined;
  return {
    record: load => {
      counts[load.type]++;
      last = lastOf(load);
    },
    last: () => last,
    register: registry => {
      new Counter({
        name: 'laissez_passer_table_reloads_total',
        help: 'Loads of the zone table, at the start and at each reload, by what came of them.',
        labelNames: ['outcome'],
        registers: [registry],
        collect() {
          this.reset();
          for (const outcome of OUTCOMES) this.inc({ outcome }, counts[outcome]);
        },
      });
    },
  };
}
