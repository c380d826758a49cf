/**
 * Supervises the workers of `serve`: starts them, starts those again that end unexpectedly, passes
 * signals on, and collects what they answer. It serves no request.
 */

import cluster, { type Worker } from 'node:cluster';
import { setTimeout as delay } from 'node:timers/promises';
import { MINUTE_MS } from '../../days.ts';
import type {
  Answers,
  Collected,
  countsOf as CountsOf,
  MetricsSnapshot,
  Question,
} from '../../http/workers.ts';
import type { Tell } from '../reload-on-sighup.ts';
import type { Terminal } from '../terminal.ts';
import { onStopSignals } from './listen.ts';
import {
  ANSWER_WAIT_MS,
  sharedWhileRunning,
  type ToPrimary,
  type ToWorker,
  Waiting,
  WORKER_VARIABLE,
} from './worker-messages.ts';

/** Wait before a worker is started again: doubled from the first to the last, in milliseconds. */
const FIRST_WAIT_MS = 100;
const LAST_WAIT_MS = 10_000;

/** A worker that served for so long begins with the first wait again. */
const STEADY_MS = MINUTE_MS;

/** A worker by its number. Its successor has the same number. */
interface Place {
  readonly number: number;
  worker: Worker | undefined;
  /** When it began to listen, in milliseconds of the monotonic clock. */
  listeningSince: number | undefined;
  edition: string | undefined;
  /** Whether a SIGHUP came while it was starting. */
  hasMissedReload: boolean;
  waitMs: number;
  /** What it had counted when it was last asked. */
  lastMetrics: MetricsSnapshot | undefined;
}

const createPlace = (number: number): Place => ({
  number,
  worker: undefined,
  listeningSince: undefined,
  edition: undefined,
  hasMissedReload: false,
  waitMs: FIRST_WAIT_MS,
  lastMetrics: undefined,
});

const isThere = <T>(value: T | undefined): value is T => value !== undefined;

/** How a worker ended: its exit code, or the signal that killed it. */
interface End {
  readonly code: number | null;
  readonly signal: string | null;
}

/** The system has no more room for a process. */
const NOT_STARTED: End = { code: 1, signal: null };

class Supervisor {
  readonly #terminal: Terminal;
  readonly #tell: Tell;
  readonly #places: readonly Place[];
  readonly #waiting = new Waiting<Answers[Question]>();
  /** Cancels the waits of workers that are about to be started again. */
  readonly #stopping = new AbortController();
  /** Counters of workers that have ended, so that those of the whole do not go back. */
  #ended: readonly MetricsSnapshot[] = [];
  #exitCode = 0;
  /** The stop signals so far. A worker that is starting gets them when it listens. */
  readonly #stopSignals: NodeJS.Signals[] = [];
  #hasPrinted = false;
  readonly #done: Promise<number>;
  #finish!: (code: number) => void;

  constructor(terminal: Terminal, tell: Tell, count: number) {
    this.#terminal = terminal;
    this.#tell = tell;
    this.#places = Array.from({ length: count }, (_, index) => createPlace(index + 1));
    this.#done = new Promise(resolve => {
      this.#finish = resolve;
    });
  }

  /** Serves until a stop signal. Returns the worst exit code of all workers that have served. */
  run(): Promise<number> {
    // The kernel gives a connection to a worker that accepts it. If the supervising process passed
    // connections on (SCHED_RR), one on its way to a worker that is killed would hang.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    // JSON has no NaN, which some metrics are before their first sample.
    cluster.setupPrimary({ serialization: 'advanced' });
    // The first worker creates what does not exist yet; the others start once it listens.
    this.#start(this.#places[0]!);
    return this.#done;
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  get #listening(): readonly Place[] {
    return this.#places.filter(place => place.listeningSince !== undefined);
  }

  #start(place: Place): void {
    const worker = cluster.fork({ [WORKER_VARIABLE]: String(place.number) });
    place.worker = worker;
    worker.on('message', (message: ToPrimary) => this.#onMessage(place, worker, message));
    worker.on('error', () => {
      // Else it is about a message to a worker that has just ended.
      if (worker.process.pid === undefined) this.#onEnd(place, worker, NOT_STARTED);
    });
    worker.once('exit', (code: number | null, signal: string | null) =>
      this.#onEnd(place, worker, { code, signal }),
    );
  }

  #onMessage(place: Place, worker: Worker, message: ToPrimary): void {
    if (message.kind === 'answer') this.#waiting.resolve(message.id, message.answer);
    else if (message.kind === 'collect') void this.#reply(worker, message.id, message.question);
    else if (message.kind === 'reload') this.#reload();
    else if (message.kind === 'edition') place.edition = message.edition;
    else this.#onListening(place, worker, message);
  }

  #onListening(
    place: Place,
    worker: Worker,
    { line, edition }: Extract<ToPrimary, { kind: 'listening' }>,
  ): void {
    place.listeningSince = performance.now();
    place.edition = edition;
    this.#tellStarted(place, worker);
    if (!this.#hasPrinted) {
      this.#hasPrinted = true;
      this.#terminal.print(line);
      this.#takeSignals();
      for (const other of this.#places) if (other !== place) this.#start(other);
      return;
    }
    for (const signal of this.#stopSignals) this.#sendAll([place], { kind: 'signal', signal });
    // The table may have been replaced while the worker was away: all have the same.
    const isOther = this.#listening.some(other => other.edition !== edition);
    if (isOther || place.hasMissedReload) this.#reload();
    place.hasMissedReload = false;
  }

  /** Takes over the signals. Before the first worker listens, they have their default effect. */
  #takeSignals(): void {
    process.on('SIGHUP', () => this.#reload());
    onStopSignals(process, (count, signal) => {
      this.#stopping.abort();
      this.#stopSignals.push(signal);
      this.#sendAll(this.#listening, { kind: 'signal', signal });
      if (count === 2) {
        // One that is starting holds nothing.
        for (const { worker, listeningSince } of this.#places)
          if (listeningSince === undefined) worker?.process.kill('SIGKILL');
        this.#endWithNextSignal();
      }
      this.#finishIfDone();
    });
  }

  /** A third signal ends all processes at once, as it ends one that has no workers. */
  #endWithNextSignal(): void {
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.once(signal, () => {
        for (const { worker } of this.#places) worker?.process.kill('SIGKILL');
        process.exit(1);
      });
  }

  #sendAll(places: readonly Place[], message: ToWorker): void {
    for (const { worker } of places) if (worker?.isConnected()) worker.send(message, () => {});
  }

  #reload(): void {
    if (this.#isStopping) return;
    for (const place of this.#places)
      if (place.listeningSince === undefined) place.hasMissedReload = true;
    this.#sendAll(this.#listening, { kind: 'signal', signal: 'SIGHUP' });
  }

  #onEnd(place: Place, worker: Worker, end: End): void {
    const { listeningSince, lastMetrics } = place;
    if (lastMetrics !== undefined) this.#ended = [...this.#ended, lastMetrics];
    Object.assign(place, createPlace(place.number), { waitMs: place.waitMs });
    if (!this.#hasPrinted) {
      // It has written why, unless it was killed or not there.
      if (end.signal !== null || end === NOT_STARTED)
        this.#tellEnded(place, worker, end, undefined);
      this.#finish(end.code || 1);
      return;
    }
    // What a killed worker had not written yet is lost.
    if (listeningSince !== undefined)
      this.#exitCode = Math.max(this.#exitCode, end.signal === null ? (end.code ?? 1) : 1);
    if (!this.#isStopping) void this.#startAgain(place, worker, end, listeningSince);
    else if (end.signal !== null) this.#tellEnded(place, worker, end, undefined);
    this.#finishIfDone();
  }

  async #startAgain(
    place: Place,
    worker: Worker,
    end: End,
    listeningSince: number | undefined,
  ): Promise<void> {
    const served = listeningSince === undefined ? 0 : performance.now() - listeningSince;
    const waitMs = served >= STEADY_MS ? FIRST_WAIT_MS : place.waitMs;
    place.waitMs = Math.min(2 * waitMs, LAST_WAIT_MS);
    this.#tellEnded(place, worker, end, waitMs);
    const { signal } = this.#stopping;
    await delay(waitMs, undefined, { signal }).catch(() => {});
    if (!this.#isStopping) this.#start(place);
  }

  #finishIfDone(): void {
    if (this.#isStopping && this.#places.every(({ worker }) => worker === undefined))
      this.#finish(this.#exitCode);
  }

  async #ask(place: Place, question: Question): Promise<Answers[Question] | undefined> {
    const answer = await this.#waiting.ask(
      id => this.#sendAll([place], { kind: 'question', id, question }),
      ANSWER_WAIT_MS,
    );
    return answer;
  }

  /** Asks all workers that listen. */
  #collect = sharedWhileRunning(async (question: Question): Promise<Collected<Question>> => {
    const asked = this.#listening.map(async place => {
      const { worker } = place;
      const answer = await this.#ask(place, question);
      const isSame = place.worker === worker;
      if (question === 'metrics' && answer !== undefined && isSame)
        place.lastMetrics = answer as MetricsSnapshot;
      return answer;
    });
    const answers = (await Promise.all(asked)).filter(isThere);
    return {
      answers: question === 'metrics' ? await this.#allCounts() : answers,
      running: answers.length,
      of: this.#places.length,
      isStopping: this.#isStopping,
    };
  });

  /** Returns the metrics of those who serve, and the counters of those who have ended. */
  async #allCounts(): Promise<readonly MetricsSnapshot[]> {
    const ended = this.#ended;
    if (ended.length > 0) {
      const counts = [await (await loadCountsOf())(ended)];
      // Another one may have ended meanwhile.
      this.#ended = [...counts, ...this.#ended.slice(ended.length)];
    }
    return [...this.#places.map(({ lastMetrics }) => lastMetrics).filter(isThere), ...this.#ended];
  }

  async #reply(worker: Worker, id: number, question: Question): Promise<void> {
    const collected = await this.#collect(question);
    const message: ToWorker = { kind: 'collected', id, collected };
    if (worker.isConnected()) worker.send(message, () => {});
  }

  #tellStarted({ number }: Place, { process: { pid } }: Worker): void {
    const words = { worker: String(number), of: String(this.#places.length), pid: String(pid) };
    const message = this.#terminal.say('logWorkerStarted', words);
    this.#tell('info', 'worker-started', message, { worker: number, workerPid: pid });
  }

  /** @param waitMs after which it is started again; `undefined` if it is not */
  #tellEnded(
    { number }: Place,
    { process: { pid } }: Worker,
    { code, signal }: End,
    waitMs: number | undefined,
  ): void {
    const { say } = this.#terminal;
    const words = { worker: String(number), pid: String(pid), how: String(signal ?? code) };
    const message =
      waitMs === undefined
        ? say('logWorkerLost', words)
        : say('logWorkerEnded', { ...words, seconds: String(waitMs / 1000) });
    this.#tell('error', 'worker-ended', message, {
      worker: number,
      workerPid: pid,
      ...(signal === null ? { exitCode: code } : { signal }),
      ...(waitMs !== undefined && { waitMs }),
    });
  }
}

/** Loaded with the first worker that has ended: the metrics need a package. */
async function loadCountsOf(): Promise<typeof CountsOf> {
  const { countsOf } = await import('../../http/workers.ts');
  return countsOf;
}

/**
 * Runs `serve` in several processes. Returns the exit code: that of the first worker if it does not
 * start, else the worst of all that have served.
 */
export const superviseWorkers = (terminal: Terminal, tell: Tell, count: number): Promise<number> =>
  new Supervisor(terminal, tell, count).run();
