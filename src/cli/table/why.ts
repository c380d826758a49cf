/**
 * Implements `table why`: shows which source says what about an address, and with which prefix. It
 * is the only command that shows countries, and it reads them from the operator's own files.
 */

import { portabilityError } from '../../errors.ts';
import { parseAddress } from '../../geo/address.ts';
import { NAMED } from '../../geo/overlay.ts';
import * as CLI from '../../messages/cli.ts';
import { compileZoneTable } from '../../tables.ts';
import { describe } from '../locate.ts';
import { printable, type Terminal } from '../terminal.ts';
import { plainTable } from '../text-table.ts';
import { type RecipeOptions, recipeOf, stepBar } from './recipe.ts';
import { type Saying, sayingOf } from './source-lookup.ts';

function printSayings(terminal: Terminal, sayings: readonly Saying[]): void {
  const { say, print } = terminal;
  const rows = sayings.map(
    ({ file, kind, says, zone = '', range = '', line, note = '', hasEnded }) => [
      printable(file),
      kind === 'source' ? say('source') : kind,
      says === '' ? say('whyNothing') : says === NAMED ? say('whyNamed') : printable(says),
      zone,
      `${range}${line === undefined ? '' : ` (${say('whyLine', { line: String(line) })})`}`,
      `${hasEnded ? `${say('whyEnded')} ` : ''}${printable(note)}`,
    ],
  );
  print(
    plainTable(
      [say('whyFile'), say('whyKind'), say('whySays'), say('whyZone'), say('whyPrefix'), ''],
      rows,
    ),
  );
}

export async function tableWhy(
  terminal: Terminal,
  text: string,
  options: RecipeOptions,
): Promise<number> {
  const address = parseAddress(text);
  if (address === undefined) throw portabilityError(CLI.addressInvalid);
  const { guards: _, ...recipe } = await recipeOf(options);
  const bar = stepBar(terminal);
  // Compiling checks every file completely.
  const { edition, locate } = await compileZoneTable({ ...recipe, onStep: bar.step }).finally(
    bar.stop,
  );
  const sayings: Saying[] = [];
  for (const [index, source] of recipe.sources.entries())
    sayings.push(await sayingOf(source, 'source', edition.sources[index]!, address, recipe));
  for (const [index, overlay] of (recipe.overlays ?? []).entries())
    sayings.push(
      await sayingOf(overlay, overlay.kind ?? 'places', edition.overlays![index]!, address, recipe),
    );
  const location = locate(text);
  if (terminal.json) terminal.print(JSON.stringify({ location, sayings }));
  else {
    printSayings(terminal, sayings);
    terminal.print(
      `\n${terminal.paint.bold(location.zone)} · ${describe(terminal, location, address)}`,
    );
  }
  return 0;
}
