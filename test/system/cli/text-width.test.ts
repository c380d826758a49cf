import { expect, it } from 'vitest';
import { DESK_DAY, openAgentDesk } from '../../support/agent.ts';
import { allCommands, cli } from '../../support/cli.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escapes of a terminal's colours
const plain = (text: string): string => text.replaceAll(/\u001b\[\d+m/g, '');
const wordsOf = (text: string): string[] => plain(text).split(/\s+/).filter(Boolean);

/** The lines that are longer than the width, unless one is a single word. */
const tooLong = (text: string, width: number): string[] =>
  plain(text)
    .split('\n')
    .filter(line => [...line].length > width && /\S\s/.test(line.trim()));

it('the width of the terminal is kept by every command of the desk, without a word that is cut', async () => {
  for (const language of ['en', 'fr']) {
    const widest = await openAgentDesk();
    const words: string[] = [];
    for (const args of DESK_DAY) {
      const { stdout, stderr } = await widest(`${args} --lang ${language}`, 120);
      expect({ args, long: tooLong(stdout + stderr, 120) }).toEqual({ args, long: [] });
      words.push(...wordsOf(stdout + stderr));
    }
    const known = new Set(words.map(word => word.replaceAll(/\d|[RHDP]-\S+/g, '')));
    for (const width of language === 'fr' ? [80, 40] : [80]) {
      const desk = await openAgentDesk();
      for (const args of DESK_DAY) {
        const { stdout, stderr } = await desk(`${args} --lang ${language}`, width);
        expect({ args, long: tooLong(stdout + stderr, width) }).toEqual({ args, long: [] });
        const cut = wordsOf(stdout + stderr).filter(
          word => !known.has(word.replaceAll(/\d|[RHDP]-\S+/g, '')),
        );
        expect({ args, cut }).toEqual({ args, cut: [] });
      }
    }
  }
});

it('the width of the terminal is kept by every help text', async () => {
  for (const command of await allCommands())
    for (const language of ['en', 'fr'])
      for (const width of [40, 80, 120]) {
        const { stdout } = await cli([...command, '--help', '--lang', language], '', {}, width);
        expect({ command, width, long: tooLong(stdout, width) }).toEqual({
          command,
          width,
          long: [],
        });
      }
});

it('the width of the terminal is kept by what is decided and explained', async () => {
  for (const width of [40, 80, 120])
    for (const language of ['en', 'fr']) {
      const lang = ['--lang', language];
      const decide = ['decide', '--standing', 'verified', '--address', '10.0.0.1', ...lang];
      for (const args of [decide, ['explain', ...lang], ['demo', '--requests', '500', ...lang]])
        expect(tooLong((await cli(args, '', {}, width)).stdout, width)).toEqual([]);
    }
});
