/**
 * Loads the table that `serve` starts with, under the guards. The table in force is remembered in a
 * state file, so that a restart does not accept a table that the running process rejected.
 */

import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { writeWhole } from '../../atomic-write.ts';
import { systemClock } from '../../clock.ts';
import { PortabilityError, portabilityError, withDetails } from '../../errors.ts';
import { isBundle } from '../../geo/bundle-magic.ts';
import type { Guards, GuardViolation } from '../../geo/guards.ts';
import { readWhole } from '../../geo/read-file.ts';
import { type Edition, openShared, type ZoneTable } from '../../geo/zone-table.ts';
import type { ReloadStatus } from '../../http/reload-status.ts';
import * as CLI from '../../messages/cli.ts';
import * as TABLES from '../../messages/tables.ts';
import { runCompileJob } from '../../tables/compile-worker-host.ts';
import { hasSameContent } from '../../tables/hot-reload.ts';
import { bundledTable, loadZoneTable } from '../../tables.ts';
import { noteAge } from '../age-notice.ts';
import { describeError } from '../error-line.ts';
import { violationText } from '../table/build.ts';
import { readGuards } from '../table/guards-file.ts';
import type { Terminal } from '../terminal.ts';

/** Exit code of a start that a guard held back. `table build` uses the same code. */
export const HELD_BACK = 2;

export interface TableLoadingOptions {
  /** Guards, or the path of their JSON file. */
  readonly guards?: Guards | string;
  /**
   * Path of the state file. Default: next to the file of `--table`; no state file for the bundled
   * table.
   */
  readonly tableState?: string;
}

/** The table to start with, its guards, and the function that remembers later tables. */
export interface StartingTable {
  readonly table: ZoneTable;
  readonly guards: Guards;
  /**
   * Writes the table in force to the state file. Calls run one after the other. A failure is
   * reported once, until a later write succeeds.
   */
  remember(table: ZoneTable): Promise<void>;
}

/** The result of loading the table file. */
type Candidate =
  | { readonly type: 'fit'; readonly table: ZoneTable }
  | {
      readonly type: 'held';
      readonly edition: Edition;
      readonly violations: readonly GuardViolation[];
    }
  | { readonly type: 'refused'; readonly error: PortabilityError };

const pathOf = (path: string): Promise<string> => realpath(path).catch(() => resolve(path));

/**
 * Returns the path of the state file. A state file that is the table itself would be compared with
 * itself, so it is rejected.
 */
async function stateFileOf(
  { table }: Terminal,
  { tableState }: TableLoadingOptions,
): Promise<string | undefined> {
  if (tableState === undefined) return table === undefined ? undefined : `${table}.in-force`;
  if ((await pathOf(tableState)) !== (await pathOf(table ?? bundledTable()))) return tableState;
  throw portabilityError(CLI.tableStateSameFile);
}

/**
 * Reads the table that was last in force. Returns `undefined` if there is no state file.
 * @throws PortabilityError `ERR_TABLE_STATE` if the file exists but cannot be read: in doubt,
 * `serve` does not start
 */
async function readState(
  { say, note }: Terminal,
  file: string | undefined,
): Promise<ZoneTable | undefined> {
  if (file === undefined || !(await isThere(file))) return undefined;
  try {
    const bytes = await readWhole(file, 'ERR_TABLE_OPEN');
    if (isBundle(bytes)) return await loadZoneTable(bytes);
  } catch {
    // Every cause leads to the same error.
  }
  note(say('stateDamaged', { file }));
  throw portabilityError(CLI.tableStateUnreadable, {
    path: file,
  });
}

const isThere = (path: string): Promise<boolean> =>
  realpath(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );

/** Loads the table file, and checks it by the guards against the table that was in force. */
async function compare(
  from: string,
  guards: Guards,
  inForce: ZoneTable | undefined,
): Promise<{ readonly table: ZoneTable; readonly violations: readonly GuardViolation[] }> {
  // The bundled table passes the guards that apply to every table; a test holds that. It is used as
  // it is read, without another thread.
  const isBundled = from === bundledTable();
  if (isBundled && inForce === undefined && Object.keys(guards).length === 0)
    return { table: await loadZoneTable(from), violations: [] };
  const fitness = { guards, ...(inForce !== undefined && { inForce: inForce.share() }) };
  const { table, violations = [] } = await runCompileJob({
    from,
    time: systemClock(),
    wants: 'table',
    fitness,
  });
  return { table: openShared(table!), violations };
}

async function loadCandidate(
  from: string,
  guards: Guards,
  inForce: ZoneTable | undefined,
): Promise<Candidate> {
  try {
    const { table, violations } = await compare(from, guards, inForce);
    const { edition } = table;
    if (inForce !== undefined && edition.home !== inForce.edition.home)
      throw portabilityError(TABLES.tableOtherHome);
    if (violations.length > 0 && edition.accepted === undefined)
      return { type: 'held', edition, violations };
    return { type: 'fit', table };
  } catch (error) {
    if (error instanceof PortabilityError)
      return {
        type: 'refused',
        error: withDetails(
          error,
          from === bundledTable() ? { path: from } : { option: '--table', path: from },
        ) as PortabilityError,
      };
    throw error;
  }
}

/** Reports why the file is not used. */
function tellUnfit(terminal: Terminal, candidate: Exclude<Candidate, { type: 'fit' }>): void {
  const { say, note, language } = terminal;
  if (candidate.type === 'refused') {
    note(describeError(candidate.error, language));
    return;
  }
  note(say('heldAtStart', { edition: candidate.edition.id }));
  for (const violation of candidate.violations) note(`- ${violationText(terminal, violation)}`);
}

/**
 * Creates the function that writes tables to the state file, one after the other. A folder that is
 * not writable is reported once.
 */
function rememberIn({ say, note }: Terminal, file: string, remembered: ZoneTable | undefined) {
  let last: Edition | undefined = remembered?.edition;
  let hasWarned = false;
  const write = async (table: ZoneTable): Promise<void> => {
    if (last !== undefined && hasSameContent(last, table.edition)) return;
    // A background job does not keep the process alive. The timer does, so that the process ends
    // only after the write.
    const hold = setInterval(() => {}, 2 ** 30);
    try {
      const job = {
        from: table.share(),
        time: systemClock(),
        wants: 'bundle',
        isInBackground: true,
      } as const;
      await writeWhole(file, (await runCompileJob(job)).bundle!, 0o644);
      last = table.edition;
      hasWarned = false;
    } catch (error) {
      if (!hasWarned)
        note(say('stateNotWritten', { file, cause: (error as NodeJS.ErrnoException).code ?? '?' }));
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
 * Loads the table to start with: the table of the file if it passes the guards, else the one that
 * was last in force. Returns `undefined` if a guard holds the table back and no table is
 * remembered.
 * @throws PortabilityError if the file is invalid and no table is remembered; `ERR_TABLE_STATE` if
 * the remembered table cannot be read; `ERR_ARGUMENT` for invalid options
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
  const candidate = await loadCandidate(terminal.table ?? bundledTable(), guards, remembered);
  const remember =
    stateFile === undefined ? async () => {} : rememberIn(terminal, stateFile, remembered);
  if (candidate.type === 'fit') {
    const { table } = candidate;
    const isSame = remembered !== undefined && hasSameContent(remembered.edition, table.edition);
    reloads.record({ type: isSame ? 'unchanged' : 'replaced', edition: table.edition });
    noteAge(terminal, table, terminal.table !== undefined);
    return { table, guards, remember };
  }
  if (remembered === undefined && candidate.type === 'refused') throw candidate.error;
  tellUnfit(terminal, candidate);
  if (remembered === undefined) return undefined;
  reloads.record(candidate);
  note(say('rememberedInForce', { edition: remembered.edition.id, file: stateFile! }));
  noteAge(terminal, remembered, true);
  return { table: remembered, guards, remember };
}
