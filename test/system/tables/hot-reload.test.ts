import {
  copyFileSync,
  mkdirSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { fileOf, inFolder } from '../../support/tables.ts';
import {
  ANY,
  BRITISH,
  FRENCH,
  rename,
  SPANISH,
  watchedFile,
  watching,
} from '../../support/watching.ts';

describe('a watch notices', () => {
  it('a file that is renamed over the old one, and ignores one with the same content', async () => {
    const path = watchedFile(FRENCH!);
    const { gate, next, zone } = await watching(path);
    expect(await next()).toMatchObject({
      type: 'unchanged',
      edition: { id: gate.table.edition.id },
    });
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
    const path = watchedFile(FRENCH!);
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

  it('the sources and overlays of a configuration, and corrections that end', async () => {
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
  it('while the file is missing or broken, which is reported with code and stage at longer and longer intervals', async () => {
    const path = watchedFile(FRENCH!);
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
    expect(event).toMatchObject({
      type: 'refused',
      error: { code: 'ERR_TABLE_TRUNCATED' },
      retryInMs: 20,
    });
    expect(zone()).toBe('home');
    rename(path, SPANISH!);
    while ((await next()).type !== 'replaced');
    expect(zone()).toBe('eea');
  });

  it('while a new one does not pass the guards, until its edition is accepted', async () => {
    const path = watchedFile(FRENCH!);
    const { next, watch, zone } = await watching(path, { guards: { ...ANY, moved: 0.2 } });
    await next();
    rename(path, SPANISH!);
    const event = await next();
    expect(event).toMatchObject({
      type: 'held',
      violations: [
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

  it('unless the new edition was accepted before; by default a table of two networks is held', async () => {
    const path = watchedFile(BRITISH!);
    const held = await watching(path, { guards: {} });
    const event = await held.next();
    expect([event.type, held.zone()]).toEqual(['held', 'home']);
    if (event.type !== 'held') throw new Error();
    const accepted = await watching(path, { guards: {}, accept: [event.edition.id] });
    expect([(await accepted.next()).type, accepted.zone()]).toEqual(['replaced', 'outside']);
  });
});
