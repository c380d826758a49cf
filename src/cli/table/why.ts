/**
 * Implements `table why`: shows which source says what about an address, and with which prefix. It
 * is the only command that shows countries, and it reads them from the operator's own files.
 */

import { portabilityError } from '../../errors.ts';
import { parseAddress } from '../../geo/address.ts';
import { LISTED } from '../../geo/overlay.ts';
import * as CLI from '../../messages/cli.ts';
import { compileZoneTable } from '../../tables/compile.ts';
import { describe } from '../locate.ts';
import { printable, type Terminal } from '../terminal.ts';
import { plainTable } from '../text-table.ts';
import { type BuildConfigOptions, buildConfigOf, stepBar } from './build-config.ts';
import { sideWords } from './diff.ts';
import { type SourceAnswer, sourceAnswerOf } from './source-lookup.ts';

function printAnswers(terminal: Terminal, answers: readonly SourceAnswer[]): void {
  const { say, print } = terminal;
  const rows = answers.map(
    ({ file, kind, says, zone = '', range = '', line, maxmind, note = '', hasEnded }) => [
      printable(file),
      kind === 'source' ? say('source') : kind,
      says === '' ? say('whyNothing') : says === LISTED ? say('whyNamed') : printable(says),
      zone === '' ? '' : sideWords(terminal, zone),
      `${range}${line === undefined ? '' : ` (${say('whyLine', { line: String(line) })})`}`,
      maxmind === undefined
        ? `${hasEnded ? `${say('whyEnded')} ` : ''}${printable(note)}`
        : `maxmind: ${maxmind === '' ? say('whyNothing') : printable(maxmind)}`,
    ],
  );
  print(
    plainTable(
      [say('whyFile'), say('whyKind'), say('whySays'), say('whyZone'), say('whyPrefix'), ''],
      rows,
      [],
      terminal.rowWidth,
    ),
  );
}

export async function tableWhy(
  terminal: Terminal,
  text: string,
  options: BuildConfigOptions,
): Promise<number> {
  const address = parseAddress(text);
  if (address === undefined) throw portabilityError(CLI.addressInvalid);
  const { guards: _, ...config } = await buildConfigOf(options);
  const bar = stepBar(terminal);
  // Compiling checks every file completely.
  const { edition, locate } = await compileZoneTable({ ...config, onStep: bar.step }).finally(
    bar.stop,
  );
  const answers: SourceAnswer[] = [];
  for (const [index, source] of config.sources.entries())
    answers.push(await sourceAnswerOf(source, 'source', edition.sources[index]!, address, config));
  for (const [index, overlay] of (config.overlays ?? []).entries())
    answers.push(
      await sourceAnswerOf(
        overlay,
        overlay.kind ?? 'places',
        edition.overlays![index]!,
        address,
        config,
      ),
    );
  const location = locate(text);
  if (terminal.json) terminal.print(JSON.stringify({ location, answers }));
  else {
    printAnswers(terminal, answers);
    terminal.print(
      `\n${terminal.paint.bold(sideWords(terminal, location.zone))} · ${describe(terminal, location, address)}`,
    );
  }
  return 0;
}
