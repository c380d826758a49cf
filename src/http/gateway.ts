/** How does a request become a decision? What the adapters of all frameworks have in common. */
import type { IncomingMessage } from 'node:http';
import { type Clock, systemClock } from '../clock.ts';
import { PortabilityError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import type { Decision, Language } from '../law/reasons.ts';
import type { Standing } from '../law/rule.ts';
import { clientAddress, type TrustedPrefixes, trustedPrefixes } from '../place/client.ts';
import { languageOf, type Refusal, refusalOf } from './refusal.ts';

type Maybe<T> = T | Promise<T>;

export interface GatewayOptions<Request> {
  readonly gate: Gate;
  /** The proxies in front, from `trustedPrefixes` or as its list; nobody unless given: then the socket's peer is the client. */
  readonly trusted?: TrustedPrefixes | readonly string[];
  /** The one header that these proxies write; `x-forwarded-for` unless given. `forwarded` is read by RFC 7239, any other as a list of addresses. */
  readonly header?: string;
  /** The technical identifier of the subscriber, from the session. */
  readonly subscriber: (request: Request) => Maybe<string>;
  /** The residence standing; read from the register of the gate unless given. */
  readonly standing?: (request: Request) => Maybe<Standing>;
  /** Name of the offer, and how the subscription came, where there are several. */
  readonly offer?: (request: Request) => string | undefined;
  readonly channel?: (request: Request) => string | undefined;
  /** Shadow mode: decides and counts, refuses nothing. */
  readonly shadow?: boolean;
  /** Language of a refusal where the client asks for neither French nor English; `fr` unless given. */
  readonly language?: Language;
  readonly clock?: Clock;
}

/** A gateway for one framework's requests. */
export interface Gateway<Request> {
  /** At once where subscriber and standing are; rejects or throws with what the operator's functions do. */
  decide(request: Request, raw: IncomingMessage): Maybe<Decision>;
  /** The answer to a refused request; `undefined` where it may go on. */
  refusal(decision: Decision, raw: IncomingMessage): Refusal | undefined;
}

/** The name of a header, as Node has it. @throws PortabilityError `ERR_ARGUMENT` */
export function checkHeader(name: unknown): string {
  if (typeof name === 'string' && /^[\w!#$%&'*+.^`|~-]{1,64}$/.test(name)) return name.toLowerCase();
  throw new PortabilityError('ERR_ARGUMENT', 'a header has a name');
}

function checkOptions<Request>({ gate, subscriber }: GatewayOptions<Request>): void {
  if (typeof gate?.ask === 'function' && typeof subscriber === 'function') return;
  throw new PortabilityError('ERR_ARGUMENT', 'a gateway has a gate and a function for the subscriber');
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
  return {
    decide: (request, raw) => {
      // Read before anything is waited for: a socket that is gone by then tells no peer.
      const address = addressIn(raw);
      const asked = (subscriber: string, standing: Standing | undefined): Maybe<Decision> =>
        gate.ask({ subscriber, standing, address, offer: offer(request), channel: channel(request) });
      const subscriber = options.subscriber(request);
      const standing = standingIn(request);
      if (!(subscriber instanceof Promise) && !(standing instanceof Promise)) return asked(subscriber, standing);
      return Promise.all([subscriber, standing]).then(([subscriber, standing]) => asked(subscriber, standing));
    },
    refusal: (decision, raw) => {
      if (shadow || decision.verdict !== 'refused') return undefined;
      return refusalOf(decision, languageOf(raw.headers['accept-language'], language), clock());
    },
  };
}
