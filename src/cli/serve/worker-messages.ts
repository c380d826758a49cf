/** The messages between the process that supervises and its workers. */

import type { Answers, Collected, Question } from '../../http/workers.ts';

/** The environment variable with the number of a worker, from 1. */
export const WORKER_VARIABLE = 'LAISSEZ_PASSER_WORKER';

/** For how long a process waits for what another one answers, in milliseconds. */
export const ANSWER_WAIT_MS = 1000;

export type ToWorker =
  | { readonly kind: 'signal'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'question'; readonly id: number; readonly question: Question }
  | { readonly kind: 'collected'; readonly id: number; readonly collected: Collected<Question> };

export type ToPrimary =
  /** The worker listens; `line` is for standard output. */
  | { readonly kind: 'listening'; readonly line: string; readonly edition: string }
  | { readonly kind: 'edition'; readonly edition: string }
  /** All are to load the table again. */
  | { readonly kind: 'reload' }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answers[Question] }
  | { readonly kind: 'collect'; readonly id: number; readonly question: Question };

/** Questions that wait for an answer, for a limited time. */
export class Waiting<Answer> {
  readonly #waiting = new Map<number, (answer: Answer | undefined) => void>();
  #last = 0;

  /** Sends a question and resolves with its answer, or with `undefined` if there is none in time. */
  ask(send: (id: number) => void, waitMs: number): Promise<Answer | undefined> {
    const id = ++this.#last;
    return new Promise(resolve => {
      const late = setTimeout(() => this.resolve(id, undefined), waitMs);
      this.#waiting.set(id, answer => {
        clearTimeout(late);
        resolve(answer);
      });
      send(id);
    });
  }

  resolve(id: number, answer: Answer | undefined): void {
    this.#waiting.get(id)?.(answer);
    this.#waiting.delete(id);
  }
}

/** Shares a call among those who ask while it runs. */
export function sharedWhileRunning<K, V>(call: (key: K) => Promise<V>): (key: K) => Promise<V> {
  const running = new Map<K, Promise<V>>();
  return key => {
    const known = running.get(key);
    if (known !== undefined) return known;
    const started = call(key).finally(() => running.delete(key));
    running.set(key, started);
    return started;
  };
}
