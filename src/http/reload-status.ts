/**
 * Remembers the outcome of each load of the zone table, for `/readyz` and for a counter by outcome.
 */
import { Counter, type Registry } from 'prom-client';
import { systemClock } from '../clock.ts';

const OUTCOMES = ['replaced', 'unchanged', 'held', 'refused'] as const;

/** The result of a load. A `TableEvent` of a watch has this shape. */
export interface TableLoad {
  readonly type: (typeof OUTCOMES)[number];
  /** The edition that was loaded; absent if the file could not be read. */
  readonly edition?: { readonly id: string };
  /** The guards that the table violated. */
  readonly violations?: readonly unknown[];
}

/** The last load, as `/readyz` reports it. */
export interface LastReload {
  readonly outcome: TableLoad['type'];
  /** ISO 8601 in UTC. */
  readonly at: string;
  readonly edition?: string;
  readonly violations?: number;
}

/** The results of the loads of one process. */
export interface ReloadStatus {
  record(load: TableLoad): void;
  /** Returns the last load, or `undefined` before the first one. */
  last(): LastReload | undefined;
  /** Registers `laissez_passer_table_reloads_total`. All outcomes are present from the start. */
  register(registry: Registry): void;
}

const lastOf = ({ type, edition, violations }: TableLoad): LastReload => ({
  outcome: type,
  at: new Date(systemClock()).toISOString(),
  ...(edition !== undefined && { edition: edition.id }),
  ...(violations !== undefined && { violations: violations.length }),
});

/**
 * Creates a status that counts loads and remembers the last one. The first load is the one at
 * startup.
 */
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
