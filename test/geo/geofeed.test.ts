import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eachRow } from '../../src/geo/csv.ts';
import { overlayFormat } from '../../src/geo/overlay.ts';
import type { PortabilityError } from '../../src/index.ts';
import { corpus, hasCorpora } from '../support/corpora.ts';
import { compiledHere, fileOf } from '../support/tables.ts';

const tableWith = (feed: string | Buffer) =>
  compiledHere({
    sources: [{ path: fileOf('2.0.0.0/8,FR\n9.0.0.0/8,US'), built: '2026-06-01' }],
    overlays: [{ path: fileOf(feed, 'feed.csv'), kind: 'geofeed' }],
  });
const refusal = (feed: string): Promise<PortabilityError> =>
  tableWith(feed).then(
    () => expect.fail('it was accepted'),
    error => error,
  );
/** Entries of a feed that can be used, each a /24. */
const good = (count: number): string =>
  Array.from({ length: count }, (_, n) => `2.${n >> 8}.${n & 255}.0/24,ES,,,\n`).join('');

describe('a geofeed', () => {
  it('loses the entries that cannot be used, which have no answer there, and names their lines', async () => {
    const feed = `# a feed
${good(20)}2.9.0.1/16,ES,,,
2.10.0.0/16,UK,,,
2.11.0.0/16,XK,,,
Madrid,ES,,,
2.12.0.0/33,ES
2.13.0.0/16
2.14.0.0/16,"ES
2.15.0.0/16,es,ES-MD,Madrid,28001,more,fields
2.16.0.0/16,Kosovo,,,
`;
    const table = await tableWith(feed);
    expect(table.edition.overlays![0]!.findings).toEqual([
      { problem: 'host-bits', effect: 'discarded', count: 1, lines: [22] },
      { problem: 'code', effect: 'discarded', count: 3, lines: [23, 24, 30], codes: ['UK', 'XK'] },
      { problem: 'prefix', effect: 'discarded', count: 2, lines: [25, 26] },
      { problem: 'row', effect: 'discarded', count: 2, lines: [27, 28] },
    ]);
    const zone = (second: number): string => table.locate(`2.${second}.0.1`).zone;
    expect([0, 9, 10, 11, 12, 13, 14, 15, 16].map(zone)).toEqual([
      'eea',
      ...['home', 'home', 'home', 'home', 'home', 'home'],
      'eea',
      'home',
    ]);
    expect((await tableWith(good(2))).edition.overlays![0]).not.toHaveProperty('findings');
  });

  it('does not count a defect of the library as a row that cannot be read', () => {
    const context = { isTerritory: () => true, today: '2026-01-01' };
    const format = overlayFormat({ kind: 'geofeed' }, context);
    expect(() => format.open(undefined, 1)(null as never, 1)).toThrow(TypeError);
    const open = () => () => {
      throw new RangeError('a defect');
    };
    expect(() => eachRow(Buffer.from('2.0.0.0/8,FR'), { ...format, open }, () => {})).toThrow(
      RangeError,
    );
  });

  it('names the columns in a header row if it has one', async () => {
    const table = await tableWith('prefix,country\n2.1.0.0/16,ES\n2.2.0.7,\n2.3.0.0/16,ES,x,y\n');
    expect(['2.1.0.1', '2.2.0.7', '2.2.0.8', '2.3.0.1'].map(a => table.locate(a).zone)).toEqual([
      'eea',
      'unknown',
      'home',
      'eea',
    ]);
    expect(await refusal('netblock,country\n2.1.0.0/16,ES\n')).toMatchObject({
      code: 'ERR_SOURCE_ROW',
      line: 1,
    });
    expect(await refusal(`prefix,place,"place\n${good(9)}`)).toMatchObject({ line: 1 });
  });

  it.each([
    ['half of a short one', 2, 2, true],
    ['less than half of a short one', 3, 2, false],
    ['20 of a longer one', 30, 20, false],
    ['21 of a longer one', 30, 21, true],
    ['5 % of a long one', 760, 40, false],
    ['more than 5 % of a long one', 759, 40, true],
  ])('is refused where too many cannot be used: %s', async (_, usable, discarded, isRefused) => {
    const feed = good(usable) + '2.200.0.0/16,XK,,,\n'.repeat(discarded);
    if (isRefused)
      expect(await refusal(feed)).toMatchObject({
        code: 'ERR_SOURCE_ROW',
        line: usable + 1,
        text: {
          en: `too many entries of the geofeed cannot be used: ${discarded} of ${usable + discarded}, the first in this line: correct them, or ask the publisher to`,
        },
      });
    else
      expect((await tableWith(feed)).edition.overlays![0]!.findings![0]).toMatchObject({
        count: discarded,
        lines: expect.any(Array),
      });
  });

  it('does not let a wider entry answer for an entry that cannot be used', async () => {
    const wide = '9.0.0.0/16,FR\n9.0.4.0/24,UK\n9.0.5.0/24\n9.0.6.0/24,,,,\n';
    const { locate } = await tableWith(good(30) + wide);
    expect(['9.0.3.1', '9.0.4.1', '9.0.5.1', '9.0.6.1'].map(a => locate(a).zone)).toEqual([
      'home',
      'outside',
      'outside',
      'unknown',
    ]);
  });

  it('loses both answers for one prefix, which are reported, and keeps a repeated one', async () => {
    const twice = '9.0.0.0/8,FR\n9.1.0.0/16,ES\n9.2.0.0/16,ES\n9.2.0.0/16,ES\n9.1.0.0/16,FR\n';
    const bad = '9.3.0.0/16,XK\n9.3.0.0/16,FR\n';
    const { edition, locate } = await tableWith(good(30) + twice + bad);
    expect(edition.overlays![0]!.findings).toEqual([
      { problem: 'code', effect: 'discarded', count: 1, lines: [36], codes: ['XK'] },
      { problem: 'duplicate', effect: 'discarded', count: 3, lines: [32, 35, 37] },
    ]);
    expect(['9.0.0.1', '9.1.0.1', '9.2.0.1', '9.3.0.1'].map(a => locate(a).zone)).toEqual([
      'home',
      'outside',
      'eea',
      'outside',
    ]);
  });

  it('whose ranges cross with different answers is refused with both lines', async () => {
    expect(await refusal(`2.1.0.0-2.1.9.0,ES\n${good(9)}2.1.5.0-2.2.9.0,FR\n`)).toMatchObject({
      code: 'ERR_SOURCE_OVERLAP',
      line: 11,
    });
  });

  it('whose first row is neither a header nor an address is refused', async () => {
    for (const first of ['network,geoname_id', 'IP/net,region,country', '1st net,country', ',FR'])
      expect(await refusal(`${first}\n${good(30)}`)).toMatchObject({
        code: 'ERR_SOURCE_ROW',
        line: 1,
      });
    const { edition } = await tableWith(`2.200.0.1/16,ES\n${good(30)}`);
    expect(edition.overlays![0]!.findings).toMatchObject([{ problem: 'host-bits', lines: [1] }]);
    const { locate } = await tableWith('IP/prefix,region,country\n9.1.0.0/16,DE,FR\n');
    expect(locate('9.1.0.1').zone).toBe('home');
  });

  it.skipIf(!hasCorpora)('of a relay’s operator is read, but for its rows of XK', async () => {
    const file = readFileSync(corpus('truth/relay-egress-2026-06.csv'));
    const rows = file.toString('utf8').trimEnd().split('\n');
    const strange = rows.flatMap((row, index) => (/,XK$/.test(row) ? [index + 1] : []));
    expect(strange.length).toBeGreaterThan(0);
    const { edition, locate } = await tableWith(file);
    expect(edition.overlays![0]!.findings).toEqual([
      {
        problem: 'code',
        effect: 'discarded',
        count: strange.length,
        lines: strange,
        codes: ['XK'],
      },
    ]);
    const french = rows.find(row => /\/\d+,FR$/.test(row))!.split('/')[0]!;
    expect(locate(french).zone).toBe('home');
  });
});
