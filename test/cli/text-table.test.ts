import { describe, expect, it } from 'vitest';
import { factTable, plainTable, widthOf, wrapped } from '../../src/cli/text-table.ts';
import { cli } from '../support/cli.ts';

describe('the width of text', () => {
  it('is that of the terminal, from 40 to 120 columns, and 80 in a pipe', () => {
    expect([20, 40, 97, 120, 300].map(columns => widthOf({ isTTY: true, columns }))).toEqual([
      40, 40, 97, 120, 120,
    ]);
    expect([widthOf({}), widthOf({ isTTY: true }), widthOf({ columns: 200 })]).toEqual([
      80, 80, 80,
    ]);
  });

  it('leaves an error and a notice on one line where no terminal shows them', async () => {
    const args = ['residence', 'event', 'residence-verified', '--on', 'x', '--lang', 'fr'];
    expect((await cli(args)).stderr.split('\n')).toHaveLength(2);
    expect((await cli(args, '', {}, 40)).stderr.split('\n').length).toBeGreaterThan(3);
  });
});

describe('text', () => {
  it('is wrapped at words, with a hanging indent', () => {
    expect(wrapped('one two three four', 9)).toBe('one two\nthree\nfour');
    expect(wrapped('- one two three', 9)).toBe('- one two\n  three');
    expect(wrapped('  a  one two three', 13)).toBe('  a  one two\n     three');
    expect(wrapped('indivisible', 5)).toBe('indivisible');
    expect(wrapped('residence-verified  --postal-address-registered', 40)).toBe(
      'residence-verified\n             --postal-address-registered',
    );
    expect(wrapped('la règle 5 : oui', 10)).toBe('la règle\n5 : oui');
    expect(factTable([['Label', 'one two three four five']], 27)).toBe(
      'Label        one two three\n             four five',
    );
  });

  it('has its colours closed at the end of each line and opened on the next', () => {
    expect(wrapped('\u001b[31mone two\u001b[39m three', 5)).toBe(
      '\u001b[31mone\u001b[0m\n\u001b[31mtwo\u001b[39m\nthree',
    );
  });

  it('stands in columns that are as wide as their longest word at least', () => {
    const rows = [
      ['1', 'one two three four', 'x'],
      ['12', 'indivisible', ''],
    ];
    expect(plainTable(['n', 'text', 'end'], rows, [0], 40)).toBe(
      ' n  text                end\n 1  one two three four  x\n12  indivisible',
    );
    expect(plainTable(['n', 'text', 'end'], rows, [0], 20)).toBe(
      ' n  text         end\n 1  one two      x\n    three four\n12  indivisible',
    );
    expect(plainTable(['n', 'text', 'end'], rows, [0], 15)).toBe(
      'n     1\ntext  one two\n      three\n      four\nend   x\n\nn     12\ntext\n    indivisible',
    );
  });
});
