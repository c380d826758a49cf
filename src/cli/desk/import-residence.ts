/** Implements `residence import`: the dossiers of many subscribers from a file. */

import { closeSync, openSync, writeSync } from 'node:fs';
import { SingleBar } from 'cli-progress';
import type { ImportResult, ImportStep } from '../../desk/import.ts';
import { type PortabilityError, portabilityError, textOf, withDetails } from '../../errors.ts';
import * as CLI from '../../messages/cli.ts';
import type { RejectedRow } from '../../subjects/dossier-import.ts';
import { cannotWrite } from '../option-at-fault.ts';
import { REFUSED } from '../outlook.ts';
import type { Terminal } from '../terminal.ts';
import { plainTable } from '../text-table.ts';
import { openImportFile } from './import-file.ts';
import { type DeskLocations, deskAccessOf, tellTable, withDesk } from './open-desk.ts';

export interface ImportCommandOptions extends DeskLocations {
  readonly dryRun?: boolean;
  readonly rejects?: string;
}

const OWNER_ONLY = 0o600;
/** Rejected rows that are shown if they do not go to a file. */
const SHOWN = 10;

const STEP_WORDS = {
  check: 'importCheck',
  compare: 'importCompare',
  write: 'importWrite',
} as const;

/** Shows the progress of each step at a terminal. Elsewhere nothing is shown. */
class Progress {
  readonly #terminal: Terminal;
  #bar: SingleBar | undefined;
  #step: ImportStep | undefined;
  #total = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  update(step: ImportStep, subscribers: number): void {
    if (this.#terminal.streams.stderr.isTTY !== true) return;
    if (step === 'check') this.#total = subscribers;
    if (step !== this.#step) {
      this.#bar?.stop();
      const counts =
        step === 'check' ? '{value}' : '{bar} {percentage} % {value}/{total} {eta_formatted}';
      this.#bar = new SingleBar({
        format: `${this.#terminal.say(STEP_WORDS[step])} ${counts}`,
        stream: this.#terminal.streams.stderr as NodeJS.WriteStream,
        etaBuffer: 50,
      });
      this.#bar.start(this.#total, 0);
      this.#step = step;
    }
    this.#bar!.update(subscribers);
  }

  stop(): void {
    this.#bar?.stop();
  }
}

/** Rejected rows that wait for one write to the file. */
const PENDING = 1000;

/** The rows that are not imported: the first few are shown, or all go to a file. */
class Rejects {
  readonly shown: string[] = [];
  readonly #terminal: Terminal;
  readonly #file: number | undefined;
  #pending: string[] = [];

  /** @param path file of the rejected rows, which is replaced */
  constructor(terminal: Terminal, path: string | undefined) {
    this.#terminal = terminal;
    if (path === undefined) return;
    try {
      this.#file = openSync(path, 'w', OWNER_ONLY);
    } catch (error) {
      throw cannotWrite('--rejects', path, error);
    }
  }

  add({ line, error }: RejectedRow): void {
    const text = textOf(error)[this.#terminal.language];
    if (this.#file === undefined) {
      if (this.shown.length < SHOWN)
        this.shown.push(this.#terminal.say('importRejectedRow', { line: String(line), text }));
      return;
    }
    this.#pending.push(`${line};${error.code};${text}\n`);
    if (this.#pending.length >= PENDING) this.#write();
  }

  #write(): void {
    writeSync(this.#file!, this.#pending.join(''));
    this.#pending = [];
  }

  close(): void {
    if (this.#file === undefined) return;
    this.#write();
    closeSync(this.#file);
  }
}

/** Opens the file of the rejected rows, unless it is the one that is imported. */
async function openRejects(
  terminal: Terminal,
  file: { isAt(path: string): Promise<boolean> },
  path: string | undefined,
): Promise<Rejects> {
  if (path !== undefined && (await file.isAt(path)))
    throw portabilityError(CLI.importRejectsInput, { option: '--rejects', path });
  return new Rejects(terminal, path);
}

function resultText({ say, language }: Terminal, result: ImportResult): string {
  const count = (value: number): string => value.toLocaleString(language);
  const rows = [
    [say('importAdded'), count(result.added)],
    [say('importChanged'), count(result.changed)],
    [say('importUnchanged'), count(result.unchanged)],
    [say('importRejected'), count(result.rejected)],
  ];
  const head = say(result.isDryRun ? 'importWouldDo' : 'importDone');
  return `${head}\n${plainTable(['', ''], rows, [1])}\n${say('importDigest', { digest: result.digest })}`;
}

/**
 * Imports a file. Rejected rows are shown, or written to the file of `--rejects`; with it, the
 * others are imported. Exit code 2 if rows were rejected and the rest was imported.
 */
export function residenceImport(
  terminal: Terminal,
  path: string,
  options: ImportCommandOptions,
): Promise<number> {
  return withDesk(terminal, options, async desk => {
    const file = await openImportFile(path, terminal.streams.stdin);
    const rejects = await openRejects(terminal, file, options.rejects).catch(async error => {
      await file.close();
      throw error;
    });
    const progress = new Progress(terminal);
    try {
      const result = await desk.importDossiers(deskAccessOf(options), file, {
        dryRun: options.dryRun === true,
        skipRejected: options.rejects !== undefined,
        onRejected: row => rejects.add(row),
        onProgress: (step, subscribers) => progress.update(step, subscribers),
      });
      progress.stop();
      tellTable(terminal, result, resultText(terminal, result));
      return result.rejected > 0 ? REFUSED : 0;
    } catch (error) {
      // Any other error is not about the file.
      throw (error as PortabilityError).code === 'ERR_IMPORT'
        ? withDetails(error, { path })
        : error;
    } finally {
      progress.stop();
      rejects.close();
      for (const line of rejects.shown) terminal.note(line);
      await file.close();
    }
  });
}
