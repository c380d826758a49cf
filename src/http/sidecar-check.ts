/**
 * Answers /check of the sidecar on the plain requests and responses of `node:http`: the routing and
 * the replies of a framework would take longer than the decision.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { systemClock } from '../clock.ts';
import { DECISIONS, type Decision } from '../law/reasons.ts';
import type { Adapter } from './adapter.ts';
import type { Refusal, Seen } from './refusal.ts';
import { appendToList } from './request-headers.ts';
import type { SidecarMetrics } from './sidecar-metrics.ts';
import { secondsToHold } from './verdict-lifetime.ts';

type Headers = Readonly<Record<string, string>>;

/** What answers /check. */
export interface CheckParts {
  readonly adapter: Adapter<IncomingMessage>;
  readonly metrics: SidecarMetrics;
  /** Whether a peer may ask. */
  readonly isAllowed: (request: IncomingMessage) => boolean;
  /** Returns the CORS headers for a request; none if no origin is configured. */
  readonly cors: (request: IncomingMessage) => Headers;
  /** Whether a refusal is answered with its own status instead of 403. */
  readonly hasFittingStatus: boolean;
  /** Seconds for which a granted verdict may be used again, until the end of the UTC day; or 0. */
  readonly verdictLifetime: number;
  /** Names of the request headers that a verdict depends on. */
  readonly headers: readonly string[];
}

const NO_STORE: Headers = { 'cache-control': 'no-store' };
const NOTHING: Headers = { ...NO_STORE, 'content-length': '0' };
const FAILED: Headers = { ...NOTHING, 'retry-after': '1' };

/** Headers as one flat list, the form of `writeHead` for which Node makes no object. */
const flat = (headers: Headers): readonly string[] => Object.entries(headers).flat();

/**
 * Returns verdict, reason and code as headers, which nginx forwards with `auth_request_set`,
 * together with the matching status and what was seen of the address.
 */
function decisionHeaders(
  { verdict, reason, code }: Decision,
  status: number,
  seen?: Seen | undefined,
): Headers {
  return {
    ...NO_STORE,
    'laissez-passer-verdict': verdict,
    'laissez-passer-reason': reason,
    'laissez-passer-code': code,
    'laissez-passer-status': String(status),
    ...(seen !== undefined && { 'laissez-passer-seen': seen }),
  };
}

/** The headers of a request that may continue, by its decision. They are always the same. */
const CONTINUES: ReadonlyMap<Decision | undefined, readonly string[]> = new Map([
  [undefined, flat(NOTHING)],
  ...Object.values(DECISIONS).map(
    decision =>
      [decision, flat({ ...decisionHeaders(decision, 200), 'content-length': '0' })] as const,
  ),
]);

/** Whether a decision may be used again. A refusal may not: its cause can be mended. */
const isGrant = (decision: Decision | undefined): boolean =>
  decision !== undefined && decision.verdict !== 'refused';

function send(response: ServerResponse, status: number, headers: readonly string[], body?: string) {
  // A gateway does not need the time. A cache that misses it takes that of the arrival (RFC 9110,
  // 6.6.1).
  response.sendDate = false;
  response.writeHead(status, headers as string[]);
  response.end(body);
}

/**
 * Creates the function that answers /check. It decides a request before its body is read and
 * answers 200 or 403, or 503 if the person records cannot be read and no standing is known. In
 * shadow mode, a request that could not be decided continues.
 */
export function createCheck({
  adapter,
  metrics,
  isAllowed,
  cors,
  hasFittingStatus,
  verdictLifetime,
  headers,
}: CheckParts): (request: IncomingMessage, response: ServerResponse) => void {
  const secondsSince = (start: number): number => (performance.now() - start) / 1000;
  /** Returns the headers of a request that may continue. */
  const continuing = (decision: Decision | undefined, allowing: Headers): readonly string[] => {
    const isHeld = verdictLifetime > 0 && isGrant(decision);
    const seconds = isHeld ? secondsToHold(verdictLifetime, systemClock()) : 0;
    if (seconds === 0) return [...flat(allowing), ...CONTINUES.get(decision)!];
    // For any cache: what the verdict depends on.
    const holding = {
      'cache-control': `max-age=${seconds}`,
      vary: appendToList(allowing['vary'], headers),
    };
    const all = { ...allowing, ...decisionHeaders(decision!, 200), ...holding };
    return flat({ ...all, 'content-length': '0' });
  };
  const refuse = (
    response: ServerResponse,
    decision: Decision,
    { status, headers, problem }: Refusal,
    allowing: Headers,
    seen: Seen | undefined,
  ): void => {
    const body = JSON.stringify(problem);
    const all = {
      ...allowing,
      ...decisionHeaders(decision, status, seen),
      ...headers,
      'content-type': 'application/problem+json; charset=utf-8',
      'content-length': String(Buffer.byteLength(body)),
    };
    send(response, hasFittingStatus ? status : 403, flat(all), body);
  };
  const conclude = (
    request: IncomingMessage,
    response: ServerResponse,
    decision: Decision | undefined,
    start: number,
  ): void => {
    const allowing = cors(request);
    const refusal = adapter.refusal(decision, request, name => allowing[name]);
    metrics.observeCheck(refusal === undefined ? 'granted' : 'refused', secondsSince(start));
    if (refusal === undefined) send(response, 200, continuing(decision, allowing));
    else refuse(response, decision!, refusal, allowing, adapter.seen(decision, request));
  };
  const fail = (request: IncomingMessage, response: ServerResponse, start: number): void => {
    metrics.observeCheck('failed', secondsSince(start));
    send(response, 503, flat({ ...cors(request), ...FAILED }));
  };
  const decide = (request: IncomingMessage, response: ServerResponse, start: number): void => {
    const decided = adapter.decide(request, request);
    if (!(decided instanceof Promise)) conclude(request, response, decided, start);
    else
      decided
        .then(decision => conclude(request, response, decision, start))
        .catch(() => fail(request, response, start));
  };
  return (request, response) => {
    if (!isAllowed(request)) {
      metrics.rejectPeer();
      send(response, 403, flat(NOTHING));
      return;
    }
    if (adapter.passes(request)) {
      send(response, 200, flat(NOTHING));
      return;
    }
    const start = performance.now();
    try {
      decide(request, response, start);
    } catch {
      fail(request, response, start);
    }
  };
}
