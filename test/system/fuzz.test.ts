/**
 * What comes of bytes, texts and words that nobody meant? A named result or a `PortabilityError`,
 * never anything else. FUZZ_ROUNDS asks for more, from FUZZ_SEED.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, it } from 'vitest';
import { randomFrom } from '../../src/cli/demo-traffic.ts';
import * as deskEntry from '../../src/entry/desk.ts';
import * as tablesEntry from '../../src/entry/tables.ts';
import * as lp from '../../src/index.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { MAIN, PLAIN } from '../support/cli.ts';
import { newKeyring } from '../support/gate.ts';
import { fileOf, inFolder, tableOf } from '../support/tables.ts';

const ROUNDS = Number(process.env['FUZZ_ROUNDS'] ?? 1);
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000_007);
const random = randomFrom(SEED);
const below = (limit: number): number => Math.floor(random() * limit);
const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)]!;
const repeat = (count: number, work: (n: number) => void): void => {
  for (let n = 0; n < count * ROUNDS; n++) work(n);
};

const PIECES = [
  '1',
  '255',
  '0',
  '.',
  ':',
  '::',
  'ffff',
  '/',
  ',',
  ' ',
  '"',
  'for=',
  ';',
  '[',
  ']',
  '%',
  'e1',
  '\0',
  '\n',
  '\u0661',
  '😀',
  '-',
  '_hidden',
  'unknown',
  '2001:db8',
  '81.2.69.142',
  '__proto__',
  'x'.repeat(300),
];
const text = (most: number): string =>
  Array.from({ length: below(most) }, () => pick(PIECES)).join('');

/** Runs something that may fail by name alone. */
async function onlyNamed(what: string, work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof lp.PortabilityError) expect(error.code).toMatch(/^ERR_[A-Z_]+$/);
    else throw new Error(`seed ${SEED}, ${what}`, { cause: error });
  }
}

/** Some bytes changed, cut out, doubled or cut off. */
function damaged(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes);
  for (let n = below(6); n >= 0; n--) copy[below(copy.length)] = pick([0, 255, 128, below(256)]);
  const from = below(copy.length);
  const to = below(copy.length);
  if (random() < 0.1) return copy.subarray(0, from);
  if (random() < 0.1)
    return Buffer.concat([copy.subarray(0, from), copy.subarray(Math.min(from, to))]);
  return copy;
}

const table = await tableOf(['2.0.0.0/8,FR\n3.0.0.0/8,ES\n2a00::/12,FR\n2001:db8::/32,US']);

it('addresses and chains of headers: a location, an address or nobody', async () => {
  const gate = await lp.openGate({ table });
  const trusted = lp.trustedPrefixes(['loopback', '10.0.0.0/8']);
  repeat(20_000, () => {
    const address = text(8);
    expect(['home', 'eea', 'outside', 'unknown']).toContain(table.locate(address).zone);
    expect(lp.REASONS).toContain(
      gate.decide({ subscriber: text(3), standing: 'verified', address }).reason,
    );
    const header = random() < 0.5 ? text(20) : Array.from({ length: below(4) }, () => text(8));
    const found = lp.clientAddress({
      peer: pick(['127.0.0.1', '::1', '9.9.9.9', text(4)]),
      [pick(['forwardedFor', 'forwarded'])]: header,
      trusted,
    } as never);
    if (found !== undefined) expect(table.locate(found).known).not.toBe('not-an-address');
  });
  await gate.close();
});

it('bytes of a bundle and of a database: a table or a refusal', async () => {
  const bundle = await tablesEntry.compileBundle({
    sources: [
      { path: fileOf('2.0.0.0/8,FR\n3.0.0.0/8,ES\n2a00::/12,FR', 'rows.csv'), built: '2026-06-01' },
    ],
  });
  for (let n = 0; n < 400 * ROUNDS; n++)
    await onlyNamed('bundle', () => lp.loadZoneTable(damaged(bundle)));
  const { writeMmdb } = await import('../support/mmdb-writer.ts');
  const database = writeMmdb([
    { bits: '00000010', record: { country: { iso_code: 'FR' } } },
    { bits: '00000011', record: { country: { iso_code: 'ES' } } },
  ]);
  for (let n = 0; n < 60 * ROUNDS; n++)
    await onlyNamed('database', () =>
      tablesEntry.compileZoneTable({ sources: [{ path: fileOf(damaged(database), 'x.mmdb') }] }),
    );
});

it('rows of a ledger that somebody wrote: a standing, an export or a refusal', async () => {
  const path = inFolder('fuzz.db');
  const ledger = await openSqliteLedger(path);
  const keyring = await newKeyring();
  const desk = deskEntry.openDesk({ ledger, keyring, agent: 'Anna' });
  await desk.record('s', { reason: 'contract' }, { type: 'contract-concluded', on: '2026-01-10' });
  const database = new Sqlite(path);
  const [dossier] = await ledger.personRecords.read('dossiers', {
    pseudonym: keyring.personPseudonym('s'),
  });
  const words = [
    '[]',
    '{}',
    'null',
    '[{"type":"contract-concluded"}]',
    '[[]]',
    '"',
    '[{"type":"residence-verified","on":"2026-13-40"}]',
    '[1e999]',
  ];
  for (let n = 0; n < 60 * ROUNDS; n++) {
    const events =
      random() < 0.5 ? pick(words) : String.fromCharCode(...damaged(Buffer.from(dossier!.events)));
    database
      .prepare('UPDATE dossiers SET events = ?, ends = ?, since = ?')
      .run(events, pick(['', 'x', '2026-11-01']), pick(['', '2026-01-10']));
    database
      .prepare('INSERT OR REPLACE INTO restrictions VALUES (?, ?, ?)')
      .run(keyring.personPseudonym('s'), pick(['', '2026-11-20', 'x']), text(3));
    await onlyNamed('show', () => desk.show('s', { reason: 'audit' }));
    await onlyNamed('export', () => desk.export('s', { reason: 'access-request' }));
    const gate = await lp.openGate({ table, evidence: { ledger, keyring } });
    await onlyNamed('standing', async () =>
      expect(lp.STANDINGS).toContain(await gate.loadStanding('s')),
    );
    await gate.close();
  }
  database.close();
  await ledger.close();
});

/**
 * Options and arguments by which an operator names a file, a server, or a setting: their values may
 * come back.
 */
const NAMED = [
  '--table',
  '--ledger',
  '--person-records',
  '--keyring',
  '--keyring-key',
  '--spool',
  '--state',
  '--waivers',
  '--offers',
  '--config',
  '--notice',
  '--guards',
  '--rejects',
  '--trusted-file',
  '--table-state',
  '--from-key',
  '--to-key',
  '--new-key',
  '--limit',
  '--memory-megabytes',

  '--build-config',
  '--editions',
  '--source',
  '--overlay',
  '--output',
  '-o',
  '--html',
  '--from',
  '--to',
  '--before',
  '--built',
  '--home',

  '--on',
  '--also',
  '--except',
  '--listen',
  '--socket',
  '--peer',
  '--trusted',
  '--from-person-records',
  '--to-person-records',

  '--address-header',
  '--subscriber-header',
  '--standing-header',
  '--offer-header',
  '--channel-header',

  '--lang',
  '--months',
  '--keep-days',
  '--journal-months',
  '--request-months',
  '--max-table-age',
  '--verdict-lifetime',
  '--drain',
  '--update-every',
  '--log-format',
  '--client-language',
  '--on-failure',
  '--prefixes',
  '--format',
  '--requests',
  '--seed',
];

/**
 * Whether the word at a place of the command line may be read in its answer: the value of such an
 * option, or the file of a table.
 */
function mayComeBack(words: readonly string[], index: number): boolean {
  const namesTable =
    ['info', 'verify', 'diff', 'map', 'export'].some(name => words.includes(name)) &&
    !words.includes('why');
  return (
    (words[0] === 'table' && namesTable) ||
    words[0] === 'audit' ||
    NAMED.includes(words[index - 1] ?? '')
  );
}

it('words on the command line: an exit code that is documented, no stack, nothing of who is asked about', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
  const known = [...readFileSync(MAIN, 'utf8').matchAll(/"(--[a-z-]+)/g)].map(match => match[1]!);
  const commands = [
    'locate',
    'decide',
    'explain',
    'table',
    'info',
    'verify',
    'why',
    'evidence',
    'stats',
    'keyring',
    'list',
    'audit',
    'replay',
    'subscriber',
    'show',
    'requests',
    'open',
    'report',
    'residence',
    'check',
    'event',
    'policy',
    'ledger',
    'copy',
  ];
  repeat(40, () => {
    const words = Array.from({ length: 1 + below(6) }, (_, n) =>
      n === 0
        ? pick(commands)
        : pick([
            pick(commands),
            pick(known),
            // Each at its place is another, so that one that may come back does not hide one that may not.
            `canary-7${n}`,
            `81.2.69.14${n}`,
            '--json',
            '--lang=fr',
            '',
            text(4).replaceAll('\0', ''),
          ]),
    );
    const { status, stderr, signal } = spawnSync(process.execPath, [MAIN, ...words], {
      cwd: folder,
      input: 'canary-88\n',
      encoding: 'utf8',
      env: PLAIN,
      timeout: 30_000,
    });
    const told = `seed ${SEED}: ${JSON.stringify(words)}`;
    expect([0, 1, 2, 3], told).toContain(status);
    const leaked = words.filter(
      (word, index) =>
        /^(canary|81\.2)/.test(word) && !mayComeBack(words, index) && stderr.includes(word),
    );
    expect(
      [signal, / at .*:\d+:\d+/.test(stderr), stderr.includes('canary-88'), leaked],
      told,
    ).toEqual([null, false, false, []]);
  });
});
