/** Is a server on this machine? Personal data do not cross a network in the clear, unless somebody said so. */
import { PortabilityError } from '../errors.ts';

const LOCAL = /^(localhost|127(\.\d+){3}|\[?::1\]?|)$/;

export const isLocal = (host: string): boolean => LOCAL.test(host);

/** The parts of a URL that may hold a password, which no message may quote. */
export function parseServer(url: string, protocol: RegExp, example: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed !== undefined && protocol.test(parsed.protocol)) return parsed;
  throw new PortabilityError('ERR_ARGUMENT', `the ledger is named by a URL: ${example}`);
}
