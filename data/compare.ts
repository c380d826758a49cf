/** `npm run data:compare`: every IPv4 address there is, asked once of the bundled table and of its sources, read by other readers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { open } from 'maxmind';
import type { Location } from '../src/geo/location.ts';
import { zoneOfTerritory } from '../src/law/territory.ts';
import { loadZoneTable } from '../src/tables.ts';
import { CACHE, fetchAll } from './fetch.ts';

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
    const last = Math.min(specialLast, ...answers.map(([, end]) => end));
    const want =
      special === ''
        ? naiveVote(answers.map(([code]) => code))
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
