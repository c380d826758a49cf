/** Turns a request of a framework into a decision and a refusal: what the adapters have in common. */
import type { IncomingMessage } from 'node:http';
import { type Clock, systemClock } from '../clock.ts';
import { PortabilityError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import { parseAddress } from '../geo/address.ts';
import { findClient, type TrustedPrefixes, trustedPrefixes, withoutZone } from '../geo/client-address.ts';
import { specialRfc } from '../geo/special-purpose.ts';
import type { Decision, Language } from '../law/reasons.ts';
import type { Standing } from '../law/rule.ts';
import { besideHeaders, checkBlockedBy, languageOf, type Refusal, refusalOf, type Seen } from './refusal.ts';
import { hasAllHeaders, headerLines } from './request-headers.ts';

type Maybe<T> = T | PromiseLike<T>;

/** What every adapter is told. An option that is `undefined` counts as left out. */
export interface GatewayOptions<Request> {
  readonly gate: Gate;
  /**
   * The proxies in front: from `trustedPrefixes`, as its list, or a function that answers the former, where the list changes while the
   * gateway runs. Default: none, and the socket's peer is the client.
   */
  readonly trusted?: TrustedPrefixes | readonly string[] | (() => TrustedPrefixes) | undefined;
  /**
   * The one header that these proxies write; default `x-forwarded-for`. `forwarded` is read by RFC 7239, any other as a list of
   * addresses; of one that is neither of these two, lines that differ name no address.
   */
  readonly header?: string | undefined;
  /** The technical identifier of the subscriber, from the session. Whoever has none has no contract: `no-contract`, whatever `standing` says. */
  readonly subscriber: (request: Request) => Maybe<string | readonly string[] | undefined>;
  /** The residence standing; default: it is read from the register of the gate. */
  readonly standing?: ((request: Request) => Maybe<Standing | undefined>) | undefined;
  /** Name of the offer, where there are several. */
  readonly offer?: ((request: Request) => string | undefined) | undefined;
  /** How the subscription came; one that no notice covers is decided and never recorded. */
  readonly channel?: ((request: Request) => string | undefined) | undefined;
  /** Shadow mode: decides and counts, refuses nothing; default `false`. */
  readonly shadow?: boolean | undefined;
  /** Language of a refusal where the client asks for neither French nor English; default `fr`. */
  readonly language?: Language | undefined;
  /**
   * What becomes of a CORS preflight (`OPTIONS` with `Origin` and `Access-Control-Request-Method`), which is not an access request and
   * carries no session: `pass` goes on to the CORS layer, undecided and uncounted; `decide` decides it like any other. Default `pass`.
   */
  readonly preflight?: 'pass' | 'decide' | undefined;
  /** Address of a page that says who blocks, for the `Link: <...>; rel="blocked-by"` of a 451 (RFC 7725); default: none. */
  readonly blockedBy?: string | undefined;
  readonly clock?: Clock | undefined;
}

/** Options of the sidecar alone. */
export interface InternalOptions {
  /** The address that requests are decided as whose every hop is a loopback address; for the first try on one machine. */
  readonly tryAddress?: string | undefined;
}

/** A gateway for one framework's requests. */
export interface Gateway<Request> {
  /** Whether a request is a CORS preflight that is not to be decided. */
  passes(raw: IncomingMessage): boolean;
  /**
   * Decides a request: at once where subscriber and standing are known at once. What the operator's functions throw, and a register
   * that cannot be read, reject with an `Error`, whatever was thrown; in shadow mode it resolves to `undefined`: nothing is decided,
   * and the request goes on.
   */
  decide(request: Request, raw: IncomingMessage): Decision | Promise<Decision | undefined>;
  /** What was seen of the address of a request that was refused for it. */
  seen(decision: Decision | undefined, raw: IncomingMessage): Seen | undefined;
  /** The answer to a refused request, beside the headers that the response has; `undefined` where the request may go on. */
  refusal(
    decision: Decision | undefined,
    raw: IncomingMessage,
    present?: (name: string) => unknown,
  ): Refusal | undefined;
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';

/** Frameworks take a failure that is empty, or the word `route`, for leave to go on. */
export const asError = (error: unknown): Error =>
  error instanceof Error ? error : new PortabilityError('ERR_ARGUMENT', 'a function of the gateway failed');

/** The name of a header, as Node has it. @throws PortabilityError `ERR_ARGUMENT` */
export function checkHeader(name: unknown): string {
  if (typeof name === 'string' && /^[\w!#$%&'*+.^`|~-]{1,64}$/.test(name)) return name.toLowerCase();
  throw new PortabilityError('ERR_ARGUMENT', 'the name of a header is like x-forwarded-for');
}

/**
 * The address of a first try.
 * @throws PortabilityError `ERR_ARGUMENT` where it is not a public address
 */
export function checkTryAddress(text: string): string {
  const address = parseAddress(text);
  if (address !== undefined && specialRfc(address) === undefined) return text;
  throw new PortabilityError('ERR_ARGUMENT', 'the address to try is one public IP address, without port or length');
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

/** What each option may be, and how it is said. */
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

/** An option's name as it may be shown: what somebody typed into a program, cut to what a name can be. */
const nameOf = (name: string): string => (/^[\w.-]{1,40}$/.test(name) ? name : 'with an unreadable name');

/**
 * Checks the options of an adapter: a slip in a name must not leave out what was meant.
 * @param more names of options that this adapter has beside the common ones
 * @throws PortabilityError `ERR_ARGUMENT` with the name of the option, `ERR_EVIDENCE_OPTION` without any standing
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
      'option standing is missing: give it, or open the gate with evidence',
    );
}

const isCompiled = (trusted: unknown): trusted is TrustedPrefixes =>
  typeof trusted === 'object' && trusted !== null && 'holdsIPv4' in trusted;

/** Names the entry that is at fault. */
function compileList(list: readonly string[]): TrustedPrefixes {
  for (const [index, entry] of list.entries()) {
    try {
      trustedPrefixes([entry]);
    } catch (error) {
      const { code, sentence } = error as PortabilityError;
      throw new PortabilityError(
        code,
        `option trusted, entry ${index + 1}: ${sentence}; or loopback, linklocal, uniquelocal or unix`,
      );
    }
  }
  return trustedPrefixes(list);
}

/** The trusted proxies of this moment. @throws PortabilityError `ERR_ARGUMENT`, `ERR_PREFIX`, `ERR_PREFIX_TRUSTS_ALL` */
function trustedOf(given: GatewayOptions<never>['trusted']): () => TrustedPrefixes {
  if (typeof given === 'function') {
    if (isCompiled(given())) return given;
    throw wrong(
      'trusted',
      'must be prefixes of trustedPrefixes, a list of them, or a function that answers the former',
    );
  }
  if (given !== undefined && !isCompiled(given) && !Array.isArray(given))
    throw wrong('trusted', "must be a list of prefixes, as in ['loopback'], or a function that answers one");
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

/** What an option answers that may not be a promise. @throws PortabilityError `ERR_ARGUMENT` on a promise */
function atOnce(name: string, value: string | undefined): string | undefined {
  if (!isThenable(value)) return value;
  // A rejection that nothing waits for would end the process.
  (value as PromiseLike<unknown>).then(undefined, () => {});
  throw wrong(name, 'must answer at once, not with a promise');
}

/** Text of a header that is never an address. */
const NO_ADDRESS = '?';

/** Whether an address is the one of the peer; Node writes an IPv4 peer of a dual-stack socket as IPv6. */
const isPeer = (address: string, peer: string | undefined): boolean =>
  address === withoutZone(peer) || peer?.toLowerCase() === `::ffff:${address}`;

/** A request whose headers may be incomplete: no subscriber, and no address, so that it is refused as `address-invalid`. */
const UNTOLD = { subscriber: '', standing: 'unverified', address: undefined } as const;

const UNTRUSTED_PROXY =
  'requests with the header of the proxies come from a peer that is not in trusted: either a proxy is missing there, ' +
  'and everybody behind it is decided by its address, or somebody writes the header. They are counted in health().addressNotes';

const unsaid = (): undefined => undefined;
const nothingPresent = (): undefined => undefined;

/**
 * Opens the gateway of an adapter.
 * @param more names of options that this adapter has beside the common ones
 * @throws PortabilityError `ERR_ARGUMENT`, `ERR_EVIDENCE_OPTION`, `ERR_PREFIX`, `ERR_PREFIX_TRUSTS_ALL`
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
  /** Of a request without an address: what was seen. */
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
    // Node joins the lines of most headers, and keeps the first one of some. A hook may have written the field anew.
    if (lines.length < 2 || (lines.join(', ') !== field && lines[0] !== field)) return field;
    // A header that names one address, as a CDN's own, names none where its lines differ: one may be the client's.
    if (!isForwarded) return lines.every(line => line === lines[0]) ? lines[0] : NO_ADDRESS;
    // Each line is read by itself: a quote that one leaves open does not reach into the next.
    return lines;
  };
  /** On one machine, proxy and viewer alike are loopback addresses. */
  const isTriedOut = (field: string | readonly string[] | undefined, peer: string | undefined): boolean =>
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
      isForwarded ? { peer, forwarded: field, trusted: proxies } : { peer, forwardedFor: field, trusted: proxies },
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
      return gate.ask(UNTOLD);
    }
    // Read before anything is waited for: a socket that is closed by then has no peer.
    const address = addressOf(raw);
    const ask = (subscriber: string, standing: Standing | undefined): Maybe<Decision> =>
      gate.ask({
        subscriber,
        standing,
        address,
        offer: atOnce('offer', offer(request)),
        channel: atOnce('channel', channel(request)),
      });
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
