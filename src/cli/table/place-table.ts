/**
 * Compiles a table for a file that it may replace: compares it with the one that is there, and
 * writes it in its place or, if it violates its guards, next to it.
 */

import { writeWhole } from '../../atomic-write.ts';
import { systemClock } from '../../clock.ts';
import { namedLater } from '../../config/option-at-fault.ts';
import { portabilityError } from '../../errors.ts';
import { isBundle } from '../../geo/bundle-magic.ts';
import { checkGuards, type Guards, type GuardViolation } from '../../geo/guards.ts';
import type { Edition, SharedTable } from '../../geo/zone-table.ts';
import * as CLI from '../../messages/cli.ts';
import * as TABLES from '../../messages/tables.ts';
import { compileInWorker } from '../../tables/compile.ts';
import type { TableConfig } from '../../tables/compile-config.ts';
import { runCompileJob } from '../../tables/compile-worker-host.ts';
import { hasSameContent } from '../../tables/hot-reload.ts';
import { cannotWrite } from '../option-at-fault.ts';
import { outputFileAt } from './output-file.ts';

/** The output file, with the compiled table that it holds and that is replaced. */
export interface Output {
  readonly path: string;
  readonly mode?: number;
  readonly table?: SharedTable;
}

/**
 * Resolves the file to write, and loads the table that it holds.
 * @throws PortabilityError `ERR_OUTPUT` if the file exists and is not a table; `ERR_TABLE_...`
 * unless the new table is accepted anyway
 */
export async function outputAt(
  given: string,
  isAccepted: boolean,
  option = '--output',
): Promise<Output> {
  const { path, replaced } = await outputFileAt(given, isBundle, CLI.outputNotATable, option);
  if (replaced === undefined) return { path };
  // A file that cannot be read cannot be compared with. Only `--accept` continues then.
  // In a worker: `serve` goes on answering meanwhile.
  const job = { from: path, time: systemClock(), wants: 'table' } as const;
  const { table } = await namedLater({ option, path: given }, () => runCompileJob(job)).catch(
    error => (isAccepted ? { table: undefined } : Promise.reject(error)),
  );
  return { path, mode: replaced.mode, ...(table && { table }) };
}

/** How a table is compiled for its file. */
export interface Placing {
  readonly guards: Guards;
  /** Whether the table is put in place whatever its guards say. */
  readonly isAccepted: boolean;
  /** Option or field that names the file, for an error. */
  readonly option?: string;
  readonly isInBackground?: boolean;
  /** Whether a table with the content of the one in place is not written again. */
  readonly keepsEqual?: boolean;
  /** Whether the table is held back whatever its guards say. */
  readonly isHeld?: boolean;
  /** Id of an edition that is accepted, and no other. */
  readonly acceptedId?: string;
  readonly onStep?: (done: number, of: number) => void;
  readonly signal?: AbortSignal;
}

/** A compiled table, and whether it is in place. */
export interface Placed {
  readonly outcome: 'written' | 'held' | 'unchanged';
  readonly edition: Edition;
  readonly bundle: Uint8Array;
  readonly violations: readonly GuardViolation[];
}

const HELD = '.held';

/**
 * Compiles a table in a worker and writes it: in place if it passes its guards or is accepted, else
 * with `.held` after its name.
 * @throws PortabilityError the errors of the sources, `ERR_HOME`, and `ERR_OUTPUT`
 */
export async function placeTable(
  config: TableConfig,
  output: Output,
  placing: Placing,
): Promise<Placed> {
  const { guards, isAccepted, option = '--output', isInBackground = false } = placing;
  const { onStep, signal, keepsEqual = false, isHeld: isAlwaysHeld = false, acceptedId } = placing;
  const fitness = { guards: checkGuards(guards), ...(output.table && { inForce: output.table }) };
  // The acceptance is stored in the table, because other processes have other tables in force and
  // their own guards.
  const job = { wants: 'bundle', fitness, isAccepted, isInBackground } as const;
  const compiled = await compileInWorker({ ...config, onStep }, job, signal);
  const { edition, violations = [] } = compiled;
  // Every process that loads the table refuses it for another home State, even an accepted one.
  if (output.table !== undefined && output.table.edition.home !== edition.home)
    throw portabilityError(TABLES.tableOtherHome, { option, path: output.path });
  if (!isAccepted && edition.id === acceptedId)
    return placeTable(config, output, { ...placing, isAccepted: true });
  const bundle = compiled.bundle!;
  if (keepsEqual && output.table !== undefined && hasSameContent(edition, output.table.edition))
    return { outcome: 'unchanged', edition: output.table.edition, bundle, violations: [] };
  const isHeld = (violations.length > 0 || isAlwaysHeld) && !isAccepted;
  await writeWhole(isHeld ? output.path + HELD : output.path, bundle, output.mode).catch(error => {
    throw cannotWrite(option, output.path, error);
  });
  return { outcome: isHeld ? 'held' : 'written', edition, bundle, violations };
}
