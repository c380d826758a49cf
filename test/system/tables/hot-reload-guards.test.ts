import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { compileBundle, watchZoneTable } from '../../../src/entry/tables.ts';
import { loadZoneTable, openGate } from '../../../src/index.ts';
import { fileOf, inFolder } from '../../support/tables.ts';
import { FRENCH, rename, SPANISH, watchedFile, watching } from '../../support/watching.ts';

describe('a watch', () => {
  it('looks at once when asked, does not wait for quiet, and looks once at a time', async () => {
    const path = watchedFile(FRENCH!);
    const { watch, next, zone } = await watching(path, { everyMs: 1e6, quietMs: 1e6 });
    await next();
    rename(path, SPANISH!);
    const looks = await Promise.all([watch.check(), watch.check()]);
    expect(looks.map(({ type }) => type)).toEqual(['replaced', 'unchanged']);
    expect(zone()).toBe('eea');
  });

  it('goes on when a listener throws', async () => {
    const path = watchedFile(FRENCH!);
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

  it('puts no table of another home State in force', async () => {
    const german = await compileBundle({
      sources: [{ path: fileOf('2.0.0.0/8,DE\n9.0.0.0/8,FR'), built: '2026-06-01' }],
      home: 'DE',
    });
    const { next, gate } = await watching(watchedFile(german));
    expect(await next()).toMatchObject({ type: 'refused', error: { code: 'ERR_HOME' } });
    expect(gate.table.edition.home).toBe('FR');
    const table = await loadZoneTable(german);
    expect(() => gate.replaceTable(table)).toThrow(expect.objectContaining({ code: 'ERR_HOME' }));
  });

  it('does not open pipes, which would block a thread that all file work shares', async () => {
    const path = inFolder('pipe');
    execFileSync('mkfifo', [path]);
    const { next, watch } = await watching(path);
    for (let round = 0; round < 6; round++)
      expect(await next()).toMatchObject({
        type: 'refused',
        error: { message: `the path is a pipe or a device, not a file (${path})`, path },
      });
    watch.close();
  });

  it('does not keep a process alive, nor does work that is not awaited', () => {
    const script = `
      import { openGate } from '${new URL('../../../dist/index.js', import.meta.url)}';
      import { watchZoneTable } from '${new URL('../../../dist/tables.js', import.meta.url)}';
      const gate = await openGate();
      watchZoneTable(gate, { sources: [{ path: ${JSON.stringify(fileOf('2.0.0.0/8,FR\n'.repeat(3_000_000)))}, built: '2026-06-01' }] }, { onEvent: event => console.log(event.type) });
      console.log('over');`;
    // If it were kept alive, it would print the outcome of its first look.
    expect(
      execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }),
    ).toBe('over\n');
  });

  it('stops once closed, even during a look', async () => {
    const path = watchedFile(FRENCH!);
    const { watch, next, zone, events } = await watching(path);
    await next();
    rename(path, SPANISH!);
    const look = watch.check();
    watch.close();
    expect((await look).type).toBe('unchanged');
    expect((await watch.check()).type).toBe('unchanged');
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
  ])('refuses invalid options: %j', async options => {
    const gate = await openGate();
    expect(() => watchZoneTable(gate, '/nowhere', options as never)).toThrow(
      expect.objectContaining({ code: 'ERR_ARGUMENT' }),
    );
    expect(() => watchZoneTable(gate, { sources: 7 } as never)).toThrow(
      expect.objectContaining({ code: 'ERR_ARGUMENT' }),
    );
    expect(() => watchZoneTable({} as never, '/nowhere')).toThrow(
      expect.objectContaining({ code: 'ERR_ARGUMENT' }),
    );
  });
});
