/**
 * Builds the answer to a refused request: status, headers and a problem document (RFC 9457) in the
 * person's language.
 */

import Negotiator from 'negotiator';
import { portabilityError } from '../errors.ts';
import type { AddressNote } from '../gate/health.ts';
import {
  type Decision,
  explain,
  type Language,
  LOCATION_NOT_ESTABLISHED,
  type Reason,
} from '../law/reasons.ts';
import * as HTTP from '../messages/http.ts';
import { appendToList } from './request-headers.ts';

/**
 * What was seen of a client address that could not be used: why there is none, or that it is a
 * private or special-purpose one.
 */
export type Seen = Exclude<AddressNote, 'untrusted-proxy'> | 'private';

/** `application/problem+json`, RFC 9457. */
export interface Problem {
  /** A URI that identifies the reason. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** What the refusal means and what to do next. */
  readonly detail: string;
  readonly reason: Reason;
  /** The short code that a screen shows and that the support desk asks for. */
  readonly code: string;
  /** Time of the decision, ISO 8601 in UTC, for the support desk. */
  readonly time: string;
  /**
   * What was seen instead of a public address, as a word. Present only if this is why the location
   * is not established.
   */
  readonly seen?: Seen | undefined;
  /**
   * The meaning of `seen` in a sentence, for the operator of the gateway. It never contains an
   * address.
   */
  readonly hint?: string | undefined;
}

/** The answer to a refused request. */
export interface Refusal {
  /** 451 if the law at the location refuses, 503 if the service cannot decide, 403 otherwise. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly problem: Problem;
}

/**
 * Reasons for 451, unavailable for legal reasons (RFC 7725): the programmes may not be shown at the
 * location.
 */
const LEGAL: readonly Reason[] = ['outside-eea', 'home-not-licensed'];
/** Value of `Retry-After` in seconds, for a service that cannot decide. */
const RETRY_AFTER = '30';

/**
 * Returns the status of a refusal: 451 if the law at the location refuses, 503 if the service
 * itself cannot keep its evidence, and 403 for everything that concerns the person or their
 * network. A 5xx would tell proxies that the gateway is failing: they would send the request to
 * another one, take this one out of service, or serve a cached response.
 */
export function statusOf({ reason }: Decision): number {
  if (LEGAL.includes(reason)) return 451;
  return reason === 'evidence-unavailable' ? 503 : 403;
}

type Title = 'refused' | 'legal' | 'place' | 'unavailable';

const TITLES: Readonly<Record<Language, Readonly<Record<Title, string>>>> = {
  en: {
    refused: 'Access is not granted',
    legal: 'The programmes may not be shown here',
    place: 'The place could not be established',
    unavailable: 'The service is not available at the moment',
  },
  fr: {
    refused: 'Accès non accordé',
    legal: 'Les programmes ne peuvent pas être diffusés ici',
    place: 'Le lieu n’a pas pu être établi',
    unavailable: 'Le service est momentanément indisponible',
  },
};

function titleOf(reason: Reason): Title {
  if (LEGAL.includes(reason)) return 'legal';
  if (LOCATION_NOT_ESTABLISHED.includes(reason)) return 'place';
  return reason === 'evidence-unavailable' ? 'unavailable' : 'refused';
}

const HINTS: Readonly<Record<Seen, Readonly<Record<Language, string>>>> = {
  'headers-incomplete': {
    en: 'The request has so many header lines that some may have been dropped; none of them was read.',
    fr: 'La demande comporte un si grand nombre de lignes d’en-tête que certaines ont pu être perdues ; aucune n’a été lue.',
  },
  'no-peer': {
    en: 'The connection has no peer address: it is closed, or a Unix socket that is not trusted.',
    fr: 'La connexion n’a pas d’adresse : elle est fermée, ou vient d’un socket Unix qui n’est pas de confiance.',
  },
  'no-header': {
    en: 'A trusted proxy sent no header with the address of the client.',
    fr: 'Un proxy de confiance n’a pas transmis l’en-tête contenant l’adresse du client.',
  },
  unreadable: {
    en: 'An entry in the header of the address cannot be read as an address.',
    fr: 'Une entrée de l’en-tête d’adresse n’est pas lisible comme une adresse.',
  },
  'too-many-hops': {
    en: 'The header of the address names more than 32 hops, or is longer than 4096 characters.',
    fr: 'L’en-tête d’adresse compte plus de 32 relais ou dépasse 4096 caractères.',
  },
  'only-proxies': {
    en: 'Every hop is a trusted proxy: the request was made on the machine or network of the proxies. To try it out there, use serve --try-address with the sidecar; with a plugin, send X-Forwarded-For yourself.',
    fr: 'Tous les relais sont des proxys de confiance : la demande vient de la machine ou du réseau des proxys. Pour un essai : serve --try-address avec le sidecar ; avec un plugin, envoyez vous-même X-Forwarded-For.',
  },
  private: {
    en: 'The address found is a private or special-purpose one. Behind a proxy, check that it is trusted and that it sends the address of the client.',
    fr: 'L’adresse trouvée est privée ou réservée à un usage particulier. Derrière un proxy, vérifiez qu’il est de confiance et qu’il envoie l’adresse du client.',
  },
};

/** Returns the word if it is a {@link Seen} value, otherwise `undefined`. */
export const seenOf = (word: string): Seen | undefined =>
  Object.hasOwn(HINTS, word) ? (word as Seen) : undefined;

/**
 * Longest `Accept-Language` in characters that is parsed: the time to negotiate a language grows
 * with what a client writes.
 */
const LONGEST_ACCEPT_LANGUAGE = 512;

/** Returns the available language that the client prefers, or the fallback if it accepts none. */
export function languageOf(acceptLanguage: string | undefined, fallback: Language): Language {
  if (acceptLanguage === undefined || acceptLanguage.length > LONGEST_ACCEPT_LANGUAGE)
    return fallback;
  const asked = new Negotiator({ headers: { 'accept-language': acceptLanguage } }).languages([
    'fr',
    'en',
  ]);
  return (asked[0] as Language | undefined) ?? fallback;
}

/** Options of a refusal. */
export interface RefusalOptions {
  readonly language: Language;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly seen?: Seen | undefined;
  /** URI of a page that says who blocks, used in the `Link` of a 451 (RFC 7725). */
  readonly blockedBy?: string | undefined;
}

/**
 * Checks the URI of the page that says who blocks, and returns it in the form that a `Link` header
 * takes.
 * @throws PortabilityError `ERR_ARGUMENT` if it is not an absolute http or https URI
 */
export function checkBlockedBy(uri: unknown): string {
  if (typeof uri === 'string' && /^https?:\/\/[^\s<>"]+$/.test(uri) && URL.canParse(uri))
    return new URL(uri).href;
  throw portabilityError(HTTP.blockedBy);
}

/**
 * Checks that a value is the origin of a page or `*`, and returns it.
 * @throws PortabilityError `ERR_ARGUMENT` if it is not
 */
export function checkOrigin(origin: string): string {
  if (origin === '*' || (URL.canParse(origin) && new URL(origin).origin === origin)) return origin;
  throw portabilityError(HTTP.origin);
}

/** Builds the complete answer to a refused request. */
export function refusalOf(
  decision: Decision,
  { language, time, seen, blockedBy }: RefusalOptions,
): Refusal {
  const { reason, code } = decision;
  const status = statusOf(decision);
  const headers: Record<string, string> = {
    'cache-control': 'no-store',
    'content-language': language,
    vary: 'Accept-Language',
  };
  if (status === 503) headers['retry-after'] = RETRY_AFTER;
  if (status === 451 && blockedBy !== undefined)
    headers['link'] = `<${blockedBy}>; rel="blocked-by"`;
  const problem: Problem = {
    type: `urn:x-laissez-passer:${reason}`,
    title: TITLES[language][titleOf(reason)],
    status,
    detail: explain(reason, language),
    reason,
    code,
    time: new Date(time).toISOString(),
    ...(seen !== undefined && { seen, hint: HINTS[seen][language] }),
  };
  return { status, headers, problem };
}

/**
 * Headers of a refusal that are not CORS-safelisted (Fetch standard): a script of another origin
 * may read them only if they are exposed.
 */
const TO_EXPOSE = ['retry-after', 'link'];
const WRITTEN: Readonly<Record<string, string>> = { 'retry-after': 'Retry-After', link: 'Link' };

/**
 * Merges a refusal with the headers already on a response. Lists are extended. If a CORS layer
 * allows the origin, the headers that the refusal adds are exposed to its scripts.
 */
export function mergeHeaders(refusal: Refusal, present: (name: string) => unknown): Refusal {
  const headers: Record<string, string> = { ...refusal.headers };
  headers['vary'] = appendToList(present('vary'), [headers['vary']!]);
  const link = present('link');
  if (headers['link'] !== undefined && link !== undefined)
    headers['link'] = `${link}, ${headers['link']}`;
  const exposed = TO_EXPOSE.filter(name => headers[name] !== undefined).map(name => WRITTEN[name]!);
  if (exposed.length > 0 && present('access-control-allow-origin') !== undefined)
    headers['access-control-expose-headers'] = appendToList(
      present('access-control-expose-headers'),
      exposed,
    );
  return { ...refusal, headers };
}
