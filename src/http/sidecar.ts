/**
 * Serves the gate over HTTP for gateways that are not Node: nginx's auth_request, Envoy's ext_authz
 * and others. It logs nothing.
 */

import { type IncomingMessage, METHODS, type RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { Registry } from 'prom-client';
import { systemClock } from '../clock.ts';
import { portabilityError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import { parseAddress } from '../geo/address.ts';
import { type TrustedPrefixes, trustedPrefixes, withoutZone } from '../geo/forwarded-for.ts';
import { DECISIONS, type Language, reasonOf } from '../law/reasons.ts';
import { STANDINGS, type Standing } from '../law/rule.ts';
import * as HTTP from '../messages/http.ts';
import { openAdapter } from './adapter.ts';
import {
  type AdapterOptions,
  checkHeader,
  checkTryAddress,
  type InternalOptions,
} from './adapter-options.ts';
import { registerMetrics } from './metrics.ts';
import {
  checkBlockedBy,
  checkOrigin,
  languageOf,
  mergeHeaders,
  type Refusal,
  refusalOf,
  seenOf,
} from './refusal.ts';
import type { ReloadStatus } from './reload-status.ts';
import { headerOf } from './request-headers.ts';
import { createCheck } from './sidecar-check.ts';
import { createSidecarMetrics, type SidecarMetrics } from './sidecar-metrics.ts';
import type { UpdateStatus } from './update-status.ts';
import { checkVerdictLifetime } from './verdict-lifetime.ts';

/** Names of the headers in which the gateway passes what it knows. */
export interface SidecarHeaders {
  /**
   * Header of the client address, or of a chain as in `X-Forwarded-For`; default:
   * `x-forwarded-for`. `forwarded` is parsed as defined by RFC 7239.
   */
  readonly address?: string | undefined;
  /** Header of the subscriber; default: `laissez-passer-subscriber`. */
  readonly subscriber?: string | undefined;
  /**
   * Header of the residence standing; default: none, and the gate reads the standing from the
   * person records.
   */
  readonly standing?: string | undefined;
  readonly offer?: string | undefined;
  readonly channel?: string | undefined;
}

export interface SidecarOptions {
  readonly gate: Gate;
  /**
   * Peers that may send requests: prefixes as in `trustedPrefixes`, or `unix`. At least one is
   * required.
   */
  readonly peers: readonly string[];
  /**
   * Further proxies in front of the peers that write the address header; a function if the list
   * changes at run time. Default: none.
   */
  readonly trusted?: readonly string[] | (() => readonly string[]) | undefined;
  readonly headers?: SidecarHeaders | undefined;
  /**
   * Answers a refusal with its own status instead of 403: Envoy passes it on, nginx turns it into a
   * 500. Default: `false`.
   */
  readonly hasFittingStatus?: boolean | undefined;
  readonly shadow?: boolean | undefined;
  readonly language?: Language | undefined;
  /**
   * Handling of a CORS preflight, as in the adapters. `pass` answers 200, undecided and not
   * counted. Default: `pass`.
   */
  readonly preflight?: 'pass' | 'decide' | undefined;
  /**
   * Origins whose scripts may read a refusal, or `*` for all without credentials; default: none.
   */
  readonly corsOrigins?: readonly string[] | undefined;
  /** Address of a page that says who blocks, for the `Link` of a 451 (RFC 7725); default: none. */
  readonly blockedBy?: string | undefined;
  /**
   * Whole seconds from 0 to 300 for which a cache in front may use a granted verdict again, at most
   * until the end of the UTC day. Default: 0, each request is decided.
   */
  readonly verdictLifetime?: number | undefined;
  /**
   * Client address used for requests whose every hop is a loopback address, for a first try on one
   * machine. Default: none.
   */
  readonly tryAddress?: string | undefined;
  /**
   * Returns whether the process is shutting down: readiness then answers 503, and /check continues.
   * Default: `false`.
   */
  readonly isStopping?: (() => boolean) | undefined;
  /** Results of the table loads, for `/readyz` and `/metrics`. */
  readonly reloads?: ReloadStatus | undefined;
  /** Updates of the table by the sidecar itself. Default: there are none. */
  readonly updates?: UpdateStatus | undefined;
}

const CHECK = '/check';
const PATHS = {
  health: '/healthz',
  ready: '/readyz',
  metrics: '/metrics',
  refusal: '/refusal/*',
} as const;
const NO_STORE = { 'cache-control': 'no-store' };

/**
 * Decodes a header as UTF-8; Node decodes it byte by byte. Invalid UTF-8 identifies no subscriber
 * and returns an empty string.
 */
function textOf(field: string): string {
  if (IS_ASCII.test(field)) return field;
  try {
    return UTF8.decode(Buffer.from(field, 'latin1'));
  } catch {
    return '';
  }
}
const UTF8 = new TextDecoder('utf-8', { fatal: true });
const IS_ASCII = /^[ -~]*$/;

/** Longest identifier of a subscriber that is accepted, in bytes. */
const LONGEST_IDENTIFIER = 1024;

/**
 * Returns the subscriber of a header, or an empty string if the header is absent, ambiguous or too
 * long.
 */
function subscriberIn(request: IncomingMessage, name: string): string {
  const field = headerOf(request, name) ?? '';
  return field.length > LONGEST_IDENTIFIER ? '' : textOf(field);
}

/**
 * Returns an optional choice of the gateway. If the header is absent, the default applies; if it is
 * ambiguous, the result is a name that no gate holds.
 */
const choiceIn = (request: IncomingMessage, name: string): string | undefined =>
  request.headers[name] === undefined ? undefined : (headerOf(request, name) ?? '');

/**
 * Returns a function that says whether a peer is allowed, for all requests of a connection. A closed
 * socket has no peer address; it is allowed only if `unix` is.
 */
function allowedBy(peers: TrustedPrefixes): (request: IncomingMessage) => boolean {
  const allowed = new WeakSet<Socket>();
  const isAllowed = (remoteAddress: string | undefined): boolean => {
    if (remoteAddress === undefined) return peers.unix;
    const address = parseAddress(withoutZone(remoteAddress));
    return address !== undefined && peers.holds(address);
  };
  return ({ socket }) => {
    if (allowed.has(socket)) return true;
    if (!isAllowed(socket.remoteAddress)) return false;
    allowed.add(socket);
    return true;
  };
}

type Names = SidecarHeaders & { readonly address: string; readonly subscriber: string };

function namesOf(headers: SidecarHeaders = {}): Names {
  const {
    address = 'x-forwarded-for',
    subscriber = 'laissez-passer-subscriber',
    ...others
  } = headers;
  const named = Object.entries({ address, subscriber, ...others }).filter(
    ([, name]) => name !== undefined,
  );
  return Object.fromEntries(
    named.map(([what, name]) => [what, checkHeader(name)]),
  ) as unknown as Names;
}

/**
 * Returns the standing of a header. A header that is absent or contains no standing means `none`:
 * no contract.
 */
const standingIn = (field: string | undefined): Standing =>
  STANDINGS.find(word => word === field) ?? 'none';

/**
 * Returns the current trusted prefixes of peers and further proxies. They are compiled again only
 * if the list has changed.
 */
function trustedBy(
  peers: readonly string[],
  trusted: SidecarOptions['trusted'] = [],
): () => TrustedPrefixes {
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

/** Creates the adapter that reads the gateway's headers for the gate. */
function adapterOf(options: SidecarOptions) {
  const {
    gate,
    peers,
    trusted,
    headers,
    shadow = false,
    language = 'fr',
    preflight,
    blockedBy,
    tryAddress,
  } = options;
  const { address, subscriber, standing, offer, channel } = namesOf(headers);
  if (tryAddress !== undefined && address === 'forwarded')
    throw portabilityError(HTTP.tryAddressForwarded);
  const named: AdapterOptions<IncomingMessage> & InternalOptions = {
    gate,
    // For a first try the proxy is this machine itself, whatever the socket.
    trusted: trustedBy(tryAddress === undefined ? peers : [...peers, 'loopback'], trusted),
    header: address,
    shadow,
    language,
    preflight,
    blockedBy,
    subscriber: request => subscriberIn(request, subscriber),
    standing:
      standing === undefined ? undefined : request => standingIn(headerOf(request, standing)),
    offer: offer === undefined ? undefined : request => choiceIn(request, offer),
    channel: channel === undefined ? undefined : request => choiceIn(request, channel),
    tryAddress: tryAddress === undefined ? undefined : checkTryAddress(tryAddress),
  };
  return openAdapter(named, ['tryAddress']);
}

/**
 * Returns a function that gives the CORS headers for a request; none if no origin is configured.
 */
function corsOf(
  given: readonly string[] = [],
): (request: IncomingMessage) => Readonly<Record<string, string>> {
  const origins = new Set(given.map(checkOrigin));
  const always = origins.has('*') ? { 'access-control-allow-origin': '*' } : {};
  if (origins.size === 0 || origins.has('*')) return () => always;
  return ({ headers: { origin } }) =>
    origin === undefined || !origins.has(origin)
      ? { vary: 'Origin' }
      : {
          vary: 'Origin',
          'access-control-allow-origin': origin,
          'access-control-allow-credentials': 'true',
        };
}

/** Sends a problem document, with headers that are merged with those of the reply. */
function sendProblem(reply: FastifyReply, { headers, problem }: Refusal, status: number): void {
  void reply
    .code(status)
    .headers(headers)
    .type('application/problem+json')
    .send(JSON.stringify(problem));
}

/**
 * Adds /check, in front of the framework. Its route remains for other spellings of the path, and for
 * the server of a second address of `localhost`, which the framework opens by itself.
 */
function addCheck(app: FastifyInstance, options: SidecarOptions, metrics: SidecarMetrics): void {
  const isAllowed = allowedBy(trustedPrefixes(options.peers));
  const check = createCheck({
    adapter: adapterOf(options),
    metrics,
    isAllowed,
    cors: corsOf(options.corsOrigins),
    hasFittingStatus: options.hasFittingStatus === true,
    verdictLifetime: checkVerdictLifetime(options.verdictLifetime ?? 0),
    headers: Object.values(namesOf(options.headers)),
  });
  const [route] = app.server.listeners('request') as RequestListener[];
  app.server.removeAllListeners('request').on('request', (request, response) => {
    if (isCheck(request.url)) check(request, response);
    else route!(request, response);
  });
  // The hook answers, so the body is never read. Its third parameter makes Fastify wait for the
  // answer.
  const onRequest = (request: FastifyRequest, reply: FastifyReply, _done: () => void): void => {
    reply.hijack();
    check(request.raw, reply.raw);
  };
  app.all(CHECK, { onRequest }, () => {});
}

/**
 * Adds the problem document of each reason, for a gateway that could not forward the body of a
 * refusal. It decides nothing. What was seen of the address may follow the reason:
 * `/refusal/address-invalid/only-proxies`.
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
    void reply.headers(cors(request.raw));
    // nginx also requests this path for its own 403, which has no reason.
    if (decision?.verdict !== 'refused') return reply.code(403).headers(NO_STORE).send();
    const refusal = refusalOf(decision, {
      language: languageOf(request.headers['accept-language'], fallback),
      time: systemClock(),
      seen: seenOf(seen),
      blockedBy: blocker,
    });
    sendProblem(
      reply,
      mergeHeaders(refusal, name => reply.getHeader(name)),
      refusal.status,
    );
  });
}

function addHealth(app: FastifyInstance, options: SidecarOptions, registry: Registry): void {
  const { gate, reloads, updates, shadow = false, isStopping = () => false } = options;
  reloads?.register(registry);
  updates?.register(registry);
  const stop = registerMetrics(registry, gate);
  app.addHook('onClose', async () => stop());
  /** `ok`, or what is wrong with keyring or ledger; absent for a gate that keeps no evidence. */
  const evidenceState = (): object => {
    const { evidence } = gate.health();
    return evidence === undefined ? {} : { evidence: evidence.problem ?? 'ok' };
  };
  app.get(PATHS.health, (_, reply) =>
    reply.headers(NO_STORE).send({ status: 'ok', ...evidenceState() }),
  );
  app.get(PATHS.ready, (_, reply) => {
    if (isStopping()) return reply.code(503).headers(NO_STORE).send({ status: 'stopping' });
    const { status, edition, tableAgeDays, isTableStale, evidence } = gate.health();
    // A degraded gate still decides: taking it out of service would turn a full disk into an
    // outage. With the keys of another keyring in memory it finds no one: it would not start.
    const isOut =
      status === 'closed' ||
      (evidence?.isKeyringProven === false && evidence.problem === 'keyring-mismatch');
    void reply.code(isOut ? 503 : 200).headers(NO_STORE);
    const reload = reloads?.last();
    const update = updates?.last();
    return reply.send({
      status,
      edition: edition.id,
      tableAgeDays,
      isTableStale,
      shadow,
      ...evidenceState(),
      ...(reload && { reload }),
      ...(update && { update }),
    });
  });
  app.get(PATHS.metrics, async (_, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
}

/**
 * Largest size of the headers in bytes, as much as a gateway in front accepts: a large cookie must
 * not make the request fail.
 */
const maxHeaderSize = 65_536;
/**
 * Largest number of header lines. A request that has this many is refused, because more may have
 * been dropped.
 */
const MOST_HEADER_LINES = 1000;
/** Number of characters of a path that are read. */
const LONGEST_PATH = 100;

/** Envoy appends the path of the original request to /check; the rest is ignored. */
const isCheck = (url = '/'): boolean => /^\/check(?:[/?]|$)/.test(url);

const rewriteUrl = ({ url = '/' }: IncomingMessage): string => (isCheck(url) ? CHECK : url);

/**
 * Creates the server, which does not listen yet. It writes no log, so no line can contain an
 * address, a subscriber or a decision.
 * @throws PortabilityError `ERR_ARGUMENT` if an option is invalid, such as a header name,
 * `ERR_PREFIX`, `ERR_PREFIX_TRUSTS_ALL`
 */
export function openSidecar(options: SidecarOptions): FastifyInstance {
  if (options.peers.length === 0) throw portabilityError(HTTP.peersMissing);
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
  // Requests of every method are decided.
  for (const method of METHODS)
    if (!app.supportedMethods.includes(method)) app.addHttpMethod(method, { hasBody: true });
  // A body is not needed; it is discarded.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_, payload, done) => {
    payload.resume();
    done(null);
  });
  const registry = new Registry();
  const metrics = createSidecarMetrics(registry);
  metrics.setShadow(options.shadow === true);
  // The framework answers such a connection, with 431 for instance, and emits no event.
  app.server.on('clientError', ({ code }: NodeJS.ErrnoException) => {
    // A client that hangs up has asked for nothing.
    if (code !== 'ECONNRESET') metrics.countUnread();
  });
  addCheck(app, options, metrics);
  addRefusals(app, options);
  addHealth(app, options, registry);
  return app;
}
