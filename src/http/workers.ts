/** Makes one answer of those of several processes that serve on one socket. */

import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue } from 'prom-client';
import type { Health } from '../gate/health.ts';
import type { EvidenceProblem } from '../recording/evidence-recorder.ts';
import type { LastReload } from './reload-status.ts';
import type { LastUpdate } from './update-status.ts';

/** The readiness of a process, with the fields of `/readyz`. */
export interface SidecarState {
  readonly status: Health['status'];
  readonly edition: string;
  readonly tableAgeDays: number;
  readonly isTableStale: boolean;
  readonly shadow: boolean;
  readonly evidence?: EvidenceProblem | 'ok';
  readonly reload?: LastReload;
  readonly update?: LastUpdate;
}

/** The state of a process, and whether it must not be asked. */
export interface Readiness {
  readonly isOut: boolean;
  readonly state: SidecarState;
}

/** The metrics of a process, as prom-client writes them to JSON. */
export type MetricsSnapshot = MetricObjectWithValues<MetricValue<string>>[];

/** What a process answers to each question of another one. */
export interface Answers {
  readonly readiness: Readiness;
  readonly metrics: MetricsSnapshot;
}
export type Question = keyof Answers;

/** The answers of all processes that gave one, the first process before the others. */
export interface Collected<Q extends Question> {
  readonly answers: readonly Answers[Q][];
  readonly running: number;
  readonly of: number;
  /** Whether all are told to stop. */
  readonly isStopping: boolean;
}

/** The processes that serve on one socket, seen from one of them. */
export interface Workers {
  /** Sets the function by which this process answers. */
  answerWith(answer: (question: Question) => Promise<Answers[Question]>): void;
  /** Asks all processes, this one too. */
  collect<Q extends Question>(question: Q): Promise<Collected<Q>>;
}

const STATUSES = ['ok', 'degraded', 'closed'] as const;
const EVIDENCE = [
  'ok',
  'ledger-unavailable',
  'keyring-unavailable',
  'keyring-unproven',
  'ledger-damaged',
  'keyring-mismatch',
] as const;
const RELOADS = ['replaced', 'unchanged', 'held', 'refused'] as const;

/** Returns the value of the states that comes last in an order; `undefined` if none has one. */
function worst<T>(order: readonly T[], values: readonly (T | undefined)[]): T | undefined {
  const ranks = values.filter(value => value !== undefined).map(value => order.indexOf(value));
  return order[Math.max(...ranks)];
}

/** Returns the reload that an operator must look at first, of equal ones the latest. */
function worstReload(reloads: readonly LastReload[]): LastReload | undefined {
  const rank = ({ outcome }: LastReload): number => Math.max(1, RELOADS.indexOf(outcome));
  return reloads.toSorted((a, b) => rank(b) - rank(a) || b.at.localeCompare(a.at))[0];
}

/**
 * Returns the readiness of the whole: it is out if every process is, and its state is the worst of
 * those that serve. The edition is that of the first process.
 */
export function readinessOfAll(all: readonly Readiness[]): Readiness {
  const serving = all.filter(({ isOut }) => !isOut);
  const states = (serving.length > 0 ? serving : all).map(({ state }) => state);
  const evidence = worst(
    EVIDENCE,
    all.map(({ state }) => state.evidence),
  );
  const reload = worstReload(states.flatMap(each => each.reload ?? []));
  const update = states.find(each => each.update !== undefined)?.update;
  return {
    isOut: serving.length === 0,
    state: {
      status: worst(
        STATUSES,
        states.map(({ status }) => status),
      )!,
      edition: states[0]!.edition,
      tableAgeDays: Math.max(...states.map(each => each.tableAgeDays)),
      isTableStale: states.some(each => each.isTableStale),
      shadow: states[0]!.shadow,
      ...(evidence && { evidence }),
      ...(reload && { reload }),
      ...(update && { update }),
    },
  };
}

/** Combines snapshots, each metric by its own aggregator. */
export const metricsOfAll = (snapshots: readonly MetricsSnapshot[]) =>
  AggregatorRegistry.aggregate([...snapshots]);

/** Combines what processes that have ended had counted. Their gauges have ended with them. */
export const countsOf = (snapshots: readonly MetricsSnapshot[]): Promise<MetricsSnapshot> =>
  metricsOfAll(
    snapshots.map(metrics => metrics.filter(({ type }) => String(type) !== 'gauge')),
  ).getMetricsAsJSON() as Promise<MetricsSnapshot>;
