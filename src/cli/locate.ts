/**
 * Implements `locate`: prints the location of addresses from arguments or from standard input, one
 * answer per line.
 */
import { portabilityError } from '../errors.ts';
import { type Address, parseAddress } from '../geo/address.ts';
import type { Location } from '../geo/location.ts';
import { specialPurposeRfc } from '../geo/special-purpose.ts';
import type { ZoneTable } from '../geo/zone-table.ts';
import * as CLI from '../messages/cli.ts';
import type { TableHolder } from '../tables/hot-reload-session.ts';
import type { PastOptions } from './past/in-force.ts';
import { loadTable, printable, type Streams, type Terminal } from './terminal.ts';
import type { PlainWord } from './words/words.ts';

/** Returns one word for a location: its zone, or, if the zone is unknown, the reason for that. */
export const answerOf = ({ zone, known }: Location): string => (zone === 'unknown' ? known : zone);

/**
 * Describes a location in words, with any remarks (RFC of a special-purpose range, disputed,
 * anonymised, licence).
 */
export function describe(
  terminal: Terminal,
  location: Location,
  address: Address | undefined,
): string {
  const rfc =
    location.known === 'special-purpose' && address !== undefined
      ? specialPurposeRfc(address)
      : undefined;
  const remarks = [
    terminal.say(answerOf(location) as PlainWord) +
      (rfc === undefined ? '' : ` (${terminal.language === 'fr' ? rfc.split(':')[0] : rfc})`),
    location.disputed ? terminal.say('isDisputed') : '',
    location.anonymised ? terminal.say('isAnonymised') : '',
    location.zone === 'home' && !location.licensed ? terminal.say('notLicensed') : '',
    location.zone !== 'home' && location.licensed ? terminal.say('isLicensed') : '',
  ];
  return remarks.filter(remark => remark !== '').join(', ');
}

/**
 * Creates the function that formats one output line. The tail of a line for a public address is
 * built once per location, so that millions of lines are fast.
 */
async function lineWriter(
  terminal: Terminal,
  holder: Pick<TableHolder, 'table'>,
): Promise<(text: string) => string> {
  if (terminal.json) {
    const { jsonLine } = await import('./address-text.ts');
    return text => jsonLine(text, holder.table.locate(text));
  }
  const tails = new Map<Location, string>();
  const tail = (location: Location, address: Address | undefined): string => {
    const { green, cyan, red, yellow, dim } = terminal.paint;
    const paint = { home: green, eea: cyan, outside: red, unknown: yellow }[location.zone];
    return `\t${paint(answerOf(location))}\t${dim(describe(terminal, location, address))}`;
  };
  return text => {
    const location = holder.table.locate(text);
    const shown = printable(text);
    if (location.known === 'special-purpose') return shown + tail(location, parseAddress(text));
    const known = tails.get(location) ?? tail(location, undefined);
    tails.set(location, known);
    return shown + known;
  };
}

/**
 * Says what to ask a caller for who read out an address that is not public. Returns `undefined` for
 * a public address.
 */
export async function askInstead(
  terminal: Pick<Terminal, 'say'>,
  location: Location,
  address: Address | undefined,
): Promise<string | undefined> {
  if (location.known !== 'special-purpose' || address === undefined) return undefined;
  const { askFor } = await import('./address-text.ts');
  return askFor(terminal, address);
}

/** Matches nothing. A byte order mark is removed only at the beginning of the input. */
const NEVER = /(?!)/;

const LONGEST_LINE = 1 << 16;

/**
 * Splits standard input into lines in constant memory. Only the beginning of an endless line is
 * kept.
 */
async function eachChunkOfLines(
  { stdin }: Streams,
  visit: (lines: readonly string[], bytes: number) => Promise<void>,
): Promise<void> {
  let rest = '';
  stdin.setEncoding('utf8');
  let mark = /^\ufeff/;
  for await (const chunk of stdin as AsyncIterable<string>) {
    const lines = (rest + chunk.replace(mark, '')).split('\n');
    mark = NEVER;
    rest = lines.pop()!.slice(0, LONGEST_LINE);
    await visit(lines, chunk.length);
  }
  await visit([rest], 0);
}

/** Writes to standard output. Returns a promise to wait for if the reader is slower. */
const write = ({ stdout }: Streams, text: string): Promise<void> | undefined =>
  stdout.write(text) ? undefined : new Promise(resolve => stdout.once('drain', resolve));

async function locateInput(terminal: Terminal, line: (text: string) => string): Promise<void> {
  const { progressBar } = await import('./progress-bar.ts');
  const bar = progressBar(terminal);
  await eachChunkOfLines(terminal.streams, async (lines, bytes) => {
    const texts = lines
      .map(text => (text.endsWith('\r') ? text.slice(0, -1) : text))
      .filter(text => text !== '');
    bar.advance(bytes, texts.length);
    if (texts.length > 0) await write(terminal.streams, `${texts.map(line).join('\n')}\n`);
  });
  bar.stop();
}

/** Says on standard error, once for each kind, what to ask for instead of the addresses given. */
async function noteAsk(
  terminal: Terminal,
  table: ZoneTable,
  addresses: readonly string[],
): Promise<void> {
  const asks = await Promise.all(
    addresses.map(text => askInstead(terminal, table.locate(text), parseAddress(text))),
  );
  for (const ask of new Set(asks)) if (ask !== undefined) terminal.note(ask);
}

/** Prints where addresses were, by each table that may have been in force at a moment. */
async function locateAt(
  terminal: Terminal,
  addresses: readonly string[],
  at: number,
  options: PastOptions,
): Promise<number> {
  if (addresses.includes('-')) throw portabilityError(CLI.locateInputNow, { option: '--at' });
  const { ledgerOf, PastReader } = await import('./past/in-force.ts');
  const { pastLines, stateLine } = await import('./past/words.ts');
  const past = await PastReader.open(terminal, options.editions, ledgerOf(options, terminal));
  const { states, gaps } = await past.at(at);
  for (const { table, since } of states) {
    const { id: edition, on: lawOf } = table.edition;
    const facts = { at: new Date(at).toISOString(), edition, since, lawOf, gaps };
    const line = await lineWriter(terminal, { table });
    // On the same stream as the answers, if the answers alone do not say whose they are.
    const head = stateLine(terminal, { edition, lawOf, since }, at);
    if (states.length > 1 && !terminal.json) terminal.print(head);
    else terminal.note(head);
    for (const address of addresses) {
      const text = line(address);
      terminal.print(terminal.json ? JSON.stringify({ ...JSON.parse(text), ...facts }) : text);
    }
    if (!terminal.json) await noteAsk(terminal, table, addresses);
  }
  for (const text of pastLines(terminal, gaps, undefined)) terminal.note(text);
  return 0;
}

export async function locate(
  terminal: Terminal,
  addresses: readonly string[],
  options: PastOptions = {},
): Promise<number> {
  if (options.at !== undefined) return locateAt(terminal, addresses, options.at, options);
  let table = await loadTable(terminal);
  const holder: TableHolder = {
    get table() {
      return table;
    },
    replaceTable: next => {
      table = next;
    },
  };
  const line = await lineWriter(terminal, holder);
  for (const address of addresses) {
    if (address === '-') {
      const { reloadOnHangup } = await import('./reload-on-sighup.ts');
      const reload = reloadOnHangup(terminal, holder);
      await locateInput(terminal, line);
      reload.stop();
    } else terminal.print(line(address));
  }
  if (!terminal.json) await noteAsk(terminal, table, addresses);
  return 0;
}
