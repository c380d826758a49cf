/** Turns a framework's request into a decision and a refusal; shared by all adapters. */
import type { IncomingMessage } from 'node:http';
import { type Clock, systemClock } from '../clock.ts';
import { PortabilityError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import { parseAddress } from '../geo/address.ts';
import { findClient, type TrustedPrefixes, trustedPrefixes, withoutZone } from '../geo/client-address.ts';
import type { Decision, Language } from '../law/reasons.ts';
import type { Standing } from '../law/rule.ts';
import { besideHeaders, checkBlockedBy, languageOf, type Refusal, refusalOf, type Seen } from './refusal.ts';
import { hasAllHeaders, headerLines } from './request-headers.ts';

type Maybe<T> = T | PromiseLike<T>;

/** Options of every adapter. An option that is `undefined` counts as left out. */
export interface GatewayOptions<Request> {
  readonly gate: Gate;
  /**
   * The trusted proxies in front: the result of `trustedPrefixes`, a list of its prefixes, or a
   * function that returns the result, if the list changes at run time. Default: none, and the
   * socket's peer is the client.
   */
  readonly trusted?: TrustedPrefixes | readonly string[] | (() => TrustedPrefixes) | undefined;
  /**
   * The one header that these proxies write; default: `x-forwarded-for`. `forwarded` is parsed as
   * defined by RFC 7239, any other as a list of addresses. For any header except these two, lines
   * that differ give no address.
   */
  readonly header?: string | undefined;
  /**
   * Returns the technical identifier of the subscriber, from the session. A request without one has
   * no contract: `no-contract`, whatever `standing` returns.
   */
  readonly subscriber: (request: Request) => Maybe<string | readonly string[] | undefined>;
  /** Returns the residence standing; default: the gate reads it from the person records. */
  readonly standing?: ((request: Request) => Maybe<Standing | undefined>) | undefined;
  /** Returns the name of the offer, if the gate holds several. */
  readonly offer?: ((request: Request) => string | undefined) | undefined;
  /**
   * Returns the channel of the subscription. A request of a channel that no privacy notice covers
   * is decided but never recorded.
   */
  readonly channel?: ((request: Request) => string | undefined) | undefined;
  /** Shadow mode: decides and counts, but refuses nothing; default: `false`. */
  readonly shadow?: boolean | undefined;
  /** Language of a refusal if the client asks for neither French nor English; default: `fr`. */
  readonly language?: Language | undefined;
  /**
   * Handling of a CORS preflight (`OPTIONS` with `Origin` and `Access-Control-Request-Method`),
   * which is not an access request and carries no session. `pass` forwards it to the CORS layer,
   * undecided and not counted; `decide` decides it like any other request. Default: `pass`.
   */
  readonly preflight?: 'pass' | 'decide' | undefined;
  /**
   * Address of a page that says who blocks, for the `Link: <...>; rel="blocked-by"` of a 451 (RFC
   * 7725); default: none.
   */
  readonly blockedBy?: string | undefined;
  readonly clock?: Clock | undefined;
}

/** Options of the sidecar only. */
export interface InternalOptions {
  /**
   * Client address used for requests whose every hop is a loopback address, for a first try on one
   * machine.
   */
  readonly tryAddress?: string | undefined;
}

/** An adapter for the requests of one framework. */
export interface Gateway<Request> {
  /** Whether a request is a CORS preflight that is not decided. */
  passes(raw: IncomingMessage): boolean;
  /**
   * Decides a request, synchronously if subscriber and standing are available synchronously.
   * Rejects with an `Error`, whatever was thrown, if a function of the operator throws or the
   * person records cannot be read. In shadow mode it resolves to `undefined` instead: nothing is
   * decided, and the request continues.
   */
  decide(request: Request, raw: IncomingMessage): Decision | Promise<Decision | undefined>;
  /** Returns what was seen of the client address if the request was refused because of it. */
  seen(decision: Decision | undefined, raw: IncomingMessage): Seen | undefined;
  /**
   * Returns the answer to a refused request, merged with the headers already on the response, or
   * `undefined` if the request may continue.
   */
  refusal(
    decision: Decision | undefined,
    raw: IncomingMessage,
    present?: (name: string) => unknown,
  ): Refusal | undefined;
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';

/**
 * Returns the error as an `Error`. Frameworks treat an empty failure, or the word `route`, as
 * permission to continue.
 */
export const asError = (error: unknown): Error =>
  error instanceof Error ? error : new PortabilityError('ERR_ARGUMENT', 'a function of the gateway failed');

/**
 * Checks the name of a header and returns it in lower case, as Node has it.
 * @throws PortabilityError `ERR_ARGUMENT` if it is not a header name
 */
export function checkHeader(name: unknown): string {
  if (typeof name === 'string' && /^[\w!#$%&'*+.^`|~-]{1,64}$/.test(name)) return name.toLowerCase();
  throw new PortabilityError('ERR_ARGUMENT', 'a header has a name');
}

/**
 * Checks the address for a first try and returns it.
 * @throws PortabilityError `ERR_ARGUMENT` if it is not an address
 */
export function checkTryAddress(text: string): string {
  if (parseAddress(text) !== undefined) return text;
  throw new PortabilityError('ERR_ARGUMENT', 'tryAddress is an address, without port and length');
}

const OPTION_NAMES = [
  'gate',
  'trusted',
  'header',
  'subscriber',
  'standing',
  'offer',
  'channel',
  'shadow',
  'language',
  'preflight',
  'blockedBy',
  'clock',
];

const isOneOf =
  (...values: readonly unknown[]) =>
  (value: unknown): boolean =>
    value === undefined || values.includes(value);

const isFunction = (value: unknown): boolean => value === undefined || typeof value === 'function';

/** The check of each option, and the end of its error message. */
const SHAPES: Readonly<Record<string, readonly [isFit: (value: unknown) => boolean, must: string]>> = {
  standing: [isFunction, 'must be a function of the request'],
  offer: [isFunction, 'must be a function of the request'],
  channel: [isFunction, 'must be a function of the request'],
  clock: [isFunction, 'must be a function'],
  refuse: [isFunction, 'must be a function'],
  shadow: [isOneOf(true, false), 'must be true or false'],
  language: [isOneOf('fr', 'en'), "must be 'fr' or 'en'"],
  preflight: [isOneOf('pass', 'decide'), "must be 'pass' or 'decide'"],
  hook: [
    isOneOf('onRequest', 'preParsing', 'preValidation', 'preHandler'),
    "must be 'onRequest', 'preParsing', 'preValidation' or 'preHandler'",
  ],
};

const wrong = (name: string, must: string): PortabilityError =>
  new PortabilityError('ERR_ARGUMENT', `option ${name} ${must}`);

/**
 * Returns an option's name as an error may show it. Only short plain names are shown, because the
 * text comes from a caller's program.
 */
const nameOf = (name: string): string => (/^[\w.-]{1,40}$/.test(name) ? name : 'with an unreadable name');

/**
 * Checks the options of an adapter. Unknown names are errors, so that a misspelt option is not
 * silently ignored.
 * @param more names of options that this adapter has in addition to the common ones
 * @throws PortabilityError `ERR_ARGUMENT` with the name of the option, `ERR_EVIDENCE_OPTION` if
 * there is no source of standings
 */
export function checkOptions(options: object, more: readonly string[]): void {
  if (typeof options !== 'object' || options === null)
    throw new PortabilityError('ERR_ARGUMENT', 'the guard needs options: at least gate and subscriber');
  const given = options as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(given))
    if (!OPTION_NAMES.includes(name) && !more.includes(name)) throw wrong(nameOf(name), 'is not known');
  const gate = given['gate'] as Gate | undefined;
  if (isThenable(gate)) throw wrong('gate', 'is a promise: await openGate(...) first');
  if (typeof gate?.ask !== 'function') throw wrong('gate', 'must be a gate of openGate');
  if (typeof given['subscriber'] !== 'function') throw wrong('subscriber', 'must be a function of the request');
  for (const [name, [isFit, must]] of Object.entries(SHAPES)) if (!isFit(given[name])) throw wrong(name, must);
  if (given['standing'] === undefined && gate.health().evidence === undefined)
    throw new PortabilityError(
      'ERR_EVIDENCE_OPTION',
      'a gateway has a standing, or a gate with evidence to read it from',
    );
}

const isCompiled = (trusted: unknown): trusted is TrustedPrefixes =>
  typeof trusted === 'object' && trusted !== null && 'holdsIPv4' in trusted;

/**
 * Returns a function that returns the current trusted proxies.
 * @throws PortabilityError `ERR_ARGUMENT`, `ERR_PREFIX`, `ERR_PREFIX_TRUSTS_ALL`
 */
function trustedOf(given: GatewayOptions<never>['trusted']): () => TrustedPrefixes {
  if (typeof given === 'function') {
    if (isCompiled(given())) return given;
    throw wrong(
      'trusted',
      'must be prefixes of trustedPrefixes, a list of them, or a function that answers the former',
    );
  }
  const compiled = isCompiled(given) ? given : trustedPrefixes(given ?? []);
  return () => compiled;
}

const isLoopback = (text: string): boolean => {
  const address = parseAddress(text);
  if (address === undefined) return false;
  return address.version === 4
    ? address.value >>> 24 === 127
    : address.groups.every((group, at) => group === Number(at === 7));
};

/** Header text that never parses as an address. */
const NO_ADDRESS = '?';

/** Whether an address is the peer's. Node writes an IPv4 peer of a dual-stack socket as IPv6. */
const isPeer = (address: string, peer: string | undefined): boolean =>
  address === withoutZone(peer) || peer?.toLowerCase() === `::ffff:${address}`;

/**
 * Input for a request whose headers may be incomplete: no subscriber and no address, so that it is
 * refused as `address-invalid`.
 */
const UNTOLD = { subscriber: '', standing: 'unverified', address: undefined } as const;

const UNTRUSTED_PROXY =
  'requests with the header of the proxies come from a peer that is not in trusted: either a proxy is missing there, ' +
  'and everybody behind it is decided by its address, or somebody writes the header. They are counted in health().addressNotes';

const unsaid = (): undefined => undefined;
const nothingPresent = (): undefined => undefined;

/**
 * Creates an adapter for the requests of one framework.
 * @param more names of options that this adapter has in addition to the common ones
 * @throws PortabilityError `ERR_ARGUMENT`, `ERR_EVIDENCE_OPTION`, `ERR_PREFIX`,
 * `ERR_PREFIX_TRUSTS_ALL`
 */
export function openGateway<Request>(
  options: GatewayOptions<Request> & InternalOptions,
  more: readonly string[] = [],
): Gateway<Request> {
  checkOptions(options, more);
  const { gate, shadow = false, language = 'fr', clock = systemClock, preflight = 'pass', tryAddress } = options;
  const { standing: standingIn = unsaid, offer = unsaid, channel = unsaid } = options;
  const header = checkHeader(options.header ?? 'x-forwarded-for');
  const trusted = trustedOf(options.trusted);
  const blockedBy = options.blockedBy === undefined ? undefined : checkBlockedBy(options.blockedBy);
  const isForwarded = header === 'forwarded';
  /** What was seen of the address, for requests without a usable one. */
  const problems = new WeakMap<IncomingMessage, Seen>();
  let hasWarned = false;

  const noteUntrustedProxy = (): void => {
    gate.noteAddress('untrusted-proxy');
    if (hasWarned) return;
    hasWarned = true;
    process.emitWarning(UNTRUSTED_PROXY, { code: 'LAISSEZ_PASSER_UNTRUSTED_PROXY' });
  };
  const fieldOf = (raw: IncomingMessage): string | readonly string[] | undefined => {
    const field = raw.headers[header];
    if (header === 'x-forwarded-for' || typeof field !== 'string') return field;
    const lines = headerLines(raw, header);
    if (lines.length < 2 || lines.join(', ') !== field) return field;
    // A header for one address, such as a CDN's own, gives none if its lines differ: the client may
    // have written one of them.
    if (!isForwarded) return lines.every(line => line === lines[0]) ? lines[0] : NO_ADDRESS;
    // Each line is parsed separately, so that an unclosed quote does not extend into the next line.
    return lines;
  };
  /** Whether all hops are loopback addresses. On one machine, both proxy and viewer have one. */
  const isTriedOut = (field: string | readonly string[] | undefined): boolean =>
    tryAddress !== undefined &&
    !isForwarded &&
    field !== undefined &&
    [field].flat().every(line => line.split(',').every(entry => isLoopback(entry.trim())));
  const addressOf = (raw: IncomingMessage): string | undefined => {
    const peer = raw.socket.remoteAddress;
    const field = fieldOf(raw);
    const proxies = trusted();
    const found = findClient(
      isForwarded ? { peer, forwarded: field, trusted: proxies } : { peer, forwardedFor: field, trusted: proxies },
    );
    if (typeof found === 'string') {
      if (field !== undefined && isPeer(found, peer)) noteUntrustedProxy();
      return found;
    }
    if (found.problem === 'only-proxies' && isTriedOut(field)) return tryAddress;
    gate.noteAddress(found.problem);
    problems.set(raw, found.problem);
    return undefined;
  };
  const decideNow = (request: Request, raw: IncomingMessage): Maybe<Decision> => {
    if (!hasAllHeaders(raw)) {
      gate.noteAddress('headers-incomplete');
      problems.set(raw, 'headers-incomplete');
      return gate.ask(UNTOLD);
    }
    // Read the address before any wait: a socket that is closed by then has no peer address.
    const address = addressOf(raw);
    const ask = (subscriber: string, standing: Standing | undefined): Maybe<Decision> =>
      gate.ask({ subscriber, standing, address, offer: offer(request), channel: channel(request) });
    const withSubscriber = (subscriber: unknown): Maybe<Decision> => {
      if (typeof subscriber !== 'string' || subscriber === '') return ask('', 'none');
      const standing = standingIn(request);
      return isThenable(standing)
        ? Promise.resolve(standing).then(word => ask(subscriber, word))
        : ask(subscriber, standing);
    };
    const subscriber = options.subscriber(request);
    return isThenable(subscriber) ? Promise.resolve(subscriber).then(withSubscriber) : withSubscriber(subscriber);
  };
  const fail = (error: unknown): Promise<undefined> =>
    shadow ? Promise.resolve(undefined) : Promise.reject(asError(error));
  const seen: Gateway<Request>['seen'] = (decision, raw) => {
    if (decision?.reason === 'address-not-public') return 'private';
    return decision?.reason === 'address-invalid' ? problems.get(raw) : undefined;
  };
  return {
    passes: ({ method, headers }) =>
      preflight === 'pass' &&
      method === 'OPTIONS' &&
      headers['origin'] !== undefined &&
      headers['access-control-request-method'] !== undefined,
    decide: (request, raw) => {
      try {
        const decided = decideNow(request, raw);
        return isThenable(decided) ? Promise.resolve(decided).catch(fail) : decided;
      } catch (error) {
        return fail(error);
      }
    },
    seen,
    refusal: (decision, raw, present = nothingPresent) => {
      if (shadow || decision?.verdict !== 'refused') return undefined;
      const spoken = languageOf(raw.headers['accept-language'], language);
      const refusal = refusalOf(decision, { language: spoken, time: clock(), seen: seen(decision, raw), blockedBy });
      return besideHeaders(refusal, present);
    },
  };
}
