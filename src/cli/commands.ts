/** Loads the definitions of the commands: those of one group, or all of them. */
import type { Command } from 'commander';
import type { CommandContext } from './command-helpers.ts';
import { EVERYDAY_COMMANDS } from './everyday-commands.ts';

/** Adds a command, with its options and the function that it calls, to the program. */
type AddCommand = (program: Command, outline: CommandContext) => void;

/** Commands whose definitions are in one module. */
interface Group {
  readonly names: readonly string[];
  readonly load: () => Promise<readonly AddCommand[]>;
}

/** All groups, in the order of the help text. */
const GROUPS: readonly Group[] = [
  {
    names: ['locate', 'decide', 'policy', 'explain', 'demo'],
    load: async () => EVERYDAY_COMMANDS,
  },
  { names: ['table'], load: async () => [(await import('./table/commands.ts')).addTable] },
  { names: ['serve'], load: async () => [(await import('./serve/commands.ts')).addServe] },
  { names: ['desk'], load: async () => [(await import('./web/commands.ts')).addDesk] },
  {
    names: ['audit', 'config'],
    load: async () => (await import('./operation-commands.ts')).OPERATION_COMMANDS,
  },
  {
    names: ['evidence', 'keyring', 'ledger'],
    load: async () => (await import('./evidence/commands.ts')).EVIDENCE_COMMANDS,
  },
  {
    names: ['subscriber', 'residence', 'requests', 'journal', 'report'],
    load: async () => (await import('./desk/commands.ts')).DESK_COMMANDS,
  },
];

/**
 * Returns the definitions of the group that a command belongs to. Without a command of that name,
 * as for the help text or a typing error, returns those of all groups.
 */
export async function loadCommands(name: string | undefined): Promise<readonly AddCommand[]> {
  const group = GROUPS.find(({ names }) => name !== undefined && names.includes(name));
  const loaded = await Promise.all(
    (group === undefined ? GROUPS : [group]).map(({ load }) => load()),
  );
  return loaded.flat();
}
