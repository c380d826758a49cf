/**
 * Implements `table build`: compiles a configuration to a file, checked against the guards and the
 * file that it replaces.
 */

import { readFile, realpath, stat } from 'node:fs/promises';
import { namedLater } from '../../config/option-at-fault.ts';
import { portabilityError } from '../../errors.ts';
import { isBundle } from '../../geo/bundle-magic.ts';
import { checkGuards, type GuardViolation } from '../../geo/guards.ts';
import type { Edition, SharedTable } from '../../geo/zone-table.ts';
import * as CLI from '../../messages/cli.ts';
import { compileInWorker, loadZoneTable } from '../../tables.ts';
import type { Zone } from '../../zone.ts';
import { cannotWrite } from '../option-at-fault.ts';
import { megabytes, percent, type Terminal } from '../terminal.ts';
import { writeWhole } from './atomic-write.ts';
import { type BuildConfigOptions, buildConfigOf, stepBar } from './build-config.ts';
import { findingLines } from './findings.ts';

export interface BuildOptions extends BuildConfigOptions {
  readonly output: string;
  readonly accept?: boolean;
}

/**
 * The resolved output file. Symbolic links are followed, so that their target is replaced and not
 * the link.
 */
interface Output {
  readonly path: string;
  readonly mode?: number;
  readonly table?: SharedTable;
}

async function outputAt(given: string, isAccepted: boolean): Promise<Output> {
  const path = await realpath(given).catch(() => given);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return { path };
  const read = (): Promise<Buffer> =>
    readFile(path).catch(error => {
      throw cannotWrite('--output', given, error);
    });
  const file = found.isFile() ? await read() : Buffer.alloc(0);
  if (!isBundle(file))
    throw portabilityError(CLI.outputNotATable, {
      option: '--output',
      path: given,
      ...(found.isDirectory() && { system: 'EISDIR' }),
    });
  // A file that cannot be read cannot be compared with. Only `--accept` continues then.
  const table = await namedLater({ option: '--output', path: given }, () =>
    loadZoneTable(file),
  ).catch(error => (isAccepted ? undefined : Promise.reject(error)));
  return { path, mode: found.mode & 0o777, ...(table && { table: table.share() }) };
}

const ZONE_WORDS = {
  home: 'mapHome',
  eea: 'mapEea',
  outside: 'mapOutside',
  unknown: 'mapUnknown',
} as const;

/** Describes a guard violation. */
export function violationText(terminal: Terminal, violation: GuardViolation): string {
  const zone = (name: Zone): string => terminal.say(ZONE_WORDS[name]);
  if (violation.guard === 'sentinel') {
    const { which, list, expected, found } = violation;
    const of = terminal.say(list === 'own' ? 'sentinelOwn' : 'sentinelBundled');
    return terminal.say('violationSentinel', {
      which: String(which),
      of,
      expected: zone(expected),
      found: zone(found),
    });
  }
  if (violation.guard === 'share') {
    const [least, most] = violation.bounds.map(bound => percent(bound, terminal.language)) as [
      string,
      string,
    ];
    const of = violation.of === 'anonymised' ? terminal.say('mapAnonymised') : zone(violation.of);
    return terminal.say('violationShare', {
      of,
      share: percent(violation.share, terminal.language),
      least,
      most,
    });
  }
  const family = violation.family === 'ipv4' ? 'IPv4' : 'IPv6';
  if (violation.guard === 'family') {
    const zones = violation.missing
      .map(name => terminal.say('quotedZone', { zone: zone(name) }))
      .join(', ');
    return terminal.say('violationFamily', { family, zones });
  }
  const { moved, most } = violation;
  const shares = {
    moved: percent(moved, terminal.language),
    most: percent(most, terminal.language),
  };
  return terminal.say('violationMoved', {
    family,
    zone: zone(violation.zone),
    ...shares,
  });
}

const HELD = '.held';
const REFUSED = 2;

/**
 * Prints notes that are not violations: no comparison was possible, corrections have ended, or rows
 * were discarded.
 */
function noteRest(terminal: Terminal, edition: Edition, isCompared: boolean): void {
  if (!isCompared) terminal.note(terminal.say('notCompared'));
  const ended = (edition.overlays ?? []).reduce((sum, overlay) => sum + (overlay.ended ?? 0), 0);
  if (ended > 0) terminal.note(terminal.say('correctionsEnded', { count: String(ended) }));
  for (const line of findingLines(terminal, edition)) terminal.note(line);
}

export async function tableBuild(terminal: Terminal, options: BuildOptions): Promise<number> {
  const { guards = {}, ...config } = await buildConfigOf(options);
  const output = await outputAt(options.output, options.accept === true);
  const fitness = { guards: checkGuards(guards), ...(output.table && { inForce: output.table }) };
  const bar = stepBar(terminal);
  // The acceptance is stored in the table, because other processes have other tables in force and
  // their own guards.
  const job = { wants: 'bundle', fitness, isAccepted: options.accept === true } as const;
  const work = compileInWorker({ ...config, onStep: bar.step }, job);
  const { edition, bundle, violations = [] } = await work.finally(bar.stop);
  const isHeld = violations.length > 0 && options.accept !== true;
  await writeWhole(isHeld ? output.path + HELD : output.path, bundle!, output.mode).catch(error => {
    throw cannotWrite('--output', output.path, error);
  });
  for (const violation of violations) terminal.note(`- ${violationText(terminal, violation)}`);
  noteRest(terminal, edition, output.table !== undefined);
  if (terminal.json)
    terminal.print(
      JSON.stringify({ written: !isHeld, bytes: bundle!.length, edition, violations }),
    );
  else if (!isHeld)
    terminal.print(
      terminal.say('tableBuilt', {
        edition: edition.id,
        size: megabytes(bundle!.length, terminal.language),
      }),
    );
  if (isHeld) terminal.note(terminal.say('tableHeld', { edition: edition.id }));
  return isHeld ? REFUSED : 0;
}
