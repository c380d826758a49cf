import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { fetchedSources } from '../../../data/fetch.ts';
import { bundledTable } from '../../../src/tables.ts';
import { decodeBundle } from '../../support/bundles.ts';
import { corpus, hasCorpora } from '../../support/corpora.ts';
import { ipv4Bits, writeMmdb } from '../../support/mmdb-writer.ts';
import { fileOf, inFolder } from '../../support/tables.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Runs `npm run accuracy -- ...`, as the script of package.json does. */
function accuracy(...args: readonly string[]) {
  const run = spawnSync(process.execPath, ['--import', 'tsx', 'data/accuracy.ts', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}

const ADDRESS = /\d+\.\d+\.\d+\.\d+|\b[0-9a-f]{1,4}:[0-9a-f:]+/i;

/**
 * The errors of the bundled table on two sets of networks whose operators publish where they are
 * used: refused, shown, wrong side. They may shrink, and never grow.
 */
const RECORDED: Readonly<Record<string, readonly [number, number, number]>> = {
  'cloud-2025-07, IPv4': [7, 0, 0],
  'cloud-2025-07, IPv6': [38, 11, 1],
  'relay-egress-2026-06, IPv4': [0, 0, 0],
  'relay-egress-2026-06, IPv6': [0, 0, 0],
};

/** Debian replaces its package in time: a newer source has other figures than the documented ones. */
const areSourcesOfTable = (() => {
  const digests = (sources: readonly { sha256?: string | undefined }[] = []): string =>
    sources.map(({ sha256 }) => sha256).join();
  return (
    digests(fetchedSources()) ===
    digests(decodeBundle(readFileSync(bundledTable())).edition.sources)
  );
})();

describe.skipIf(!hasCorpora)('the accuracy of the bundled table', () => {
  let ran: ReturnType<typeof accuracy>;
  const svg = inFolder('accuracy.svg');
  beforeAll(() => {
    const sets = ['cloud-2025-07', 'relay-egress-2026-06'];
    ran = accuracy(...sets.map(name => corpus(`truth/${name}.csv`)), '--svg', svg);
  });

  const errorRows = (): string[][] =>
    ran.stdout
      .split('\n## ')
      .slice(1)
      .map(section => section.split('\n').filter(isErrorRow));
  const isErrorRow = (line: string): boolean =>
    /^\| [^|]+ \| (\d|no row)[^|]* \|/.test(line) && line.split('|').length === 6;

  it('is not worse than the recorded one', () => {
    expect(ran.stderr).toBe('');
    const titles = ran.stdout
      .split('\n## ')
      .slice(1)
      .map(section => section.split('\n')[0]!);
    expect(titles).toEqual(Object.keys(RECORDED));
    for (const [at, title] of titles.entries()) {
      const row = errorRows()[at]!.find(line => line.startsWith('| table |'))!;
      const counts = [...row.matchAll(/\| (\d[\d,]*) of/g)].map(([, count]) =>
        Number(count!.replaceAll(',', '')),
      );
      const grown = counts.map((count, error) => Math.max(0, count - RECORDED[title]![error]!));
      expect([title, counts.length, grown]).toEqual([title, 3, [0, 0, 0]]);
    }
  });

  it('is the one that docs/accuracy.md states', () => {
    const documented = readFileSync(`${ROOT}docs/accuracy.md`, 'utf8');
    for (const rows of errorRows())
      for (const row of rows)
        if (areSourcesOfTable || /^\| table[ ,]/.test(row)) expect(documented).toContain(row);
  });

  it.skipIf(!areSourcesOfTable)('is drawn in docs/accuracy.svg', () => {
    const drawn = readFileSync(`${ROOT}docs/accuracy.svg`, 'utf8');
    expect(readFileSync(svg, 'utf8') === drawn).toBe(true);
  });

  it('is told without an address', () => {
    expect(ran.stdout).not.toMatch(ADDRESS);
    expect(readFileSync(svg, 'utf8')).not.toMatch(ADDRESS);
  });
});

describe('npm run accuracy', () => {
  it('compares with a database', () => {
    const truth = fileOf('prefix,country\n2.1.0.0/24,FR\n2.1.1.7,FR\n', 'truth.csv');
    const database = writeMmdb([
      { bits: ipv4Bits('2.1.0.0/24'), record: { country: { iso_code: 'DE' } } },
    ]);
    const { status, stdout } = accuracy(truth, '--mmdb', fileOf(database, 'other.mmdb'));
    expect(status).toBe(0);
    expect(stdout).toMatch(/^\| \d+-other\.mmdb \| 1 of 2: .* \| no row \| 1 of 2: /m);
    expect(stdout).toMatch(/^\| \d+-other\.mmdb \| home \| 0 \| 1 \| 0 \| 1 \|$/m);
  });

  it('refuses a row by file and line, and nothing that it writes holds an address', () => {
    const svg = inFolder('refused.svg');
    const truth = fileOf('2.1.0.7,FR\n2.1.0.8 2.1.0.9,FR\n', 'truth.csv');
    const { status, stdout, stderr } = accuracy(truth, '--svg', svg);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain('truth.csv, line 2: the first field is not an address or a prefix');
    expect(stderr).not.toMatch(ADDRESS);
    expect(() => readFileSync(svg)).toThrow('ENOENT');
  });

  it('says how it is used', () => {
    const { status, stderr } = accuracy();
    expect(status).toBe(1);
    expect(stderr).toContain('npm run accuracy -- TRUTH.csv...');
  });
});
