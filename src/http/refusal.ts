/** What does a refusal say to a person and to a program? Status, headers and a problem (RFC 9457), in their language; no address, no subscriber. */
import Negotiator from 'negotiator';
import { type Decision, explain, type Language, PLACE_NOT_ESTABLISHED, type Reason } from '../law/reasons.ts';

/** `application/problem+json`, RFC 9457. */
export interface Problem {
  /** A URI that stands for the reason. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** What it means, and what to do next. */
  readonly detail: string;
  readonly reason: Reason;
  /** The short code that a screen shows and the support desk asks for. */
  readonly code: string;
  /** When it was decided, ISO 8601 in UTC: for the support desk. */
  readonly time: string;
}

export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly problem: Problem;
}

/** Unavailable for legal reasons, RFC 7725: where the programmes may not be shown. */
const LEGAL: readonly Reason[] = ['outside-eea', 'home-not-licensed'];
/** Seconds after which it is worth trying again where a place could not be established. */
const RETRY_AFTER = '30';

/**
 * 451 where the programmes may not be shown; 503 where the place, or the evidence, could not be established, since another try may; 403 for the rest.
 */
export function statusOf({ reason }: Decision): number {
  if (LEGAL.includes(reason)) return 451;
  return PLACE_NOT_ESTABLISHED.includes(reason) || reason === 'evidence-unavailable' ? 503 : 403;
}

const TITLES: Readonly<Record<Language, Readonly<Record<number, string>>>> = {
  en: {
    403: 'Access is not granted',
    451: 'The programmes may not be shown here',
    503: 'The place could not be established',
  },
  fr: {
    403: 'Accès non accordé',
    451: 'Les programmes ne peuvent pas être montrés ici',
    503: 'Le lieu n’a pas pu être établi',
  },
};

/** What is at fault is on this side, not the place. */
const UNAVAILABLE: Readonly<Record<Language, string>> = {
  en: 'The service is not available at the moment',
  fr: 'Le service est momentanément indisponible',
};

const titleOf = (reason: Reason, status: number, language: Language): string =>
  reason === 'evidence-unavailable' ? UNAVAILABLE[language] : TITLES[language][status]!;

/** The first of the languages of the words that a client takes; that of the service where it takes none. */
export function languageOf(acceptLanguage: string | undefined, fallback: Language): Language {
  if (acceptLanguage === undefined) return fallback;
  const asked = new Negotiator({ headers: { 'accept-language': acceptLanguage } }).languages(['fr', 'en']);
  return (asked[0] as Language | undefined) ?? fallback;
}

/** The whole answer to a refused request. `time` is in milliseconds since 1970. */
export function refusalOf(decision: Decision, language: Language, time: number): Refusal {
  const { reason, code } = decision;
  const status = statusOf(decision);
  const headers = {
    'cache-control': 'no-store',
    'content-language': language,
    vary: 'Accept-Language',
    ...(status === 503 && { 'retry-after': RETRY_AFTER }),
  };
  const problem = {
    ...{ type: `urn:x-laissez-passer:${reason}`, title: titleOf(reason, status, language), status },
    ...{ detail: explain(reason, language), reason, code, time: new Date(time).toISOString() },
  };
  return { status, headers, problem };
}
