/**
 * Guards an Express application: middleware that decides each request before the handlers that
 * follow. Exported by `laissez-passer/express`.
 * @module express
 */

import type { Application, NextFunction, Request, RequestHandler, Response } from 'express';
import { portabilityError } from '../errors.ts';
import type { Decision } from '../law/reasons.ts';
import * as HTTP from '../messages/http.ts';
import { REFUSE_WAIT_MS } from '../timeouts.ts';
import { asError, openAdapter } from './adapter.ts';
import { type AdapterOptions, warnOfFrameworkTrust } from './adapter-options.ts';
import { restrictToPreflight } from './cors-preflight.ts';
import { compileMounts, isPlainPath } from './path-spelling.ts';
import type { Refusal } from './refusal.ts';

export { headerOf } from './request-headers.ts';

/** Options of the middleware; `subscriber` and the others are functions of the request. */
export interface ExpressOptions extends AdapterOptions<Request> {
  /**
   * Answers a refused request in place of the problem document. The response already has the status
   * and headers of the refusal. If the function has not answered when its promise resolves, or
   * after two seconds, the problem document is sent. If it throws, the error handlers answer.
   */
  readonly refuse?:
    | ((request: Request, response: Response, decision: Decision, refusal: Refusal) => unknown)
    | undefined;
}

declare global {
  namespace Express {
    interface Request {
      /** The decision for this request. */
      laissezPasser?: Decision;
    }
  }
}

const send = (response: Response, { status, headers, problem }: Refusal): void =>
  void response
    .status(status)
    .set(headers)
    .type('application/problem+json')
    .send(JSON.stringify(problem));

type Method = (...args: unknown[]) => unknown;

/**
 * Ignores an answer that comes after the document was sent: Node would throw inside a timer or a
 * callback, and that ends the process. A middleware that still compresses the document is not
 * affected, as its headers are not sent yet.
 */
function ignoreLateAnswer(response: Response): void {
  const methods = response as unknown as Record<string, Method>;
  for (const name of ['setHeader', 'appendHeader', 'removeHeader', 'writeHead', 'write', 'end']) {
    const method = methods[name]!.bind(response);
    methods[name] = (...args) => (response.headersSent ? response : method(...args));
  }
}

/** Wraps the operator's `refuse`, so that every refused request is answered once. */
function answerBy(refuse: NonNullable<ExpressOptions['refuse']>) {
  return (
    request: Request,
    response: Response,
    decision: Decision,
    refusal: Refusal,
    next: NextFunction,
  ): void => {
    let isOver = false;
    const end = (finish: () => void): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      finish();
    };
    const sendUnlessAnswered = (): void =>
      end(() => {
        if (response.headersSent) return;
        send(response, refusal);
        ignoreLateAnswer(response);
      });
    const timer = setTimeout(sendUnlessAnswered, REFUSE_WAIT_MS);
    // If the answer has begun, Express closes the connection.
    const fail = (error: unknown): void =>
      end(() => {
        if (!response.headersSent) response.status(500);
        next(asError(error));
      });
    // Defaults for what the function sends; it may set others.
    response.status(refusal.status).set(refusal.headers);
    try {
      const answered = refuse(request, response, decision, refusal) as
        | PromiseLike<unknown>
        | undefined;
      // A function that returns nothing may answer later; a promise that resolves has finished.
      if (typeof answered?.then === 'function') answered.then(sendUnlessAnswered, fail);
      else if (response.headersSent) end(() => {});
    } catch (error) {
      fail(error);
    }
  };
}

/** What Express expects of a mounted application: `use` sets `mountpath` and emits `mount`. */
interface Mounted extends RequestHandler {
  handle: RequestHandler;
  set: true;
  emit(event: 'mount', parent: Application): void;
  mountpath?: unknown;
}

interface Layer {
  readonly handle?: unknown;
  readonly slash?: boolean;
}

type Nested = { readonly stack?: readonly Layer[] } | undefined;

/** Whether a guard has a path of its own in a router. Express emits no `mount` event there. */
function hasPathInRouter(stack: readonly Layer[] | undefined, guard: unknown): boolean {
  return (stack ?? []).some(({ handle, slash }) =>
    handle === guard ? slash === false : hasPathInRouter((handle as Nested)?.stack, guard),
  );
}

const PATH_IN_ROUTER =
  'the guard has a path of its own in a router, and other spellings of that path are not guarded. ' +
  'Use it without a path, in the router that serves the programmes';

/**
 * Returns the mount paths of a guard.
 * @throws PortabilityError `ERR_ARGUMENT` on a pattern, whose other spellings are not known
 */
function plainPaths(mountpath: unknown): readonly string[] {
  const paths = [mountpath].flat();
  if (paths.every(isPlainPath)) return paths;
  throw portabilityError(HTTP.mountPattern);
}

/**
 * Creates the middleware. With `app.use('/hls', guard)` it decides every spelling of the path that
 * a file server resolves to it, such as `/%68ls/m`, `//hls/m` or `/x/../hls/m`. Register it before
 * the handlers that serve programmes: what an earlier handler serves is not decided.
 * @throws PortabilityError `ERR_ARGUMENT` with the name of the option, `ERR_EVIDENCE_OPTION`,
 * `ERR_PREFIX`, `ERR_PREFIX_TRUSTS_ALL`
 */
export function laissezPasser(options: ExpressOptions): RequestHandler {
  const adapter = openAdapter(options, ['refuse']);
  const answer = options.refuse === undefined ? undefined : answerBy(options.refuse);
  /** Requests that have passed, so that a guard that is registered twice decides once. */
  const passedRequests = new WeakSet<Request>();
  const conclude = (
    request: Request,
    response: Response,
    decision: Decision | undefined,
    next: NextFunction,
  ): void => {
    if (decision !== undefined) request.laissezPasser = decision;
    const refusal = adapter.refusal(decision, request, name => response.getHeader(name));
    if (refusal === undefined) {
      passedRequests.add(request);
      next();
    } else if (answer === undefined) send(response, refusal);
    else answer(request, response, decision!, refusal, next);
  };
  const decide: RequestHandler = (request, response, next) => {
    if (passedRequests.has(request)) return next();
    if (adapter.passes(request)) {
      passedRequests.add(request);
      restrictToPreflight(response);
      return next();
    }
    const decided = adapter.decide(request, request);
    if (!(decided instanceof Promise)) conclude(request, response, decided, next);
    else decided.then(decision => conclude(request, response, decision, next)).catch(next);
  };
  let isMountChecked = false;
  const guard = ((request, response, next) => {
    if (!isMountChecked) {
      isMountChecked = true;
      const { stack } = (request.app?.router ?? {}) as { stack?: Layer[] };
      if (hasPathInRouter(stack, guard))
        process.emitWarning(PATH_IN_ROUTER, { code: 'LAISSEZ_PASSER_MOUNT' });
    }
    return decide(request, response, next);
  }) as Mounted;
  // On a path, Express calls a middleware for one spelling only. Therefore the guard presents
  // itself as an application: on the `mount` event it learns its path and adds a middleware without
  // a path, which sees every request. `handle` then has nothing to do. Another framework may call
  // `handle` without the event: then it decides.
  let isMounted = false;
  guard.handle = (request, response, next) =>
    isMounted ? next() : decide(request, response, next);
  guard.set = true;
  guard.emit = (_event, parent) => {
    const isUnderMount = compileMounts(plainPaths(guard.mountpath));
    isMounted = true;
    if (options.trusted === undefined && parent.get('trust proxy'))
      warnOfFrameworkTrust('trust proxy of Express');
    parent.use((request, response, next) =>
      isUnderMount(request.path) ? decide(request, response, next) : next(),
    );
  };
  return guard;
}
