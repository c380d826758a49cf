/** Defines and checks the options that the adapters of all frameworks share. */

import type { Clock } from '../clock.ts';
import { checkOptionNames, type PortabilityError, portabilityError, textOf } from '../errors.ts';
import type { Gate } from '../gate.ts';
import { parseAddress } from '../geo/address.ts';
import { type TrustedPrefixes, trustedPrefixes } from '../geo/forwarded-for.ts';
import { specialPurposeRfc } from '../geo/special-purpose.ts';
import type { Language } from '../law/reasons.ts';
import type { Standing } from '../law/rule.ts';
import * as HTTP from '../messages/http.ts';
import { oneOf } from '../messages/localised-text.ts';

export type Maybe<T> = T | PromiseLike<T>;

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

export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';

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
export function checkOptions(options: object, more: readonly string[]): void {
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
export function trustedOf(given: AdapterOptions<never>['trusted']): () => TrustedPrefixes {
  if (typeof given === 'function') {
    if (isCompiled(given())) return given;
    throw portabilityError(HTTP.optionTrusted, {}, { name: 'trusted' });
  }
  if (given !== undefined && !isCompiled(given) && !Array.isArray(given))
    throw portabilityError(HTTP.optionTrustedList, {}, { name: 'trusted' });
  const compiled = isCompiled(given) ? given : compileList(given ?? []);
  return () => compiled;
}
