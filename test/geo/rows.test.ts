import { describe, expect, it } from 'vitest';
import { eachLine, type RowOptions } from '../../src/geo/rows.ts';
import type { PortabilityError } from '../../src/index.ts';

function rowsOf(content: string | Buffer, options?: RowOptions): (readonly string[])[] {
  const rows: (readonly string[])[] = [];
  eachLine(Buffer.from(content as string), fields => rows.push(fields), options);
  return rows;
}

function failureOf(content: string, options?: RowOptions): Partial<PortabilityError> {
  try {
    rowsOf(content, options);
  } catch (error) {
    const { code, line, column } = error as PortabilityError;
    return { code, ...(line && { line }), ...(column && { column }) };
  }
  return expect.fail('it did not fail');
}

describe('rows of a text file', () => {
  it.each([
    ['commas', '2.0.0.0/8,FR'],
    ['semicolons', '2.0.0.0/8;FR'],
    ['tabs', '2.0.0.0/8\tFR'],
    ['spaces around', ' 2.0.0.0/8 , FR '],
    ['a byte order mark', '\ufeff2.0.0.0/8,FR'],
    ['a byte order mark before a quote', '\ufeff"2.0.0.0/8","FR"'],
    ['Windows line ends', '2.0.0.0/8,FR\r\n'],
    ['Windows line ends, converted twice', '2.0.0.0/8,FR\r\r\n'],
    ['quotes', '"2.0.0.0/8";"FR"'],
    ['the first row of Excel', 'sep=;\r\n2.0.0.0/8;FR\r\n'],
    ['empty rows of separators', ',,,\n2.0.0.0/8,FR\n;;;\n"",""\n \n'],
    ['lines that are comments', '# networks\n  # and more\n2.0.0.0/8,FR'],
  ])('are read with %s', (_, text) => {
    expect(rowsOf(text)).toEqual([['2.0.0.0/8', 'FR']]);
  });

  it('keep separators and quotes inside quoted fields, and empty fields between others', () => {
    expect(rowsOf('2.0.0.0/8,"a, ""b"" and c", "",d\n')).toEqual([
      ['2.0.0.0/8', 'a, "b" and c', '', 'd'],
    ]);
    expect(rowsOf('2.0.0.0/8;a, b;12" disk\n')).toEqual([['2.0.0.0/8', 'a, b', '12" disk']]);
    expect(rowsOf('a\tb\tc\n\tb\tc')).toEqual([
      ['a', 'b', 'c'],
      ['', 'b', 'c'],
    ]);
  });

  it('keep an empty field behind a tab at the end', () => {
    expect(rowsOf('a\tb\t\t \r\nc\t\t\t# d', { hasComments: true })).toEqual([
      ['a', 'b', '', ''],
      ['c', '', '', ''],
    ]);
    expect(rowsOf('sep=\t\r\na;b\tc\n')).toEqual([['a;b', 'c']]);
  });

  it('of one field have no separator, until a row has one', () => {
    expect(rowsOf('2.0.0.0/8\n3.0.0.0/8;label\n4.0.0.0/8')).toEqual([
      ['2.0.0.0/8'],
      ['3.0.0.0/8', 'label'],
      ['4.0.0.0/8'],
    ]);
    expect(rowsOf('"2.0.0.0/8"')).toEqual([['2.0.0.0/8']]);
  });

  it('may end with a comment where the kind of the file has them', () => {
    const text = '2.0.0.0/8,FR # Paris, "say\n3.0.0.0/8,"a # b",c# d\n#\n4.0.0.0/8,"#1"\n';
    expect(rowsOf(text, { hasComments: true })).toEqual([
      ['2.0.0.0/8', 'FR'],
      ['3.0.0.0/8', 'a # b', 'c'],
      ['4.0.0.0/8', '#1'],
    ]);
  });

  it('may follow lines that begin with a semicolon in such a file, which are no rows further down', () => {
    const text = '; a list\n;\n2.0.0.0/8 ; SBL1\n;2.0.0.0/8\n';
    const rows = [
      ['2.0.0.0/8', 'SBL1'],
      ['', '2.0.0.0/8'],
    ];
    expect(rowsOf(text, { hasComments: true })).toEqual(rows);
    expect(rowsOf(text)).toEqual([['', 'a list'], ...rows]);
  });

  it('that are not UTF-8 are read as Windows-1252, which Excel writes', () => {
    const text = Buffer.from('2.0.0.0/8;FR;d\xe9m\xe9nag\xe9, \x9cuvre\n', 'latin1');
    expect(rowsOf(text)).toEqual([['2.0.0.0/8', 'FR', 'déménagé, œuvre']]);
    expect(rowsOf('2.0.0.0/8,FR,déménagé, œuvre')[0]).toContain('déménagé');
  });

  it.each([
    ['a quoted field that continues in the next row', 'a,b\n2.0.0.0/8,"FR\nx",y', 2, 2],
    ['text after a closing quote', '"a"b,c', 1, 1],
    ['another separator than before', 'a,b\nc;d', 2, undefined],
    ['no line feeds', 'a,b\rc,d', 1, undefined],
    ['too many characters', `a,b\n${'x'.repeat(4097)}`, 2, undefined],
  ])('are refused with line and column if they have %s', (_, text, line, column) => {
    expect(failureOf(text)).toEqual({
      code: 'ERR_SOURCE_ROW',
      line,
      ...(column && { column }),
    });
  });

  it('that cannot be read are passed to the caller where it wants them', () => {
    const lines: number[] = [];
    const rows = rowsOf('a,b\nc,"d\ne,f', { onBadRow: (_error, line) => lines.push(line) });
    expect([rows, lines]).toEqual([
      [
        ['a', 'b'],
        ['e', 'f'],
      ],
      [2],
    ]);
  });
});
