/**
 * Turns a request of a framework into a decision and a refusal. The plugins and the sidecar share
 * it.
 */

import type { IncomingMessage } from 'node:http';
import { systemClock } from '../clock.ts';
import { portabilityError } from '../errors.ts';
import type { Decision } from '../law/reasons.ts';
import type { Standing } from '../law/rule.ts';
import * as HTTP from '../messages/http.ts';
import {
  type AdapterOptions,
  checkHeader,
  checkOptions,
  type InternalOptions,
  isThenable,
  type Maybe,
  trustedOf,
} from './adapter-options.ts';
import {
  checkBlockedBy,
  languageOf,
  mergeHeaders,
  type Refusal,
  refusalOf,
  type Seen,
} from './refusal.ts';
import { RequestAddresses } from './request-address.ts';

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

/** An `Error` for anything thrown: frameworks take an empty failure, or `route`, as success. */
export const asError = (error: unknown): Error =>
  error instanceof Error ? error : portabilityError(HTTP.optionFunctionFailed);

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

/**
 * A request whose headers may be incomplete. It has no address, so it is refused as `address-
 * invalid`.
 */
const WITHOUT_HEADERS = { subscriber: '', standing: 'unverified', address: undefined } as const;

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
  const addresses = new RequestAddresses({ gate, header, trusted, tryAddress });
  const ask = (
    request: Request,
    address: string | undefined,
    subscriber: string,
    standing: Standing | undefined,
  ): Maybe<Decision> =>
    gate.decideAsync({
      subscriber,
      standing,
      address,
      offer: requireSync('offer', offer(request)),
      channel: requireSync('channel', channel(request)),
    });
  const decideFor = (
    request: Request,
    address: string | undefined,
    subscriber: unknown,
  ): Maybe<Decision> => {
    if (typeof subscriber !== 'string' || subscriber === '')
      return ask(request, address, '', 'none');
    const standing = standingOf(request);
    return isThenable(standing)
      ? Promise.resolve(standing).then(word => ask(request, address, subscriber, word))
      : ask(request, address, subscriber, standing);
  };
  const decideNow = (request: Request, raw: IncomingMessage): Maybe<Decision> => {
    if (!addresses.isComplete(raw)) return gate.decideAsync(WITHOUT_HEADERS);
    // Read the address before awaiting anything: a socket that has closed meanwhile has no peer.
    const address = addresses.of(raw);
    const subscriber = options.subscriber(request);
    return isThenable(subscriber)
      ? Promise.resolve(subscriber).then(known => decideFor(request, address, known))
      : decideFor(request, address, subscriber);
  };
  const fail = (error: unknown): Promise<undefined> =>
    shadow ? Promise.resolve(undefined) : Promise.reject(asError(error));
  const seen: Adapter<Request>['seen'] = (decision, raw) => {
    if (decision?.reason === 'address-not-public') return 'private';
    return decision?.reason === 'address-invalid' ? addresses.problemOf(raw) : undefined;
  };
  return {
    passes: raw =>
      raw.method === 'OPTIONS' &&
      preflight === 'pass' &&
      raw.headers['origin'] !== undefined &&
      raw.headers['access-control-request-method'] !== undefined,
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
