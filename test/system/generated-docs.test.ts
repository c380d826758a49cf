import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { decisionTable } from '../../docs/decision-table.ts';
import { keptPage } from '../../docs/kept.ts';
import { bundledPackages, thirdPartyNotices } from '../../docs/third-party-notices.ts';
import { DESK_WORDS } from '../../src/cli/words/desk.ts';
import { EVIDENCE_WORDS } from '../../src/cli/words/evidence.ts';
import { GENERAL_WORDS } from '../../src/cli/words/general.ts';
import { SERVE_WORDS } from '../../src/cli/words/serve.ts';
import { TABLE_WORDS } from '../../src/cli/words/table.ts';
import { memoryLedger } from '../../src/entry/ledger.ts';
import { ANONYMISER_FIELDS, OVERLAY_KINDS } from '../../src/entry/tables.ts';
import { checkGuards, DEFAULT_SHARES } from '../../src/geo/guards.ts';
import { registerMetrics } from '../../src/http/metrics.ts';
import { createReloadStatus } from '../../src/http/reload-status.ts';
import { createSidecarMetrics } from '../../src/http/sidecar-metrics.ts';
import { createUpdateStatus } from '../../src/http/update-status.ts';
import { DOUBT_REASONS, EVENT_TYPES, openGate, STANDINGS } from '../../src/index.ts';
import { completeTableConfig } from '../../src/tables/compile-config.ts';
import { cli } from '../support/cli.ts';
import { newKeyring } from '../support/gate.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

it('docs/decision-table.md is current (npm run docs)', () => {
  const written = readFileSync(new URL('../../docs/decision-table.md', import.meta.url), 'utf8');
  expect(written).toBe(decisionTable());
});

it('docs/residence.md quotes the newest archived import, which keeps its promise', () => {
  const runs = readdirSync(join(ROOT, 'bench/runs')).filter(name => name.endsWith('-import'));
  const run = readFileSync(join(ROOT, 'bench/runs', runs.sort().at(-1)!, 'import.txt'), 'utf8');
  const page = readFileSync(new URL('../../docs/residence.md', import.meta.url), 'utf8');
  expect(page).toContain(`\`\`\`text\n${run}\`\`\``);
  const rateOf = (name: string): number =>
    Number(
      new RegExp(`^${name}, first: .*?, ([\\d,]+) subscribers`, 'm')
        .exec(run)![1]!
        .replaceAll(',', ''),
    );
  expect(rateOf('SQLite')).toBeGreaterThanOrEqual(10_000);
  expect(rateOf('PostgreSQL')).toBeGreaterThanOrEqual(5000);
  expect(run).toContain('3,000,000 subscribers');
});

it('docs/fleet.md quotes the newest archived day beyond the memory, which lost nothing', () => {
  const runs = readdirSync(join(ROOT, 'bench/runs')).filter(name => name.endsWith('-forget'));
  const run = readFileSync(join(ROOT, 'bench/runs', runs.sort().at(-1)!, 'forget.txt'), 'utf8');
  const page = readFileSync(new URL('../../docs/fleet.md', import.meta.url), 'utf8');
  expect(page).toContain(`\`\`\`text\n${run}\`\`\``);
  expect(run.match(/ 0 lost,/g)).toHaveLength(2);
});

it('docs/evidence.md quotes the newest archived erasures, few and many, on both stores', () => {
  const runs = readdirSync(join(ROOT, 'bench/runs')).filter(name => name.endsWith('-erasures'));
  const run = readFileSync(join(ROOT, 'bench/runs', runs.sort().at(-1)!, 'erasures.txt'), 'utf8');
  const page = readFileSync(new URL('../../docs/evidence.md', import.meta.url), 'utf8');
  expect(page).toContain(`\`\`\`text\n${run}\`\`\``);
  expect(run.match(/^(SQLite and a file|PostgreSQL), (1,000|100,000) tombstones/gm)).toHaveLength(
    4,
  );
});

it('docs/fleet.md quotes the newest archived run at the size of a large service, whole', () => {
  const runs = readdirSync(join(ROOT, 'bench/runs')).filter(name => name.endsWith('-scale'));
  const run = readFileSync(join(ROOT, 'bench/runs', runs.sort().at(-1)!, 'scale.txt'), 'utf8');
  const page = readFileSync(new URL('../../docs/fleet.md', import.meta.url), 'utf8');
  expect(page).toContain(`\`\`\`text\n${run}\`\`\``);
  for (const engine of ['PostgreSQL', 'Redis']) {
    expect(run).toMatch(new RegExp(`^${engine}, a month of 10,000,000 subscribers: `, 'm'));
    expect(run).toMatch(
      new RegExp(`^${engine}, a year of 1,000,000 subscribers, 13 months: `, 'm'),
    );
    for (const subject of ['read of 13 months', 'purge of', 'killed', 'ledger copy of'])
      expect(run).toMatch(new RegExp(`^${engine}, ${subject}`, 'm'));
  }
});

it.each([
  ['residence.md', 'cold-standings', /, 0 errors$/gm],
  ['evidence.md', 'locked-ledger', / in the ledger, 0 lost; /g],
])('docs/%s quotes the newest archived run of %s, which lost nothing', (name, subject, good) => {
  const runs = readdirSync(join(ROOT, 'bench/runs')).filter(run => run.endsWith(`-${subject}`));
  const file = join(ROOT, 'bench/runs', runs.sort().at(-1)!, `${subject}.txt`);
  const run = readFileSync(file, 'utf8');
  const page = readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
  expect(page).toContain(`\`\`\`text\n${run}\`\`\``);
  expect(run.match(good)).toHaveLength(2);
});

it('docs/kept.md and docs/kept.fr.md are current (npm run docs)', () => {
  for (const [name, language] of [
    ['kept.md', 'en'],
    ['kept.fr.md', 'fr'],
  ] as const)
    expect(readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')).toBe(
      keptPage(language),
    );
});

it('docs/api documents every export, and is current: a change of the public surface is seen (npm run docs)', () => {
  const out = mkdtempSync(join(tmpdir(), 'api-'));
  const { status, stderr } = spawnSync('npx', ['typedoc', '--logLevel', 'Warn', '--out', out], {
    encoding: 'utf8',
    cwd: ROOT,
  });
  expect([stderr, status]).toEqual(['', 0]);
  const pagesIn = (folder: string): string[] =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.md'))
      .sort();
  const kept = join(ROOT, 'docs/api');
  expect(pagesIn(out)).toEqual(pagesIn(kept));
  for (const name of pagesIn(out))
    expect(readFileSync(join(kept, name), 'utf8'), name).toBe(
      readFileSync(join(out, name), 'utf8'),
    );
  rmSync(out, { recursive: true });
});

it('docs/threat-model.md names a test for every defence, and each is there', () => {
  const written = readFileSync(new URL('../../docs/threat-model.md', import.meta.url), 'utf8');
  const rows = written.split('\n').filter(line => /^\| [^-t]|^\| t(?!hreat \|)/.test(line));
  expect(rows.length).toBeGreaterThan(20);
  for (const line of rows) {
    const [, file, sentence] =
      /`(test\/[\w/.-]+)`: (.+) \|$/.exec(line) ?? expect.fail(`no proof: ${line}`);
    expect(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')).toContain(sentence);
  }
});

it('docs/residence.md names every event, ground and standing', () => {
  const written = readFileSync(new URL('../../docs/residence.md', import.meta.url), 'utf8');
  for (const word of [...EVENT_TYPES, ...DOUBT_REASONS, ...STANDINGS])
    expect(written).toContain(`\`${word}\``);
  const named = [...written.matchAll(/^\| `([a-z-]+)` \|/gm)].map(match => match[1]!);
  expect(named.toSorted()).toEqual([...EVENT_TYPES, ...STANDINGS].toSorted());
});

describe('docs/tables.md', () => {
  const written = readFileSync(new URL('../../docs/tables.md', import.meta.url), 'utf8');

  it('names every kind of overlay and every field of anonymisers', () => {
    const kinds = [...written.matchAll(/^\| `([a-z]+)` \|/gm)].map(match => match[1]!);
    expect(kinds.filter(kind => OVERLAY_KINDS.includes(kind as 'places'))).toEqual([
      ...OVERLAY_KINDS,
    ]);
    for (const field of ANONYMISER_FIELDS) expect(written).toContain(`\`${field}\``);
  });

  it('shows a valid build configuration', () => {
    const config = JSON.parse(/```json\n([\s\S]*?)```/.exec(written)![1]!);
    const { guards, ...table } = config;
    expect(() => completeTableConfig(table)).not.toThrow();
    expect(checkGuards(guards)).toEqual(guards);
  });

  it('names the default guards', () => {
    const percent = ([least, most]: readonly [number, number]): string =>
      least === 0 ? `up to\\s+${most * 100} %` : `${least * 100} to ${most * 100} %`;
    for (const bounds of Object.values(DEFAULT_SHARES))
      expect(written).toMatch(new RegExp(percent(bounds)));
  });
});

describe('docs/gateway.md', () => {
  const written = readFileSync(new URL('../../docs/gateway.md', import.meta.url), 'utf8');

  it('names every metric, and none that is not there', async () => {
    const registry = new Registry();
    const evidence = { ledger: memoryLedger(), keyring: await newKeyring() };
    registerMetrics(registry, await openGate({ evidence }));
    createReloadStatus().register(registry);
    createUpdateStatus().register(registry);
    const prefix = 'laissez_passer_';
    createSidecarMetrics(registry);
    const there = registry
      .getMetricsAsArray()
      .filter(({ name }) => name.startsWith(prefix))
      .map(({ name }) => name.slice(prefix.length));
    const rows = [...written.matchAll(/^\| (`laissez_passer_.*?) \|/gm)]
      .map(([, cell]) => cell!)
      .join(', ');
    const named = [...rows.matchAll(/`(?:laissez_passer)?_([a-z_]+)/g)].map(([, name]) => name!);
    expect(named.toSorted()).toEqual(there.toSorted());
  });

  it('names the paths and options of the sidecar', async () => {
    for (const path of ['/check', '/refusal/', '/healthz', '/readyz', '/metrics'])
      expect(written).toContain(path);
    const help = (await cli(['serve', '--help'])).stdout;
    for (const [option] of written.matchAll(
      /--(?:[a-z]+-header|peer|trusted|socket|fitting-status|ledger|keyring|guards|table-state)\b/g,
    ))
      expect(help).toContain(option);
  });
});

it.each(['player.mjs', 'native-player.mjs'])(
  'docs/player.md shows docs/gateway/%s as it is',
  name => {
    const shown = readFileSync(new URL('../../docs/player.md', import.meta.url), 'utf8');
    const file = readFileSync(new URL(`../../docs/gateway/${name}`, import.meta.url), 'utf8');
    expect(shown).toContain(`\`\`\`js\n${file}\`\`\``);
  },
);

describe('docs/proxies.md', () => {
  const written = readFileSync(new URL('../../docs/proxies.md', import.meta.url), 'utf8');

  it('links every file of docs/gateway, and no other; gateway.md links the page', () => {
    const linked = [...written.matchAll(/\]\(gateway\/([\w.@-]+)\)/g)].map(([, name]) => name!);
    const there = readdirSync(join(ROOT, 'docs/gateway')).filter(name => !name.endsWith('.mjs'));
    expect([...new Set(linked)].toSorted()).toEqual(there.toSorted());
    expect(readFileSync(join(ROOT, 'docs/gateway.md'), 'utf8')).toContain('(proxies.md)');
  });

  it('names options that there are', async () => {
    const help = (await cli(['serve', '--help'])).stdout;
    const named = [...written.matchAll(/`(?:laissez-passer serve )?(--[a-z-]+)/g)].map(
      ([, option]) => option!,
    );
    expect(named.length).toBeGreaterThan(3);
    for (const option of named) expect(help).toContain(option);
  });
});

it('no word of the command line is given twice', () => {
  const lists = [DESK_WORDS, EVIDENCE_WORDS, GENERAL_WORDS, SERVE_WORDS, TABLE_WORDS];
  const keys = lists.flatMap(words => Object.keys(words));
  expect(keys.length).toBeGreaterThan(300);
  expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
});

describe('THIRD-PARTY-NOTICES.md', () => {
  it('holds the licence of every package that dist contains a part of', () => {
    const page = readFileSync(new URL('../../THIRD-PARTY-NOTICES.md', import.meta.url), 'utf8');
    expect(page).toBe(thirdPartyNotices());
    const packages = bundledPackages();
    expect(packages).toEqual(expect.arrayContaining(['commander', 'pino', 'pngjs', 'valibot']));
    expect([...page.matchAll(/^## (\S+) /gm)].map(([, name]) => name)).toEqual(packages);
    expect(page.match(/^> Copyright/gm)!.length).toBeGreaterThanOrEqual(packages.length - 2);
  });
});
