/** Small files on disk and tables compiled from them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type CompileOptions, compileZoneTable } from '../../src/entry/tables.ts';
import type { ZoneTable } from '../../src/index.ts';
import type { TableConfig } from '../../src/tables/compile-config.ts';
import { compileTable } from '../../src/tables/compile-sources.ts';
import { createZoneTable, encodeBundle } from './bundles.ts';

const folder = mkdtempSync(join(tmpdir(), 'laissez-passer-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;

/** Writes a new file into a folder that is removed after the test file. */
export function fileOf(content: string | Uint8Array, name = 'source'): string {
  const path = join(folder, `${++files}-${name}`);
  writeFileSync(path, content);
  return path;
}

export const inFolder = (name: string): string => join(folder, name);

/**
 * Does what `compileZoneTable` does without a thread for each call, for properties that need
 * hundreds of tables.
 */
export async function compiledHere(config: TableConfig): Promise<ZoneTable> {
  const { edition, intervals } = await compileTable(config, 0);
  return createZoneTable(edition, intervals);
}

/**
 * A bundle as `table build --accept` writes it, for tests that start `serve` with a table of a few
 * networks, which no guard would let pass.
 */
export async function acceptedBundle(config: TableConfig): Promise<Uint8Array> {
  const { edition, intervals } = await compileTable(config, 0);
  return encodeBundle({ ...edition, accepted: edition.compiled }, intervals);
}

/** Compiles a table from CSV texts, one for each source. */
export const tableOf = (
  texts: readonly string[],
  options: Omit<CompileOptions, 'sources'> = {},
): Promise<ZoneTable> =>
  compileZoneTable({
    ...options,
    sources: texts.map(text => ({ path: fileOf(text, 'rows.csv'), built: '2026-06-01' })),
  });
