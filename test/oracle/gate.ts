/**
 * A second gate, small and slow: a scan over all networks for the location, a chain of ifs for the
 * rule, a set of words for the evidence.
 */
import { isIP } from 'node:net';
import {
  isSpecial,
  type Network,
  naiveCountry,
  naiveVote,
  numberOf,
  unwrapped,
} from './networks.ts';
import { naiveRule, type Reading } from './rule.ts';

/** The zone of each code as seen from France, written by hand. */
const ZONES: Readonly<Record<string, string>> = {
  FR: 'home',
  RE: 'home',
  ES: 'eea',
  NO: 'eea',
  US: 'outside',
  CH: 'outside',
  EU: 'unknown',
  '': 'unknown',
};

export interface SlowOverlay {
  readonly kind: 'places' | 'anonymisers' | 'relays';
  /** `code` is a country or the name of a zone. */
  readonly networks: readonly Network[];
}

export interface SlowWorld {
  readonly sources: readonly (readonly Network[])[];
  readonly overlays: readonly SlowOverlay[];
  readonly offers: Readonly<Record<string, Parameters<typeof naiveRule>[2]>>;
}

export interface SlowRequest {
  readonly subscriber: string;
  readonly standing: string;
  readonly address: string | undefined;
  readonly offer?: string;
  readonly channel?: string;
}

function locate({ sources, overlays }: SlowWorld, text: string | undefined) {
  const nowhere = { zone: 'unknown', licensed: false, anonymised: false, disputed: false };
  if (text === undefined || isIP(text) === 0 || text.includes('%'))
    return { ...nowhere, known: 'not-an-address' };
  const { version, value } = numberOf(text);
  const asked = unwrapped(version, value);
  if (isSpecial(asked.version, asked.value)) return { ...nowhere, known: 'special-purpose' };
  const zones = sources.map(networks => ZONES[naiveCountry(networks, asked.version, asked.value)]!);
  let [{ zone, disputed }, anonymised] = [naiveVote(zones), false];
  for (const { kind, networks } of overlays) {
    const word = naiveCountry(networks, asked.version, asked.value);
    if (word === '') continue;
    if (kind === 'anonymisers') anonymised = true;
    if (kind === 'relays') anonymised = false;
    if (kind === 'places') [zone, disputed] = [ZONES[word] ?? word, false];
  }
  return {
    zone,
    disputed,
    anonymised,
    licensed: zone === 'home',
    known: zone === 'unknown' ? 'unlisted' : 'listed',
  };
}

/** Decides, and adds to `evidence` what may be kept: subscriber, day and side. */
export function slowDecide(
  world: SlowWorld,
  request: SlowRequest,
  day: string,
  evidence: Set<string>,
): Reading {
  const location = locate(world, request.address);
  const isEstablished = location.zone !== 'unknown' && !location.anonymised && !location.disputed;
  const hasNotice = request.channel === undefined || request.channel === 'direct';
  if (isEstablished && hasNotice && request.standing !== 'none' && request.subscriber !== '')
    evidence.add(`${request.subscriber} ${day} ${location.zone === 'home' ? 'home' : 'outside'}`);
  const readings = Object.values(world.offers).map(offer =>
    naiveRule(location, request.standing, offer),
  );
  const named = world.offers[request.offer ?? 'default'];
  if (named !== undefined) return naiveRule(location, request.standing, named);
  // An unknown offer name: only what every offer decides alike, and a refusal where they differ.
  const isAgreed = readings.every(({ reason }) => reason === readings[0]!.reason);
  return isAgreed ? readings[0]! : { verdict: 'refused', reason: 'offer-unknown' };
}
