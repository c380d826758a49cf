/** How does a Fastify gateway ask? A plugin: each request of its scope is decided before the handler. From `laissez-passer/fastify`. */
import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { Decision } from '../law/reasons.ts';
import { asError, type GatewayOptions, openGateway } from './gateway.ts';
import type { Refusal } from './refusal.ts';

/** What the plugin is told; `subscriber` and the others are functions of the request. */
export interface FastifyOptions extends GatewayOptions<FastifyRequest> {
  /** Answers a refused request in the place of the problem document: sends it, or returns or resolves what is to be sent. */
  readonly refuse?:
    | ((request: FastifyRequest, reply: FastifyReply, decision: Decision, refusal: Refusal) => unknown)
    | undefined;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** What was decided of this request; `null` before. */
    laissezPasser: Decision | null;
  }
}

type Done = (error?: Error) => void;

const plugin: FastifyPluginCallback<FastifyOptions> = (app, options, ready) => {
  const gateway = openGateway(options);
  // A scope inside one that is guarded already has it.
  if (!app.hasRequestDecorator('laissezPasser')) app.decorateRequest('laissezPasser', null);
  const answer = (reply: FastifyReply, { status, headers, problem }: Refusal): FastifyReply =>
    // As text: the serializer of a schema for this status would leave fields out.
    reply.code(status).headers(headers).type('application/problem+json').send(JSON.stringify(problem));
  const { refuse } = options;
  const conclude = (request: FastifyRequest, reply: FastifyReply, decision: Decision | undefined, done: Done): void => {
    request.laissezPasser = decision ?? null;
    const refusal = gateway.refusal(decision, request.raw);
    if (refusal === undefined) done();
    else if (refuse === undefined) void answer(reply, refusal);
    else
      Promise.resolve()
        .then(() => refuse(request, reply, decision!, refusal))
        .then(body => void (reply.sent || body === undefined || body === reply || reply.send(body)))
        .catch(error => done(asError(error)));
  };
  app.addHook('preHandler', (request, reply, done) => {
    const decided = gateway.decide(request, request.raw);
    if (!(decided instanceof Promise)) conclude(request, reply, decided, done);
    else decided.then(decision => conclude(request, reply, decision, done)).catch(done);
  });
  ready();
};

/** The plugin: register it in the scope of the routes that it is to guard. */
export const laissezPasser = fp(plugin, { name: 'laissez-passer', fastify: '5.x' });
