/** `npm run data:compare`: every IPv4 address there is, asked once of the bundled table and of its sources, read by other readers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { open } from 'maxmind';
import type { Location } from '../src/geo/location.ts';
import { zoneOfTerritory } from '../src/law/territory.ts';
import { loadZoneTable } from '../src/tables.ts';
import { CACHE, fetchAll, ORIGINS } from './fetch.ts';
import { SOLE_SOURCES } from './sole-sources.ts';

type Answer = readonly [code: string, last: number];
type Ask = (address: number) => Answer;

const HIGHEST = 0xffffffff;
const dotted = (address: number): string =>
  [24, 16, 8, 0].map(shift => (address >>> shift) & 255).join('.');

/** What `maxmind` reads: code and last address of the network around an address. */
async function askMmdb(file: string): Promise<Ask> {
  const reader = await open(join(CACHE, file));
  return address => {
    const [record, bits] = reader.getWithPrefixLength(dotted(address));
    const size = 2 ** (bits > 32 ? 128 - bits : 32 - bits);
    return [
      (record as { country_code?: string } | null)?.country_code ?? '',
      address - (address % size) + size - 1,
    ];
  };
}

/** The plainest reading of `start,end,code` there is: rows in file order, asked in ascending order. */
function askCsv(file: string): Ask {
  const rows = readFileSync(join(CACHE, file), 'utf8')
    .split('\n')
    .filter(line => /^\d+,\d+,/.test(line))
    .map(line => line.split(','))
    .map(([start, end, code]) => ({ start: Number(start), end: Number(end), code: code! }));
  let at = 0;
  return address => {
    while (at < rows.length && rows[at]!.end < address) at++;
    const row = rows[at];
    if (row === undefined) return ['', HIGHEST];
    return row.start <= address ? [row.code, row.end] : ['', row.start - 1];
  };
}

/** RFC 6890 and its updates, as first address and number of addresses, apart from the library's own list. */
const SPECIAL: readonly (readonly [first: number, count: number])[] = [
  [0x00000000, 2 ** 24],
  [0x0a000000, 2 ** 24],
  [0x64400000, 2 ** 22],
  [0x7f000000, 2 ** 24],
  [0xa9fe0000, 2 ** 16],
  [0xac100000, 2 ** 20],
  [0xc0000000, 9],
  [0xc000000b, 245],
  [0xc0000200, 256],
  [0xc0586300, 256],
  [0xc0a80000, 2 ** 16],
  [0xc6120000, 2 ** 17],
  [0xc6336400, 256],
  [0xcb007100, 256],
  [0xe0000000, 2 ** 29],
];

const askSpecial: Ask = address => {
  const block = SPECIAL.find(([first, count]) => address < first + count);
  if (block === undefined) return ['', HIGHEST];
  return address >= block[0] ? ['special', block[0] + block[1] - 1] : ['', block[0] - 1];
};

/** The IPv4 blocks in which one source decides, as first address, number of addresses, and source. */
const SOLE = SOLE_SOURCES.flatMap(({ blocks, source }) =>
  blocks
    .filter(block => !block.includes(':'))
    .map(block => {
      const [address, bits] = block.split('/') as [string, string];
      const first = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
      return {
        first,
        count: 2 ** (32 - Number(bits)),
        at: ORIGINS.findIndex(({ name }) => name === source),
      };
    }),
).sort((a, b) => a.first - b.first);

/** The position of the source that decides alone, or -1, and the last address for which that holds. */
function soleSource(address: number): readonly [at: number, last: number] {
  const block = SOLE.find(({ first, count }) => address < first + count);
  if (block === undefined) return [-1, HIGHEST];
  return address >= block.first ? [block.at, block.first + block.count - 1] : [-1, block.first - 1];
}

/** What one source says where it decides alone; nothing, where it has no answer. */
function soleAnswer(code: string | undefined): string | undefined {
  const zone = code === undefined ? 'unknown' : zoneOfTerritory(code);
  return zone === 'unknown'
    ? undefined
    : `${zone} listed disputed false licensed ${zone === 'home'}`;
}

/** The vote, written out for three sources. */
function naiveVote(codes: readonly string[]): string {
  const zones = codes.map(code => zoneOfTerritory(code));
  const [a, b, c] = zones as [string, string, string];
  const zone = b === c ? b : a;
  const answered = zones.filter(each => each !== 'unknown');
  const isDisputed = answered.some(each => each !== answered[0]);
  return `${zone} ${zone === 'unknown' ? 'unlisted' : 'listed'} disputed ${isDisputed} licensed ${zone === 'home'}`;
}

const describe = ({ zone, known, disputed, licensed }: Location): string =>
  `${zone} ${known} disputed ${disputed} licensed ${licensed}`;

async function compare(): Promise<void> {
  fetchAll();
  const table = await loadZoneTable();
  const asks = [
    askCsv('ipfire.csv'),
    await askMmdb('dbip-country.mmdb'),
    await askMmdb('geo-whois-asn-country.mmdb'),
  ];
  let differences = 0;
  let compared = 0;
  let previous: Location | undefined;
  let described = '';
  for (let address = 0; address <= HIGHEST; ) {
    const [special, specialLast] = askSpecial(address);
    const answers = asks.map(ask => ask(address));
    const [sole, soleLast] = soleSource(address);
    const last = Math.min(specialLast, soleLast, ...answers.map(([, end]) => end));
    const want =
      special === ''
        ? (soleAnswer(answers[sole]?.[0]) ?? naiveVote(answers.map(([code]) => code)))
        : 'unknown special-purpose disputed false licensed false';
    for (; address <= last; address++) {
      const location = table.locateIPv4(address);
      if (location !== previous) described = describe(location);
      previous = location;
      if (described !== want) differences++;
      compared++;
    }
  }
  console.log(
    `edition ${table.edition.id}: ${compared.toLocaleString('en')} addresses compared, ${differences} differences`,
  );
  if (differences > 0) process.exitCode = 1;
}

await compare();
