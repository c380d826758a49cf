/** How does an Express gateway ask? Middleware: each request is decided before the handlers that follow. From `laissez-passer/express`. */
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Decision } from '../law/reasons.ts';
import { asError, type GatewayOptions, openGateway } from './gateway.ts';
import type { Refusal } from './refusal.ts';

/** What the middleware is told; `subscriber` and the others are functions of the request. */
export interface ExpressOptions extends GatewayOptions<Request> {
  /** Answers a refused request in the place of the problem document. */
  readonly refuse?:
    | ((request: Request, response: Response, decision: Decision, refusal: Refusal) => unknown)
    | undefined;
}

declare global {
  namespace Express {
    interface Request {
      /** What was decided of this request. */
      laissezPasser?: Decision;
    }
  }
}

const answer = (response: Response, { status, headers, problem }: Refusal): void =>
  void response.status(status).set(headers).type('application/problem+json').send(JSON.stringify(problem));

/** The middleware. @throws PortabilityError `ERR_ARGUMENT`, `ERR_PREFIX`, `ERR_PREFIX_TRUSTS_ALL` */
export function laissezPasser(options: ExpressOptions): RequestHandler {
  const gateway = openGateway(options);
  const { refuse } = options;
  const conclude = (request: Request, response: Response, decision: Decision | undefined, next: NextFunction): void => {
    if (decision !== undefined) request.laissezPasser = decision;
    const refusal = gateway.refusal(decision, request);
    if (refusal === undefined) next();
    else if (refuse === undefined) answer(response, refusal);
    else
      Promise.resolve()
        .then(() => refuse(request, response, decision!, refusal))
        .catch(error => next(asError(error)));
  };
  return (request, response, next) => {
    const decided = gateway.decide(request, request);
    if (!(decided instanceof Promise)) conclude(request, response, decided, next);
    else decided.then(decision => conclude(request, response, decision, next)).catch(next);
  };
}
