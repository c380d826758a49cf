/** The gate over HTTP, for gateways that are not Node: nginx's auth_request, Envoy's ext_authz and others. It logs nothing. */
import { type IncomingMessage, METHODS } from 'node:http';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { Registry } from 'prom-client';
import { systemClock } from '../clock.ts';
import { PortabilityError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import { DECISIONS, type Decision, type Language, reasonOf } from '../law/reasons.ts';
import { STANDINGS, type Standing } from '../law/rule.ts';
import { parseAddress } from '../place/address.ts';
import { type TrustedPrefixes, trustedPrefixes, withoutZone } from '../place/client.ts';
import { checkHeader, checkTryAddress, type GatewayOptions, type InternalOptions, openGateway } from './gateway.ts';
import { registerMetrics } from './metrics.ts';
import {
  besideHeaders,
  checkBlockedBy,
  checkOrigin,
  languageOf,
  type Refusal,
  refusalOf,
  type Seen,
  seenOf,
} from './refusal.ts';
import type { ReloadStatus } from './reload-status.ts';
import { headerOf } from './request-headers.ts';
import { createSidecarMetrics, type SidecarMetrics } from './sidecar-metrics.ts';

/** Names of the headers in which the gateway says what it knows. */
export interface SidecarHeaders {
  /** The address, or a chain of them as in `X-Forwarded-For`; `x-forwarded-for` unless given, and `forwarded` is read by RFC 7239. */
  readonly address?: string | undefined;
  /** `laissez-passer-subscriber` unless given. */
  readonly subscriber?: string | undefined;
  /** The residence standing; read from the register unless given. */
  readonly standing?: string | undefined;
  readonly offer?: string | undefined;
  readonly channel?: string | undefined;
}

export interface SidecarOptions {
  readonly gate: Gate;
  /** Who may ask: prefixes as in `trustedPrefixes`, or `unix`. */
  readonly peers: readonly string[];
  /** Further proxies in front of them that write the header of the address; a function where the list changes while the sidecar runs. */
  readonly trusted?: readonly string[] | (() => readonly string[]) | undefined;
  readonly headers?: SidecarHeaders | undefined;
  /** Answers a refusal with its own status instead of 403: Envoy passes it on, nginx makes 500 of it. */
  readonly hasFittingStatus?: boolean | undefined;
  readonly shadow?: boolean | undefined;
  readonly language?: Language | undefined;
  /** What becomes of a CORS preflight that is asked about; as in the adapters. Default `pass`: 200, undecided and uncounted. */
  readonly preflight?: 'pass' | 'decide' | undefined;
  /** Origins whose scripts may read a refusal, or `*` for all without credentials; default: none. */
  readonly corsOrigins?: readonly string[] | undefined;
  /** Address of a page that says who blocks, for the `Link` of a 451 (RFC 7725); default: none. */
  readonly blockedBy?: string | undefined;
  /** The address that requests are decided as whose every hop is a loopback address: for a first try on one machine. */
  readonly tryAddress?: string | undefined;
  /** Whether the process has been told to stop: readiness then answers 503, and /check goes on. */
  readonly isStopping?: (() => boolean) | undefined;
  /** What came of each load of the table, for `/readyz` and `/metrics`. */
  readonly reloads?: ReloadStatus | undefined;
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

/** Longest identifier of a subscriber that is read, in bytes. */
const LONGEST_IDENTIFIER = 1024;

/** The subscriber of a header; nobody where it is absent, ambiguous or longer than an identifier. */
function subscriberIn(request: IncomingMessage, name: string): string {
  const field = headerOf(request, name) ?? '';
  return field.length > LONGEST_IDENTIFIER ? '' : textOf(field);
}

/** A choice of the gateway: absent it is left to the default, ambiguous it is a name that no gate holds. */
const choiceIn = (request: IncomingMessage, name: string): string | undefined =>
  request.headers[name] === undefined ? undefined : (headerOf(request, name) ?? '');

/** Whether a peer may ask. Nobody knows who a closed socket was: only a list of Unix sockets takes it. */
function isAllowed(peers: TrustedPrefixes, { socket }: IncomingMessage): boolean {
  const { remoteAddress } = socket;
  if (remoteAddress === undefined) return peers.unix;
  const address = parseAddress(withoutZone(remoteAddress));
  return address !== undefined && peers.holds(address);
}

type Names = SidecarHeaders & { readonly address: string; readonly subscriber: string };

function namesOf(headers: SidecarHeaders = {}): Names {
  const { address = 'x-forwarded-for', subscriber = 'laissez-passer-subscriber', ...others } = headers;
  const named = Object.entries({ address, subscriber, ...others }).filter(([, name]) => name !== undefined);
  return Object.fromEntries(named.map(([what, name]) => [what, checkHeader(name)])) as unknown as Names;
}

/** A header that is not there, or says something else than a standing, speaks for nobody: no contract. */
const standingIn = (field: string | undefined): Standing => STANDINGS.find(word => word === field) ?? 'none';

/** Peers and further proxies, compiled again only where the list has changed. */
function trustedBy(peers: readonly string[], trusted: SidecarOptions['trusted'] = []): () => TrustedPrefixes {
  if (typeof trusted !== 'function') {
    const compiled = trustedPrefixes([...peers, ...trusted]);
    return () => compiled;
  }
  let list = trusted();
  let compiled = trustedPrefixes([...peers, ...list]);
  return () => {
    const current = trusted();
    if (current !== list) {
      list = current;
      try {
        compiled = trustedPrefixes([...peers, ...current]);
      } catch {
        // A list with a mistake leaves the old one in force.
      }
    }
    return compiled;
  };
}

/** What the gateway said of a request, for the gate. */
function gatewayOf(options: SidecarOptions) {
  const { gate, peers, trusted, headers, shadow = false, language = 'fr', preflight, blockedBy, tryAddress } = options;
  const { address, subscriber, standing, offer, channel } = namesOf(headers);
  if (tryAddress !== undefined && address === 'forwarded')
    throw new PortabilityError('ERR_ARGUMENT', 'an address to try does not go with the header forwarded');
  const named: GatewayOptions<IncomingMessage> & InternalOptions = {
    gate,
    // For a first try the proxy is this machine itself, whatever the socket.
    trusted: trustedBy(tryAddress === undefined ? peers : [...peers, 'loopback'], trusted),
    header: address,
    shadow,
    language,
    preflight,
    blockedBy,
    subscriber: request => subscriberIn(request, subscriber),
    standing: standing === undefined ? undefined : request => standingIn(headerOf(request, standing)),
    offer: offer === undefined ? undefined : request => choiceIn(request, offer),
    channel: channel === undefined ? undefined : request => choiceIn(request, channel),
    tryAddress: tryAddress === undefined ? undefined : checkTryAddress(tryAddress),
  };
  return openGateway(named, ['tryAddress']);
}

/** Verdict, reason and code in headers, which nginx hands on with `auth_request_set`; with them the fitting status, and what was seen. */
function decisionHeaders({ verdict, reason, code }: Decision, status: number, seen: Seen | undefined) {
  const headers: Record<string, string> = {
    ...NO_STORE,
    'laissez-passer-verdict': verdict,
    'laissez-passer-reason': reason,
    'laissez-passer-code': code,
    'laissez-passer-status': String(status),
  };
  if (seen !== undefined) headers['laissez-passer-seen'] = seen;
  return headers;
}

/** The CORS headers of an answer to a script of that origin; none where no origin was named. */
function corsOf(given: readonly string[] = []): (origin: string | undefined) => Readonly<Record<string, string>> {
  const origins = new Set(given.map(checkOrigin));
  if (origins.size === 0) return () => ({});
  if (origins.has('*')) return () => ({ 'access-control-allow-origin': '*' });
  return origin =>
    origin === undefined || !origins.has(origin)
      ? { vary: 'Origin' }
      : { vary: 'Origin', 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' };
}

/** Sends a problem document beside the headers that the reply has. */
function sendProblem(reply: FastifyReply, { headers, problem }: Refusal, status: number): void {
  void reply.code(status).headers(headers).type('application/problem+json').send(JSON.stringify(problem));
}

/**
 * Decides a request before its body is looked at, and answers 200 or 403; where the register cannot be read and nothing is known, 503.
 * In shadow mode what could not be decided goes on.
 */
function addCheck(app: FastifyInstance, options: SidecarOptions, metrics: SidecarMetrics): void {
  const peers = trustedPrefixes(options.peers);
  const gateway = gatewayOf(options);
  const cors = corsOf(options.corsOrigins);
  const secondsSince = (start: number): number => (performance.now() - start) / 1000;
  const conclude = (
    { raw }: FastifyRequest,
    reply: FastifyReply,
    decision: Decision | undefined,
    start: number,
  ): void => {
    void reply.headers(cors(raw.headers.origin));
    const refusal = gateway.refusal(decision, raw, name => reply.getHeader(name));
    metrics.observeCheck(refusal === undefined ? 'granted' : 'refused', secondsSince(start));
    const headers =
      decision === undefined
        ? NO_STORE
        : decisionHeaders(decision, refusal?.status ?? 200, refusal && gateway.seen(decision, raw));
    void reply.headers(headers);
    if (refusal === undefined) void reply.code(200).send();
    else sendProblem(reply, refusal, options.hasFittingStatus === true ? refusal.status : 403);
  };
  const turnAway = (reply: FastifyReply): void => {
    metrics.rejectPeer();
    void reply.code(403).headers(NO_STORE).send();
  };
  const fail = (reply: FastifyReply, start: number, origin: string | undefined): void => {
    metrics.observeCheck('failed', secondsSince(start));
    const headers = { ...NO_STORE, 'retry-after': '1' };
    void reply
      .code(503)
      .headers({ ...cors(origin), ...headers })
      .send();
  };
  const check = (request: FastifyRequest, reply: FastifyReply): void => {
    if (gateway.passes(request.raw)) return void reply.code(200).headers(NO_STORE).send();
    const start = performance.now();
    const decided = gateway.decide(request.raw, request.raw);
    if (!(decided instanceof Promise)) conclude(request, reply, decided, start);
    else
      decided
        .then(decision => conclude(request, reply, decision, start))
        .catch(() => fail(reply, start, request.headers.origin));
  };
  const onRequest = (request: FastifyRequest, reply: FastifyReply, _done: () => void): void =>
    isAllowed(peers, request.raw) ? check(request, reply) : turnAway(reply);
  // Answered in the hook: the body is never read. The third parameter is what makes Fastify wait for that answer.
  app.all(CHECK, { onRequest }, () => {});
}

/**
 * The problem document of a reason, for a gateway that could not pass on the body of a refusal. It decides nothing. What was seen of
 * the address may follow the reason: `/refusal/address-invalid/only-proxies`.
 */
function addRefusals(
  app: FastifyInstance,
  { language: fallback = 'fr', corsOrigins, blockedBy }: SidecarOptions,
): void {
  const cors = corsOf(corsOrigins);
  const blocker = blockedBy === undefined ? undefined : checkBlockedBy(blockedBy);
  app.all<{ Params: { '*': string } }>(PATHS.refusal, (request, reply) => {
    const [word = '', seen = ''] = request.params['*'].slice(0, LONGEST_PATH).split('/');
    const reason = reasonOf(word);
    const decision = reason && DECISIONS[reason];
    void reply.headers(cors(request.headers.origin));
    // nginx comes here with its own 403 too, which has no reason.
    if (decision?.verdict !== 'refused') return reply.code(403).headers(NO_STORE).send();
    const refusal = refusalOf(decision, {
      language: languageOf(request.headers['accept-language'], fallback),
      time: systemClock(),
      seen: seenOf(seen),
      blockedBy: blocker,
    });
    sendProblem(
      reply,
      besideHeaders(refusal, name => reply.getHeader(name)),
      refusal.status,
    );
  });
}

function addHealth(app: FastifyInstance, options: SidecarOptions, registry: Registry): void {
  const { gate, reloads, shadow = false, isStopping = () => false } = options;
  reloads?.register(registry);
  const stop = registerMetrics(registry, gate);
  app.addHook('onClose', async () => stop());
  app.get(PATHS.health, (_, reply) => reply.headers(NO_STORE).send({ status: 'ok' }));
  app.get(PATHS.ready, (_, reply) => {
    if (isStopping()) return reply.code(503).headers(NO_STORE).send({ status: 'stopping' });
    const { status, edition, tableAgeDays, isTableStale } = gate.health();
    // A gate that is degraded decides all the same: to take it away would make an outage of a full disk.
    void reply.code(status === 'closed' ? 503 : 200).headers(NO_STORE);
    const reload = reloads?.last();
    return reply.send({ status, edition: edition.id, tableAgeDays, isTableStale, shadow, ...(reload && { reload }) });
  });
  app.get(PATHS.metrics, async (_, reply) => reply.type(registry.contentType).send(await registry.metrics()));
}

/** As much as a gateway in front lets through: a cookie must not make an error of a request. */
const maxHeaderSize = 65_536;
/** Header lines of a request; one that has as many is refused, as more may have been dropped. */
const MOST_HEADER_LINES = 1000;
/** Characters of a path that are read. */
const LONGEST_PATH = 100;

/** Envoy asks under the path of the request itself: whatever follows is not looked at, and is never in the way. */
const rewriteUrl = ({ url = '/' }: IncomingMessage): string => (/^\/check(?:[/?]|$)/.test(url) ? CHECK : url);

/**
 * Builds the server, not listening yet. It writes no log: no line can hold an address, a subscriber or a decision.
 * @throws PortabilityError `ERR_ARGUMENT` on a header that is none, `ERR_PREFIX`, `ERR_PREFIX_TRUSTS_ALL`
 */
export function openSidecar(options: SidecarOptions): FastifyInstance {
  if (options.peers.length === 0) throw new PortabilityError('ERR_ARGUMENT', 'at least one peer is required');
  const app: FastifyInstance = fastify({
    logger: false,
    rewriteUrl,
    // The framework's own words would repeat the path and its query.
    frameworkErrors: (_error, _request, reply: FastifyReply) => void reply.code(400).send(),
    return503OnClosing: false,
    http: { maxHeaderSize },
  });
  app.setNotFoundHandler((_, reply) => reply.code(404).headers(NO_STORE).send());
  app.server.maxHeadersCount = MOST_HEADER_LINES;
  // Whatever method a gateway asks with is decided.
  for (const method of METHODS)
    if (!app.supportedMethods.includes(method)) app.addHttpMethod(method, { hasBody: true });
  // A body says nothing here; it is let go by.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_, payload, done) => {
    payload.resume();
    done(null);
  });
  const registry = new Registry();
  const metrics = createSidecarMetrics(registry);
  metrics.setShadow(options.shadow === true);
  addCheck(app, options, metrics);
  addRefusals(app, options);
  addHealth(app, options, registry);
  return app;
}
