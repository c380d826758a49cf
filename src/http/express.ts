/**
 * Guards an Express application: middleware that decides each request before the handlers that
 * follow. Exported from `laissez-passer/express`.
 */
import type { Application, NextFunction, Request, RequestHandler, Response } from 'express';
import { PortabilityError } from '../errors.ts';
import type { Decision } from '../law/reasons.ts';
import { asError, type GatewayOptions, openGateway } from './adapter.ts';
import { isPlainPath, isUnder } from './path-spelling.ts';
import type { Refusal } from './refusal.ts';

export { headerOf } from './request-headers.ts';

/** Options of the middleware. `subscriber` and the other functions receive the Express request. */
export interface ExpressOptions extends GatewayOptions<Request> {
  /**
   * Answers a refused request instead of the problem document. If it has not answered once its
   * promise resolves, or within two seconds, the document is sent. `refusal.headers` include the
   * merged headers of the response.
   */
  readonly refuse?:
    | ((request: Request, response: Response, decision: Decision, refusal: Refusal) => unknown)
    | undefined;
}

declare global {
  namespace Express {
    interface Request {
      /** The decision on this request. */
      laissezPasser?: Decision;
    }
  }
}

/** Time in milliseconds within which the operator's `refuse` must answer. */
const REFUSE_PATIENCE_MS = 2000;

const TWO_TRUSTS =
  'Express has trust proxy and the guard has no option trusted: the guard reads no header, and decides by the address of the proxy. ' +
  'Name the proxies in trusted, or say trusted: [] where there are none';

const send = (response: Response, { status, headers, problem }: Refusal): void =>
  void response.status(status).set(headers).type('application/problem+json').send(JSON.stringify(problem));

/** Calls the operator's function, and sends the problem document if it does not answer. */
function answerBy(refuse: NonNullable<ExpressOptions['refuse']>) {
  return (request: Request, response: Response, decision: Decision, refusal: Refusal, next: NextFunction): void => {
    let isOver = false;
    const end = (finish: () => void): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      if (!response.headersSent) finish();
    };
    const timer = setTimeout(() => end(() => send(response, refusal)), REFUSE_PATIENCE_MS);
    const fail = (error: unknown): void => end(() => next(asError(error)));
    try {
      const answered = refuse(request, response, decision, refusal) as PromiseLike<unknown> | undefined;
      // A function that returns nothing may answer later. A promise that has resolved may not.
      if (typeof answered?.then === 'function') answered.then(() => end(() => send(response, refusal)), fail);
      else if (response.headersSent) end(() => {});
    } catch (error) {
      fail(error);
    }
  };
}

/**
 * Lets the application answer a preflight, but without a body. Otherwise a handler for all methods
 * would serve its programme to any client that imitates a preflight. If the length of a body has
 * already been sent, the connection is closed instead.
 */
function withoutBody(response: Response): void {
  const end = response.end.bind(response) as () => Response;
  response.write = () => true;
  response.end = (() => {
    if (!response.headersSent) response.removeHeader('content-length');
    else if (Number(response.getHeader('content-length') ?? 0) > 0) response.destroy();
    return end();
  }) as Response['end'];
}

/**
 * What Express expects of an application that is mounted in another one; `use` passes the mount
 * path to it.
 */
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

/** Whether a guard has its own path in a router. Express does not report that path to the guard. */
function hasPathInRouter(stack: readonly Layer[] | undefined, guard: unknown): boolean {
  return (stack ?? []).some(({ handle, slash }) =>
    handle === guard ? slash === false : hasPathInRouter((handle as { stack?: Layer[] } | undefined)?.stack, guard),
  );
}

const PATH_IN_ROUTER =
  'the guard has a path of its own in a router: other spellings of that path pass it by. ' +
  'Use the guard without a path, in the router that serves the programmes';

/**
 * Returns the mount paths of a guard.
 * @throws PortabilityError `ERR_ARGUMENT` on patterns, whose other spellings cannot be determined
 */
function plainPaths(mountpath: unknown): readonly string[] {
  const paths = [mountpath].flat();
  if (paths.every(isPlainPath)) return paths;
  throw new PortabilityError('ERR_ARGUMENT', 'the guard is used under plain paths, not under patterns');
}

/**
 * Creates the middleware. `app.use('/hls', guard)` decides every spelling of the path that a file
 * server would accept for it, such as `/%68ls/m`, `//hls/m` or `/x/../hls/m`. Mount it before the
 * handlers that serve the programmes: a response of an earlier handler is not decided.
 * @throws PortabilityError `ERR_ARGUMENT` with the name of the option, `ERR_EVIDENCE_OPTION`,
 * `ERR_PREFIX`, `ERR_PREFIX_TRUSTS_ALL`
 */
export function laissezPasser(options: ExpressOptions): RequestHandler {
  const gateway = openGateway(options, ['refuse']);
  const answer = options.refuse === undefined ? undefined : answerBy(options.refuse);
  /** Requests that were already decided: a guard that is mounted twice decides a request once. */
  const decidedRequests = new WeakSet<Request>();
  const conclude = (request: Request, response: Response, decision: Decision | undefined, next: NextFunction): void => {
    if (decision !== undefined) request.laissezPasser = decision;
    const refusal = gateway.refusal(decision, request, name => response.getHeader(name));
    if (refusal === undefined) next();
    else if (answer === undefined) send(response, refusal);
    else answer(request, response, decision!, refusal, next);
  };
  const decide: RequestHandler = (request, response, next) => {
    if (decidedRequests.has(request)) return next();
    decidedRequests.add(request);
    if (gateway.passes(request)) {
      withoutBody(response);
      return next();
    }
    const decided = gateway.decide(request, request);
    if (!(decided instanceof Promise)) conclude(request, response, decided, next);
    else decided.then(decision => conclude(request, response, decision, next)).catch(next);
  };
  let isLookedAt = false;
  const guard = ((request, response, next) => {
    if (!isLookedAt) {
      isLookedAt = true;
      const { stack } = (request.app?.router ?? {}) as { stack?: Layer[] };
      if (hasPathInRouter(stack, guard)) process.emitWarning(PATH_IN_ROUTER, { code: 'LAISSEZ_PASSER_MOUNT' });
    }
    return decide(request, response, next);
  }) as Mounted;
  // Express reports the mount path only to a mounted application, and under a path it would pass on
  // only one spelling. The guard therefore registers separate middleware that sees every request,
  // and selects the requests under its paths.
  guard.handle = (_request, _response, next) => next();
  guard.set = true;
  guard.emit = (_event, parent) => {
    const paths = plainPaths(guard.mountpath);
    if (options.trusted === undefined && parent.get('trust proxy'))
      process.emitWarning(TWO_TRUSTS, { code: 'LAISSEZ_PASSER_TRUST' });
    parent.use((request, response, next) =>
      paths.some(path => isUnder(path, request.path)) ? decide(request, response, next) : next(),
    );
  };
  return guard;
}
