/**
 * Is everything that a French-speaking agent or operator reads in French? Every help text and the
 * output of every command, searched for English words.
 */
import { mkdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { WORDS } from '../../../src/cli/words/words.ts';
import { compileBundle } from '../../../src/entry/tables.ts';
import { territories } from '../../../src/law/territory.ts';
import { DESK_DAY, openAgentDesk } from '../../support/agent.ts';
import { allCommands, cli } from '../../support/cli.ts';
import { fileOf, inFolder } from '../../support/tables.ts';

/** Words that English cannot do without and that French does not have. */
const ENGLISH =
  /(?<![-\p{L}\d/.’{|])(?:the|of|and|is|are|was|were|to|with|by|from|an|not|without|this|that|it|its|be|been|has|have|which|where|what|when|who|how|if|than|at|in|outside|inside|home|unknown|since|until|before|after|day|days|month|months|year|one|each|every|all|both|none|nothing|first|last|required|default|command|missing|invalid|refused|granted|held|address|memory|erase|request|requests|years|old|here|there|yes|no)(?![-\p{L}\d}|]|\.\p{L}|’)/giu;

/**
 * Returns a text without what is no word: names of fields, options and variables, choices, and the
 * second column of `locate`, which programs read.
 */
const withoutCodes = (text: string): string =>
  text
    .replaceAll(/`[a-z]+`/g, '')
    .replaceAll(/--[a-z-]+|\b[a-z]+\.[a-z_]+\b/g, '')
    .replaceAll(/\b[A-Z]+_[A-Z_]+\b/g, '')
    .replaceAll(/\b[a-z-]+ = /g, '')
    .replaceAll(/\((?:au choix :|par défaut :| : )[^)=]*\)/g, '')
    .replaceAll(/\t[a-z-]+\t/g, ' ');

/** The English words in a text, each with the text around it. */
function englishIn(text: string): string[] {
  const plain = withoutCodes(text);
  return (
    [...plain.matchAll(ENGLISH)]
      // `IT`, `NO` and `BY` are codes of countries and names of licences.
      .filter(([word]) => word !== word.toUpperCase())
      .map(({ index }) => plain.slice(Math.max(0, index - 20), index + 20).replaceAll('\n', ' '))
  );
}

const ALL = await allCommands();
const COMMANDS = [...new Set(ALL.flat())];
const COMMANDS_OF_DESK = ALL.filter(([group = '']) =>
  ['subscriber', 'residence', 'requests', 'journal'].includes(group),
);
/** Codes that are French words, or that the text of their option explains. */
const KNOWN =
  /^(?:audit|rectification|refuse, (?:tolerate|ignore|grant)|vote, refuse|asked, established)$/;

describe('in French', () => {
  it('every help text is French', async () => {
    const found: Record<string, string[]> = {};
    for (const command of await allCommands()) {
      const { stdout } = await cli([...command, '--help', '--lang', 'fr'], '', {}, 120);
      const names = new RegExp(`^  (?:${COMMANDS.join('|')})\\b`, 'gm');
      const text = stdout.replaceAll(/laissez-passer [a-z ]+/g, '').replaceAll(names, '');
      const english = englishIn(text.replaceAll(/\s+/g, ' '));
      if (english.length > 0) found[command.join(' ')] = english;
    }
    expect(found).toEqual({});
  });

  it('every code of the desk that can be typed stands with its meaning', async () => {
    for (const command of COMMANDS_OF_DESK) {
      const { stdout } = await cli([...command, '--help', '--lang', 'fr'], '', {}, 120);
      const text = stdout.replaceAll(/\s+/g, ' ');
      const listed = [...text.matchAll(/\(au choix : ([^()]*(?:\([^()]*\)[^()]*)*)\)/g)];
      const bare = listed
        .flatMap(([, codes]) => codes!.split(' ; '))
        .filter(code => !code.includes(' = ') && code !== 'fr, en' && !KNOWN.test(code));
      expect({ command, bare }).toEqual({ command, bare: [] });
    }
  });

  it('every screen of the desk is French', async () => {
    const desk = await openAgentDesk();
    const found: Record<string, string[]> = {};
    for (const args of DESK_DAY) {
      const { stdout, stderr } = await desk(`${args} --lang fr`);
      const english = englishIn(stdout + stderr);
      if (english.length > 0) found[args] = english;
    }
    expect(found).toEqual({});
  });

  it('every other command answers in French', async () => {
    const folder = inFolder('french');
    mkdirSync(folder, { mode: 0o700 });
    const ledger = ['--ledger', `${folder}/ledger.db`];
    const keyring = ['--keyring', `${folder}/keys`];
    const built = ['--built', '01/11/2026'];
    const source = fileOf('8.0.0.0/8,US\n2.0.0.0/8,FR\n');
    const other = fileOf('8.0.0.0/8,US\n2.0.0.0/8,ES\n2a01::/16,ES\n');
    const tableOf = async (path: string) =>
      fileOf(await compileBundle({ sources: [{ path, built: '2026-01-01' }] }));
    const [before, after] = [await tableOf(source), await tableOf(other)];
    const found: Record<string, string[]> = {};
    for (const args of [
      ['locate', '8.8.8.8', '10.0.0.1', '100.64.0.1', '193.252.19.3', '80.58.61.250', 'x'],
      ['decide', '--standing', 'none', '--address', '8.8.8.8'],
      ['decide', '--standing', 'verified', '--address', '10.0.0.1'],
      ['decide', '--standing', 'unverified', '--address', '80.58.61.250'],
      ['explain'],
      ['explain', '--eea'],
      ['explain', '--where', 'CH'],
      ['explain', 'LP-99'],
      ['policy'],
      ['demo', '--requests', '500'],
      ['ledger', 'prepare', ...ledger, ...keyring],
      ['keyring', 'create', ...keyring],
      ['keyring', 'list', ...keyring],
      ['evidence', 'stats', ...ledger, ...keyring],
      ['evidence', 'verify', ...ledger, ...keyring],
      ['evidence', 'purge', '--months', '1', ...ledger, ...keyring],
      ['evidence', 'purge', '--months', '1', '--yes', ...ledger, ...keyring],
      ['keyring', 'destroy', '--before', '2026-01', '--yes', ...ledger, ...keyring],
      ['evidence', 'stats', ...ledger, ...keyring],
      ['ledger', 'copy', '--from', `${folder}/ledger.db`, '--to', `${folder}/copy.db`],
      ['report', '--from', '2026-01', '--to', '2026-03', ...ledger],
      ['table', 'info'],
      ['table', 'info', before],
      ['table', 'verify', before],
      ['table', 'diff', before, after],
      ['table', 'why', '8.8.8.8', '--source', source, ...built],
      ['table', 'build', '--source', source, ...built, '-o', `${folder}/out.bin`],
      ['table', 'build', '--source', other, ...built, '-o', `${folder}/out.bin`, '--accept'],
      ['table', 'map', before, '-o', `${folder}/map.png`],
      ['table', 'verify', source],
      ['serve'],
      ['serve', '--listen', 'x'],
      ['nonsense'],
      ['locate'],
      ['locate', '--nonsense'],
      ['decide'],
      ['decide', '--standing', 'x'],
      ['table', 'info', '--table', '/nowhere'],
      ['demo', '--requests', 'x'],
      ['table', 'info', 'a', 'b'],
      ['locate', '--table'],
    ]) {
      const { stdout, stderr } = await cli([...args, '--lang', 'fr'], '');
      const paths = new RegExp(`${inFolder('')}\\S*`, 'g');
      const english = englishIn((stdout + stderr).replaceAll(paths, ''));
      if (english.length > 0) found[args.join(' ')] = english;
    }
    expect(found).toEqual({});
  });

  it('no text of the command line has an English word in its French', () => {
    const found = Object.values(WORDS).flatMap(({ fr }) => englishIn(fr));
    expect(found).toEqual([]);
    expect(territories().length).toBeGreaterThan(200);
  });
});
