/** `npm run accuracy -- TRUTH.csv...`: how often are the table and its sources wrong about networks whose country is known? Writes no address. */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { decodeBundle } from '../src/geo/bundle.ts';
import { compile, type Standpoint } from '../src/geo/merge-sources.ts';
import { loadSource, type Source } from '../src/geo/source.ts';
import { intervalsOf } from '../src/geo/table-intervals.ts';
import { standpointOf } from '../src/tables/compile-config.ts';
import { bundledTable } from '../src/tables.ts';
import { asMarkdown, asSvg } from './accuracy-page.ts';
import { fetchedSource, ORIGINS } from './fetch.ts';
import { parseTruth, type Scored, score } from './truth.ts';

const USAGE = 'npm run accuracy -- TRUTH.csv... [--mmdb FILE]... [--table FILE] [--svg FILE]';

async function scoredSource(source: Source & { name: string }, standpoint: Standpoint) {
  const intervals = compile([await loadSource(source)], standpoint);
  return { name: source.name, intervals };
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      mmdb: { type: 'string', multiple: true, default: [] },
      table: { type: 'string', default: bundledTable() },
      svg: { type: 'string' },
    },
  });
  if (positionals.length === 0) throw new Error(`name at least one file: ${USAGE}`);
  const files = positionals.map(path => parseTruth(readFileSync(path, 'utf8'), path));
  const rows = files.flatMap(file => file.rows);
  const withoutCountry = files.reduce((sum, file) => sum + file.withoutCountry, 0);

  const { edition, ...layout } = decodeBundle(readFileSync(values.table));
  const intervals = intervalsOf(layout);
  const standpoint = standpointOf({
    home: edition.home,
    on: edition.on,
    licence: { also: [], except: [] },
  });
  const scored: Scored[] = [{ name: 'table', intervals }];
  const absent: string[] = [];
  for (const origin of ORIGINS) {
    const source = fetchedSource(origin);
    if (source === undefined) absent.push(origin.name);
    else scored.push(await scoredSource(source, standpoint));
  }
  for (const path of values.mmdb)
    scored.push(await scoredSource({ path, name: basename(path) }, standpoint));

  const groups = score(rows, scored, standpoint.zone);
  const caption = `Edition ${edition.id}, home State ${edition.home}, by the law of ${edition.on}: ${rows.length.toLocaleString('en')} rows`;
  console.log(`${caption}; ${withoutCountry} more without a country are not scored.`);
  if (absent.length > 0)
    console.log(`Sources not fetched, so not scored: ${absent.join(', ')} (npm run data:fetch).`);
  console.log(`\n${asMarkdown(groups)}`);
  if (values.svg !== undefined) writeFileSync(values.svg, asSvg(groups, caption));
}

try {
  await main();
} catch (error) {
  // Only the message: a stack or a cause could quote a row.
  console.error((error as Error).message);
  process.exitCode = 1;
}
