/** Parses a server URL, detects whether the server is local, and names it without its password. */

import { portabilityError } from '../errors.ts';
import * as LEDGER from '../messages/ledger.ts';

const LOCAL = /^(localhost|127(\.\d+){3}|\[?::1\]?|)$/;

export const isLocal = (host: string): boolean => LOCAL.test(host);

/**
 * Returns `host:port/database` of a URL for messages, without user, password and parameters.
 * Returns an empty string if the URL is invalid.
 */
export function hostOf(url: string, port: string): string {
  if (!URL.canParse(url)) return '';
  const { hostname, port: given, pathname, searchParams } = new URL(url);
  const host = searchParams.get('host') ?? hostname;
  const at = host.startsWith('/') ? host : `${host}:${given || (searchParams.get('port') ?? port)}`;
  return pathname.length > 1 ? `${at}${pathname}` : at;
}

/** Parses a server URL. It may hold a password, so no message quotes it. */
export function parseServer(url: string, protocol: RegExp, example: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed !== undefined && protocol.test(parsed.protocol)) return parsed;
  throw portabilityError(LEDGER.ledgerUrl, {}, { example });
}
