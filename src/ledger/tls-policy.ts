/** Parses a server URL, detects whether the server is local, and names it without its password. */
import { PortabilityError } from '../errors.ts';

const LOCAL = /^(localhost|127(\.\d+){3}|\[?::1\]?|)$/;

export const isLocal = (host: string): boolean => LOCAL.test(host);

/** `host:port/database` of a URL, for messages: without user, password and parameters. */
export function hostOf(url: string, port: string): string {
  if (!URL.canParse(url)) return '';
  const { hostname, port: given, pathname, searchParams } = new URL(url);
  const host = searchParams.get('host') ?? hostname;
  const at = host.startsWith('/') ? host : `${host}:${given || (searchParams.get('port') ?? port)}`;
  return pathname.length > 1 ? `${at}${pathname}` : at;
}

/** The parts of a URL that may hold a password, which no message may quote. */
export function parseServer(url: string, protocol: RegExp, example: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed !== undefined && protocol.test(parsed.protocol)) return parsed;
  throw new PortabilityError('ERR_ARGUMENT', `the ledger is named by a URL: ${example}`);
}
