import { chmodSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileBundle } from '../../../src/entry/tables.ts';
import { loadZoneTable } from '../../../src/index.ts';
import { cli } from '../../support/cli.ts';
import { compared } from '../../support/exported.ts';
import { ipv4Bits, writeMmdb } from '../../support/mmdb-writer.ts';
import { fileOf, inFolder } from '../../support/tables.ts';

const ROWS = '2.0.0.0/8,FR\n3.0.0.0/8,ES\n4.0.0.0/8,GB\n2a01:cb00::/32,FR\n';
const own = { path: fileOf(ROWS, 'own.csv'), built: '2026-06-01' };
const tableFile = fileOf(await compileBundle({ sources: [own] }), 'zones.bin');
const table = await loadZoneTable(tableFile);
const ADDRESSES = ['2.1.1.1', '3.1.1.1', '4.1.1.1', '10.0.0.1', '2a01:cb00::1', '2a00::'];

describe('table export', () => {
  it('writes an MMDB that answers as the table, and says of which edition', async () => {
    const output = inFolder('zones.mmdb');
    const args = ['table', 'export', tableFile, '-o', output];
    const written = await cli(args);
    expect(written).toMatchObject({ status: 0 });
    expect(written.stdout).toMatch(
      new RegExp(`^exported: edition ${table.edition.id}, \\d+\\.\\d kB; export again after`),
    );
    expect(compared(readFileSync(output), table, ADDRESSES)).toBe(ADDRESSES.length);
    const again = await cli([...args, '--format', 'mmdb', '--json']);
    expect(JSON.parse(again.stdout)).toEqual({
      format: 'mmdb',
      bytes: statSync(output).size,
      edition: table.edition.id,
    });
    expect((await cli([...args, '--lang', 'fr'])).stdout).toMatch(
      /^exportée : édition \S+, \d+,\d ko ; à exporter de nouveau après/,
    );
  });

  it('writes the table of --table, else the bundled one', async () => {
    const output = inFolder('default.mmdb');
    const editionOf = async (args: readonly string[]): Promise<string> => {
      const { stdout } = await cli(['table', 'export', '-o', output, '--json', ...args]);
      return (JSON.parse(stdout) as { edition: string }).edition;
    };
    expect(await editionOf(['--table', tableFile])).toBe(table.edition.id);
    expect(await editionOf([])).toBe((await loadZoneTable()).edition.id);
  });

  it('replaces an earlier export whole, with its mode, through a link', async () => {
    const output = inFolder('target.mmdb');
    const link = inFolder('link.mmdb');
    await cli(['table', 'export', tableFile, '-o', output]);
    chmodSync(output, 0o640);
    symlinkSync(output, link);
    const before = statSync(output).ino;
    expect((await cli(['table', 'export', tableFile, '-o', link])).status).toBe(0);
    expect(statSync(output).mode & 0o777).toBe(0o640);
    expect(statSync(output).ino).not.toBe(before);
    expect(readFileSync(link)).toEqual(readFileSync(output));
  });

  it('writes an address map for HAProxy, and replaces only such a map', async () => {
    const output = inFolder('zones.map');
    const args = ['table', 'export', tableFile, '--format', 'haproxy', '-o', output];
    for (const _ of ['new', 'replaced'])
      expect(JSON.parse((await cli([...args, '--json'])).stdout)).toMatchObject({
        format: 'haproxy',
        edition: table.edition.id,
      });
    expect(readFileSync(output, 'utf8')).toContain('\n2.0.0.0/8 home licensed\n');
    const other = await cli(['table', 'export', tableFile, '-o', output]);
    expect(other).toMatchObject({ status: 1, stderr: expect.stringContaining('[ERR_OUTPUT]') });
  });

  it('replaces no other file: not a table, not a database of somebody else', async () => {
    const country = writeMmdb([{ bits: ipv4Bits('2.0.0.0/8'), record: { country: 'FR' } }]);
    for (const content of [country, readFileSync(tableFile), Buffer.from('notes\n')]) {
      const output = fileOf(content);
      const { status, stderr } = await cli(['table', 'export', tableFile, '-o', output]);
      expect(status).toBe(1);
      expect(stderr).toMatch(/is not overwritten: .*\(--output \/\S+\) \[ERR_OUTPUT\]\n$/);
      expect(readFileSync(output)).toEqual(Buffer.from(content));
    }
  });

  it.each([
    ['a folder', ['-o', '/tmp'], 1, /\(--output \/tmp: EISDIR\) \[ERR_OUTPUT\]/],
    ['no such folder', ['-o', '/nowhere/x'], 1, /\(--output \/nowhere\/x: ENOENT\) \[ERR_OUTPUT\]/],
    ['no output', [], 1, /is missing \(-o\)/],
    [
      'another format',
      ['-o', inFolder('never.mmdb'), '--format', 'csv'],
      1,
      /--format: mmdb, haproxy/,
    ],
  ])('names the option at fault: %s', async (_, args, code, line) => {
    const { status, stderr } = await cli(['table', 'export', tableFile, ...args]);
    expect([status, existsSync(inFolder('never.mmdb'))]).toEqual([code, false]);
    expect(stderr).toMatch(line);
  });

  it('names a table that cannot be read, and writes nothing', async () => {
    const output = inFolder('none.mmdb');
    const damaged = fileOf(readFileSync(tableFile).subarray(0, 90), 'damaged.bin');
    const { status, stderr } = await cli(['table', 'export', damaged, '-o', output]);
    expect([status, existsSync(output)]).toEqual([3, false]);
    expect(stderr).toMatch(/damaged\.bin, byte 8\) \[ERR_TABLE_TRUNCATED\]/);
  });

  it('is no table: what was exported is refused with what to give instead', async () => {
    const output = inFolder('fed-back.mmdb');
    await cli(['table', 'export', tableFile, '-o', output]);
    for (const args of [
      ['locate', '--table', output, '2.1.1.1'],
      ['table', 'build', '--source', output, '-o', inFolder('built.bin')],
    ]) {
      const { status, stderr } = await cli(args);
      expect(status).toBeGreaterThan(0);
      expect(stderr).toContain('give the compiled table or its sources instead');
    }
    writeFileSync(output, '');
    expect((await cli(['table', 'export', tableFile, '-o', output])).status).toBe(1);
  });
});
