import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { demoTraffic, PLACES } from '../../src/cli/demo-traffic.ts';
import { loadZoneTable } from '../../src/tables.ts';
import { cli, type Output } from '../support/cli.ts';

describe('demo', () => {
  it('is the same evening for the same seed, in both languages', async () => {
    const one = await cli(['demo', '--requests', '20000', '--json']);
    const two = await cli(['demo', '--requests', '20000', '--json', '--lang', 'fr']);
    expect(JSON.parse(one.stdout).tally).toEqual(JSON.parse(two.stdout).tally);
    expect(
      JSON.parse((await cli(['demo', '--requests', '20000', '--json', '--seed', '1'])).stdout)
        .tally,
    ).not.toEqual(JSON.parse(one.stdout).tally);
    const french = (await cli(['demo', '--requests', '20000', '--lang', 'fr'])).stdout;
    for (const words of [
      'Une soirée fictive',
      'accepté (portabilité)',
      'à Londres',
      'décisions : 20',
    ])
      expect(french).toContain(words);
  });

  it.each([
    ['en', 'evidence'],
    ['fr', 'preuve'],
  ] as const)(
    'prints figures that add up (%s): reasons and evidence both come to the requests',
    async (lang, evidence) => {
      const asked = 12_345;
      const text = (await cli(['demo', '--requests', String(asked), '--lang', lang])).stdout;
      const lines = text.split('\n');
      /** The number at the end of a line, in the notation of the language. */
      const figure = (line: string): number =>
        Number(
          /(\d{1,3}(?:[,\u202f\u00a0 ]\d{3})*)(?: +[\d.,]+ %)?\s*$/
            .exec(line)![1]!
            .replace(/\D/g, ''),
        );
      /** The rows of a table from its heading to its total, which is the last of them. */
      const column = (isHead: (line: string) => boolean): number[] => {
        const rows = lines.slice(lines.findIndex(isHead) + 1);
        return rows.slice(0, rows.findIndex(line => /^\s*total\b/.test(line)) + 1).map(figure);
      };
      for (const numbers of [
        column(line => /^code /.test(line)),
        column(line => line.startsWith(evidence)),
      ]) {
        expect(numbers.length).toBeGreaterThan(4);
        expect(numbers.at(-1)).toBe(asked);
        expect(numbers.slice(0, -1).reduce((sum, count) => sum + count, 0)).toBe(asked);
      }
      const written = asked.toLocaleString(lang);
      expect(lines.filter(line => line.includes(written)).length).toBeGreaterThanOrEqual(4);
      // Whatever is kept of them: what was recorded once is counted once.
      const { recorded } = JSON.parse(
        (await cli(['demo', '--requests', String(asked), '--json'])).stdout,
      ).evidence;
      expect(text).toContain(recorded.toLocaleString(lang));
    },
  );

  it('prints no address and no subscriber, and leaves nothing behind', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'demo-'));
    const demo = (lang: string): Promise<Output> =>
      cli(['demo', '--requests', '5000', '--lang', lang], '', { TMPDIR: folder });
    const outputs = [await demo('en'), await demo('fr')];
    const addresses = demoTraffic(20171128, 5000)
      .map(request => request.address!)
      .filter(address => address.length > 8);
    for (const { stdout, stderr, status } of outputs) {
      expect(status).toBe(0);
      expect(stdout).toMatch(/sqlite/);
      expect(stdout + stderr).not.toMatch(/demo-\d/);
      expect(addresses.filter(address => (stdout + stderr).includes(address))).toEqual([]);
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it('tells true stories: every network of a place lies there, in the bundled table', async () => {
    const table = await loadZoneTable();
    const expected = ['home', 'home', 'eea', 'eea', 'outside', 'outside', 'unknown', 'unknown'];
    const requests = demoTraffic(7, 20_000);
    for (const [index, place] of PLACES.entries()) {
      const here = requests.filter(request => request.place === place);
      expect(here.length).toBeGreaterThan(100);
      const zones = new Set(here.map(request => table.locate(request.address!).zone));
      expect([place.name.en, ...zones]).toEqual([place.name.en, expected[index]]);
    }
    expect(PLACES.reduce((sum, place) => sum + place.share, 0)).toBe(1000);
  });
});
