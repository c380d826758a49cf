/** How long does it take to locate an address? Beside reading it at all (net.isIP), and beside every peer, on the same strings and the same data. */
import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { decideRule, loadZoneTable, openGate, parseAddress, STANDINGS } from '../dist/index.js';
import { compileZoneTable } from '../dist/tables.js';
import { libmaxminddb, reference } from './c.mjs';
import { COUNT, corporaOf } from './corpora.mjs';
import { FLOOR, leaks, measure, over, ratio, report } from './harness.mjs';
import { differing, loadPeers, MMDB } from './peers.mjs';

const bundled = await loadZoneTable();
const isCommon = existsSync(MMDB);
const table = isCommon ? await compileZoneTable({ sources: [{ path: MMDB }] }) : bundled;
const { texts, numbers } = corporaOf(number => bundled.locateIPv4(number).zone);
const { peers, absent } = isCommon ? await loadPeers(FLOOR) : { peers: [], absent: [] };
const gate = await openGate({ table });

let sink = 0;
const isHome = zone => (zone === 'home' ? 1 : 0);
const OURS = 'table.locate';

/** Floors of the ratios, well under the medians, so that noise does not fail them. */
const BOUNDS = {
  'IPv4 uniform': { isIP: 2.5, cached: 5 },
  'IPv4 skewed': { isIP: 2.5, cached: 5 },
  'IPv6 allocated': { isIP: 4, cached: 2 },
};

async function locateAll(name, list) {
  const notes = [];
  const questions = [
    { name: 'net.isIP, which only reads it', ...over(list, isIP) },
    { name: OURS, ours: true, ...over(list, text => isHome(table.locate(text).zone)) },
    {
      name: `${OURS}, bundled table`,
      ours: true,
      ...over(list, text => isHome(bundled.locate(text).zone)),
    },
  ];
  const isRead = !['malformed', 'special-purpose'].includes(name);
  for (const peer of isRead ? peers : []) {
    if (peer.isIPv4Only && name.startsWith('IPv6')) continue;
    const public_ = list.filter(text => table.locate(text).known !== 'special-purpose');
    const count = differing(peer, public_, text => table.locate(text).zone);
    if (count > 0)
      notes.push(
        `${peer.name}: ${((100 * count) / public_.length).toFixed(2)} % of its answers differ from ours`,
      );
    if (count > 0 && peer.isCommon && name !== 'IPv4-mapped')
      throw new Error(`${peer.name} answers otherwise on the same data`);
    questions.push({ name: peer.name, ...over(list, text => isHome(peer.zoneOf(text))) });
  }
  const rows = await measure(questions);
  rows.push(...inC(name, list));
  const bounds = BOUNDS[name];
  const ratios = [
    ...ratio(
      rows,
      `${OURS} / net.isIP`,
      OURS,
      'net.isIP, which only reads it',
      bounds && { most: bounds.isIP },
    ),
    ...ratio(
      rows,
      `cached maxmind / ${OURS}`,
      'maxmind, cache of 10,000',
      OURS,
      bounds && { least: bounds.cached },
    ),
    ...ratio(rows, `${OURS} / the same in C`, OURS, SAME_IN_C),
    ...ratio(rows, `libmaxminddb in C / ${OURS}`, IN_C, OURS),
  ];
  return {
    title: `Locate: ${name}`,
    unit: 'ns an address',
    rows,
    ratios,
    notes,
    failures: leaks(rows),
  };
}

const IN_C = 'libmaxminddb, C';
const SAME_IN_C = 'the same table and reading, one loop in C';

/** What loops in C take, where there is a compiler. */
function inC(name, list) {
  if (!isCommon || FLOOR || !(name in BOUNDS)) return [];
  return Object.entries({ [IN_C]: libmaxminddb(list), [SAME_IN_C]: reference(table, list) })
    .filter(([, told]) => told !== undefined)
    .map(([name, { value, least, most }]) => ({ name, value, least, most }));
}

/** The parts: numbers, the parse alone, the rule alone, the decision without evidence. */
async function parts() {
  const list = texts['IPv4 uniform'];
  const requests = list.map((address, n) => ({
    subscriber: `s${n}`,
    standing: 'verified',
    address,
  }));
  const locations = list.map(address => table.locate(address));
  const rows = await measure([
    {
      name: 'table.locateIPv4(number)',
      ours: true,
      count: COUNT,
      // A loop of its own: through the shared one, every number above 2^31 would be boxed by the harness.
      work: () => {
        for (let index = 0; index < numbers.length; index++)
          sink += isHome(table.locateIPv4(numbers[index]).zone);
      },
    },
    {
      name: 'parseAddress, which makes an object',
      ...over(list, text => parseAddress(text)?.version ?? 0),
    },
    {
      name: 'decideRule, the law alone',
      ...over(locations, location => decideRule(location, STANDINGS[sink & 7]).code.length),
    },
    {
      name: 'gate.decide, without evidence',
      ours: true,
      ...over(requests, request => (gate.decide(request).verdict === 'refused' ? 1 : 0)),
    },
  ]);
  return { title: 'The parts, IPv4 uniform', unit: 'ns a call', rows, failures: leaks(rows) };
}

const results = [];
const wanted = FLOOR ? ['IPv4 uniform', 'IPv6 allocated', 'malformed'] : Object.keys(texts);
for (const name of wanted) results.push(await locateAll(name, texts[name]));
results[0].notes.push(...absent, ...(isCommon ? [] : ['no common data: npm run data:fetch']));
results.push(await parts());
report(results);
if (sink < 0) console.log(sink);
