import { describe, expect, it } from 'vitest';
import { compileTable } from '../../../src/tables/compile-sources.ts';
import { encodeBundle } from '../../support/bundles.ts';
import { cli } from '../../support/cli.ts';
import { fileOf, inFolder } from '../../support/tables.ts';

const source = fileOf('2.0.0.0/8,FR\n3.0.0.0/8,ES\n4.0.0.0/8,EL\n5.0.0.0/8,gb\n', 'own.csv');
const feed = fileOf(
  `${'2.1.0.0/16,ES\n'.repeat(20)}2.2.0.1/16,ES\n${'2.3.0.0/16,XK\n'.repeat(6)}2.4.0.0/16,ES\n2.4.0.0/16,FR\n`,
  'feed.csv',
);
const ARGUMENTS = ['--source', source, '--built', '2026-06-01', '--overlay', `geofeed:${feed}`];
const NAMES = [source, feed].map(path => path.split('/').at(-1)!) as [string, string];

const ENGLISH = [
  `${NAMES[0]}: 2 rows without a place: not an ISO 3166-1 code (EL, gb), lines 3, 4; this source votes “unknown” there`,
  `${NAMES[1]}: 1 entry discarded: host bits set beyond the length of the prefix, line 21; the other files decide`,
  `${NAMES[1]}: 6 entries discarded: not an ISO 3166-1 code (XK), lines 22, 23, 24, 25, 26 …; the other files decide`,
  `${NAMES[1]}: 2 entries discarded: two codes for one range, lines 28, 29; the other files decide`,
];

describe('rows without effect or place', () => {
  it('are told by table build and table info, with file, count and first lines, and never by content', async () => {
    const output = inFolder('findings.bin');
    const built = await cli(['table', 'build', ...ARGUMENTS, '--accept', '-o', output]);
    expect([built.status, built.stderr.split('\n').filter(line => /rows|entr/.test(line))]).toEqual(
      [0, ENGLISH],
    );
    const { stdout } = await cli(['table', 'info', output]);
    expect(stdout.trimEnd().split('\n').slice(-4)).toEqual(ENGLISH);
    const french = await cli(['table', 'info', output, '--lang', 'fr']);
    expect(french.stdout).toContain(
      `${NAMES[1]} : 1 entrée écartée : bits d’hôte à 1 au-delà de la longueur du préfixe, ligne 21 ; les autres fichiers décident`,
    );
    const json = JSON.parse((await cli(['table', 'info', output, '--json'])).stdout);
    expect(json.overlays[0].findings).toHaveLength(3);
    expect(json.sources[0].findings).toMatchObject([{ effect: 'unknown', count: 2 }]);
    const again = await cli(['table', 'build', ...ARGUMENTS, '--accept', '-o', output, '--json']);
    expect(JSON.parse(again.stdout).edition.overlays[0].findings).toHaveLength(3);
  });

  it('of a table of a later version are shown by their names', async () => {
    const { edition, intervals } = await compileTable(
      { sources: [{ path: source, built: '2026-06-01' }] },
      0,
    );
    const findings = [{ problem: 'colour', effect: 'ignored', count: 1, lines: [7] }] as never;
    const later = { ...edition, sources: [{ ...edition.sources[0]!, findings }] };
    const { stdout } = await cli(['table', 'info', fileOf(encodeBundle(later, intervals))]);
    expect(stdout).toContain('1 × colour, lines 7: ignored');
  });

  it('names line and column of a row that cannot be read, in both languages', async () => {
    const bad = fileOf(
      'Préfixe;Lieu;Dernier jour;Motif\r\n2.1.0.0/16;ES;31/12/2026;x\r\n',
      'c.csv',
    );
    const args = ['table', 'build', '--source', source, '--built', '2026-06-01'];
    const more = ['--overlay', `corrections:${bad}`, '-o', inFolder('never.bin')];
    const { status, stderr } = await cli([...args, ...more, '--lang', 'fr']);
    expect(status).toBe(3);
    expect(stderr).toContain(`(${bad}, fichier 2, ligne 2, colonne 3) [ERR_SOURCE_ROW]`);
    expect(stderr).not.toContain('31/12');
  });
});

describe('table why', () => {
  it('shows ranges, columns by name and places by a locations file, with their lines', async () => {
    const blocks = fileOf('network,geoname_id\n2.0.0.0/8,1\n', 'blocks.csv');
    const config = fileOf(
      JSON.stringify({
        sources: [
          {
            path: blocks,
            locations: fileOf('geoname_id,country_iso_code\n1,FR\n', 'locations.csv'),
            built: '2026-06-01',
          },
        ],
        overlays: [
          {
            path: fileOf('reason,until,place,prefix\nticket 7,2099-01-01,ES,2.1.0.0/16\n'),
            kind: 'corrections',
          },
          {
            path: fileOf('network,is_hosting\n2.1.0.0/16,1\n'),
            kind: 'anonymisers',
            fields: ['is_hosting_provider'],
          },
          { path: fileOf('2.1.0.0,2.1.3.255,Some Hoster\n'), kind: 'relays' },
        ],
      }),
      'table.json',
    );
    const { stdout } = await cli(['table', 'why', '2.1.0.7', '--build-config', config, '--json']);
    const { answers, location } = JSON.parse(stdout);
    expect(
      answers.map(({ says, range, line, note }: Record<string, unknown>) => [
        says,
        range,
        line,
        note,
      ]),
    ).toEqual([
      ['FR', '2.0.0.0/8', 2, undefined],
      ['ES', '2.1.0.0/16', 2, '2099-01-01: ticket 7'],
      ['yes', '2.1.0.0/16', 2, undefined],
      ['yes', '2.1.0.0/22', 1, undefined],
    ]);
    expect(location).toMatchObject({ zone: 'eea', anonymised: false });
  });
});
