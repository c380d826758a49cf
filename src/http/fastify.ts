/** How does a Fastify gateway ask? A plugin: each request of its scope is decided before the handler. From `laissez-passer/fastify`. */
import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { Decision } from '../law/reasons.ts';
import { type GatewayOptions, openGateway } from './gateway.ts';
import type { Refusal } from './refusal.ts';

export interface FastifyOptions extends GatewayOptions<FastifyRequest> {
  /** Answers a refused request in the place of the problem document. */
  readonly refuse?: (request: FastifyRequest, reply: FastifyReply, decision: Decision, refusal: Refusal) => unknown;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** What was decided of this request; `null` before. */
    laissezPasser: Decision | null;
  }
}

const plugin: FastifyPluginCallback<FastifyOptions> = (app, options, ready) => {
  const gateway = openGateway(options);
  app.decorateRequest('laissezPasser', null);
  const conclude = (request: FastifyRequest, reply: FastifyReply, decision: Decision, done: () => void): void => {
    request.laissezPasser = decision;
    const refusal = gateway.refusal(decision, request.raw);
    if (refusal === undefined) done();
    else if (options.refuse !== undefined) void options.refuse(request, reply, decision, refusal);
    else {
      const { status, headers, problem } = refusal;
      // As text: the serializer of a schema for this status would leave fields out.
      void reply.code(status).headers(headers).type('application/problem+json').send(JSON.stringify(problem));
    }
  };
  app.addHook('preHandler', (request, reply, done) => {
    const decided = gateway.decide(request, request.raw);
    if (!(decided instanceof Promise)) return conclude(request, reply, decided, done);
    decided.then(decision => conclude(request, reply, decision, done)).catch(done);
  });
  ready();
};

/** The plugin: register it in the scope of the routes that it is to guard. */
export const laissezPasser = fp(plugin, { name: 'laissez-passer', fastify: '5.x' });
