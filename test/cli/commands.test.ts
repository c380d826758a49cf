import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import type { CommandContext } from '../../src/cli/command-helpers.ts';
import { loadCommands } from '../../src/cli/commands.ts';
import { say } from '../../src/cli/words/words.ts';

const OUTLINE: CommandContext = {
  language: 'en',
  streams: process,
  word: word => say('en', word),
  finish: () => {},
};

/** Returns the names of the commands that are defined for a first argument. */
async function namesFor(first: string | undefined): Promise<string[]> {
  const program = new Command();
  for (const addTo of await loadCommands(first)) addTo(program, OUTLINE);
  return program.commands.map(command => command.name());
}

describe('the definitions of the commands', () => {
  it('are all loaded for the help text, an option, a typing error and the name of a property', async () => {
    const all = await namesFor(undefined);
    expect(all).toContain('locate');
    expect(new Set(all).size).toBe(all.length);
    for (const first of ['--help', '--lang', 'locat', '', 'constructor'])
      expect(await namesFor(first)).toEqual(all);
  });

  it('of one group are enough for each of its commands', async () => {
    for (const name of await namesFor(undefined)) {
      const loaded = await namesFor(name);
      expect(loaded).toContain(name);
      expect(loaded.length).toBeLessThanOrEqual(5);
    }
  });
});
