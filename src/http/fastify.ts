/**
 * Guards a Fastify scope: a plugin that decides each request before its body is read. Exported by
 * `laissez-passer/fastify`.
 * @module fastify
 */

import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { portabilityError } from '../errors.ts';
import type { Decision } from '../law/reasons.ts';
import * as HTTP from '../messages/http.ts';
import { REFUSE_WAIT_MS } from '../timeouts.ts';
import { asError, openAdapter } from './adapter.ts';
import { type AdapterOptions, warnOfFrameworkTrust } from './adapter-options.ts';
import { restrictToPreflight } from './cors-preflight.ts';
import type { Refusal } from './refusal.ts';

export { headerOf } from './request-headers.ts';

/** Options of the plugin; `subscriber` and the others are functions of the request. */
export interface FastifyOptions extends AdapterOptions<FastifyRequest> {
  /**
   * Answers a refused request in place of the problem document: sends the answer, or returns (or
   * resolves to) the body. The reply already has the status and headers of the refusal. If the
   * function has not answered when its promise resolves, or after two seconds, the problem document
   * is sent. If it throws, the error handler answers.
   */
  readonly refuse?:
    | ((
        request: FastifyRequest,
        reply: FastifyReply,
        decision: Decision,
        refusal: Refusal,
      ) => unknown)
    | undefined;
  /**
   * The hook in which a request is decided; default: `onRequest`, before the body is parsed and
   * validated. If the session is read in a later hook, use that hook or the next one.
   */
  readonly hook?: 'onRequest' | 'preParsing' | 'preValidation' | 'preHandler' | undefined;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The decision for this request; `null` before it and if nothing is decided. */
    laissezPasser: Decision | null;
  }
  interface FastifyContextConfig {
    /** `false` excludes a route from the guard of its scope. */
    laissezPasser?: false | undefined;
  }
}

type Done = (error?: Error) => void;

/** The guard of a scope. Scopes inside it inherit it, unless they have their own. */
const GUARD = Symbol('laissez-passer guard');
type Guarded = FastifyInstance & { [GUARD]?: object };

/** Options that Fastify itself accepts for every plugin. */
const FASTIFY_OPTIONS = ['prefix', 'logLevel', 'logSerializers'];

/** Fastify decorates requests with `ips` only if `trustProxy` is set. */
const hasTrustProxy = (app: FastifyInstance): boolean => app.hasRequestDecorator('ips');

const send = (reply: FastifyReply, { status, headers, problem }: Refusal): void =>
  // A string, because the serializer of a schema for this status would omit fields.
  void reply
    .code(status)
    .headers(headers)
    .type('application/problem+json')
    .send(JSON.stringify(problem));

/** Wraps the operator's `refuse`, so that every refused request is answered once. */
function answerBy(refuse: NonNullable<FastifyOptions['refuse']>) {
  return (
    request: FastifyRequest,
    reply: FastifyReply,
    decision: Decision,
    refusal: Refusal,
    done: Done,
  ): void => {
    let isOver = false;
    let isBegun = false;
    // `reply.sent` becomes true only at the end of an answer, so note when `send` is called.
    const originalSend = reply.send;
    reply.send = function (this: FastifyReply, ...args: unknown[]) {
      isBegun = true;
      reply.send = originalSend;
      return originalSend.apply(reply, args as never);
    } as typeof reply.send;
    const giveUp = (error: unknown): void => {
      void reply.code(500);
      done(asError(error));
    };
    const isAnswered = (): boolean => isBegun || reply.sent || reply.raw.headersSent;
    const end = (finish: () => void): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      if (isAnswered()) return;
      try {
        finish();
      } catch (error) {
        giveUp(error);
      }
    };
    const timer = setTimeout(() => end(() => send(reply, refusal)), REFUSE_WAIT_MS);
    const settle = (body: unknown, isPromised: boolean): void => {
      if (body !== undefined && body !== reply) end(() => void reply.send(body));
      // A function that returns nothing may answer later; a promise that resolves has finished.
      else if (isPromised || isAnswered()) end(() => send(reply, refusal));
    };
    const fail = (error: unknown): void => end(() => giveUp(error));
    // Defaults for what the function sends or returns; it may set others.
    void reply.code(refusal.status).headers(refusal.headers);
    try {
      const answered = refuse(request, reply, decision, refusal) as
        | PromiseLike<unknown>
        | undefined;
      // A reply is a thenable itself.
      if ((answered as unknown) === reply || typeof answered?.then !== 'function')
        settle(answered, false);
      else answered.then(body => settle(body, true), fail);
    } catch (error) {
      fail(error);
    }
  };
}

const plugin: FastifyPluginAsync<FastifyOptions> = async (app, options) => {
  const adapter = openAdapter(options, ['refuse', 'hook', ...FASTIFY_OPTIONS]);
  const { refuse, hook = 'onRequest' } = options;
  if (options.trusted === undefined && hasTrustProxy(app))
    warnOfFrameworkTrust('trustProxy of Fastify');
  // A scope inside a guarded one inherits the decorator.
  if (!app.hasRequestDecorator('laissezPasser')) app.decorateRequest('laissezPasser', null);
  if (Object.hasOwn(app, GUARD)) throw portabilityError(HTTP.scopeGuarded);
  const guard = {};
  (app as Guarded)[GUARD] = guard;
  const answer = refuse === undefined ? undefined : answerBy(refuse);
  /** Only the nearest guard decides. A 404 and an excluded route are not access requests. */
  const isDecidedHere = (request: FastifyRequest): boolean =>
    (request.server as Guarded)[GUARD] === guard &&
    !request.is404 &&
    request.routeOptions.config.laissezPasser !== false;
  /** A route that also has other methods is decided: its handler would serve its programme. */
  const isPreflightRoute = (request: FastifyRequest): boolean =>
    request.routeOptions.method === 'OPTIONS';
  const conclude = (
    request: FastifyRequest,
    reply: FastifyReply,
    decision: Decision | undefined,
    done: Done,
  ): void => {
    request.laissezPasser = decision ?? null;
    if (decision?.verdict !== 'refused') {
      done();
      return;
    }
    const refusal = adapter.refusal(decision, request.raw, name => reply.getHeader(name));
    if (refusal === undefined) done();
    else if (answer === undefined) send(reply, refusal);
    else answer(request, reply, decision, refusal, done);
  };
  const decide = (request: FastifyRequest, reply: FastifyReply, done: Done): void => {
    if (!isDecidedHere(request)) {
      done();
      return;
    }
    if (adapter.passes(request.raw) && isPreflightRoute(request)) {
      restrictToPreflight(reply.raw);
      done();
      return;
    }
    const decided = adapter.decide(request, request.raw);
    if (!(decided instanceof Promise)) conclude(request, reply, decided, done);
    else decided.then(decision => conclude(request, reply, decision, done)).catch(done);
  };
  if (hook === 'preParsing')
    app.addHook(hook, (request, reply, payload, done) =>
      decide(request, reply, error => done(error ?? null, payload)),
    );
  else app.addHook(hook as 'onRequest', decide);
};

/**
 * The plugin. Register it in the scope whose routes it guards. An invalid option rejects the
 * registration with an error that names it.
 */
export const laissezPasser = fp(plugin, { name: 'laissez-passer', fastify: '5.x' });
