/**
 * Keeps the sessions of the desk in memory: the agent, and the calls that the agent has open. The
 * subscriber of a call is nowhere else; a session that ends forgets it.
 */

import type { Language } from '../../law/reasons.ts';
import type { AccessReason } from '../../subjects/access-reasons.ts';
import type { Ended } from './acts.ts';
import { newSecret } from './agents.ts';
import type { Answer } from './answer.ts';
import type { Draft } from './find-page.ts';
import type { SeenRecords } from './records.ts';

/** One subscriber on the telephone, or one file that an agent works on. */
export interface Call {
  readonly id: string;
  readonly subscriber: string;
  readonly reason: AccessReason;
  /** The agent's own reference; or empty. */
  readonly reference: string;
  /** Number of the line of a work list that the call works off. */
  readonly number: string | undefined;
  /** The records as they were read last. */
  seen: SeenRecords | undefined;
  /** The last answer to « which address, when? ». It does not hold the address. */
  answer: Answer | undefined;
  /** What the last act did, shown once. */
  done: string | undefined;
  /** What was typed before the session ended. */
  draft: Draft | undefined;
  /** Forms that were sent and are under way, or done: a second click does nothing more. */
  readonly sent: Map<string, Promise<string | Ended>>;
}

/** The session of an agent in one browser. */
export interface Session {
  readonly id: string;
  readonly agent: string;
  /** The secret that each form repeats. */
  readonly token: string;
  /** Whether a one-time link opened it: it then names the agent. */
  readonly isOwn: boolean;
  language: Language;
  readonly calls: Map<string, Call>;
  /** What the last act did that left its page, shown once on the page of that path. */
  done: { readonly path: string; readonly text: string } | undefined;
  /** Milliseconds since 1970 of the last request. */
  usedAt: number;
}

/** Sessions at a time; the one that was not used for the longest ends for another. */
const MOST_SESSIONS = 10_000;
/** Sessions of one agent at a time, in several browsers. */
const MOST_OF_AGENT = 20;
/** Open calls of a session: the oldest ends for another. */
const MOST_CALLS = 5;
const ID_BYTES = 12;

const NAME = 'laissez-passer-desk';

/** Where a cookie counts. */
export interface CookieScope {
  readonly path: string;
  /** Whether it is sent by HTTPS alone. */
  readonly isSecure: boolean;
}

/** Returns the `Set-Cookie` of a session. Without `Max-Age` it ends with the browser. */
export const cookieOf = ({ id }: Session, { path, isSecure }: CookieScope): string =>
  `${NAME}=${id}; Path=${path}; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;

/** Returns the `Set-Cookie` that removes the cookie of a session. */
export const noCookie = ({ path }: CookieScope): string =>
  `${NAME}=; Path=${path}; HttpOnly; SameSite=Strict; Max-Age=0`;

/** Returns the session id of a `Cookie` header. A cookie that stands there twice is ignored. */
function idIn(header: string | undefined): string | undefined {
  const values = (header ?? '')
    .split(';')
    .map(pair => pair.trim())
    .filter(pair => pair.startsWith(`${NAME}=`));
  return values.length === 1 ? values[0]!.slice(NAME.length + 1) : undefined;
}

export class Sessions {
  readonly #byId = new Map<string, Session>();
  readonly #idleMs: number;
  readonly #clock: () => number;

  /** @param idleMs milliseconds without a request after which a session ends */
  constructor(idleMs: number, clock: () => number) {
    this.#idleMs = idleMs;
    this.#clock = clock;
  }

  /** Opens a session under an id of its own: one that a browser brings along is never taken over. */
  create(agent: string, language: Language, isOwn: boolean): Session {
    this.dropEnded();
    const [oldest] = this.#byId.keys();
    if (this.#byId.size >= MOST_SESSIONS) this.#byId.delete(oldest!);
    const own = [...this.#byId.values()].filter(each => each.agent === agent);
    if (own.length >= MOST_OF_AGENT) this.#byId.delete(own[0]!.id);
    const session: Session = {
      id: newSecret(),
      agent,
      token: newSecret(),
      isOwn,
      language,
      calls: new Map(),
      done: undefined,
      usedAt: this.#clock(),
    };
    this.#byId.set(session.id, session);
    return session;
  }

  /** Returns the session of a `Cookie` header, if it has not ended, and counts it as used. */
  find(cookie: string | undefined): Session | undefined {
    const id = idIn(cookie);
    const session = id === undefined ? undefined : this.#byId.get(id);
    if (session === undefined) return undefined;
    this.#byId.delete(session.id);
    if (this.#hasEnded(session)) return undefined;
    session.usedAt = this.#clock();
    // In the order of their last use.
    this.#byId.set(session.id, session);
    return session;
  }

  end({ id }: Session): void {
    this.#byId.delete(id);
  }

  #hasEnded({ usedAt }: Session): boolean {
    return this.#clock() - usedAt > this.#idleMs;
  }

  /** Ends all sessions that were not used for too long, so that no subscriber stays in memory. */
  dropEnded(): void {
    for (const session of this.#byId.values()) {
      if (!this.#hasEnded(session)) return;
      this.#byId.delete(session.id);
    }
  }
}

/** Opens a call in a session. */
export function openCall(
  session: Session,
  about: Pick<Call, 'subscriber' | 'reason' | 'reference' | 'number'>,
): Call {
  const [oldest] = session.calls.keys();
  if (session.calls.size >= MOST_CALLS) session.calls.delete(oldest!);
  const id = newSecret().slice(0, ID_BYTES);
  const call: Call = {
    id,
    ...about,
    seen: undefined,
    answer: undefined,
    done: undefined,
    draft: undefined,
    sent: new Map(),
  };
  session.calls.set(id, call);
  return call;
}
