/** How does a request become a decision? What the adapters of all frameworks have in common. */
import type { IncomingMessage } from 'node:http';
import { type Clock, systemClock } from '../clock.ts';
import { PortabilityError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import type { Decision, Language } from '../law/reasons.ts';
import type { Standing } from '../law/rule.ts';
import { clientAddress, type TrustedPrefixes, trustedPrefixes } from '../place/client.ts';
import { languageOf, type Refusal, refusalOf } from './refusal.ts';

type Maybe<T> = T | PromiseLike<T>;

export interface GatewayOptions<Request> {
  readonly gate: Gate;
  /** The proxies in front, from `trustedPrefixes` or as its list; nobody unless given: then the socket's peer is the client. */
  readonly trusted?: TrustedPrefixes | readonly string[] | undefined;
  /** The one header that these proxies write; `x-forwarded-for` unless given. `forwarded` is read by RFC 7239, any other as a list of addresses. */
  readonly header?: string | undefined;
  /** The technical identifier of the subscriber, from the session. Whoever has none has no contract: `no-contract`, whatever `standing` says. */
  readonly subscriber: (request: Request) => Maybe<string | readonly string[] | undefined>;
  /** The residence standing; read from the register of the gate unless given. */
  readonly standing?: ((request: Request) => Maybe<Standing | undefined>) | undefined;
  /** Name of the offer, where there are several. */
  readonly offer?: ((request: Request) => string | undefined) | undefined;
  /** How the subscription came; one that no notice covers is decided and never recorded. */
  readonly channel?: ((request: Request) => string | undefined) | undefined;
  /** Shadow mode: decides and counts, refuses nothing. */
  readonly shadow?: boolean | undefined;
  /** Language of a refusal where the client asks for neither French nor English; `fr` unless given. */
  readonly language?: Language | undefined;
  readonly clock?: Clock | undefined;
}

/** A gateway for one framework's requests. */
export interface Gateway<Request> {
  /**
   * At once where subscriber and standing are. What the operator's functions throw, and a register that can not be read, reject with an `Error`, whatever
   * was thrown; in shadow mode as `undefined`: nothing is decided, and the request goes on.
   */
  decide(request: Request, raw: IncomingMessage): Decision | Promise<Decision | undefined>;
  /** The answer to a refused request; `undefined` where it may go on. */
  refusal(decision: Decision | undefined, raw: IncomingMessage): Refusal | undefined;
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';

/** Frameworks take a failure that is empty, or the word `route`, for leave to go on. */
export const asError = (error: unknown): Error =>
  error instanceof Error ? error : new PortabilityError('ERR_ARGUMENT', 'a function of the gateway failed');

/** The name of a header, as Node has it. @throws PortabilityError `ERR_ARGUMENT` */
export function checkHeader(name: unknown): string {
  if (typeof name === 'string' && /^[\w!#$%&'*+.^`|~-]{1,64}$/.test(name)) return name.toLowerCase();
  throw new PortabilityError('ERR_ARGUMENT', 'a header has a name');
}

function checkOptions<Request>({ gate, subscriber, standing }: GatewayOptions<Request>): void {
  if (typeof gate?.ask !== 'function' || typeof subscriber !== 'function')
    throw new PortabilityError('ERR_ARGUMENT', 'a gateway has a gate and a function for the subscriber');
  if (standing === undefined && gate.health().evidence === undefined)
    throw new PortabilityError(
      'ERR_EVIDENCE_OPTION',
      'a gateway has a standing, or a gate with evidence to read it from',
    );
}

const isCompiled = (trusted: TrustedPrefixes | readonly string[]): trusted is TrustedPrefixes =>
  typeof trusted === 'object' && trusted !== null && 'holdsIPv4' in trusted;

const unsaid = (): undefined => undefined;

/** @throws PortabilityError `ERR_ARGUMENT`, `ERR_PREFIX`, `ERR_PREFIX_TRUSTS_ALL` */
export function openGateway<Request>(options: GatewayOptions<Request>): Gateway<Request> {
  checkOptions(options);
  const { gate, trusted: given = [], shadow = false } = options;
  const header = checkHeader(options.header ?? 'x-forwarded-for');
  const { standing: standingIn = unsaid, offer = unsaid, channel = unsaid } = options;
  const trusted = isCompiled(given) ? given : trustedPrefixes(given);
  const { language = 'fr', clock = systemClock } = options;
  const isForwarded = header === 'forwarded';
  const addressIn = ({ socket, headers }: IncomingMessage): string | undefined => {
    const peer = socket.remoteAddress;
    const field = headers[header];
    return clientAddress(isForwarded ? { peer, forwarded: field!, trusted } : { peer, forwardedFor: field!, trusted });
  };
  const fail = (error: unknown): Promise<undefined> =>
    shadow ? Promise.resolve(undefined) : Promise.reject(asError(error));
  const decide = (request: Request, raw: IncomingMessage): Maybe<Decision> => {
    // Read before anything is waited for: a socket that is gone by then tells no peer.
    const address = addressIn(raw);
    const asked = (subscriber: string, standing: Standing | undefined): Maybe<Decision> =>
      gate.ask({ subscriber, standing, address, offer: offer(request), channel: channel(request) });
    const withSubscriber = (subscriber: unknown): Maybe<Decision> => {
      if (typeof subscriber !== 'string' || subscriber === '') return asked('', 'none');
      const standing = standingIn(request);
      return isThenable(standing)
        ? Promise.resolve(standing).then(word => asked(subscriber, word))
        : asked(subscriber, standing);
    };
    const subscriber = options.subscriber(request);
    return isThenable(subscriber) ? Promise.resolve(subscriber).then(withSubscriber) : withSubscriber(subscriber);
  };
  return {
    decide: (request, raw) => {
      try {
        const decided = decide(request, raw);
        return isThenable(decided) ? Promise.resolve(decided).catch(fail) : decided;
      } catch (error) {
        return fail(error);
      }
    },
    refusal: (decision, raw) => {
      if (shadow || decision?.verdict !== 'refused') return undefined;
      return refusalOf(decision, languageOf(raw.headers['accept-language'], language), clock());
    },
  };
}
