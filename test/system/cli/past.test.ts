/**
 * Tests the answers for an earlier moment: against gates that really decided then, with the notes
 * that they and a real `serve` left.
 */
import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { demoTraffic } from '../../../src/cli/demo-traffic.ts';
import { libraryVersion } from '../../../src/cli/version.ts';
import { openDesk } from '../../../src/entry/desk.ts';
import { openEditionArchive } from '../../../src/entry/tables.ts';
import { LOCATIONS } from '../../../src/geo/location.ts';
import {
  type DossierEvent,
  loadZoneTable,
  openGate,
  openKeyring,
  purge,
  type ZoneTable,
} from '../../../src/index.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite.ts';
import { decodeBundle, editionOf, encodeBundle } from '../../support/bundles.ts';
import { cli, MAIN } from '../../support/cli.ts';
import { CALL } from '../../support/desk.ts';
import { start } from '../../support/sidecar.ts';
import { acceptedBundle, fileOf, inFolder, tableOf } from '../../support/tables.ts';

const OFFERS = { default: {}, trial: { unverified: 'grant' } } as const;
const [FRANCE, SPAIN] = (await Promise.all(
  ['FR', 'ES'].map(code => tableOf([`2.0.0.0/8,FR\n3.0.0.0/8,${code}\n4.0.0.0/8,GB`])),
)) as [ZoneTable, ZoneTable];

let folders = 0;
const newFolder = (): string => inFolder(`past-${++folders}`);

/** A folder of editions in which 3.0.0.0/8 was in France until 20:00, and in Spain from then on. */
async function twoEditions(offers: typeof OFFERS | undefined = OFFERS) {
  const folder = newFolder();
  const time = { now: 0 };
  const archive = await openEditionArchive(folder, {
    clock: () => time.now,
    offers,
    library: libraryVersion(),
  });
  for (const [at, table] of [
    ['2026-11-21T10:00:00Z', FRANCE],
    ['2026-11-21T20:00:00Z', SPAIN],
  ] as const) {
    time.now = Date.parse(at);
    await archive.note(table);
  }
  return folder;
}

const BEFORE = '2026-11-21T19:59Z';
const AFTER = '2026-11-21T20:15Z';

/** A variant of the bundled table: the networks of one zone are of another. */
function variantOf(
  from: 'home' | 'eea',
  to: 'eea' | 'outside',
  family: 'ipv4' | 'ipv6',
): Uint8Array {
  const whole = decodeBundle(readFileSync(new URL('../../../data/zones.bin', import.meta.url)));
  const other = LOCATIONS.findIndex(({ zone, known }) => zone === to && known === 'listed');
  const { values } = whole.intervals[family];
  const moved = values.map(code => (LOCATIONS[code]!.zone === from ? other : code));
  const intervals = {
    ...whole.intervals,
    [family]: { ...whole.intervals[family], values: moved },
  };
  const { id: _, ...facts } = whole.edition;
  // Neighbours that are equal now are merged by writing and reading: the id is that of the result.
  const merged = decodeBundle(encodeBundle(editionOf(intervals, facts), intervals)).intervals;
  return encodeBundle(editionOf(merged, facts), merged);
}

describe('audit replay', () => {
  it('finds no difference to what gates decided in an evening under three editions', async () => {
    const folder = newFolder();
    const begin = Date.parse('2026-11-21T18:00:00Z');
    const time = { now: begin };
    const clock = (): number => time.now;
    const tables = await Promise.all([
      loadZoneTable(),
      loadZoneTable(variantOf('eea', 'outside', 'ipv4')),
      loadZoneTable(variantOf('home', 'eea', 'ipv6')),
    ]);
    const requests = demoTraffic(2017, 6000);
    const rows = ['time,address,standing,offer,verdict,reason'];
    const seen = new Set<string>();
    /** Decides a part of the evening as a gate that starts, changes its table, and stops. */
    const run = async (
      from: number,
      to: number,
      offers: typeof OFFERS,
      used: readonly ZoneTable[],
    ) => {
      const archive = await openEditionArchive(folder, { clock, offers });
      const gate = await openGate({ table: used[0]!, clock, offers });
      await archive.note(gate.table);
      let current = used[0]!;
      const each = Math.ceil((to - from) / used.length);
      for (let index = from; index < to; index++) {
        const next = used[Math.floor((index - from) / each)]!;
        if (next !== current) {
          current = next;
          time.now += 1;
          gate.replaceTable(next);
          await archive.note(next);
        }
        time.now += 1;
        const { address, standing } = requests[index]!;
        const offer = index % 7 === 0 ? 'trial' : index % 11 === 0 ? 'unheard-of' : '';
        const decision = gate.decide({
          subscriber: 's',
          address,
          standing,
          offer: offer || undefined,
        });
        seen.add(`${current.edition.id} ${decision.reason}`);
        const at = new Date(time.now).toISOString();
        rows.push([at, address, standing, offer, decision.verdict, decision.reason].join(','));
      }
      await gate.close();
      time.now += 1;
      await archive.noteStop();
      time.now += 60_000;
    };
    await run(0, 4000, OFFERS, tables.slice(0, 2));
    const strict = { default: { disputed: 'refuse' }, trial: {} } as unknown as typeof OFFERS;
    await run(4000, 6000, strict, tables.slice(2));
    const path = fileOf(rows.join('\n'), 'evening.csv');
    const { status, stdout, stderr } = await cli(['audit', 'replay', path, '--editions', folder]);
    expect(stderr).toContain(
      'Compared with the file: 6,000; different: 0; equal to one of several answers: 0.',
    );
    expect(status).toBe(0);
    expect(stdout.split('\n')).toHaveLength(6002);
    expect(new Set([...seen].map(each => each.split(' ')[0])).size).toBe(3);
    expect(seen.size).toBeGreaterThan(25);
    for (const { address } of requests.slice(0, 500))
      if (/^[\d.]{11,}$/.test(address!)) expect(stdout + stderr).not.toContain(address);
    // The test can fail: one verdict of the file is changed, and one hour is shifted.
    const reason = rows[10]!.split(',').at(-1)!;
    const changed = rows.with(10, rows[10]!.replace(reason, 'no-contract'));
    const again = await cli(
      ['audit', 'replay', '-', '--editions', folder, '--json'],
      changed.join('\n'),
    );
    expect(again.status).toBe(reason === 'no-contract' ? 0 : 2);
    expect(JSON.parse(again.stdout.split('\n')[9]!)).toMatchObject({ line: 11, same: false });
    const later = rows.map(row => row.replace('T18:', 'T23:')).slice(0, 500);
    const shifted = await cli(['audit', 'replay', '-', '--editions', folder], later.join('\n'));
    expect(shifted.status).not.toBe(0);
  });

  it('names the row that it cannot decide, decides the others, and prints no address', async () => {
    const folder = await twoEditions();
    const rows = [
      '\ufeffstanding;address;time',
      'verified;3.1.1.1;21/11/2026 21:15+01:00',
      'verifie;3.1.1.1;2026-11-21T20:15Z',
      'verified;3.1.1.1;2026-11-21T20:15',
      'verified;3.1.1.1;2026-11-20T20:15Z',
      'verified;3.1.1.1;2999-11-20T20:15Z',
      'verified;3.1.1.1',
      '',
    ];
    const { status, stdout, stderr } = await cli(
      ['audit', 'replay', '-', '--editions', folder],
      rows.join('\r\n'),
    );
    expect(status).toBe(1);
    expect(stdout.trim().split('\n')).toHaveLength(2);
    expect(stdout).toContain('portable,temporarily-abroad,LP-');
    expect(stderr).toContain('line 3: standing must be one of');
    expect(stderr).toContain('line 4: the moment lacks its offset from UTC');
    expect(stderr).toContain('line 5: nothing is known of the table');
    expect(stderr).toContain('line 6: the moment is still to come');
    expect(stderr).toContain('line 7: the row does not have one field for each column');
    expect(stderr).toContain('Not decided: 5.');
    expect(stdout + stderr).not.toContain('3.1.1.1');
  });

  it('reads JSON lines, and refuses a header or a field that it does not know', async () => {
    const folder = await twoEditions();
    const line = JSON.stringify({
      time: BEFORE,
      address: '3.1.1.1',
      standing: 'verified',
      verdict: 'domestic',
    });
    const replay = (input: string) => cli(['audit', 'replay', '-', '--editions', folder], input);
    expect(await replay(`${line}\n`)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('domestic,present-at-home'),
    });
    const excepted = { time: AFTER, address: '10.0.0.1', standing: 'verified', excepted: 'yes' };
    expect((await replay(JSON.stringify(excepted))).stdout).toContain('granted-by-exception');
    expect((await replay(`${line.replace('address', 'adress')}`)).status).toBe(1);
    expect(await replay('time,address\n')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('the first line must name columns'),
    });
  });
});

describe('decide and locate --at', () => {
  const decided = (...args: readonly string[]) =>
    cli(['decide', '--address', '3.1.1.1', '--standing', 'verified', ...args]);

  it('answer with the table of that moment, and say which one it was', async () => {
    const folder = await twoEditions();
    const before = await decided('--at', BEFORE, '--editions', folder);
    expect(before.stdout.replaceAll('\n', ' ')).toMatch(
      /^On 2026-11-21T19:59:00Z: edition \S+, in force since 2026-11-21T10:00:00Z, by the law as of /,
    );
    expect(before.stdout).toContain(FRANCE.edition.id);
    expect(before.stdout).toContain('present-at-home');
    const after = await decided(
      '--at',
      '21/11/2026 21:15+01:00',
      '--editions',
      folder,
      '--lang',
      'fr',
    );
    expect(after.stdout.replaceAll('\n', ' ')).toContain(
      `Au 21/11/2026 20:15:00 UTC : édition ${SPAIN.edition.id}, en vigueur depuis le 21/11/2026 20:00:00 UTC`,
    );
    expect(after.stdout).toContain('temporarily-abroad');
    const json = JSON.parse((await decided('--at', AFTER, '--editions', folder, '--json')).stdout);
    expect(json).toMatchObject({
      at: '2026-11-21T20:15:00.000Z',
      gaps: [],
      decisions: [
        { verdict: 'portable', edition: SPAIN.edition.id, since: '2026-11-21T20:00:00.000Z' },
      ],
    });
    const located = await cli([
      'locate',
      '3.1.1.1',
      '2.1.1.1',
      '--at',
      BEFORE,
      '--editions',
      folder,
    ]);
    expect(located.stdout.split('\n').map(line => line.split('\t')[1])).toEqual([
      'home',
      'home',
      undefined,
    ]);
    expect(located.stderr).toContain(FRANCE.edition.id);
  });

  it('use the offers of that moment, or say that they were not noted', async () => {
    const folder = await twoEditions();
    const trial = await cli([
      'decide',
      '--address',
      '3.1.1.1',
      '--standing',
      'unverified',
      '--offer',
      'trial',
      '--at',
      AFTER,
      '--editions',
      folder,
    ]);
    expect(trial).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('residence-pending'),
    });
    const bare = newFolder();
    const archive = await openEditionArchive(bare, {
      clock: () => Date.parse('2026-11-21T20:00:00Z'),
    });
    await archive.note(SPAIN);
    const result = await decided('--at', AFTER, '--editions', bare);
    expect(result.stdout).toContain('The offers of that moment were not noted');
  });

  it('give every answer that gateways gave, and refuse if one refused', async () => {
    const folder = newFolder();
    const time = { now: Date.parse('2026-11-21T10:00:00Z') };
    const clock = (): number => time.now;
    const outside = await tableOf(['2.0.0.0/8,FR\n3.0.0.0/8,US']);
    const [one, other] = [
      await openEditionArchive(folder, { clock }),
      await openEditionArchive(folder, { clock }),
    ];
    await one.note(SPAIN);
    await other.note(outside);
    time.now = Date.parse('2026-11-21T23:00:00Z');
    await one.noteStop();
    await other.noteStop();
    const { status, stdout } = await decided('--at', AFTER, '--editions', folder);
    expect(status).toBe(2);
    expect(stdout).toContain('temporarily-abroad');
    expect(stdout).toContain('outside-eea');
    expect(stdout.replaceAll('\n', ' ')).toContain(
      'Gateways had different editions at that moment',
    );
  });

  it('take the day from the ledger where the notes do not reach, and say so', async () => {
    const folder = await twoEditions();
    const ledger = inFolder(`past-${++folders}.db`);
    const opened = await openSqliteLedger(ledger, { create: true });
    await opened.write({
      cards: [],
      tally: [],
      accesses: [],
      editions: [{ day: '2026-11-20', edition: SPAIN.edition.id }],
    } as never);
    await opened.close();
    const at = ['--at', '2026-11-20T20:15Z', '--editions', folder];
    const found = await decided(...at, '--ledger', ledger);
    expect(found.stdout.replaceAll('\n', ' ')).toMatch(
      /in force that day.*known to the day only, from the ledger/,
    );
    expect(found.stdout).toContain('temporarily-abroad');
    expect(await decided(...at)).toMatchObject({ status: 1, stdout: '' });
  });

  it.each([
    [['--at', BEFORE], '--at needs the folder of past editions'],
    [
      ['--at', BEFORE, '--editions', '/nowhere/at/all'],
      'the folder of past editions does not exist',
    ],
    [['--at', '2026-11-21T19:59'], 'lacks its offset from UTC'],
    [['--at', '2026-11-21'], 'a moment is written as'],
    [['--at', '2026-02-30T10:00Z'], 'a moment is written as'],
    [['--at', '2026-11-21T25:00Z'], 'a moment is written as'],
    [['--at', '2999-11-21T10:00Z'], 'still to come'],
  ] as const)('%j: %s', async (args, message) => {
    const { status, stdout, stderr } = await decided(...args);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain(message);
  });

  it('an edition that is not kept any more is named, and nothing is decided', async () => {
    const folder = await twoEditions();
    rmSync(join(folder, `${FRANCE.edition.id}.zones`));
    const { status, stdout, stderr } = await decided('--at', BEFORE, '--editions', folder);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain(`edition ${FRANCE.edition.id} is not in the folder`);
    const kept = fileOf(
      await acceptedBundle({
        sources: [
          {
            path: fileOf('2.0.0.0/8,FR\n3.0.0.0/8,FR\n4.0.0.0/8,GB', 'a.csv'),
            built: '2026-06-01',
          },
        ],
      }),
      'a.zones',
    );
    const present = await decided('--at', BEFORE, '--editions', folder, '--table', kept);
    expect(present).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('present-at-home'),
    });
  });

  it('say that notes in the folder are damaged', async () => {
    const folder = await twoEditions();
    appendFileSync(join(folder, 'in-force-2026-11.jsonl'), '{"at":"2026-11-21T20:1');
    const { stdout } = await decided('--at', AFTER, '--editions', folder);
    expect(stdout.replaceAll('\n', ' ')).toContain('Some notes of the gateways cannot be read');
  });
});

describe('the records of a person at an earlier moment', () => {
  const SUBSCRIBER = 'canary-77';
  async function records() {
    const folder = await twoEditions();
    const places = { ledger: inFolder(`past-${++folders}.db`), keyring: newFolder() };
    const ledger = await openSqliteLedger(places.ledger, { create: true });
    const keyring = await openKeyring(places.keyring);
    const time = { now: Date.parse('2026-11-01T09:00:00Z') };
    const desk = openDesk({ ledger, keyring, agent: 'Anna', clock: () => time.now });
    const record = (at: string, event: DossierEvent) => {
      time.now = Date.parse(at);
      return desk.record(SUBSCRIBER, CALL, event);
    };
    await record('2026-11-01T09:00:00Z', { type: 'contract-concluded', on: '2026-11-01' });
    const verify = {
      type: 'residence-verified',
      outcome: 'home',
      means: ['b'],
      occasion: 'conclusion',
      by: 'provider',
    } as const;
    return {
      verify: (at: string, on: string) => record(at, { ...verify, on } as DossierEvent),
      except: (at: string, until: string) => {
        time.now = Date.parse(at);
        return desk.except(SUBSCRIBER, CALL, 'service-fault', until);
      },
      end: (at: string, on: string) => record(at, { type: 'contract-ended', on }),
      erased: (at: string) => {
        time.now = Date.parse(at);
        return desk.erase(SUBSCRIBER, { reason: 'erasure-request' });
      },
      purged: (at: string) => purge(ledger, keyring, Date.parse(at), { keepDays: 0 }),
      imported: async (at: string) => {
        time.now = Date.parse(at);
        const row = {
          line: 1,
          subscriber: SUBSCRIBER,
          events: [{ ...verify, on: '2026-11-10' }],
        };
        const source = {
          digest: () => 'a'.repeat(64),
          async *rows() {
            yield row;
          },
        };
        await desk.importDossiers({ reason: 'contract' }, source);
      },
      close: () => ledger.close(),
      ask: (...args: readonly string[]) =>
        cli(
          [
            ...args,
            '--editions',
            folder,
            '--ledger',
            places.ledger,
            '--keyring',
            places.keyring,
            '--agent',
            'Anna',
          ],
          `${SUBSCRIBER}\n`,
        ),
    };
  }

  it('decide with the dossier of that day, and the events that it rests on', async () => {
    const { ask, verify, close } = await records();
    await verify('2026-11-10T09:00:00Z', '2026-11-10');
    await close();
    const { status, stdout, stderr } = await ask(
      'decide',
      '--subscriber',
      '--address',
      '3.1.1.1',
      '--at',
      AFTER,
    );
    expect(stderr).not.toContain('error');
    expect(status).toBe(0);
    expect(stdout).toContain('temporarily-abroad');
    expect(stdout).toContain('10 Nov 2026');
    expect(stdout).not.toContain('changed since');
    expect(stdout).not.toContain(SUBSCRIBER);
    const early = await ask('subscriber', 'show', '--at', '2026-11-05T12:00Z');
    expect(early.stdout).toMatch(/^The dossier as it stood on 2026-11-05T12:00:00Z/);
    expect(early.stdout).toContain('residence not verified');
  });

  it('say that the records were changed since, and what gateways knew may have been different', async () => {
    const { ask, verify, close } = await records();
    await verify('2026-11-23T09:00:00Z', '2026-11-10');
    await close();
    const { stdout } = await ask('decide', '--subscriber', '--address', '3.1.1.1', '--at', AFTER);
    expect(stdout.replaceAll('\n', ' ')).toContain(
      'The records of the subscriber were changed since then (1, first on 2026-11-23T09:00:00Z)',
    );
    const shown = await ask(
      'subscriber',
      'show',
      '--address',
      '3.1.1.1',
      '--at',
      AFTER,
      '--lang',
      'fr',
    );
    expect(shown.stdout).toContain('Le dossier tel qu’il était au 21/11/2026 20:15:00 UTC');
    expect(shown.stdout.replaceAll(/\s+/g, ' ')).toContain(
      'Le dossier de l’abonné a été modifié depuis (1 fois',
    );
    expect(shown.stdout).toContain('Alors');
    const json = JSON.parse(
      (await ask('decide', '--subscriber', '--address', '3.1.1.1', '--at', AFTER, '--json')).stdout,
    );
    expect(json).toMatchObject({
      standing: { standing: 'verified', day: '2026-11-21' },
      past: { laterChanges: [{ at: '2026-11-23T09:00:00Z', action: 'event' }], gaps: [] },
    });
  });

  it('an exception counts on its own days only, and one that retention removed leaves a doubt', async () => {
    const asked = ['decide', '--subscriber', '--address', '10.0.0.1', '--at', AFTER];
    for (const [until, reason] of [
      ['2026-11-22', 'granted-by-exception'],
      ['2026-11-20', 'address-not-public'],
    ] as const) {
      const { ask, verify, except, purged, close } = await records();
      await verify('2026-11-10T09:00:00Z', '2026-11-10');
      await except('2026-11-20T09:00:00Z', until);
      const { stdout } = await ask(...asked);
      expect(stdout).toContain(reason);
      expect(stdout).not.toContain('no longer on record');
      await purged('2026-11-24T09:00:00Z');
      const later = await ask(...asked);
      expect(later.stdout).toContain('address-not-public');
      expect(later.stdout).toContain('An exception was granted before that moment');
      await close();
    }
  });

  it('that retention or an erasure removed leave a doubt, and never a certain answer', async () => {
    const asked = ['decide', '--subscriber', '--address', '3.1.1.1', '--at', AFTER];
    const ended = await records();
    await ended.verify('2026-11-10T09:00:00Z', '2026-11-10');
    await ended.end('2026-11-20T09:00:00Z', '2026-11-23');
    expect((await ended.ask(...asked)).stdout).toContain('temporarily-abroad');
    await ended.purged('2026-11-24T09:00:00Z');
    expect((await ended.ask(...asked)).stdout.replaceAll('\n', ' ')).toContain(
      'No dossier is on record: it may have been removed',
    );
    await ended.close();
    const erased = await records();
    await erased.verify('2026-11-23T09:00:00Z', '2026-11-10');
    await erased.erased('2026-11-24T09:00:00Z');
    expect((await erased.ask(...asked)).stdout.replaceAll('\n', ' ')).toContain(
      'The journal holds nothing about this subscriber from before that moment',
    );
    await erased.close();
  });

  it('an import counts as one change', async () => {
    const { ask, imported, close } = await records();
    await imported('2026-11-23T09:00:00Z');
    await close();
    expect(
      (await ask('decide', '--subscriber', '--address', '3.1.1.1', '--at', AFTER)).stdout,
    ).toContain('changed since then (1,');
  });

  it('a standing comes from the option or from the records, never from both or from neither', async () => {
    for (const args of [[], ['--subscriber', '--standing', 'verified']]) {
      const { status, stderr } = await cli(['decide', '--address', '3.1.1.1', ...args]);
      expect(status).toBe(1);
      expect(stderr).toContain('give --standing, or --subscriber');
    }
    expect((await cli(['decide', '--subscriber'], 'x\n')).stderr).toContain(
      '--ledger and --keyring',
    );
  });
});

describe('serve --editions', () => {
  const bundleOf = (code: string): Promise<Uint8Array> =>
    acceptedBundle({
      sources: [
        { path: fileOf(`2.0.0.0/8,FR\n3.0.0.0/8,${code}`, 'rows.csv'), built: '2026-06-01' },
      ],
    });
  const serving = (table: string, folder: string): string[] => [
    ...[MAIN, 'serve', '--table', table, '--editions', folder, '--standing-header', 'standing'],
    ...['--listen', '127.0.0.1:0'],
  ];
  const notesIn = (folder: string): string[] =>
    readdirSync(folder)
      .filter(name => name.startsWith('in-force'))
      .flatMap(name => readFileSync(join(folder, name), 'utf8').split('\n'))
      .filter(line => line !== '');

  it('notes its start, each table that takes force, and its end', async () => {
    const folder = newFolder();
    const table = fileOf(await bundleOf('FR'), 'zones.bin');
    const sidecar = await start(process.execPath, serving(table, folder));
    await expect.poll(() => notesIn(folder).length, { timeout: 20_000 }).toBe(1);
    const first = new Date().toISOString();
    writeFileSync(table, await bundleOf('ES'));
    sidecar.child.kill('SIGHUP');
    await expect.poll(() => notesIn(folder).length, { timeout: 20_000 }).toBe(2);
    await new Promise(resolve => setTimeout(resolve, 5));
    const second = new Date().toISOString();
    await sidecar.stop();
    expect(notesIn(folder)).toHaveLength(3);
    const zoneAt = async (at: string) =>
      (await cli(['locate', '3.1.1.1', '--at', at, '--editions', folder])).stdout.split('\t')[1];
    expect(await zoneAt(first)).toBe('home');
    expect(await zoneAt(second)).toBe('eea');
    const [, , last] = notesIn(folder);
    const end = (JSON.parse(last!) as { at: string }).at;
    expect(await zoneAt(end)).toBeUndefined();
  });

  it('serves although the folder is lost, and says so once', async () => {
    const folder = newFolder();
    const table = fileOf(await bundleOf('FR'), 'zones.bin');
    const sidecar = await start(process.execPath, serving(table, folder));
    await expect.poll(() => notesIn(folder).length, { timeout: 20_000 }).toBe(1);
    // The sidecar may still write when its note is there: a removal that it crosses is tried again.
    rmSync(folder, { recursive: true, maxRetries: 10, retryDelay: 50 });
    writeFileSync(folder, 'not a folder');
    for (const code of ['ES', 'GB']) {
      writeFileSync(table, await bundleOf(code));
      sidecar.child.kill('SIGHUP');
      const { id } = decodeBundle(readFileSync(table)).edition;
      await expect.poll(() => sidecar.output().includes(id), { timeout: 20_000 }).toBe(true);
      await new Promise(resolve => setTimeout(resolve, 500));
    }
    expect(await sidecar.stop()).toBe(0);
    expect(sidecar.output().split('is not kept in the folder of past editions')).toHaveLength(2);
  });
});
