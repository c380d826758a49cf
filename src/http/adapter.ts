/**
 * Turns a request of a framework into a decision and a refusal. The plugins and the sidecar share
 * it.
 */

import type { IncomingMessage } from 'node:http';
import { type Clock, systemClock } from '../clock.ts';
import { checkOptionNames, type PortabilityError, portabilityError, textOf } from '../errors.ts';
import type { Gate } from '../gate.ts';
import { parseAddress } from '../geo/address.ts';
import {
  findClient,
  type TrustedPrefixes,
  trustedPrefixes,
  withoutZone,
} from '../geo/client-address.ts';
import { specialPurposeRfc } from '../geo/special-purpose.ts';
import type { Decision, Language } from '../law/reasons.ts';
import type { Standing } from '../law/rule.ts';
import * as HTTP from '../messages/http.ts';
import { oneOf } from '../messages/localised-text.ts';
import {
  checkBlockedBy,
  languageOf,
  mergeHeaders,
  type Refusal,
  refusalOf,
  type Seen,
} from './refusal.ts';
import { hasAllHeaders, headerLines } from './request-headers.ts';

type Maybe<T> = T | PromiseLike<T>;

/** Options of every adapter. An option that is `undefined` counts as left out. */
export interface AdapterOptions<Request> {
  readonly gate: Gate;
  /**
   * The trusted proxies: the result of `trustedPrefixes`, a list of prefixes, or a function that
   * returns the former if the list changes at run time. Default: none, and the peer of the socket
   * is the client.
   */
  readonly trusted?: TrustedPrefixes | readonly string[] | (() => TrustedPrefixes) | undefined;
  /**
   * The one header that these proxies write; default: `x-forwarded-for`. `forwarded` is parsed as
   * defined by RFC 7239, any other header as a list of addresses. If a header other than these two
   * occurs with different values, there is no address.
   */
  readonly header?: string | undefined;
  /**
   * Returns the technical identifier of the subscriber from the session. An empty one, or a value
   * that is not a string, means `no-contract`, whatever `standing` returns.
   */
  readonly subscriber: (request: Request) => Maybe<string | readonly string[] | undefined>;
  /** Returns the residence standing; default: the gate reads it from the person records. */
  readonly standing?: ((request: Request) => Maybe<Standing | undefined>) | undefined;
  /** Returns the name of the offer; default: `default`. A promise is an error. */
  readonly offer?: ((request: Request) => string | undefined) | undefined;
  /**
   * Returns how the subscription was sold; default: `direct`. A request of a channel that no notice
   * covers is decided and never recorded. A promise is an error.
   */
  readonly channel?: ((request: Request) => string | undefined) | undefined;
  /** Shadow mode: decides and counts, and refuses nothing; default: `false`. */
  readonly shadow?: boolean | undefined;
  /** Language of a refusal if the client accepts neither French nor English; default: `fr`. */
  readonly language?: Language | undefined;
  /**
   * Handling of a CORS preflight (`OPTIONS` with `Origin` and `Access-Control-Request-Method`),
   * which is not an access request and carries no session. `pass`: the CORS layer answers, and the
   * request is neither decided nor counted. `decide`: it is decided like any other request.
   * Default: `pass`.
   */
  readonly preflight?: 'pass' | 'decide' | undefined;
  /**
   * Address of a page that says who blocks, for `Link: <...>; rel="blocked-by"` of a 451 (RFC
   * 7725); default: none.
   */
  readonly blockedBy?: string | undefined;
  readonly clock?: Clock | undefined;
}

/** Options that only the sidecar has. */
export interface InternalOptions {
  /** Client address used for requests whose every hop is a loopback address. */
  readonly tryAddress?: string | undefined;
}

/** Decides the requests of one framework. */
export interface Adapter<Request> {
  /** Whether a request is a CORS preflight that must not be decided. */
  passes(raw: IncomingMessage): boolean;
  /**
   * Decides a request; synchronously if subscriber and standing are available synchronously.
   * Rejects with an `Error` if a function of the operator throws or the person records cannot be
   * read. In shadow mode it then resolves to `undefined`: nothing is decided, and the request
   * continues.
   */
  decide(request: Request, raw: IncomingMessage): Decision | Promise<Decision | undefined>;
  /** Returns what was seen of the address, if the request was refused because of its address. */
  seen(decision: Decision | undefined, raw: IncomingMessage): Seen | undefined;
  /**
   * Returns the answer to a refused request, merged with the headers already on the response.
   * Returns `undefined` if the request may continue.
   */
  refusal(
    decision: Decision | undefined,
    raw: IncomingMessage,
    present?: (name: string) => unknown,
  ): Refusal | undefined;
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';

/** An `Error` for anything thrown: frameworks take an empty failure, or `route`, as success. */
export const asError = (error: unknown): Error =>
  error instanceof Error ? error : portabilityError(HTTP.optionFunctionFailed);

/**
 * Returns the name of a header in lower case.
 * @throws PortabilityError `ERR_ARGUMENT` if it is not a header name
 */
export function checkHeader(name: unknown): string {
  if (typeof name === 'string' && /^[\w!#$%&'*+.^`|~-]{1,64}$/.test(name))
    return name.toLowerCase();
  throw portabilityError(HTTP.headerName);
}

/**
 * Checks the address of a first try and returns it.
 * @throws PortabilityError `ERR_ARGUMENT` if it is not a public address
 */
export function checkTryAddress(text: string): string {
  const address = parseAddress(text);
  if (address !== undefined && specialPurposeRfc(address) === undefined) return text;
  throw portabilityError(HTTP.tryAddress);
}

/** Warns that the framework trusts proxies and the guard has not been told of any. */
export function warnOfFrameworkTrust(setting: string): void {
  const message =
    `${setting} is set and the guard has no option trusted: the guard reads no header and uses the ` +
    'address of the proxy. Name the proxies in trusted, or set trusted: [] if there are none';
  process.emitWarning(message, { code: 'LAISSEZ_PASSER_TRUST' });
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

const OF_REQUEST = HTTP.optionFunctionOfRequest;

/** Options that must be functions, and the message if they are not. */
const FUNCTIONS = {
  standing: OF_REQUEST,
  offer: OF_REQUEST,
  channel: OF_REQUEST,
  clock: HTTP.optionFunction,
  refuse: HTTP.optionFunction,
} as const;

/** Options that must be one of a few words. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  language: ['fr', 'en'],
  preflight: ['pass', 'decide'],
  hook: ['onRequest', 'preParsing', 'preValidation', 'preHandler'],
};

function checkFunctions(given: Readonly<Record<string, unknown>>): void {
  for (const name of Object.keys(FUNCTIONS) as (keyof typeof FUNCTIONS)[])
    if (given[name] !== undefined && typeof given[name] !== 'function')
      throw portabilityError(FUNCTIONS[name], {}, { name });
}

function checkWords(given: Readonly<Record<string, unknown>>): void {
  for (const [name, words] of Object.entries(WORDS)) {
    const value = given[name];
    if (value === undefined || words.includes(value as string)) continue;
    const quoted = words.map(word => `'${word}'`);
    throw portabilityError(HTTP.optionWords, {}, { name, words: oneOf(quoted) });
  }
}

/**
 * Checks the options of an adapter.
 * @param more names of options that this adapter has in addition to the common ones
 * @throws PortabilityError `ERR_ARGUMENT` with the name of the option, `ERR_EVIDENCE_OPTION` if
 * there is no way to know a standing
 */
function checkOptions(options: object, more: readonly string[]): void {
  checkOptionNames(options, [...OPTION_NAMES, ...more], 'ERR_ARGUMENT');
  const given = options as Readonly<Record<string, unknown>>;
  const gate = given['gate'] as Gate | undefined;
  if (isThenable(gate)) throw portabilityError(HTTP.optionGatePromise, {}, { name: 'gate' });
  if (typeof gate?.decideAsync !== 'function')
    throw portabilityError(HTTP.optionGate, {}, { name: 'gate' });
  if (typeof given['subscriber'] !== 'function')
    throw portabilityError(OF_REQUEST, {}, { name: 'subscriber' });
  checkFunctions(given);
  checkWords(given);
  if (given['shadow'] !== undefined && typeof given['shadow'] !== 'boolean')
    throw portabilityError(HTTP.optionBoolean, {}, { name: 'shadow' });
  if (given['standing'] === undefined && gate.health().evidence === undefined)
    throw portabilityError(HTTP.optionStandingMissing);
}

const isCompiled = (trusted: unknown): trusted is TrustedPrefixes =>
  typeof trusted === 'object' && trusted !== null && 'holdsIPv4' in trusted;

/** Compiles a list of prefixes; an error names the invalid entry. */
function compileList(list: readonly string[]): TrustedPrefixes {
  for (const [index, entry] of list.entries()) {
    try {
      trustedPrefixes([entry]);
    } catch (error) {
      const known = error as PortabilityError;
      const values = { entry: index + 1, problem: textOf(known) };
      throw portabilityError(HTTP.optionTrustedEntry, { code: known.code }, values);
    }
  }
  return trustedPrefixes(list);
}

/**
 * Returns a function that gives the current trusted proxies.
 * @throws PortabilityError `ERR_ARGUMENT`, `ERR_PREFIX`, `ERR_PREFIX_TRUSTS_ALL`
 */
function trustedOf(given: AdapterOptions<never>['trusted']): () => TrustedPrefixes {
  if (typeof given === 'function') {
    if (isCompiled(given())) return given;
    throw portabilityError(HTTP.optionTrusted, {}, { name: 'trusted' });
  }
  if (given !== undefined && !isCompiled(given) && !Array.isArray(given))
    throw portabilityError(HTTP.optionTrustedList, {}, { name: 'trusted' });
  const compiled = isCompiled(given) ? given : compileList(given ?? []);
  return () => compiled;
}

const isLoopback = (text: string): boolean => {
  const address = parseAddress(text);
  if (address === undefined) return false;
  return address.version === 4
    ? address.value >>> 24 === 127
    : address.groups.every((group, at) => group === Number(at === 7));
};

/**
 * Returns the value of a function that must not be asynchronous.
 * @throws PortabilityError `ERR_ARGUMENT` if it is a promise
 */
function requireSync(name: string, value: string | undefined): string | undefined {
  if (!isThenable(value)) return value;
  // An unhandled rejection would end the process.
  (value as PromiseLike<unknown>).then(undefined, () => {});
  throw portabilityError(HTTP.optionReturnsPromise, {}, { name });
}

/** A header value that is never an address. */
const NO_ADDRESS = '?';

/**
 * Whether an address is that of the peer. Node writes an IPv4 peer of a dual-stack socket as IPv6.
 */
const isPeer = (address: string, peer: string | undefined): boolean =>
  address === withoutZone(peer) || peer?.toLowerCase() === `::ffff:${address}`;

/**
 * A request whose headers may be incomplete. It has no address, so it is refused as `address-
 * invalid`.
 */
const WITHOUT_HEADERS = { subscriber: '', standing: 'unverified', address: undefined } as const;

const UNTRUSTED_PROXY =
  'requests with the header of the proxies come from a peer that is not in trusted. Either a proxy is missing there, and ' +
  'its address is used for everyone behind it, or clients write the header. See health().addressNotes for the number';

const returnUndefined = (): undefined => undefined;

/**
 * Creates what decides and refuses for an adapter.
 * @param more names of options that this adapter has in addition to the common ones
 * @throws PortabilityError `ERR_ARGUMENT`, `ERR_EVIDENCE_OPTION`, `ERR_PREFIX`,
 * `ERR_PREFIX_TRUSTS_ALL`
 */
export function openAdapter<Request>(
  options: AdapterOptions<Request> & InternalOptions,
  more: readonly string[] = [],
): Adapter<Request> {
  checkOptions(options, more);
  const {
    gate,
    shadow = false,
    language = 'fr',
    clock = systemClock,
    preflight = 'pass',
    tryAddress,
  } = options;
  const {
    standing: standingOf = returnUndefined,
    offer = returnUndefined,
    channel = returnUndefined,
  } = options;
  const header = checkHeader(options.header ?? 'x-forwarded-for');
  const trusted = trustedOf(options.trusted);
  const blockedBy = options.blockedBy === undefined ? undefined : checkBlockedBy(options.blockedBy);
  const isForwarded = header === 'forwarded';
  /** What was seen of the address, by request, if there is none. */
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
    // Node joins the lines of most headers and keeps the first line of some. If the value is
    // neither, a hook of the framework has rewritten it.
    if (lines.length < 2 || (lines.join(', ') !== field && lines[0] !== field)) return field;
    // A header with a single address, such as a CDN's own: if the lines differ, one may be the
    // client's.
    if (!isForwarded) return lines.every(line => line === lines[0]) ? lines[0] : NO_ADDRESS;
    // Lines are parsed separately, so that an open quote does not extend into the next line.
    return lines;
  };
  /** Whether every hop is a loopback address: proxy and viewer are on this machine. */
  const isTriedOut = (
    field: string | readonly string[] | undefined,
    peer: string | undefined,
  ): boolean =>
    tryAddress !== undefined &&
    (peer === undefined || isLoopback(peer)) &&
    !isForwarded &&
    field !== undefined &&
    [field].flat().every(line => line.split(',').every(entry => isLoopback(entry.trim())));
  const addressOf = (raw: IncomingMessage): string | undefined => {
    const peer = raw.socket.remoteAddress;
    const field = fieldOf(raw);
    const proxies = trusted();
    const found = findClient(
      isForwarded
        ? { peer, forwarded: field, trusted: proxies }
        : { peer, forwardedFor: field, trusted: proxies },
    );
    if (typeof found === 'string') {
      if (field !== undefined && isPeer(found, peer)) noteUntrustedProxy();
      return found;
    }
    if (found.problem === 'only-proxies' && isTriedOut(field, peer)) return tryAddress;
    gate.noteAddress(found.problem);
    problems.set(raw, found.problem);
    return undefined;
  };
  const decideNow = (request: Request, raw: IncomingMessage): Maybe<Decision> => {
    if (!hasAllHeaders(raw)) {
      gate.noteAddress('headers-incomplete');
      problems.set(raw, 'headers-incomplete');
      return gate.decideAsync(WITHOUT_HEADERS);
    }
    // Read the address before awaiting anything: a socket that has closed meanwhile has no peer.
    const address = addressOf(raw);
    const ask = (subscriber: string, standing: Standing | undefined): Maybe<Decision> =>
      gate.decideAsync({
        subscriber,
        standing,
        address,
        offer: requireSync('offer', offer(request)),
        channel: requireSync('channel', channel(request)),
      });
    const decideFor = (subscriber: unknown): Maybe<Decision> => {
      if (typeof subscriber !== 'string' || subscriber === '') return ask('', 'none');
      const standing = standingOf(request);
      return isThenable(standing)
        ? Promise.resolve(standing).then(word => ask(subscriber, word))
        : ask(subscriber, standing);
    };
    const subscriber = options.subscriber(request);
    return isThenable(subscriber)
      ? Promise.resolve(subscriber).then(decideFor)
      : decideFor(subscriber);
  };
  const fail = (error: unknown): Promise<undefined> =>
    shadow ? Promise.resolve(undefined) : Promise.reject(asError(error));
  const seen: Adapter<Request>['seen'] = (decision, raw) => {
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
    refusal: (decision, raw, present = returnUndefined) => {
      if (shadow || decision?.verdict !== 'refused') return undefined;
      const spoken = languageOf(raw.headers['accept-language'], language);
      const refusal = refusalOf(decision, {
        language: spoken,
        time: clock(),
        seen: seen(decision, raw),
        blockedBy,
      });
      return mergeHeaders(refusal, present);
    },
  };
}
