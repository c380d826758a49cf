/**
 * Implements `locate`: prints the location of addresses from arguments or from standard input, one
 * answer per line.
 */
import { fstatSync } from 'node:fs';
import { SingleBar } from 'cli-progress';
import ipaddr from 'ipaddr.js';
import { portabilityError } from '../errors.ts';
import { type Address, parseAddress } from '../geo/address.ts';
import type { Location } from '../geo/location.ts';
import { specialPurposeRfc } from '../geo/special-purpose.ts';
import type { ZoneTable } from '../geo/zone-table.ts';
import * as CLI from '../messages/cli.ts';
import type { TableHolder } from '../tables/hot-reload-session.ts';
import { ledgerOf, type PastOptions, PastReader } from './past/in-force.ts';
import { pastLines, stateLine } from './past/words.ts';
import { reloadOnHangup } from './reload-on-sighup.ts';
import { loadTable, printable, type Streams, type Terminal } from './terminal.ts';
import type { PlainWord } from './words/words.ts';

/** Returns one word for a location: its zone, or, if the zone is unknown, the reason for that. */
export const answerOf = ({ zone, known }: Location): string => (zone === 'unknown' ? known : zone);

const library = (address: Address) =>
  address.version === 4
    ? new ipaddr.IPv4([24, 16, 8, 0].map(shift => (address.value >>> shift) & 0xff))
    : new ipaddr.IPv6([...address.groups]);

/** Returns the canonical text of an address (RFC 5952). */
export const canonicalText = (address: Address): string => library(address).toString();

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

/** Ranges of `ipaddr.js` whose addresses devices and routers use among themselves. */
const OWN_NETWORK = ['private', 'loopback', 'linkLocal', 'uniqueLocal', 'unspecified'];

/**
 * Says what to ask a caller for who read out an address that is not public. Returns `undefined` for
 * a public address.
 */
export function askInstead(
  { say }: Pick<Terminal, 'say'>,
  location: Location,
  address: Address | undefined,
): string | undefined {
  if (location.known !== 'special-purpose' || address === undefined) return undefined;
  const range = library(address).range();
  if (OWN_NETWORK.includes(range)) return say('askOwnNetwork');
  return say(range === 'carrierGradeNat' ? 'askCarrier' : 'askReserved');
}

function jsonLine(text: string, location: Location): string {
  const address = parseAddress(text);
  const canonical = address === undefined ? {} : { canonical: canonicalText(address) };
  const range =
    location.known === 'special-purpose' && address !== undefined
      ? { range: library(address).range() }
      : {};
  return JSON.stringify({
    address: printable(text),
    ...canonical,
    answer: answerOf(location),
    ...location,
    ...range,
  });
}

/**
 * Creates the function that formats one output line. The tail of a line for a public address is
 * built once per location, so that millions of lines are fast.
 */
function lineWriter(
  terminal: Terminal,
  holder: Pick<TableHolder, 'table'>,
): (text: string) => string {
  const tails = new Map<Location, string>();
  const tail = (location: Location, address: Address | undefined): string => {
    const { green, cyan, red, yellow, dim } = terminal.paint;
    const paint = { home: green, eea: cyan, outside: red, unknown: yellow }[location.zone];
    return `\t${paint(answerOf(location))}\t${dim(describe(terminal, location, address))}`;
  };
  return text => {
    const location = holder.table.locate(text);
    if (terminal.json) return jsonLine(text, location);
    const shown = printable(text);
    if (location.known === 'special-purpose') return shown + tail(location, parseAddress(text));
    const known = tails.get(location) ?? tail(location, undefined);
    tails.set(location, known);
    return shown + known;
  };
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

/**
 * Shows a progress bar on standard error, only if standard error is a terminal and standard output
 * is not.
 */
function progressBar(terminal: Terminal): {
  advance(bytes: number, lines: number): void;
  stop(): void;
} {
  const { stdout, stderr } = terminal.streams;
  if (!stderr.isTTY || stdout.isTTY) return { advance: () => {}, stop: () => {} };
  const total = fstatSync(0).size;
  const format = `${total === 0 ? '' : '{bar} {percentage} % · '}{lines} ${terminal.say('addresses')}`;
  const bar = new SingleBar({
    format,
    stream: stderr,
    clearOnComplete: true,
    linewrap: true,
  });
  let lines = 0;
  bar.start(total, 0, { lines });
  return {
    advance: (bytes, more) => {
      lines += more;
      bar.increment(bytes, { lines });
    },
    stop: () => bar.stop(),
  };
}

async function locateInput(terminal: Terminal, line: (text: string) => string): Promise<void> {
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
function noteAsk(terminal: Terminal, table: ZoneTable, addresses: readonly string[]): void {
  const asks = addresses.map(text => askInstead(terminal, table.locate(text), parseAddress(text)));
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
  const past = await PastReader.open(terminal, options.editions, ledgerOf(options, terminal));
  const { states, gaps } = await past.at(at);
  for (const { table, since } of states) {
    const { id: edition, on: lawOf } = table.edition;
    const facts = { at: new Date(at).toISOString(), edition, since, lawOf, gaps };
    const line = lineWriter(terminal, { table });
    // On the same stream as the answers, if the answers alone do not say whose they are.
    const head = stateLine(terminal, { edition, lawOf, since }, at);
    if (states.length > 1 && !terminal.json) terminal.print(head);
    else terminal.note(head);
    for (const address of addresses) {
      const text = line(address);
      terminal.print(terminal.json ? JSON.stringify({ ...JSON.parse(text), ...facts }) : text);
    }
    if (!terminal.json) noteAsk(terminal, table, addresses);
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
  const line = lineWriter(terminal, holder);
  for (const address of addresses) {
    const reload = address === '-' ? reloadOnHangup(terminal, holder) : undefined;
    if (address === '-') await locateInput(terminal, line);
    else terminal.print(line(address));
    reload?.stop();
  }
  if (!terminal.json) noteAsk(terminal, table, addresses);
  return 0;
}
