/**
 * Defines the sidecar's own metrics: rejected peers, the duration of /check, shadow mode and the
 * process metrics.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, type Registry } from 'prom-client';

/** How a request to /check ended; `failed` means that the gate could not decide. */
export type CheckOutcome = 'granted' | 'refused' | 'failed';

/** Buckets in seconds, from an answer from memory to one that waited for the person records. */
const BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5];

/** Metrics of a sidecar. No label has a value that a client chooses. */
export class SidecarMetrics {
  readonly #rejected: Counter;
  readonly #unread: Counter;
  readonly #shadow: Gauge;
  /** The histogram of each outcome, so that its label is not looked up for each request. */
  readonly #checks: Readonly<Record<CheckOutcome, Histogram.Internal<'outcome'>>>;

  /**
   * Registers the metrics, and prom-client's own `process_*` and `nodejs_*`. A registry can hold
   * one sidecar.
   */
  constructor(registry: Registry) {
    const registers = [registry];
    collectDefaultMetrics({ register: registry });
    this.#rejected = new Counter({
      name: 'laissez_passer_rejected_peers_total',
      help: 'Requests from peers that are not allowed.',
      registers,
    });
    this.#unread = new Counter({
      name: 'laissez_passer_unread_requests_total',
      help: 'Requests that could not be read: headers over 65,536 bytes, no HTTP, or not in time.',
      registers,
    });
    this.#shadow = new Gauge({
      name: 'laissez_passer_shadow',
      help: '1 in shadow mode, where nothing is refused.',
      registers,
    });
    const checks = new Histogram({
      name: 'laissez_passer_check_seconds',
      help: 'Time from a request to /check until its answer, by outcome.',
      labelNames: ['outcome'],
      buckets: BUCKETS,
      registers,
    });
    for (const outcome of ['granted', 'refused', 'failed'] as const) checks.zero({ outcome });
    this.#checks = {
      granted: checks.labels('granted'),
      refused: checks.labels('refused'),
      failed: checks.labels('failed'),
    };
  }

  /** Counts a request of a peer that is not allowed. */
  rejectPeer(): void {
    this.#rejected.inc();
  }

  /** Counts what arrived and was no request that could be read. */
  countUnread(): void {
    this.#unread.inc();
  }

  observeCheck(outcome: CheckOutcome, seconds: number): void {
    this.#checks[outcome].observe(seconds);
  }

  setShadow(isShadow: boolean): void {
    this.#shadow.set(Number(isShadow));
  }
}

export const createSidecarMetrics = (registry: Registry): SidecarMetrics =>
  new SidecarMetrics(registry);
