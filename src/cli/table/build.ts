/**
 * Implements `table build`: compiles a configuration to a file, checked against the guards and the
 * file that it replaces.
 */

import type { GuardViolation } from '../../geo/guards.ts';
import type { Edition } from '../../geo/zone-table.ts';
import type { Zone } from '../../zone.ts';
import { megabytes, percent, type Terminal } from '../terminal.ts';
import { type BuildConfigOptions, buildConfigOf, stepBar } from './build-config.ts';
import { findingLines } from './findings.ts';
import { outputAt, placeTable } from './place-table.ts';

export interface BuildOptions extends BuildConfigOptions {
  readonly output: string;
  readonly accept?: boolean;
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

const REFUSED = 2;

/**
 * Prints notes that are not violations: no comparison was possible, corrections have ended, or rows
 * were discarded.
 */
export function noteRest(terminal: Terminal, edition: Edition, isCompared: boolean): void {
  if (!isCompared) terminal.note(terminal.say('notCompared'));
  const ended = (edition.overlays ?? []).reduce((sum, overlay) => sum + (overlay.ended ?? 0), 0);
  if (ended > 0) terminal.note(terminal.say('correctionsEnded', { count: String(ended) }));
  for (const line of findingLines(terminal, edition)) terminal.note(line);
}

export async function tableBuild(terminal: Terminal, options: BuildOptions): Promise<number> {
  const { guards = {}, ...config } = await buildConfigOf(options);
  const isAccepted = options.accept === true;
  const output = await outputAt(options.output, isAccepted);
  const bar = stepBar(terminal);
  const placing = { guards, isAccepted, onStep: bar.step };
  const placed = await placeTable(config, output, placing).finally(bar.stop);
  const { edition, bundle, violations } = placed;
  const isHeld = placed.outcome === 'held';
  for (const violation of violations) terminal.note(`- ${violationText(terminal, violation)}`);
  noteRest(terminal, edition, output.table !== undefined);
  if (terminal.json)
    terminal.print(JSON.stringify({ written: !isHeld, bytes: bundle.length, edition, violations }));
  else if (!isHeld)
    terminal.print(
      terminal.say('tableBuilt', {
        edition: edition.id,
        size: megabytes(bundle.length, terminal.language),
      }),
    );
  if (isHeld) terminal.note(terminal.say('tableHeld', { edition: edition.id }));
  return isHeld ? REFUSED : 0;
}
