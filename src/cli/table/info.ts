/**
 * Implements `table info` and `table verify`: prints the edition of a table and checks its
 * integrity.
 */
import { systemClock } from '../../clock.ts';
import type { Edition, ZoneTable } from '../../geo/zone-table.ts';
import { ageOf } from '../../tables/table-age.ts';
import { verifyZoneTable } from '../../tables.ts';
import { dateCell, timeCell } from '../dates.ts';
import { loadTable, megabytes, printable, type Terminal } from '../terminal.ts';
import { plainTable } from '../text-table.ts';
import { findingLines } from './findings.ts';

const licenceText = ({ also = [], except = [] }: NonNullable<Edition['licence']>): string =>
  [...also.map(code => `+${code}`), ...except.map(code => `−${code}`)].join(' ');

function printInfo(terminal: Terminal, table: ZoneTable): void {
  const { edition, byteLength } = table;
  if (terminal.json) {
    terminal.print(
      JSON.stringify({ ...edition, ageInDays: ageOf(edition, systemClock()).days, byteLength }),
    );
    return;
  }
  const date = (day: string): string => dateCell(terminal.language, day);
  const time = (at: string): string => timeCell(terminal.language, at);
  const facts = [
    [terminal.say('edition'), edition.id],
    [terminal.say('homeState'), edition.home],
    [terminal.say('law'), date(edition.on)],
    ...(edition.licence === undefined
      ? []
      : [[terminal.say('licence'), licenceText(edition.licence)]]),
    [terminal.say('compiled'), time(edition.compiled)],
    ...(edition.accepted === undefined ? [] : [[terminal.say('accepted'), time(edition.accepted)]]),
    [terminal.say('memory'), megabytes(byteLength, terminal.language)],
  ];
  terminal.print(plainTable(['', ''], facts, [], terminal.rowWidth).trimStart());
  terminal.print();
  const head = [terminal.say('source'), terminal.say('built'), terminal.say('licence'), 'SHA-256'];
  const rows = edition.sources.map(source => [
    printable(source.name),
    date(source.built),
    printable(source.licence ?? ''),
    `${source.sha256.slice(0, 16)}…`,
  ]);
  terminal.print(plainTable(head, rows, [], terminal.rowWidth));
  printOverlays(terminal, edition);
  const findings = findingLines(terminal, edition);
  if (findings.length > 0) terminal.print(`\n${findings.join('\n')}`);
}

function printOverlays(terminal: Terminal, edition: Edition): void {
  if (edition.overlays === undefined) return;
  const date = (day: string): string => dateCell(terminal.language, day);
  const overlays = edition.overlays.map(({ name, kind, built = '', through = '', sha256 }) => [
    ...[name, kind, date(built), date(through)].map(printable),
    `${sha256.slice(0, 16)}…`,
  ]);
  const words = ['overlay', 'kind', 'built', 'through'] as const;
  const names = [...words.map(word => terminal.say(word)), 'SHA-256'];
  terminal.print(`\n${plainTable(names, overlays, [], terminal.rowWidth)}`);
}

export async function tableInfo(terminal: Terminal, file: string | undefined): Promise<number> {
  printInfo(terminal, await loadTable(terminal, file ?? terminal.table));
  return 0;
}

export async function tableVerify(terminal: Terminal, file: string | undefined): Promise<number> {
  const edition = await verifyZoneTable(file ?? terminal.table);
  if (terminal.json) terminal.print(JSON.stringify({ valid: true, ...edition }));
  else
    terminal.print(
      `${terminal.say('edition')} ${edition.id} · ${terminal.paint.green(terminal.say('sound'))}`,
    );
  return 0;
}
