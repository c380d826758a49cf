/**
 * Asks an HTTPS server for a file: follows redirects without handing a credential to another
 * origin, with time limits, and names what is wrong with an answer.
 */

import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { get } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { rootCertificates } from 'node:tls';
import { systemClock } from '../../clock.ts';
import { MINUTE_MS } from '../../days.ts';
import { PortabilityError, portabilityError, systemCodeOf } from '../../errors.ts';
import * as UPDATE from '../../messages/update.ts';
import {
  FIRST_BACKOFF_MS,
  LEAST_PROGRESS,
  LONGEST_FILE_MS,
  LONGEST_PATIENCE_MS,
  LONGEST_WAIT_MS,
  MOST_ATTEMPTS,
  MOST_REDIRECTS,
} from './limits.ts';

/** One file to ask for. */
export interface Question {
  readonly url: URL;
  /** Headers for every server. */
  readonly headers: OutgoingHttpHeaders;
  /** Headers for the first origin only. */
  readonly credentials: OutgoingHttpHeaders;
  /** Fields of the configuration that hold the credentials, for an error. */
  readonly credentialFields: readonly string[];
  /** Certificate authorities to trust besides the usual ones, as PEM. */
  readonly ca: readonly string[] | undefined;
  readonly timeoutSeconds: number;
  /** Whether the content is compared with a digest, so that a cut one is noticed in any case. */
  readonly hasDigest: boolean;
  readonly signal: AbortSignal;
}

/** A server that asks to come back later. */
export class ComeBackLater extends Error {
  readonly error: PortabilityError;
  readonly afterMs: number;

  constructor(error: PortabilityError, afterMs: number) {
    super('come back later');
    this.error = error;
    this.afterMs = afterMs;
  }
}

/** A failure that the next attempt may not meet. */
class Passing extends Error {
  readonly error: PortabilityError;

  constructor(error: PortabilityError) {
    super('passing failure');
    this.error = error;
  }
}

/**
 * Returns the error of an update that ended before its time: cancelled, or by the time limit of a
 * file.
 */
export const abortedError = ({ reason }: AbortSignal): PortabilityError =>
  reason instanceof DOMException && reason.name === 'TimeoutError'
    ? portabilityError(UPDATE.downloadLong, {}, { minutes: LONGEST_FILE_MS / MINUTE_MS })
    : portabilityError(UPDATE.downloadAborted);

/** Runs `work` with a signal that is aborted with another one, or once the time is over. */
export async function withinTime<Result>(
  signal: AbortSignal,
  limitMs: number,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const limited = new AbortController();
  const cancel = (): void => limited.abort(signal.reason);
  const timer = setTimeout(
    () => limited.abort(new DOMException('time limit', 'TimeoutError')),
    limitMs,
  );
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel);
  try {
    return await work(limited.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', cancel);
  }
}

const TLS_FAILURE = /^(?:EPROTO|ERR_(?:SSL|TLS)_.*|UNABLE_TO_.*|.*CERT.*|HOSTNAME_MISMATCH)$/;

/**
 * Returns the error of a failed connection. The message of the system is left out: it may quote the
 * address with its query.
 */
function connectionError(error: unknown, question: Question, host: string): Error {
  if (error instanceof PortabilityError) return error;
  if (question.signal.aborted) return abortedError(question.signal);
  const system = systemCodeOf(error);
  if (system !== undefined && TLS_FAILURE.test(system))
    return portabilityError(UPDATE.downloadCertificate, { host, system });
  return new Passing(portabilityError(UPDATE.downloadUnreachable, { host, system }));
}

const tooSlow = ({ timeoutSeconds }: Question, host: string): PortabilityError =>
  portabilityError(UPDATE.downloadSlow, { host }, { seconds: timeoutSeconds });

/** Sends one request, and resolves with the head of the answer. */
function send(question: Question, url: URL, headers: OutgoingHttpHeaders) {
  const { ca, timeoutSeconds, signal } = question;
  const trusted = ca === undefined ? {} : { ca: [...rootCertificates, ...ca] };
  return new Promise<IncomingMessage>((resolve, reject) => {
    const request = get(url, { headers, signal, rejectUnauthorized: true, ...trusted });
    const timer = setTimeout(
      () => request.destroy(tooSlow(question, url.host)),
      timeoutSeconds * 1000,
    );
    const settle = (): void => clearTimeout(timer);
    request.once('response', answer => {
      settle();
      resolve(answer);
    });
    request.on('error', error => {
      settle();
      reject(connectionError(error, question, url.host));
    });
  });
}

const REDIRECTS = [301, 302, 303, 307, 308];

/** Returns the address of a redirect; `undefined` if it is not an https address. */
function targetOf(answer: IncomingMessage, from: URL): URL | undefined {
  const { location = '' } = answer.headers;
  if (!URL.canParse(location, from.href)) return undefined;
  const target = new URL(location, from);
  return target.protocol === 'https:' ? target : undefined;
}

/** An answer that is not a redirect, and the host that gave it. */
interface Answer {
  readonly response: IncomingMessage;
  readonly host: string;
}

/**
 * Follows redirects. Once another origin was asked, no request carries a credential any more.
 */
async function follow(question: Question): Promise<Answer> {
  let { url } = question;
  let isOwn = true;
  for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
    const credentials = isOwn ? question.credentials : {};
    const response = await send(question, url, { ...question.headers, ...credentials });
    if (!REDIRECTS.includes(response.statusCode ?? 0)) return { response, host: url.host };
    response.destroy();
    const target = targetOf(response, url);
    if (target === undefined) break;
    if (target.origin !== question.url.origin) isOwn = false;
    url = target;
  }
  throw portabilityError(UPDATE.downloadRedirects, { host: url.host }, { most: MOST_REDIRECTS });
}

/**
 * Returns the milliseconds of `Retry-After`, in seconds or as a date: a day at most, because a
 * mistake of a server must not end the updates. `undefined` without one.
 */
export function retryAfterMs(field: string | undefined, now: number): number | undefined {
  if (field === undefined) return undefined;
  const stated = /^\d+$/.test(field) ? Number(field) * 1000 : Date.parse(field) - now;
  return Number.isNaN(stated) ? undefined : Math.min(Math.max(0, stated), LONGEST_PATIENCE_MS);
}

/** Returns the error of a server that asks to come back, at a moment in milliseconds since 1970. */
export const busyUntil = (moment: number, host?: string): PortabilityError =>
  portabilityError(
    UPDATE.downloadBusy,
    { host },
    { moment: `${new Date(moment).toISOString().slice(0, 16)}Z` },
  );

function busy(response: IncomingMessage, host: string, fallbackMs: number): ComeBackLater {
  const now = systemClock();
  const afterMs = retryAfterMs(response.headers['retry-after'], now) ?? fallbackMs;
  return new ComeBackLater(busyUntil(now + afterMs, host), afterMs);
}

/** A server that limits downloads without saying for how long is left alone for an hour. */
const UNSTATED_WAIT_MS = 3_600_000;

/** Throws what an answer says that has no file; returns for 200, 304 and 404. */
function checkStatus({ response, host }: Answer, { credentialFields }: Question): void {
  const status = response.statusCode ?? 0;
  if (status === 200 || status === 304 || status === 404) return;
  response.destroy();
  const fields = credentialFields.join(', ');
  if (status === 401 || status === 403)
    throw fields === ''
      ? portabilityError(UPDATE.downloadRefusedOpenly, { host }, { status })
      : portabilityError(UPDATE.downloadRefused, { host }, { status, fields });
  if (status === 429) throw busy(response, host, UNSTATED_WAIT_MS);
  if (status === 503 && response.headers['retry-after'] !== undefined)
    throw busy(response, host, UNSTATED_WAIT_MS);
  if (status >= 500)
    throw new Passing(portabilityError(UPDATE.downloadServerFails, { host }, { status }));
  throw portabilityError(UPDATE.downloadStatus, { host }, { status });
}

/** The body of an answer, as it arrives. */
export interface Body {
  readonly status: 200 | 304 | 404;
  readonly headers: IncomingMessage['headers'];
  /**
   * Yields the bytes once.
   * @throws PortabilityError `ERR_DOWNLOAD_SLOW`; if the connection breaks, another attempt follows
   */
  chunks(): AsyncGenerator<Buffer>;
}

async function* chunksOf({ response, host }: Answer, question: Question): AsyncGenerator<Buffer> {
  const { timeoutSeconds, signal } = question;
  const incomplete = (): Passing =>
    new Passing(portabilityError(UPDATE.downloadIncomplete, { host }));
  let progress = 0;
  let received = 0;
  const timer = setInterval(() => {
    if (progress < LEAST_PROGRESS) response.destroy(tooSlow(question, host));
    progress = 0;
  }, timeoutSeconds * 1000);
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      progress += chunk.length;
      received += chunk.length;
      yield chunk;
    }
  } catch (error) {
    if (error instanceof PortabilityError) throw error;
    throw signal.aborted ? abortedError(signal) : incomplete();
  } finally {
    clearInterval(timer);
    response.destroy();
  }
  const { 'content-length': length, 'transfer-encoding': encoding } = response.headers;
  // Node checks the end of a chunked body. Any other body without a length may have been cut.
  const isWhole =
    length === undefined
      ? question.hasDigest || encoding?.includes('chunked') === true
      : received === Number(length);
  if (!response.complete || !isWhole) throw incomplete();
}

/**
 * Asks for a file and hands its body to `read`, several times if the server fails in a way that may
 * pass: 5xx, a broken connection, or `Retry-After` of a minute at most.
 * @throws PortabilityError `ERR_DOWNLOAD_...`; ComeBackLater if the server asks for more patience
 */
export async function ask<Result>(
  question: Question,
  read: (body: Body) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await follow(question);
      checkStatus(answer, question);
      const { response } = answer;
      try {
        return await read({
          status: response.statusCode as Body['status'],
          headers: response.headers,
          chunks: () => chunksOf(answer, question),
        });
      } finally {
        response.destroy();
      }
    } catch (error) {
      const isLast = attempt === MOST_ATTEMPTS;
      if (error instanceof ComeBackLater) {
        if (isLast || error.afterMs > LONGEST_WAIT_MS) throw error;
        await pause(error.afterMs, question);
      } else if (error instanceof Passing && !isLast)
        await pause(FIRST_BACKOFF_MS * 4 ** (attempt - 1) * (1 + Math.random() / 4), question);
      else throw error instanceof Passing ? error.error : error;
    }
  }
}

const pause = (ms: number, { signal }: Question): Promise<void> =>
  delay(ms, undefined, { signal }).catch(() => {
    throw abortedError(signal);
  });
