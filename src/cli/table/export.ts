/** Implements `table export`: writes the zones of a table to a file that other programs read. */

import { writeWhole } from '../../atomic-write.ts';
import { encodeHaproxyMap, isHaproxyMap } from '../../geo/zone-map.ts';
import { encodeMmdb, isZoneMmdb } from '../../geo/zone-mmdb.ts';
import * as CLI from '../../messages/cli.ts';
import { cannotWrite } from '../option-at-fault.ts';
import { loadTable, megabytes, type Terminal } from '../terminal.ts';
import type { EXPORT_FORMATS } from './commands.ts';
import { outputFileAt } from './output-file.ts';

const FORMATS = {
  mmdb: { encode: encodeMmdb, isOwn: isZoneMmdb },
  haproxy: { encode: encodeHaproxyMap, isOwn: isHaproxyMap },
} as const satisfies Record<(typeof EXPORT_FORMATS)[number], object>;

export interface ExportOptions {
  readonly output: string;
  readonly format: keyof typeof FORMATS;
}

export async function tableExport(
  terminal: Terminal,
  file: string | undefined,
  { output: given, format }: ExportOptions,
): Promise<number> {
  const { encode, isOwn } = FORMATS[format];
  const output = await outputFileAt(given, isOwn, CLI.outputNotAnExport);
  const table = await loadTable(terminal, file ?? terminal.table);
  const bytes = encode(table);
  await writeWhole(output.path, bytes, output.replaced?.mode).catch(error => {
    throw cannotWrite('--output', given, error);
  });
  const { id } = table.edition;
  if (terminal.json) terminal.print(JSON.stringify({ format, bytes: bytes.length, edition: id }));
  else
    terminal.print(
      terminal.say('tableExported', {
        edition: id,
        size: megabytes(bytes.length, terminal.language),
      }),
    );
  return 0;
}
