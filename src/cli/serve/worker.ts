/**
 * The side of a worker: it takes its signals from the process that supervises it, and answers with
 * the other workers.
 */

import cluster, { type Worker as ClusterWorker } from 'node:cluster';
import { EventEmitter } from 'node:events';
import type { Answers, Collected, Question, Workers } from '../../http/workers.ts';
import type { Signals } from './listen.ts';
import {
  ANSWER_WAIT_MS,
  sharedWhileRunning,
  type ToPrimary,
  type ToWorker,
  Waiting,
  WORKER_VARIABLE,
} from './worker-messages.ts';

/** What `serve` does differently in a worker. */
export interface Worker {
  /** From 1. The first worker also does what is to be done once. */
  readonly number: number;
  readonly signals: Signals;
  readonly workers: Workers;
  tellListening(line: string, edition: string): void;
  tellEdition(edition: string): void;
  /** Has all workers load the table again. */
  reloadAll(): void;
  /** Lets the process end by itself. */
  release(): void;
}

/**
 * A signal to the process group, such as Ctrl-C, reaches a worker too. It must not count next to
 * what the supervising process passes on.
 */
function ignoreSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
}

const send = (message: ToPrimary): void => {
  // The supervising process may just have ended.
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
};

/** Returns the workers as this one sees them. */
function workersOf(of: number) {
  let answerOwn: (question: Question) => Promise<Answers[Question]>;
  const waiting = new Waiting<Collected<Question>>();
  const collect = sharedWhileRunning(async (question: Question): Promise<Collected<Question>> => {
    const collected = await waiting.ask(
      id => send({ kind: 'collect', id, question }),
      // The supervising process itself waits for an answer.
      2 * ANSWER_WAIT_MS,
    );
    if (collected !== undefined && collected.answers.length > 0) return collected;
    return { answers: [await answerOwn(question)], running: 1, of, isStopping: false };
  });
  const workers: Workers = {
    answerWith: answer => {
      answerOwn = answer;
    },
    collect: collect as Workers['collect'],
  };
  return {
    workers,
    waiting,
    answer: async (id: number, question: Question) =>
      send({ kind: 'answer', id, answer: await answerOwn(question) }),
  };
}

/**
 * Returns the worker that this process is, or `undefined`.
 * @param of number of workers
 */
export function openWorker(of: number): Worker | undefined {
  const number = Number(process.env[WORKER_VARIABLE]);
  const self: ClusterWorker | undefined = cluster.worker;
  if (self === undefined || !(number >= 1)) return undefined;
  ignoreSignals();
  const signals = new EventEmitter();
  const { workers, waiting, answer } = workersOf(of);
  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    isStopping = true;
    // Before the server is there, the worker holds nothing.
    if (!signals.emit(signal, signal)) process.exit(0);
  };
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'collected') waiting.resolve(message.id, message.collected);
    else if (message.kind === 'question') void answer(message.id, message.question);
    else if (message.signal === 'SIGHUP') signals.emit('SIGHUP');
    else stop(message.signal);
  });
  self.on('disconnect', () => {
    // Otherwise Node ends the process at once, with evidence unwritten.
    self.exitedAfterDisconnect = true;
    if (!isStopping) stop('SIGTERM');
  });
  return {
    number,
    signals,
    workers,
    tellListening: (line, edition) => send({ kind: 'listening', line, edition }),
    tellEdition: edition => send({ kind: 'edition', edition }),
    reloadAll: () => send({ kind: 'reload' }),
    release: () => {
      isStopping = true;
      self.exitedAfterDisconnect = true;
      if (process.connected) process.disconnect();
    },
  };
}
