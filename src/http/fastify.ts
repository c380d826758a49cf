/**
 * Guards a Fastify scope: a plugin that decides each request before its body is read. Exported from
 * `laissez-passer/fastify`.
 */
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { Decision } from '../law/reasons.ts';
import { asError, type GatewayOptions, openGateway } from './adapter.ts';
import type { Refusal } from './refusal.ts';

export { headerOf } from './request-headers.ts';

/** Options of the plugin. `subscriber` and the other functions receive the Fastify request. */
export interface FastifyOptions extends GatewayOptions<FastifyRequest> {
  /**
   * Answers a refused request instead of the problem document: it sends the answer, or returns or
   * resolves with what is to be sent. If it has not answered once its promise resolves, or within
   * two seconds, the document is sent. `refusal.headers` include the merged headers of the reply.
   */
  readonly refuse?:
    | ((request: FastifyRequest, reply: FastifyReply, decision: Decision, refusal: Refusal) => unknown)
    | undefined;
  /**
   * The hook in which a request is decided; default: `onRequest`, before a body is parsed or
   * validated. If a plugin finds the session in a later hook, use that hook or the next one.
   */
  readonly hook?: 'onRequest' | 'preParsing' | 'preValidation' | 'preHandler' | undefined;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The decision on this request; `null` before it is decided, and if nothing is decided. */
    laissezPasser: Decision | null;
  }
  interface FastifyContextConfig {
    /** `false` excludes a route from the guard of its scope. */
    laissezPasser?: false | undefined;
  }
}

type Done = (error?: Error) => void;

/** Time in milliseconds within which the operator's `refuse` must answer. */
export const REFUSE_PATIENCE_MS = 2000;

/**
 * Key of the guard of a scope. Routes of the scope, and of inner scopes without a guard of their
 * own, find it.
 */
const GUARD = Symbol('laissez-passer guard');
type Guarded = FastifyInstance & { [GUARD]?: object };

/** Option names that Fastify itself reads from a plugin's options. */
const OF_FASTIFY = ['prefix', 'logLevel', 'logSerializers'];

/** Whether Fastify has `trustProxy`: only then do its requests have a list of addresses. */
const hasTrustProxy = (app: FastifyInstance): boolean => app.hasRequestDecorator('ips');

const TWO_TRUSTS =
  'Fastify has trustProxy and the guard has no option trusted: the guard reads no header, and decides by the address of the proxy. ' +
  'Name the proxies in trusted, or say trusted: [] where there are none';

const send = (reply: FastifyReply, { status, headers, problem }: Refusal): void =>
  // Sent as text, because the serializer of a schema for this status would drop fields.
  void reply.code(status).headers(headers).type('application/problem+json').send(JSON.stringify(problem));

/** Calls the operator's function, and sends the problem document if it does not answer. */
function answerBy(refuse: NonNullable<FastifyOptions['refuse']>) {
  return (request: FastifyRequest, reply: FastifyReply, decision: Decision, refusal: Refusal, done: Done): void => {
    let isOver = false;
    const end = (finish: () => void): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      if (!reply.sent) finish();
    };
    const timer = setTimeout(() => end(() => send(reply, refusal)), REFUSE_PATIENCE_MS);
    const settle = (body: unknown, isPromised: boolean): void => {
      if (body !== undefined && body !== reply) end(() => void reply.send(body));
      // A function that returns nothing may answer later. A promise that has resolved may not.
      else if (isPromised || reply.sent) end(() => send(reply, refusal));
    };
    const fail = (error: unknown): void => end(() => done(asError(error)));
    try {
      const answered = refuse(request, reply, decision, refusal) as PromiseLike<unknown> | undefined;
      // A reply is a thenable that resolves once it is sent.
      if ((answered as unknown) === reply || typeof answered?.then !== 'function') settle(answered, false);
      else answered.then(body => settle(body, true), fail);
    } catch (error) {
      fail(error);
    }
  };
}

const plugin: FastifyPluginAsync<FastifyOptions> = async (app, options) => {
  const gateway = openGateway(options, ['refuse', 'hook', ...OF_FASTIFY]);
  const { refuse, hook = 'onRequest' } = options;
  if (options.trusted === undefined && hasTrustProxy(app))
    process.emitWarning(TWO_TRUSTS, { code: 'LAISSEZ_PASSER_TRUST' });
  // A scope inside a guarded scope already has the decorator.
  if (!app.hasRequestDecorator('laissezPasser')) app.decorateRequest('laissezPasser', null);
  const guard = {};
  (app as Guarded)[GUARD] = guard;
  const answer = refuse === undefined ? undefined : answerBy(refuse);
  /**
   * Whether this guard decides the request: the nearest guard does. Unknown routes and excluded
   * routes are not access requests.
   */
  const isMine = (request: FastifyRequest): boolean =>
    (request.server as Guarded)[GUARD] === guard &&
    !request.is404 &&
    request.routeOptions.config.laissezPasser !== false;
  /**
   * Whether the route serves only OPTIONS. A route that also serves other methods would serve its
   * programme to any client that imitates a preflight.
   */
  const isForPreflights = (request: FastifyRequest): boolean => request.routeOptions.method === 'OPTIONS';
  const conclude = (request: FastifyRequest, reply: FastifyReply, decision: Decision | undefined, done: Done): void => {
    request.laissezPasser = decision ?? null;
    const refusal = gateway.refusal(decision, request.raw, name => reply.getHeader(name));
    if (refusal === undefined) done();
    else if (answer === undefined) send(reply, refusal);
    else answer(request, reply, decision!, refusal, done);
  };
  const decide = (request: FastifyRequest, reply: FastifyReply, done: Done): void => {
    if (!isMine(request) || (gateway.passes(request.raw) && isForPreflights(request))) {
      done();
      return;
    }
    const decided = gateway.decide(request, request.raw);
    if (!(decided instanceof Promise)) conclude(request, reply, decided, done);
    else decided.then(decision => conclude(request, reply, decision, done)).catch(done);
  };
  if (hook === 'preParsing')
    app.addHook(hook, (request, reply, payload, done) => decide(request, reply, error => done(error ?? null, payload)));
  else app.addHook(hook as 'onRequest', decide);
};

/**
 * The plugin. Register it in the scope of the routes that it guards. The registration rejects with
 * `ERR_ARGUMENT` and the name of the option if one is wrong.
 */
export const laissezPasser = fp(plugin, { name: 'laissez-passer', fastify: '5.x' });
