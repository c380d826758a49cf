import { copyFileSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import {
  compileBundle,
  type Guards,
  loadZoneTable,
  openGate,
  type TableEvent,
  type TableWatch,
  type WatchOptions,
  watchZoneTable,
} from '../../src/index.ts';
import { fileOf, inFolder } from '../support/tables.ts';

const bundleOf = async (code: string, built = '2026-06-01'): Promise<Uint8Array> =>
  compileBundle({ sources: [{ path: fileOf(`2.0.0.0/8,${code}\n9.0.0.0/8,FR`), built }] });
const [FRENCH, SPANISH, BRITISH] = await Promise.all(['FR', 'ES', 'GB'].map(code => bundleOf(code)));

/** Tables of two networks pass. */
const ANY: Guards = {
  shares: { home: [0, 1], eea: [0, 1], outside: [0, 1], unknown: [0, 1], anonymised: [0, 1] },
  bundledSentinels: false,
  moved: 1,
};
const QUICK = { everyMs: 10, quietMs: 40, retryMs: 20, longestRetryMs: 90, guards: ANY };

const open: TableWatch[] = [];
afterEach(() => {
  for (const watch of open.splice(0)) watch.close();
});

/** A gate whose table is watched, and its events one by one. */
async function watching(from: Parameters<typeof watchZoneTable>[1], options: WatchOptions = {}) {
  const gate = await openGate({ table: await loadZoneTable(FRENCH!) });
  const events: TableEvent[] = [];
  const waiting: (() => void)[] = [];
  const watch = watchZoneTable(gate, from, {
    ...QUICK,
    ...options,
    onEvent: event => {
      events.push(event);
      waiting.shift()?.();
      options.onEvent?.(event);
    },
  });
  open.push(watch);
  const next = async (): Promise<TableEvent> => {
    if (events.length === 0) await new Promise<void>(resolve => waiting.push(resolve));
    return events.shift()!;
  };
  return { gate, watch, next, events, zone: () => gate.table.locate('2.1.1.1').zone };
}

let places = 0;
/** A file of its own that the test may replace. */
function placeOf(content: Uint8Array): string {
  const folder = inFolder(`watched-${++places}`);
  mkdirSync(folder);
  const path = join(folder, 'zones.bin');
  writeFileSync(path, content);
  return path;
}
const rename = (path: string, content: Uint8Array): void => {
  writeFileSync(`${path}.new`, content);
  renameSync(`${path}.new`, path);
};

describe('a watch sees', () => {
  it('a file that is renamed over the old one, and leaves alone what says the same', async () => {
    const path = placeOf(FRENCH!);
    const { gate, next, zone } = await watching(path);
    expect(await next()).toMatchObject({ type: 'unchanged', edition: { id: gate.table.edition.id } });
    const before = gate.table.edition;
    rename(path, SPANISH!);
    const event = await next();
    expect(event).toMatchObject({ type: 'replaced', previous: { id: before.id } });
    expect([zone(), (event as { table: unknown }).table]).toEqual(['eea', gate.table]);
    copyFileSync(path, `${path}.same`);
    renameSync(`${path}.same`, path);
    expect(await next()).toMatchObject({ type: 'unchanged' });
  });

  it('a file that is rewritten in place, once it has been left alone', async () => {
    const path = placeOf(FRENCH!);
    const { next, zone, events } = await watching(path, { quietMs: 150 });
    await next();
    for (let part = 0; part <= 10; part++) {
      writeFileSync(path, SPANISH!.subarray(0, Math.ceil((SPANISH!.length * part) / 10)));
      await delay(20);
      expect([zone(), events.length]).toEqual(['home', 0]);
    }
    expect((await next()).type).toBe('replaced');
    expect(zone()).toBe('eea');
  });

  it('a symbolic link that is swapped, as Kubernetes does', async () => {
    const folder = inFolder('volume');
    for (const [name, content] of Object.entries({ one: FRENCH!, two: SPANISH! })) {
      mkdirSync(join(folder, name), { recursive: true });
      writeFileSync(join(folder, name, 'zones.bin'), content);
    }
    symlinkSync('one', join(folder, '..data'));
    symlinkSync(join('..data', 'zones.bin'), join(folder, 'zones.bin'));
    const { next, zone } = await watching(join(folder, 'zones.bin'));
    expect((await next()).type).toBe('unchanged');
    symlinkSync('two', join(folder, '..data_tmp'));
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
    expect((await next()).type).toBe('replaced');
    expect(zone()).toBe('eea');
  });

  it('the sources and overlays of a recipe, and corrections that end', async () => {
    const time = { now: Date.parse('2026-11-24T23:59:00Z') };
    const sources = [{ path: fileOf('2.0.0.0/8,FR\n9.0.0.0/8,FR'), built: '2026-06-01' }];
    const path = fileOf('2.1.0.0/16,ES,2026-11-24,ticket 7');
    const overlays = [{ path, kind: 'corrections' as const }];
    const { gate, next, zone } = await watching({ sources, overlays }, { clock: () => time.now });
    expect((await next()).type).toBe('replaced');
    expect(zone()).toBe('eea');
    time.now += 120_000;
    expect((await next()).type).toBe('replaced');
    expect([zone(), gate.table.edition.overlays![0]!.through]).toEqual(['home', undefined]);
    writeFileSync(path, '2.1.0.0/16,GB,2026-11-30,ticket 8');
    expect((await next()).type).toBe('replaced');
    expect(zone()).toBe('outside');
  });
});

describe('the old table stays', () => {
  it('while the file is missing or broken, which is told with code and stage, after ever longer whiles', async () => {
    const path = placeOf(FRENCH!);
    const { next, zone } = await watching(path);
    await next();
    unlinkSync(path);
    const waits: number[] = [];
    for (let round = 0; round < 4; round++) {
      const event = await next();
      expect(event).toMatchObject({ type: 'refused', error: { code: 'ERR_TABLE_OPEN' } });
      waits.push((event as { retryInMs: number }).retryInMs);
    }
    expect(waits).toEqual([20, 40, 80, 90]);
    rename(path, SPANISH!.subarray(0, 100));
    let event = await next();
    while (event.type === 'refused' && event.error.code === 'ERR_TABLE_OPEN') event = await next();
    expect(event).toMatchObject({ type: 'refused', error: { code: 'ERR_TABLE_TRUNCATED' }, retryInMs: 20 });
    expect(zone()).toBe('home');
    rename(path, SPANISH!);
    while ((await next()).type !== 'replaced');
    expect(zone()).toBe('eea');
  });

  it('while a new one does not pass the guards, until its edition is accepted', async () => {
    const path = placeOf(FRENCH!);
    const { next, watch, zone } = await watching(path, { guards: { ...ANY, moved: 0.2 } });
    await next();
    rename(path, SPANISH!);
    const event = await next();
    expect(event).toMatchObject({
      type: 'held',
      breaches: [
        { guard: 'moved', zone: 'home', moved: 0.5 },
        { guard: 'moved', zone: 'eea' },
      ],
    });
    expect(zone()).toBe('home');
    expect((await watch.check()).type).toBe('held');
    await next();
    if (event.type !== 'held') throw new Error();
    expect((await watch.accept(event.edition.id)).type).toBe('replaced');
    expect(zone()).toBe('eea');
  });

  it('not where its edition was accepted beforehand; by default a table of two networks is held', async () => {
    const path = placeOf(BRITISH!);
    const held = await watching(path, { guards: {} });
    const event = await held.next();
    expect([event.type, held.zone()]).toEqual(['held', 'home']);
    if (event.type !== 'held') throw new Error();
    const accepted = await watching(path, { guards: {}, accept: [event.edition.id] });
    expect([(await accepted.next()).type, accepted.zone()]).toEqual(['replaced', 'outside']);
  });
});

describe('a watch', () => {
  it('looks at once when asked, does not wait for quiet, and looks once at a time', async () => {
    const path = placeOf(FRENCH!);
    const { watch, next, zone } = await watching(path, { everyMs: 1e6, quietMs: 1e6 });
    await next();
    rename(path, SPANISH!);
    const looks = await Promise.all([watch.check(), watch.check()]);
    expect(looks.map(({ type }) => type)).toEqual(['replaced', 'unchanged']);
    expect(zone()).toBe('eea');
  });

  it('does not end with what a listener throws', async () => {
    const path = placeOf(FRENCH!);
    const { next, zone } = await watching(path, {
      onEvent: () => {
        throw new Error('a listener');
      },
    });
    await next();
    rename(path, SPANISH!);
    await next();
    expect(zone()).toBe('eea');
  });

  it('is over once closed, a look under way included', async () => {
    const path = placeOf(FRENCH!);
    const { watch, next, zone, events } = await watching(path);
    await next();
    rename(path, SPANISH!);
    const look = watch.check();
    watch.close();
    expect((await look).type).toBe('unchanged');
    await delay(100);
    expect([zone(), events.length]).toEqual(['home', 0]);
    rmSync(path);
  });

  it.each([
    { everyMs: 0 },
    { quietMs: Number.NaN },
    { retryMs: '1' },
    { guards: { moved: 2 } },
    { limits: { seconds: 0 } },
    { accept: [7] },
  ])('refuses options that are none: %j', async options => {
    const gate = await openGate();
    expect(() => watchZoneTable(gate, '/nowhere', options as never)).toThrow(
      expect.objectContaining({ code: 'ERR_ARGUMENT' }),
    );
    expect(() => watchZoneTable(gate, { sources: 7 } as never)).toThrow(
      expect.objectContaining({ code: 'ERR_ARGUMENT' }),
    );
    expect(() => watchZoneTable({} as never, '/nowhere')).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT' }));
  });
});
