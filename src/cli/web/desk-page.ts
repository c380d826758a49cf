/**
 * The support desk as pages, for a Fastify application.
 * @module desk-page
 */

import type { FastifyPluginAsync } from 'fastify';
import type { DeskPagesOptions } from './parts.ts';
import { deskPages } from './site.ts';

export type { Agent, Identify, ProxyAgents, Role } from './agents.ts';
export type { DeskPagesOptions } from './parts.ts';

/**
 * Returns the desk as pages, to be mounted in a Fastify application: `await
 * app.register(createDesk(options), { prefix: '/desk' })`. The pages work without JavaScript. Each
 * look at a person's records and each change is entered in the journal under the agent's name and
 * the reason chosen on the page. Without an agent, and in doubt about one, nothing is shown.
 * Sessions are kept in memory: a restart ends them, and agents must reach the process that they
 * began with.
 * @throws PortabilityError `ERR_ARGUMENT` if an option is unknown or invalid, `ERR_NOTICE` for the
 * notice
 */
export const createDesk = (options: DeskPagesOptions): FastifyPluginAsync => deskPages(options);
