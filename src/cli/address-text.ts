/** Says of an address what needs the ranges and the canonical text of `ipaddr.js`. */
import ipaddr from 'ipaddr.js';
import { type Address, parseAddress } from '../geo/address.ts';
import type { Location } from '../geo/location.ts';
import { answerOf } from './locate.ts';
import { printable, type Terminal } from './terminal.ts';

const library = (address: Address) =>
  address.version === 4
    ? new ipaddr.IPv4([24, 16, 8, 0].map(shift => (address.value >>> shift) & 0xff))
    : new ipaddr.IPv6([...address.groups]);

/** Returns the canonical text of an address (RFC 5952). */
export const canonicalText = (address: Address): string => library(address).toString();

/** Ranges of `ipaddr.js` whose addresses devices and routers use among themselves. */
const OWN_NETWORK = ['private', 'loopback', 'linkLocal', 'uniqueLocal', 'unspecified'];

/** Says what to ask a caller for who read out this special-purpose address. */
export function askFor({ say }: Pick<Terminal, 'say'>, address: Address): string {
  const range = library(address).range();
  if (OWN_NETWORK.includes(range)) return say('askOwnNetwork');
  return say(range === 'carrierGradeNat' ? 'askCarrier' : 'askReserved');
}

/** Formats the answer for one address as a line of JSON. */
export function jsonLine(text: string, location: Location): string {
  const address = parseAddress(text);
  const canonical = address === undefined ? {} : { canonical: canonicalText(address) };
  const range =
    location.known === 'special-purpose' && address !== undefined
      ? { range: library(address).range() }
      : {};
  return JSON.stringify({
    address: printable(text),
    ...canonical,
    answer: answerOf(location),
    ...location,
    ...range,
  });
}
