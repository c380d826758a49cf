/** Implements `table update`, and tells what came of an update. */

import { detailsOf, type PortabilityError } from '../../errors.ts';
import type { Language } from '../../law/reasons.ts';
import { dateCell } from '../dates.ts';
import { describeError, failure } from '../error-line.ts';
import { noteRest, violationText } from '../table/build.ts';
import { stepBar } from '../table/build-config.ts';
import { readGuards } from '../table/guards-file.ts';
import { megabytes, type Terminal } from '../terminal.ts';
import type { PlainWord } from '../words/words.ts';
import { type FileReport, planOf, type UpdateReport, updateTable } from './update-table.ts';

const DONE = 0;
const FAILED = 1;
const HELD = 2;

export interface UpdateCommandOptions {
  readonly accept?: boolean;
}

const FILE_WORDS: Readonly<Record<FileReport['outcome'], PlainWord>> = {
  new: 'updateFileNew',
  unchanged: 'updateFileUnchanged',
  failed: 'updateFileFailed',
  waiting: 'updateFileWaiting',
};

/** Returns what is wrong with a source, since when, and which file is used instead. */
export function sourceFailure({ say, language }: Terminal, report: FileReport): string {
  const { name, error, sha256, failingSince = '' } = report;
  const why = error === undefined ? '?' : describeError(error, language);
  return sha256 === undefined
    ? say('updateSourceFailsBare', { name, why })
    : say('updateSourceFails', { name, why, since: dateCell(language, failingSince.slice(0, 10)) });
}

/** An error as a program reads it. */
const plain = (error: PortabilityError | undefined, language: Language): object =>
  error === undefined
    ? {}
    : { code: error.code, message: describeError(error, language), ...detailsOf(error) };

/** An update as a program reads it. */
export function updateAsJson(report: UpdateReport, language: Language): object {
  const { outcome, edition, bytes, sources, violations, error } = report;
  return {
    outcome,
    ...(edition && { edition }),
    ...(bytes !== undefined && { bytes }),
    sources: sources.map(({ error: fault, ...source }) => ({
      ...source,
      ...plain(fault, language),
    })),
    violations,
    ...plain(error, language),
  };
}

/** Returns the sentence on the table. */
export function updateSentence({ say, language }: Terminal, report: UpdateReport): string {
  const { outcome, edition, bytes = 0 } = report;
  const id = edition?.id ?? '';
  if (outcome === 'updated')
    return say('updateDone', { edition: id, size: megabytes(bytes, language) });
  if (outcome === 'unchanged') return say('updateNothing', { edition: id });
  const { error, violations } = report;
  if (outcome === 'held')
    return violations.length > 0 || error === undefined
      ? say('updateHeld', { edition: id })
      : describeError(error, language);
  const why = error === undefined ? '' : `${describeError(error, language)}; `;
  return `${why}${say('updateFailed')}`;
}

/**
 * Returns the exit code: 2 if the table is held back, 3 if the files cannot be compiled together, 1
 * if one cannot be fetched, else 0.
 */
export function updateExitCode(report: UpdateReport, language: Language): number {
  if (report.outcome === 'held') return HELD;
  if (report.error !== undefined) return failure(report.error, language).code;
  const isWhole = report.sources.every(({ outcome }) => outcome !== 'failed');
  return report.outcome !== 'failed' && isWhole ? DONE : FAILED;
}

function printReport(terminal: Terminal, report: UpdateReport): void {
  const { print, note, say, language } = terminal;
  for (const source of report.sources) {
    const built = source.built === undefined ? '' : `, ${dateCell(language, source.built)}`;
    if (source.outcome === 'failed') note(`- ${sourceFailure(terminal, source)}`);
    else print(`${source.name}: ${say(FILE_WORDS[source.outcome])}${built}`);
  }
  for (const violation of report.violations) note(`- ${violationText(terminal, violation)}`);
  if (report.outcome === 'updated' || report.outcome === 'held')
    noteRest(terminal, report.edition!, report.isCompared);
  const isWell = report.outcome === 'updated' || report.outcome === 'unchanged';
  if (isWell && report.error !== undefined) note(`- ${describeError(report.error, language)}`);
  const sentence = updateSentence(terminal, report);
  if (isWell) print(sentence);
  else note(sentence);
}

/**
 * Fetches the sources and puts the new table in place. Cancelled by SIGINT and SIGTERM, which leave
 * the old table and no temporary file.
 */
export async function tableUpdate(
  terminal: Terminal,
  { accept = false }: UpdateCommandOptions,
): Promise<number> {
  const { configuration, table, print, note, json, language } = terminal;
  const plan = planOf(configuration, table, await readGuards(configuration?.guards));
  const bar = stepBar(terminal);
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const run = { isAccepted: accept, onStep: bar.step, signal: stopping.signal };
  const report = await updateTable(plan, run).finally(() => {
    bar.stop();
    process.off('SIGINT', stop).off('SIGTERM', stop);
  });
  if (json) {
    print(JSON.stringify(updateAsJson(report, language)));
    for (const source of report.sources)
      if (source.outcome === 'failed') note(`- ${sourceFailure(terminal, source)}`);
    if (report.outcome === 'held' || report.outcome === 'failed')
      note(updateSentence(terminal, report));
  } else printReport(terminal, report);
  return updateExitCode(report, language);
}
