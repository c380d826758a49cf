/**
 * Loads the table that `serve` starts with, under the guards, and remembers the table in force in a
 * state file: what a running process holds back, the next start must not let in.
 */
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { systemClock } from '../../clock.ts';
import { PortabilityError, withDetails } from '../../errors.ts';
import { isBundle } from '../../geo/bundle-magic.ts';
import type { Breach, Guards } from '../../geo/guards.ts';
import { readWhole } from '../../geo/source.ts';
import { type Edition, openShared, type ZoneTable } from '../../geo/zone-table.ts';
import type { ReloadStatus } from '../../http/reload-status.ts';
import { performApart } from '../../tables/compile-worker-host.ts';
import { hasSameContent } from '../../tables/watch.ts';
import { BUNDLED, loadZoneTable } from '../../tables.ts';
import { describeError } from '../failure.ts';
import { breachWords } from '../table/build.ts';
import { readGuards } from '../table/guards-file.ts';
import { writeWhole } from '../table/whole-file.ts';
import { noteAge, type Terminal } from '../terminal.ts';

/** The exit code of a start that a guard held back; `table build` answers the same. */
export const HELD_BACK = 2;

export interface TableLoadingOptions {
  /** JSON file of guards. */
  readonly guards?: string;
  /** State file; default: next to the file of `--table`, none for the bundled table. */
  readonly tableState?: string;
}

/** The table to start with, and what keeps it in mind. */
export interface StartingTable {
  readonly table: ZoneTable;
  readonly guards: Guards;
  /** Writes the table in force to the state file, one after the other; says once where it cannot. */
  remember(table: ZoneTable): Promise<void>;
}

/** What came of the file of the table. */
type Candidate =
  | { readonly type: 'fit'; readonly table: ZoneTable }
  | { readonly type: 'held'; readonly edition: Edition; readonly breaches: readonly Breach[] }
  | { readonly type: 'refused'; readonly error: PortabilityError };

const pathOf = (path: string): Promise<string> => realpath(path).catch(() => resolve(path));

/** Where the state lies. A state file that is the table itself would be compared with itself. */
async function stateFileOf({ table }: Terminal, { tableState }: TableLoadingOptions): Promise<string | undefined> {
  if (tableState === undefined) return table === undefined ? undefined : `${table}.in-force`;
  if ((await pathOf(tableState)) !== (await pathOf(table ?? BUNDLED))) return tableState;
  throw new PortabilityError('ERR_ARGUMENT', '--table-state and --table name the same file');
}

/**
 * The table that was last in force, or `undefined` where there is no state file. A file that is there
 * and cannot be read is doubt, and doubt does not start.
 */
async function readState({ say, note }: Terminal, file: string | undefined): Promise<ZoneTable | undefined> {
  if (file === undefined || !(await isThere(file))) return undefined;
  try {
    const bytes = await readWhole(file, 'ERR_TABLE_OPEN');
    if (isBundle(bytes)) return await loadZoneTable(bytes);
  } catch {
    // Whatever is wrong with it, the answer is the same.
  }
  note(say('stateDamaged', { file }));
  throw new PortabilityError('ERR_TABLE_STATE', 'the remembered table cannot be read', { path: file });
}

const isThere = (path: string): Promise<boolean> =>
  realpath(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );

async function loadCandidate(from: string, guards: Guards, inForce: ZoneTable | undefined): Promise<Candidate> {
  const fitness = { guards, ...(inForce !== undefined && { inForce: inForce.share() }) };
  try {
    const {
      edition,
      table,
      breaches = [],
    } = await performApart({
      from,
      time: systemClock(),
      wants: 'table',
      fitness,
    });
    if (inForce !== undefined && edition.home !== inForce.edition.home)
      throw new PortabilityError('ERR_HOME', 'the new table is of another home state');
    if (breaches.length > 0 && edition.accepted === undefined) return { type: 'held', edition, breaches };
    return { type: 'fit', table: openShared(table!) };
  } catch (error) {
    if (error instanceof PortabilityError)
      return {
        type: 'refused',
        error: withDetails(
          error,
          from === BUNDLED ? { path: from } : { option: '--table', path: from },
        ) as PortabilityError,
      };
    throw error;
  }
}

/** Says why the file is not used. */
function tellUnfit(terminal: Terminal, candidate: Exclude<Candidate, { type: 'fit' }>): void {
  const { say, note, language } = terminal;
  if (candidate.type === 'refused') {
    note(describeError(candidate.error, language));
    return;
  }
  note(say('heldAtStart', { edition: candidate.edition.id }));
  for (const breach of candidate.breaches) note(`- ${breachWords(terminal, breach)}`);
}

/** Remembers tables in a file, in turn; a folder that cannot be written is said once. */
function rememberIn({ say, note }: Terminal, file: string, remembered: ZoneTable | undefined) {
  let last: Edition | undefined = remembered?.edition;
  let hasWarned = false;
  const write = async (table: ZoneTable): Promise<void> => {
    if (last !== undefined && hasSameContent(last, table.edition)) return;
    // The work stands back for the thread that serves; the end of the process waits for it.
    const hold = setInterval(() => {}, 2 ** 30);
    try {
      const job = { from: table.share(), time: systemClock(), wants: 'bundle', isInBackground: true } as const;
      await writeWhole(file, (await performApart(job)).bundle!, 0o644);
      last = table.edition;
      hasWarned = false;
    } catch (error) {
      if (!hasWarned) note(say('stateNotWritten', { file, cause: (error as NodeJS.ErrnoException).code ?? '?' }));
      hasWarned = true;
    } finally {
      clearInterval(hold);
    }
  };
  let running: Promise<void> = Promise.resolve();
  return (table: ZoneTable): Promise<void> => {
    running = running.then(() => write(table));
    return running;
  };
}

/**
 * Loads the table to start with: the file's if it passes the guards, else the one that was last in
 * force. Answers `undefined` where a guard holds it back and nothing is remembered.
 * @throws PortabilityError what is wrong with the file where nothing is remembered; `ERR_TABLE_STATE`
 * where what is remembered cannot be read; `ERR_ARGUMENT` on the options
 */
export async function loadStartingTable(
  terminal: Terminal,
  options: TableLoadingOptions,
  reloads: ReloadStatus,
): Promise<StartingTable | undefined> {
  const { say, note } = terminal;
  const guards = await readGuards(options.guards);
  const stateFile = await stateFileOf(terminal, options);
  const remembered = await readState(terminal, stateFile);
  const candidate = await loadCandidate(terminal.table ?? BUNDLED, guards, remembered);
  const remember = stateFile === undefined ? async () => {} : rememberIn(terminal, stateFile, remembered);
  if (candidate.type === 'fit') {
    const { table } = candidate;
    const isSame = remembered !== undefined && hasSameContent(remembered.edition, table.edition);
    reloads.record({ type: isSame ? 'unchanged' : 'replaced', edition: table.edition });
    noteAge(terminal, table);
    return { table, guards, remember };
  }
  if (remembered === undefined && candidate.type === 'refused') throw candidate.error;
  tellUnfit(terminal, candidate);
  if (remembered === undefined) {
    note(say('nothingRemembered'));
    return undefined;
  }
  reloads.record(candidate);
  note(say('rememberedInForce', { edition: remembered.edition.id, file: stateFile! }));
  noteAge(terminal, remembered);
  return { table: remembered, guards, remember };
}
