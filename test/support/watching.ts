/** A gate whose table is watched, with the events one by one. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import {
  compileBundle,
  type Guards,
  type TableEvent,
  type TableWatch,
  type WatchOptions,
  watchZoneTable,
} from '../../src/entry/tables.ts';
import { loadZoneTable, openGate } from '../../src/index.ts';
import { fileOf, inFolder } from './tables.ts';

export const bundleOf = async (code: string, built = '2026-06-01'): Promise<Uint8Array> =>
  compileBundle({ sources: [{ path: fileOf(`2.0.0.0/8,${code}\n9.0.0.0/8,FR`), built }] });
export const [FRENCH, SPANISH, BRITISH] = await Promise.all(
  ['FR', 'ES', 'GB'].map(code => bundleOf(code)),
);

/** Guards that let tables of two networks pass. */
export const ANY: Guards = {
  shares: { home: [0, 1], eea: [0, 1], outside: [0, 1], unknown: [0, 1], anonymised: [0, 1] },
  bundledSentinels: false,
  moved: 1,
  families: [],
};
const QUICK = { everyMs: 10, quietMs: 40, retryMs: 20, longestRetryMs: 90, guards: ANY };

const open: TableWatch[] = [];
afterEach(() => {
  for (const watch of open.splice(0)) watch.close();
});

/** Opens a gate whose table is watched; `next` returns its events one by one. */
export async function watching(
  from: Parameters<typeof watchZoneTable>[1],
  options: WatchOptions = {},
) {
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

let files = 0;
/** Writes a file into a folder of its own, which the test may replace. */
export function watchedFile(content: Uint8Array): string {
  const folder = inFolder(`watched-${++files}`);
  mkdirSync(folder);
  const path = join(folder, 'zones.bin');
  writeFileSync(path, content);
  return path;
}
export const rename = (path: string, content: Uint8Array): void => {
  writeFileSync(`${path}.new`, content);
  renameSync(`${path}.new`, path);
};
