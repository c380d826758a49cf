/** How does a gateway ask that is not Node? Over HTTP: nginx's auth_request, Envoy's ext_authz; health and metrics beside. Nothing is logged. */
import type { IncomingMessage } from 'node:http';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { Counter, Registry } from 'prom-client';
import { systemClock } from '../clock.ts';
import { PortabilityError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import { DECISIONS, type Decision, type Language, reasonOf } from '../law/reasons.ts';
import { STANDINGS, type Standing } from '../law/rule.ts';
import { parseAddress } from '../place/address.ts';
import { type TrustedPrefixes, trustedPrefixes, withoutZone } from '../place/client.ts';
import { checkHeader, type GatewayOptions, openGateway } from './gateway.ts';
import { registerMetrics } from './metrics.ts';
import { languageOf, type Refusal, refusalOf } from './refusal.ts';
import type { ReloadStatus } from './reload-status.ts';

/** Names of the headers in which the gateway says what it knows. */
export interface SidecarHeaders {
  /** The address, or a chain of them as in `X-Forwarded-For`; `x-forwarded-for` unless given, and `forwarded` is read by RFC 7239. */
  readonly address?: string;
  /** `laissez-passer-subscriber` unless given. */
  readonly subscriber?: string;
  /** The residence standing; read from the register unless given. */
  readonly standing?: string;
  readonly offer?: string;
  readonly channel?: string;
}

export interface SidecarOptions {
  readonly gate: Gate;
  /** Who may ask: prefixes as in `trustedPrefixes`, or `unix`. */
  readonly peers: readonly string[];
  /** Further proxies in front of them that write the header of the address. */
  readonly trusted?: readonly string[];
  readonly headers?: SidecarHeaders;
  /** Answers a refusal with its own status instead of 403: Envoy passes it on, nginx makes 500 of it. */
  readonly hasFittingStatus?: boolean;
  readonly shadow?: boolean;
  readonly language?: Language;
  /** What came of each load of the table, for `/readyz` and `/metrics`. */
  readonly reloads?: ReloadStatus;
}

const CHECK = '/check';
const PATHS = { health: '/healthz', ready: '/readyz', metrics: '/metrics', refusal: '/refusal/*' } as const;
const NO_STORE = { 'cache-control': 'no-store' };

/** Bytes of a header as UTF-8; Node reads them one by one. An identifier that is none in UTF-8 is nobody's. */
function textOf(field: string): string {
  try {
    return UTF8.decode(Buffer.from(field, 'latin1'));
  } catch {
    return '';
  }
}
const UTF8 = new TextDecoder('utf-8', { fatal: true });

const fieldOf = ({ headers }: IncomingMessage, name: string | undefined): string | undefined => {
  const value = name === undefined ? undefined : headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
};

/** Whether a peer may ask. Nobody knows who a closed socket was: only a list of Unix sockets takes it. */
function isAllowed(peers: TrustedPrefixes, { socket }: IncomingMessage): boolean {
  const { remoteAddress } = socket;
  if (remoteAddress === undefined) return peers.unix;
  const address = parseAddress(withoutZone(remoteAddress));
  return address !== undefined && peers.holds(address);
}

type Names = SidecarHeaders & { readonly address: string; readonly subscriber: string };

function namesOf(headers: SidecarHeaders = {}): Names {
  const all = { address: 'x-forwarded-for', subscriber: 'laissez-passer-subscriber', ...headers };
  return Object.fromEntries(Object.entries(all).map(([what, name]) => [what, checkHeader(name)])) as unknown as Names;
}

/** A header that is not there, or says something else than a standing, speaks for nobody: no contract. */
const standingIn = (field: string | undefined): Standing => STANDINGS.find(word => word === field) ?? 'none';

/** What the gateway said of a request, for the gate. */
function gatewayOf({ gate, peers, trusted = [], headers, ...rest }: SidecarOptions) {
  const { address, subscriber, standing, offer, channel } = namesOf(headers);
  const named: GatewayOptions<IncomingMessage> = {
    ...{ gate, trusted: trustedPrefixes([...peers, ...trusted]), header: address },
    ...{ shadow: rest.shadow ?? false, language: rest.language ?? 'fr' },
    subscriber: request => textOf(fieldOf(request, subscriber) ?? ''),
    ...(standing !== undefined && { standing: request => standingIn(fieldOf(request, standing)) }),
    ...(offer !== undefined && { offer: request => fieldOf(request, offer) }),
    ...(channel !== undefined && { channel: request => fieldOf(request, channel) }),
  };
  return openGateway(named);
}

/** Verdict, reason and code in headers, which nginx hands on with `auth_request_set`; the fitting status beside. */
const decisionHeaders = ({ verdict, reason, code }: Decision, status: number) => ({
  ...NO_STORE,
  'laissez-passer-verdict': verdict,
  'laissez-passer-reason': reason,
  'laissez-passer-code': code,
  'laissez-passer-status': String(status),
});

const sendProblem = (reply: FastifyReply, { headers, problem }: Refusal, status: number): FastifyReply =>
  reply.code(status).headers(headers).type('application/problem+json').send(JSON.stringify(problem));

/**
 * Decides a request before its body is looked at, and answers 200 or 403; where the register can not be read and nothing is known, 503. In shadow mode
 * what could not be decided goes on.
 */
function addCheck(app: FastifyInstance, options: SidecarOptions, registry: Registry): void {
  const peers = trustedPrefixes(options.peers);
  const gateway = gatewayOf(options);
  const strangers = new Counter({
    ...{ name: 'laissez_passer_strangers_total', help: 'Requests of peers that may not ask.' },
    registers: [registry],
  });
  const conclude = ({ raw }: FastifyRequest, reply: FastifyReply, decision: Decision | undefined): void => {
    const refusal = gateway.refusal(decision, raw);
    void reply.headers(decision === undefined ? NO_STORE : decisionHeaders(decision, refusal?.status ?? 200));
    if (refusal === undefined) void reply.code(200).send();
    else sendProblem(reply, refusal, options.hasFittingStatus === true ? refusal.status : 403);
  };
  const turnAway = (reply: FastifyReply): void => {
    strangers.inc();
    void reply.code(403).headers(NO_STORE).send();
  };
  const fail = (reply: FastifyReply): void => {
    const headers = { ...NO_STORE, 'retry-after': '1' };
    void reply.code(503).headers(headers).send();
  };
  const check = (request: FastifyRequest, reply: FastifyReply): void => {
    const decided = gateway.decide(request.raw, request.raw);
    if (!(decided instanceof Promise)) conclude(request, reply, decided);
    else decided.then(decision => conclude(request, reply, decision)).catch(() => fail(reply));
  };
  const onRequest = (request: FastifyRequest, reply: FastifyReply, _done: () => void): void =>
    isAllowed(peers, request.raw) ? check(request, reply) : turnAway(reply);
  // Answered in the hook: the body is never read. The third parameter is what makes Fastify wait for that answer.
  app.all(CHECK, { onRequest }, () => {});
}

/** The problem document of a reason, for a gateway that could not pass on the body of a refusal. It decides nothing. */
function addRefusals(app: FastifyInstance, language: Language): void {
  app.all<{ Params: { '*': string } }>(PATHS.refusal, (request, reply) => {
    const reason = reasonOf(request.params['*']);
    const decision = reason && DECISIONS[reason];
    // nginx comes here with its own 403 too, which has no reason.
    if (decision?.verdict !== 'refused') return reply.code(403).headers(NO_STORE).send();
    const refusal = refusalOf(decision, languageOf(request.headers['accept-language'], language), systemClock());
    return sendProblem(reply, refusal, refusal.status);
  });
}

function addHealth(app: FastifyInstance, { gate, reloads }: SidecarOptions, registry: Registry): void {
  reloads?.register(registry);
  const stop = registerMetrics(registry, gate);
  app.addHook('onClose', async () => stop());
  app.get(PATHS.health, (_, reply) => reply.headers(NO_STORE).send({ status: 'ok' }));
  app.get(PATHS.ready, (_, reply) => {
    const { status, edition, tableAgeDays, isTableStale } = gate.health();
    // A gate that is degraded decides all the same: to take it away would make an outage of a full disk.
    void reply.code(status === 'closed' ? 503 : 200).headers(NO_STORE);
    const reload = reloads?.last();
    return reply.send({ status, edition: edition.id, tableAgeDays, isTableStale, ...(reload && { reload }) });
  });
  app.get(PATHS.metrics, async (_, reply) => reply.type(registry.contentType).send(await registry.metrics()));
}

/** As much as a gateway in front lets through: a cookie must not make an error of a request. */
const maxHeaderSize = 65_536;

/** Envoy asks under the path of the request itself: whatever follows is not looked at, and is never in the way. */
const rewriteUrl = ({ url = '/' }: IncomingMessage): string => (/^\/check(?:[/?]|$)/.test(url) ? CHECK : url);

/**
 * Builds the server, not listening yet. It writes no log: no line can hold an address, a subscriber or a decision.
 * @throws PortabilityError `ERR_ARGUMENT` on a header that is none, `ERR_PREFIX`, `ERR_PREFIX_TRUSTS_ALL`
 */
export function openSidecar(options: SidecarOptions): FastifyInstance {
  if (options.peers.length === 0) throw new PortabilityError('ERR_ARGUMENT', 'a sidecar is asked by somebody');
  const app: FastifyInstance = fastify({
    logger: false,
    rewriteUrl,
    return503OnClosing: false,
    http: { maxHeaderSize },
  });
  // A body says nothing here; it is let go by.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_, payload, done) => {
    payload.resume();
    done(null);
  });
  const registry = new Registry();
  addCheck(app, options, registry);
  addRefusals(app, options.language ?? 'fr');
  addHealth(app, options, registry);
  return app;
}
