/** Tests the folder of past editions: what it says was in force, what it keeps, what it refuses. */
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type EditionArchiveOptions,
  openEditionArchive,
  watchZoneTable,
} from '../../../src/entry/tables.ts';
import { openGate, type ZoneTable } from '../../../src/index.ts';
import { fileOf, inFolder, tableOf } from '../../support/tables.ts';

const [FIRST, SECOND, THIRD, FOURTH] = (await Promise.all(
  ['FR', 'ES', 'US', 'FR\n4.0.0.0/8,ES'].map(code => tableOf([`2.0.0.0/8,FR\n3.0.0.0/8,${code}`])),
)) as [ZoneTable, ZoneTable, ZoneTable, ZoneTable];

const HOUR = 3_600_000;
const START = Date.parse('2026-11-21T18:00:00Z');
let folders = 0;
const newFolder = (): string => inFolder(`editions-${++folders}`);

/** A gateway that notes on a clock that the test sets. */
async function gateway(folder: string, options: EditionArchiveOptions = {}) {
  const time = { now: START };
  const archive = await openEditionArchive(folder, { clock: () => time.now, ...options });
  return {
    archive,
    note: (hour: number, table: ZoneTable) => {
      time.now = START + hour * HOUR;
      return archive.note(table);
    },
    stop: (hour: number) => {
      time.now = START + hour * HOUR;
      return archive.noteStop();
    },
    prune: (at: string) => {
      time.now = Date.parse(at);
      return archive.prune();
    },
  };
}

const idOf = ({ edition }: ZoneTable): string => edition.id;

async function inForce(folder: string, hour: number): Promise<string[]> {
  const archive = await openEditionArchive(folder);
  const found = (await archive.history()).inForceAt(START + hour * HOUR);
  return found.map(({ edition }) => edition).sort();
}

describe('what was in force', () => {
  it('is the edition that was noted last, from its moment on, and nothing before or after', async () => {
    const folder = newFolder();
    const { note, stop } = await gateway(folder);
    await note(1, FIRST);
    await note(2, SECOND);
    await stop(3);
    expect(await inForce(folder, 0.99)).toEqual([]);
    expect(await inForce(folder, 1)).toEqual([idOf(FIRST)]);
    expect(await inForce(folder, 1.999)).toEqual([idOf(FIRST)]);
    expect(await inForce(folder, 2)).toEqual([idOf(SECOND)]);
    expect(await inForce(folder, 3)).toEqual([]);
  });

  it('is all that gateways had which share the folder, while they differ', async () => {
    const folder = newFolder();
    const one = await gateway(folder);
    const other = await gateway(folder);
    await one.note(1, FIRST);
    await other.note(1.1, FIRST);
    await one.note(2, SECOND);
    await other.note(2.5, SECOND);
    expect(await inForce(folder, 1.5)).toEqual([idOf(FIRST)]);
    expect(await inForce(folder, 2.2)).toEqual([idOf(FIRST), idOf(SECOND)].sort());
    expect(await inForce(folder, 2.6)).toEqual([idOf(SECOND)]);
  });

  it('counts a gateway that runs on while others come and go', async () => {
    const folder = newFolder();
    const running = await gateway(folder);
    await running.note(1, FIRST);
    const other = await gateway(folder);
    await other.note(2, SECOND);
    await other.stop(3);
    await running.note(13, FIRST);
    expect(await inForce(folder, 2.5)).toEqual([idOf(FIRST), idOf(SECOND)].sort());
    expect(await inForce(folder, 12)).toEqual([idOf(FIRST)]);
    expect((await running.archive.history()).inForceAt(START + 14 * HOUR)[0]?.since).toBe(
      '2026-11-21T19:00:00.000Z',
    );
  });

  it('does not count a gateway that was killed once it should have repeated its note', async () => {
    const folder = newFolder();
    await (await gateway(folder)).note(1, FIRST);
    await (await gateway(folder)).note(2, SECOND);
    expect(await inForce(folder, 9)).toEqual([idOf(FIRST), idOf(SECOND)].sort());
    expect(await inForce(folder, 14.5)).toEqual([idOf(SECOND)]);
    expect(await inForce(folder, 15.5)).toEqual([]);
  });

  it('is in doubt where the clock of a gateway was set back', async () => {
    const folder = newFolder();
    const { note, archive } = await gateway(folder);
    await note(5, FIRST);
    await note(2, SECOND);
    expect((await archive.history()).damaged).toBe(1);
  });

  it('a note that could not be written is written later, with its own moment', async () => {
    const folder = newFolder();
    const { note, archive } = await gateway(folder);
    await note(1, FIRST);
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'not a folder');
    await expect(note(2, SECOND)).rejects.toMatchObject({ code: 'ERR_EDITION' });
    rmSync(folder);
    mkdirSync(folder);
    await note(4, THIRD);
    expect(await inForce(folder, 3)).toEqual([idOf(SECOND)]);
    expect((await archive.list()).map(({ id }) => id).sort()).toEqual(
      [idOf(SECOND), idOf(THIRD)].sort(),
    );
  });

  it('comes with the offers and the version of the library that were noted', async () => {
    const folder = newFolder();
    const offers = { default: { unknown: 'tolerate' }, trial: {} } as const;
    const { note, archive } = await gateway(folder, { offers, library: '0.1.0' });
    await note(1, FIRST);
    const [found] = (await archive.history()).inForceAt(START + HOUR);
    expect(found).toMatchObject({
      edition: idOf(FIRST),
      since: '2026-11-21T19:00:00.000Z',
      library: '0.1.0',
      offers: { default: { unknown: 'tolerate', paid: true }, trial: { unknown: 'refuse' } },
    });
    for (const name of readdirSync(folder).filter(each => each.startsWith('offers-')))
      writeFileSync(join(folder, name), '{"default":{"unknown":"refuse"}}');
    const [changed] = (await archive.history()).inForceAt(START + HOUR);
    expect(changed?.offers).toBeUndefined();
  });

  it('a note that was cut off is counted, and costs no note after it', async () => {
    const folder = newFolder();
    const { note } = await gateway(folder);
    await note(1, FIRST);
    const notes = join(folder, 'in-force-2026-11.jsonl');
    appendFileSync(notes, readFileSync(notes, 'utf8').trim().slice(0, 40));
    const later = await gateway(folder);
    await later.note(2, SECOND);
    expect(await inForce(folder, 2)).toContain(idOf(SECOND));
    expect((await later.archive.history()).damaged).toBe(1);
  });

  it('agrees with a simple reading of when each gateway ran', async () => {
    const step = fc.record({
      gateway: fc.nat(2),
      minute: fc.integer({ min: 1, max: 300 }),
      does: fc.constantFrom(0, 1, 2, 'stop' as const),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(step, { selector: each => each.minute, minLength: 1, maxLength: 12 }),
        fc.array(fc.integer({ min: 0, max: 320 }), { minLength: 5, maxLength: 5 }),
        async (steps, minutes) => {
          const folder = newFolder();
          const tables = [FIRST, SECOND, THIRD];
          const gateways = [await gateway(folder), await gateway(folder), await gateway(folder)];
          const ordered = [...steps].sort((a, b) => a.minute - b.minute);
          // Every gateway stops in the end: then it is known of each moment who ran.
          const ends = [0, 1, 2].map(each => ({
            gateway: each,
            minute: 301 + each,
            does: 'stop' as const,
          }));
          for (const { gateway: which, minute, does } of [...ordered, ...ends]) {
            const each = gateways[which]!;
            if (does === 'stop') await each.stop(minute / 60);
            else await each.note(minute / 60, tables[does]!);
          }
          for (const minute of minutes) {
            const running = [0, 1, 2].flatMap(which => {
              const last = [...ordered, ...ends].findLast(
                each => each.gateway === which && each.minute <= minute,
              );
              return last === undefined || last.does === 'stop' ? [] : [idOf(tables[last.does]!)];
            });
            expect(await inForce(folder, minute / 60)).toEqual([...new Set(running)].sort());
          }
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('the editions in the folder', () => {
  it('are loaded as the tables that they were', async () => {
    const folder = newFolder();
    const { note, archive } = await gateway(folder);
    await note(1, FIRST);
    await note(2, SECOND);
    expect((await archive.list()).map(({ id }) => id).sort()).toEqual(
      [idOf(FIRST), idOf(SECOND)].sort(),
    );
    const table = await archive.load(idOf(SECOND));
    expect(table.edition.id).toBe(idOf(SECOND));
    expect(table.locate('3.1.1.1').zone).toBe('eea');
    expect((await archive.load(idOf(FIRST))).locate('3.1.1.1').zone).toBe('home');
  });

  it('are refused if they are missing, damaged, or another edition under a false name', async () => {
    const folder = newFolder();
    const { note, archive } = await gateway(folder);
    await note(1, FIRST);
    await note(2, SECOND);
    const path = (table: ZoneTable): string => join(folder, `${idOf(table)}.zones`);
    for (const id of [idOf(THIRD), '../secret', '', '2026-06-01-zzzzzzzzzzzz'])
      await expect(archive.load(id)).rejects.toMatchObject({ code: 'ERR_EDITION' });
    copyFileSync(path(SECOND), path(FIRST));
    await expect(archive.load(idOf(FIRST))).rejects.toMatchObject({ code: 'ERR_EDITION' });
    const bytes = readFileSync(path(SECOND));
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(path(SECOND), bytes);
    await expect(archive.load(idOf(SECOND))).rejects.toMatchObject({ code: 'ERR_TABLE_CHECKSUM' });
  });

  it('stay until their retention ends, and the newest for longer', async () => {
    const folder = newFolder();
    const { note, stop, prune, archive } = await gateway(folder, {
      months: 1,
      least: 1,
      offers: {},
    });
    await note(1, FIRST);
    await note(2, SECOND);
    await note(3, THIRD);
    await stop(4);
    for (const table of [FIRST, SECOND, THIRD])
      utimesSync(join(folder, `${idOf(table)}.zones`), START / 1000, START / 1000);
    const other = await gateway(folder, { months: 1, least: 1 });
    await other.note(24 * 30, FOURTH);
    expect(await prune('2026-12-31T23:00:00Z')).toBe(0);
    expect(await prune('2027-01-01T00:00:00Z')).toBe(3);
    expect((await archive.list()).map(({ id }) => id)).toEqual([idOf(FOURTH)]);
    expect(readdirSync(folder).filter(name => name.startsWith('in-force'))).toEqual([
      'in-force-2026-12.jsonl',
    ]);
  });

  it('stay while they are in force, and as long as the clock may be wrong', async () => {
    const folder = newFolder();
    const { note, prune, archive } = await gateway(folder, { months: 0, least: 1 });
    for (let day = 0; day <= 120; day += 30) await note(24 * day, day < 120 ? FIRST : SECOND);
    utimesSync(join(folder, `${idOf(FIRST)}.zones`), START / 1000, START / 1000);
    // The month began under the first edition.
    expect(await prune('2027-03-25T00:00:00Z')).toBe(0);
    expect(await prune('2037-04-01T00:00:00Z')).toBe(0);
    expect(await archive.list()).toHaveLength(2);
    expect(await prune('2027-04-01T00:00:00Z')).toBe(1);
  });

  it('notes of a month stay if older ones stay: nothing looks as if it had lasted', async () => {
    const folder = newFolder();
    const { note, prune } = await gateway(folder, { months: 0, least: 1 });
    await note(0, FIRST);
    await note(24 * 15, SECOND);
    await note(24 * 40, FIRST);
    for (const [at, table] of [SECOND, FIRST].entries())
      utimesSync(join(folder, `${idOf(table)}.zones`), START / 1000 + at, START / 1000 + at);
    expect(await prune('2027-01-01T00:00:00Z')).toBe(1);
    expect(await inForce(folder, 24 * 16)).toEqual([idOf(SECOND)]);
  });

  it('options and a folder that cannot be are refused by name', async () => {
    for (const options of [{ months: -1 }, { least: 0 }, { colour: 1 }, { library: 1 }])
      await expect(
        openEditionArchive(newFolder(), options as EditionArchiveOptions),
      ).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    await expect(
      openEditionArchive(newFolder(), { offers: { default: { paid: 'x' as never } } }),
    ).rejects.toMatchObject({ code: 'ERR_OFFER' });
    await expect(openEditionArchive('/dev/null/editions')).rejects.toMatchObject({
      code: 'ERR_EDITION',
      system: 'ENOTDIR',
    });
  });
});

it('a watch notes the table that it finds in force, and each one that replaces it', async () => {
  const folder = newFolder();
  const archive = await openEditionArchive(folder);
  const path = fileOf('2.0.0.0/8,FR\n3.0.0.0/8,ES', 'rows.csv');
  const gate = await openGate({ table: FIRST });
  const config = { sources: [{ path, built: '2026-06-01' }] };
  const watch = watchZoneTable(gate, config, { archive, everyMs: 60_000, accept: [idOf(SECOND)] });
  expect(await watch.check()).toMatchObject({ type: 'replaced', edition: { id: idOf(SECOND) } });
  await expect
    .poll(async () => (await archive.list()).map(({ id }) => id).sort())
    .toEqual([idOf(FIRST), idOf(SECOND)].sort());
  const [now] = (await archive.history()).inForceAt(Date.now());
  expect(now?.edition).toBe(idOf(SECOND));
  expect(() => watchZoneTable(gate, config, { archive: {} as never })).toThrow(
    expect.objectContaining({ code: 'ERR_ARGUMENT' }),
  );
  watch.close();
  await archive.noteStop();
  await gate.close();
});
