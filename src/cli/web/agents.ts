/**
 * Says which agent sends a request of the desk, and what the agent may do. The desk has no accounts:
 * a reverse proxy names the agent, or a one-time link does for one agent on one machine.
 */

import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { checkOptionNames } from '../../errors.ts';
import { parseAddress } from '../../geo/address.ts';
import { trustedPrefixes, withoutZone } from '../../geo/forwarded-for.ts';
import { checkHeader } from '../../http/adapter-options.ts';
import { headerOf } from '../../http/request-headers.ts';

/**
 * What an agent may do:
 * - `read`: find a subscriber and see the records, the verdicts and the work lists.
 * - `act`: also record events, requests, exceptions, restrictions and directives, and export.
 * - `erase`: also erase, correct a day, and put and release legal holds.
 * - `oversight`: read the journal, what is kept, the retention runs and the report; no subscriber.
 */
export type Role = (typeof ROLES)[number];
/** All roles. */
export const ROLES = ['read', 'act', 'erase', 'oversight'] as const;

/** The roles that a role includes. */
const INCLUDED: Readonly<Record<Role, readonly Role[]>> = {
  read: ['read'],
  act: ['read', 'act'],
  erase: ['read', 'act', 'erase'],
  oversight: ['oversight'],
};

/** The agent of a request. */
export interface Agent {
  /** Name for the journal: 1 to 64 printable characters. */
  readonly name: string;
  readonly roles: readonly Role[];
}

/** Names the agent of a request, or returns `undefined`: the request is then refused. */
export type Identify = (request: IncomingMessage) => Agent | undefined;

/** How a reverse proxy that authenticates agents names them. */
export interface ProxyAgents {
  /**
   * Peers whose headers are believed: prefixes as in `trustedPrefixes`, or `unix`. A request of any
   * other peer is refused. At least one.
   */
  readonly peers: readonly string[];
  /** Header with the name of the agent; default: `remote-user`. */
  readonly agentHeader?: string | undefined;
  /** Header with the groups of the agent, separated by commas; default: `remote-groups`. */
  readonly groupsHeader?: string | undefined;
  /** Name of the group of each role; default: `desk-read`, `desk-act`, `desk-erase`, `desk-oversight`. */
  readonly groups?: Partial<Readonly<Record<Role, string>>> | undefined;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Decodes a header as UTF-8; Node decodes it byte by byte. Invalid UTF-8 names no one. */
function textOf(field: string): string {
  try {
    return UTF8.decode(Buffer.from(field, 'latin1'));
  } catch {
    return '';
  }
}

const isName = (name: string): boolean =>
  /^[^\p{C}\p{Zl}\p{Zp}]{1,64}$/u.test(name) && name.trim() !== '';

/**
 * Reads the agent from the headers of a reverse proxy. A header that is absent, empty or given twice
 * with different values names no one; a group that stands for no role gives none.
 * @throws PortabilityError `ERR_ARGUMENT` if a header name is invalid, `ERR_TRUSTED` for a peer
 */
export function agentsOfProxy({
  peers,
  agentHeader = 'remote-user',
  groupsHeader = 'remote-groups',
  groups = {},
}: ProxyAgents): Identify {
  checkOptionNames(groups, ROLES, 'ERR_ARGUMENT');
  const trusted = trustedPrefixes(peers);
  const names = [agentHeader, groupsHeader].map(checkHeader) as [string, string];
  const roleOf = new Map(ROLES.map(role => [groups[role] ?? `desk-${role}`, role]));
  const isTrusted = (remoteAddress: string | undefined): boolean => {
    if (remoteAddress === undefined) return trusted.unix;
    const address = parseAddress(withoutZone(remoteAddress));
    return address !== undefined && trusted.holds(address);
  };
  return request => {
    if (!isTrusted(request.socket.remoteAddress)) return undefined;
    const [name, given] = names.map(header => textOf(headerOf(request, header) ?? ''));
    if (!isName(name!)) return undefined;
    const roles = given!
      .split(',')
      .map(group => roleOf.get(group.trim()))
      .filter(role => role !== undefined);
    return { name: name!, roles: [...new Set(roles.flatMap(role => INCLUDED[role]))] };
  };
}

/**
 * Checks what a function of the application returns: roles include those below them, and an agent
 * without a name, or an error, counts as no agent.
 */
export const checkedAgents =
  (identify: Identify): Identify =>
  request => {
    try {
      const agent = identify(request);
      if (agent === undefined || !isName(agent.name)) return undefined;
      const roles = agent.roles.flatMap(role => INCLUDED[role] ?? []);
      return { name: agent.name, roles: [...new Set(roles)] };
    } catch {
      return undefined;
    }
  };

const SECRET_BYTES = 32;
export const newSecret = (): string => randomBytes(SECRET_BYTES).toString('base64url');

/** Compares two secrets in a time that does not depend on where they differ. */
export function isSame(given: string, secret: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(secret)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** The one-time links of a desk for one agent on one machine. */
export class OneTimeLinks {
  readonly agent: Agent;
  readonly #secrets = new Set<string>();

  /** @param name name of the agent, who has all roles */
  constructor(name: string) {
    this.agent = { name, roles: ROLES };
  }

  /** Returns the secret of a new link. Earlier links that were not used end. */
  create(): string {
    this.#secrets.clear();
    const secret = newSecret();
    this.#secrets.add(secret);
    return secret;
  }

  /** Whether a secret is that of the link. It is used up. */
  use(given: string): boolean {
    const secret = [...this.#secrets].find(each => isSame(given, each));
    return secret !== undefined && this.#secrets.delete(secret);
  }
}
