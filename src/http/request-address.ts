/** Finds the address of the client of a request of `node:http`. */

import type { IncomingMessage } from 'node:http';
import type { Gate } from '../gate.ts';
import { parseAddress } from '../geo/address.ts';
import { findClient, type TrustedPrefixes, withoutZone } from '../geo/forwarded-for.ts';
import type { Seen } from './refusal.ts';
import { hasAllHeaders, headerLines } from './request-headers.ts';

const isLoopback = (text: string): boolean => {
  const address = parseAddress(text);
  if (address === undefined) return false;
  return address.version === 4
    ? address.value >>> 24 === 127
    : address.groups.every((group, at) => group === Number(at === 7));
};

/** A header value that is never an address. */
const NO_ADDRESS = '?';

/**
 * Whether an address is that of the peer. Node writes an IPv4 peer of a dual-stack socket as IPv6.
 */
const isPeer = (address: string, peer: string | undefined): boolean =>
  address === withoutZone(peer) || peer?.toLowerCase() === `::ffff:${address}`;

const UNTRUSTED_PROXY =
  'requests with the header of the proxies come from a peer that is not in trusted. Either a proxy is missing there, and ' +
  'its address is used for everyone behind it, or clients write the header. See health().addressNotes for the number';

export interface RequestAddressOptions {
  readonly gate: Pick<Gate, 'noteAddress'>;
  /** The one header that the proxies write, in lower case. */
  readonly header: string;
  readonly trusted: () => TrustedPrefixes;
  /** The address of a request that was made on this machine through proxies on this machine. */
  readonly tryAddress?: string | undefined;
}

type Field = string | readonly string[] | undefined;

/** Reads addresses, counts what is wrong with them, and remembers it per request. */
export class RequestAddresses {
  private readonly options: RequestAddressOptions;
  private readonly isForwarded: boolean;
  private readonly problems = new WeakMap<IncomingMessage, Seen>();
  private hasWarned = false;

  constructor(options: RequestAddressOptions) {
    this.options = options;
    this.isForwarded = options.header === 'forwarded';
  }

  /** Whether all headers of a request are there. If not, it has no address. */
  isComplete(raw: IncomingMessage): boolean {
    if (hasAllHeaders(raw)) return true;
    this.note(raw, 'headers-incomplete');
    return false;
  }

  /** Returns the address of the client, or `undefined` without one. */
  of(raw: IncomingMessage): string | undefined {
    const { trusted, tryAddress } = this.options;
    const peer = raw.socket.remoteAddress;
    const field = this.fieldOf(raw);
    const proxies = trusted();
    const found = findClient(
      this.isForwarded
        ? { peer, forwarded: field, trusted: proxies }
        : { peer, forwardedFor: field, trusted: proxies },
    );
    if (typeof found === 'string') {
      if (field !== undefined && isPeer(found, peer)) this.noteUntrustedProxy();
      return found;
    }
    if (found.problem === 'only-proxies' && this.isLocal(field, peer)) return tryAddress;
    this.note(raw, found.problem);
    return undefined;
  }

  /** Returns what was seen instead of an address in a request. */
  problemOf(raw: IncomingMessage): Seen | undefined {
    return this.problems.get(raw);
  }

  private note(raw: IncomingMessage, problem: Parameters<Gate['noteAddress']>[0] & Seen): void {
    this.options.gate.noteAddress(problem);
    this.problems.set(raw, problem);
  }

  private noteUntrustedProxy(): void {
    this.options.gate.noteAddress('untrusted-proxy');
    if (this.hasWarned) return;
    this.hasWarned = true;
    process.emitWarning(UNTRUSTED_PROXY, { code: 'LAISSEZ_PASSER_UNTRUSTED_PROXY' });
  }

  private fieldOf(raw: IncomingMessage): Field {
    const { header } = this.options;
    const field = raw.headers[header];
    if (header === 'x-forwarded-for' || typeof field !== 'string') return field;
    const lines = headerLines(raw, header);
    // Node joins the lines of most headers and keeps the first line of some. If the value is
    // neither, a hook of the framework has rewritten it.
    if (lines.length < 2 || (lines.join(', ') !== field && lines[0] !== field)) return field;
    // A header with a single address, such as a CDN's own: if the lines differ, one may be the
    // client's.
    if (!this.isForwarded) return lines.every(line => line === lines[0]) ? lines[0] : NO_ADDRESS;
    // Lines are parsed separately, so that an open quote does not extend into the next line.
    return lines;
  }

  /** Whether every hop is a loopback address: proxy and viewer are on this machine. */
  private isLocal(field: Field, peer: string | undefined): boolean {
    return (
      this.options.tryAddress !== undefined &&
      (peer === undefined || isLoopback(peer)) &&
      !this.isForwarded &&
      field !== undefined &&
      [field].flat().every(line => line.split(',').every(entry => isLoopback(entry.trim())))
    );
  }
}
