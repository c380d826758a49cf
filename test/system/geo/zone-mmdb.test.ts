/** The bundled table exported, and read at every border by other readers of the format. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeMmdb } from '../../../src/entry/tables.ts';
import type { Location } from '../../../src/geo/location.ts';
import { loadZoneTable, type ZoneTable } from '../../../src/index.ts';
import { bordersOf } from '../../support/borders.ts';
import { decodeBundle } from '../../support/bundles.ts';
import { compared } from '../../support/exported.ts';
import { isInstalled, isRequired } from '../../support/proxy.ts';
import { fileOf, inFolder } from '../../support/tables.ts';

const BUNDLED = readFileSync(new URL('../../../data/zones.bin', import.meta.url));
const { intervals } = decodeBundle(BUNDLED);
const borders = [...bordersOf(intervals)];

let table: ZoneTable;
let file: Uint8Array;
let path: string;

beforeAll(async () => {
  table = await loadZoneTable(BUNDLED);
  file = encodeMmdb(table);
  path = fileOf(file, 'zones.mmdb');
});

/** Builds the small program that looks up by libmaxminddb; `undefined` without compiler or library. */
function buildLookup(): string | undefined {
  const source = fileURLToPath(new URL('../../support/mmdb-lookup.c', import.meta.url));
  const program = inFolder('mmdb-lookup');
  const { status } = spawnSync('cc', ['-O2', '-o', program, source, '-lmaxminddb']);
  return status === 0 ? program : undefined;
}

const lookup = buildLookup();

const asWords = ({ zone, known, licensed, anonymised, disputed }: Location): string =>
  [zone, known, ...[licensed, anonymised, disputed].map(Number)].join(' ');

/** What mmdblookup prints of a record, as words. */
const printedWords = (printed: string): string =>
  [...printed.matchAll(/^ +"?(\w[\w-]*)"? <(utf8_string|boolean)>$/gm)]
    .map(([, value]) => (value === 'true' ? '1' : value === 'false' ? '0' : value))
    .join(' ');

describe('the bundled table as an MMDB', () => {
  it('answers as the table at both ends of every interval, by maxmind', () => {
    expect(borders).toHaveLength(2 * (intervals.ipv4.length + intervals.ipv6.length));
    expect(compared(file, table, borders)).toBeGreaterThan(1_000_000);
  });

  it('is smaller than the compiled table', () => {
    expect(file.length).toBeLessThan(BUNDLED.length);
  });

  it.skipIf(lookup === undefined && !isRequired)(
    'answers as the table at both ends of every interval, by libmaxminddb (needs cc, libmaxminddb)',
    () => {
      const { status, stdout } = spawnSync(lookup!, [path], {
        input: borders.join('\n'),
        encoding: 'utf8',
        maxBuffer: 2 ** 28,
      });
      expect(status).toBe(0);
      const answers = stdout.split(' \n').slice(0, -1);
      expect(answers).toHaveLength(borders.length);
      const differing = borders.filter(
        (address, index) => answers[index] !== asWords(table.locate(address)),
      );
      expect(differing).toEqual([]);
    },
  );

  it.skipIf(!isInstalled('mmdblookup', '--version') && !isRequired)(
    'answers as the table at a few hundred of them, by mmdblookup (needs mmdb-bin)',
    () => {
      const some = borders.filter((_, index) => index % 3571 === 0);
      expect(some.length).toBeGreaterThan(300);
      for (const address of [...some, '::ffff:2.2.2.2', '::ffff:10.0.0.1', '2002::1', '2001::1']) {
        const args = ['--file', path, '--ip', address];
        const { stdout } = spawnSync('mmdblookup', args, { encoding: 'utf8' });
        expect(printedWords(stdout), address).toBe(asWords(table.locate(address)));
      }
    },
  );
});
