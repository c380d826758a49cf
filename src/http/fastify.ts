/** Guards a Fastify scope: a plugin that decides each request before its body is read. From `laissez-passer/fastify`. */
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { PortabilityError } from '../errors.ts';
import type { Decision } from '../law/reasons.ts';
import { asError, type GatewayOptions, openGateway, REFUSE_TIMEOUT_MS, warnOfFrameworkTrust } from './adapter.ts';
import { restrictToPreflight } from './preflight.ts';
import type { Refusal } from './refusal.ts';

export { headerOf } from './request-headers.ts';

/** What the plugin is told; `subscriber` and the others are functions of the request. */
export interface FastifyOptions extends GatewayOptions<FastifyRequest> {
  /**
   * Answers a refused request in the place of the problem document: it sends the answer, or returns or resolves what is to be sent.
   * Where it has not answered once its promise resolves, or within two seconds, the document is sent. `refusal.headers` hold what
   * the reply has already.
   */
  readonly refuse?:
    | ((request: FastifyRequest, reply: FastifyReply, decision: Decision, refusal: Refusal) => unknown)
    | undefined;
  /**
   * The hook in which a request is decided; default `onRequest`, before a body is parsed or validated. A session that a plugin finds
   * in a later hook needs that hook, or the next one.
   */
  readonly hook?: 'onRequest' | 'preParsing' | 'preValidation' | 'preHandler' | undefined;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** What was decided of this request; `null` before, and where nothing is decided. */
    laissezPasser: Decision | null;
  }
  interface FastifyContextConfig {
    /** `false` takes a route out of the guard of its scope. */
    laissezPasser?: false | undefined;
  }
}

type Done = (error?: Error) => void;

/** The guard of a scope, found by the routes of the scope and of those inside it that have none of their own. */
const GUARD = Symbol('laissez-passer guard');
type Guarded = FastifyInstance & { [GUARD]?: object };

/** Names that Fastify itself gives to a plugin's options. */
const OF_FASTIFY = ['prefix', 'logLevel', 'logSerializers'];

/** Fastify gives requests a list of addresses only where it trusts proxies. */
const hasTrustProxy = (app: FastifyInstance): boolean => app.hasRequestDecorator('ips');

const send = (reply: FastifyReply, { status, headers, problem }: Refusal): void =>
  // As text: the serializer of a schema for this status would leave fields out.
  void reply.code(status).headers(headers).type('application/problem+json').send(JSON.stringify(problem));

/** Lets the operator's own function answer, and answers in its place where it does not. */
function answerBy(refuse: NonNullable<FastifyOptions['refuse']>) {
  return (request: FastifyRequest, reply: FastifyReply, decision: Decision, refusal: Refusal, done: Done): void => {
    let isOver = false;
    let isBegun = false;
    // `reply.sent` turns true at the end of an answer only: an answer has begun once `send` was called.
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
    const timer = setTimeout(() => end(() => send(reply, refusal)), REFUSE_TIMEOUT_MS);
    const settle = (body: unknown, isPromised: boolean): void => {
      if (body !== undefined && body !== reply) end(() => void reply.send(body));
      // A function that returns nothing may answer later; a promise that resolves has had its time.
      else if (isPromised || isAnswered()) end(() => send(reply, refusal));
    };
    const fail = (error: unknown): void => end(() => giveUp(error));
    // What is returned is sent with the refusal's own status and headers, unless the function sets others.
    void reply.code(refusal.status).headers(refusal.headers);
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
  if (options.trusted === undefined && hasTrustProxy(app)) warnOfFrameworkTrust('trustProxy of Fastify');
  // A scope inside one that is guarded already has it.
  if (!app.hasRequestDecorator('laissezPasser')) app.decorateRequest('laissezPasser', null);
  if (Object.hasOwn(app, GUARD))
    throw new PortabilityError('ERR_ARGUMENT', 'this scope is guarded already: register the guard once in a scope');
  const guard = {};
  (app as Guarded)[GUARD] = guard;
  const answer = refuse === undefined ? undefined : answerBy(refuse);
  /** The nearest guard decides, and once; what is not there and what is opted out is not an access request. */
  const isMine = (request: FastifyRequest): boolean =>
    (request.server as Guarded)[GUARD] === guard &&
    !request.is404 &&
    request.routeOptions.config.laissezPasser !== false;
  /** A route that serves other methods too would serve its programme to whoever asks like a preflight. */
  const isForPreflights = (request: FastifyRequest): boolean => request.routeOptions.method === 'OPTIONS';
  const conclude = (request: FastifyRequest, reply: FastifyReply, decision: Decision | undefined, done: Done): void => {
    request.laissezPasser = decision ?? null;
    const refusal = gateway.refusal(decision, request.raw, name => reply.getHeader(name));
    if (refusal === undefined) done();
    else if (answer === undefined) send(reply, refusal);
    else answer(request, reply, decision!, refusal, done);
  };
  const decide = (request: FastifyRequest, reply: FastifyReply, done: Done): void => {
    if (!isMine(request)) {
      done();
      return;
    }
    if (gateway.passes(request.raw) && isForPreflights(request)) {
      restrictToPreflight(reply.raw);
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

/** The plugin: register it in the scope of the routes that it is to guard. A wrong option rejects the registration with its name. */
export const laissezPasser = fp(plugin, { name: 'laissez-passer', fastify: '5.x' });
