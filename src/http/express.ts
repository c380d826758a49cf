/** How does an Express gateway ask? Middleware: each request is decided before the handlers that follow. From `laissez-passer/express`. */
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Decision } from '../law/reasons.ts';
import { type GatewayOptions, openGateway } from './gateway.ts';
import type { Refusal } from './refusal.ts';

export interface ExpressOptions extends GatewayOptions<Request> {
  /** Answers a refused request in the place of the problem document. */
  readonly refuse?: (request: Request, response: Response, decision: Decision, refusal: Refusal) => unknown;
}

declare global {
  namespace Express {
    interface Request {
      /** What was decided of this request. */
      laissezPasser?: Decision;
    }
  }
}

/** The middleware. @throws PortabilityError `ERR_ARGUMENT`, `ERR_PREFIX`, `ERR_PREFIX_TRUSTS_ALL` */
export function laissezPasser(options: ExpressOptions): RequestHandler {
  const gateway = openGateway(options);
  const conclude = (request: Request, response: Response, decision: Decision, next: NextFunction): void => {
    request.laissezPasser = decision;
    const refusal = gateway.refusal(decision, request);
    if (refusal === undefined) next();
    else if (options.refuse !== undefined) void options.refuse(request, response, decision, refusal);
    else {
      const { status, headers, problem } = refusal;
      response.status(status).set(headers).type('application/problem+json').send(JSON.stringify(problem));
    }
  };
  return (request, response, next) => {
    const decided = gateway.decide(request, request);
    if (!(decided instanceof Promise)) return conclude(request, response, decided, next);
    decided.then(decision => conclude(request, response, decision, next)).catch(next);
  };
}
