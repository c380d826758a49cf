/** What is said at the edges: of one source and of several, of rows beyond any, of an edition with overlays. */
import { describe, expect, it } from 'vitest';
import { compileBundle, loadZoneTable, type PortabilityError } from '../../src/index.ts';
import { compiledHere, fileOf } from '../support/tables.ts';

const source = (rows: string) => ({ path: fileOf(rows, 'rows.csv'), built: '2026-06-01' });
const failureOf = (work: Promise<unknown>): Promise<PortabilityError> =>
  work.then(
    () => expect.fail('it did not fail'),
    error => error,
  );

describe('at the edges', () => {
  it('a source that names no territory is told by its number, where there are several', async () => {
    const [good, silent] = ['2.0.0.0/8,FR', '3.0.0.0/8,fr'];
    const alone = await failureOf(compiledHere({ sources: [source(silent)] }));
    expect(alone).toMatchObject({ code: 'ERR_SOURCE_EMPTY', stage: 'data' });
    const several = await failureOf(compiledHere({ sources: [source(good), source(silent)] }));
    expect(several).toMatchObject({ code: 'ERR_SOURCE_EMPTY', file: 2 });
  });

  it('a row that is longer than any is refused with its line, and the longest that is none is read', async () => {
    const padded = (length: number): string => `2.0.0.0/8,FR\n3.0.0.0/8,ES${' '.repeat(length - 12)}`;
    expect((await compiledHere({ sources: [source(padded(4096))] })).locate('3.1.1.1').zone).toBe('eea');
    expect(await failureOf(compiledHere({ sources: [source(padded(4097))] }))).toMatchObject({
      code: 'ERR_SOURCE_ROW',
      line: 2,
    });
  });

  it('an edition with overlays is the same when its bundle is read', async () => {
    const overlays = [
      { path: fileOf('2.1.0.0/16,ES,2027-01-01,ours', 'corrections.csv'), kind: 'corrections' as const, name: 'ours' },
      { path: fileOf('2.2.0.0/16', 'vpn.csv'), kind: 'anonymisers' as const },
    ];
    const bundle = await compileBundle({ sources: [source('2.0.0.0/8,FR')], overlays });
    const table = await loadZoneTable(bundle);
    expect(table.edition.overlays).toMatchObject([{ name: 'ours', kind: 'corrections' }, { kind: 'anonymisers' }]);
    expect([table.locate('2.1.1.1').zone, table.locate('2.2.1.1').anonymised, table.locate('2.3.1.1').zone]).toEqual([
      'eea',
      true,
      'home',
    ]);
  });
});
