/**
 * Tests that the figures of the README come from an archived run, and that the benchmark floor
 * fails when it should.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const file = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const read = (name: string): string => readFileSync(file(name), 'utf8');
const load = (name: string) => import(file(`bench/${name}.mjs`));

describe('the figures', () => {
  const folder = /\((bench\/runs\/[^/]+)\/results\.svg\)/.exec(read('README.md'))![1]!;
  const run = JSON.parse(read(`${folder}/results.json`));

  it('of the README and of docs/performance.md are what the script makes of the archived run that they name', async () => {
    const { between, figures, service } = await load('readme');
    expect(between(read('README.md'), figures(run, folder))).toBe(read('README.md'));
    expect(between(read('docs/performance.md'), service(run))).toBe(read('docs/performance.md'));
    expect(read('README.md')).toContain(run.machine.cpu);
  });

  it('of the sizing of a fleet are what the script makes of the newest archived run at that size', async () => {
    const { between, scaleFolder, sizing } = await load('readme');
    const text = read(`${scaleFolder()}/scale.txt`);
    expect(between(read('docs/fleet.md'), sizing(text, scaleFolder()))).toBe(read('docs/fleet.md'));
    const without = text.replace(/^Redis, memory of this month.*$/m, '');
    expect(() => sizing(without, scaleFolder())).toThrow('not in the run');
  });

  it('of nginx with the sidecar come from their own archived run', () => {
    const output = read(`${folder}/sidecar.txt`);
    const figures = [...output.matchAll(/question: ([\d.]+ %)/g)].map(match => match[1]!);
    expect(figures).toHaveLength(2);
    const [, manifests] = [...output.matchAll(/guarded +(\d+ requests)/g)].map(match => match[1]!);
    for (const figure of [...figures, `${manifests} a second`, `${folder}/sidecar.txt`])
      expect(read('docs/performance.md')).toContain(figure);
  });

  it('of nginx in the README are those of the sidecar, not of what is measured next to it', async () => {
    const { figures } = await load('readme');
    const sidecar = [
      '  bare     9000 requests/s',
      '  guarded  2000 requests/s',
      '  throughput of geoip2: 97.1 % of that without',
      '  throughput with the question: 77.7 % of that without',
      '  bare     9000 requests/s',
      '  guarded  4321 requests/s',
      '  throughput of by hand: 60.1 % of that without',
      '  throughput with the question: 44.4 % of that without',
    ];
    const text = figures({ ...run, sidecar }, folder);
    expect(text).toContain('keeps 77.7 % and 44.4 %');
    expect(text).toContain('4,321 manifests a second');
  });

  it("are drawn from the results, ours and every peer's", async () => {
    const { picture } = await load('picture');
    const svg = read(`${folder}/results.svg`);
    expect(svg).toBe(picture(run.results, run.machine));
    const drawn = run.results.find(
      ({ title }: { title: string }) => title === 'Locate: IPv4 skewed',
    );
    for (const { name } of drawn.rows) expect(svg).toContain(name);
  });

  it('come from a run that measured every question', () => {
    const titles: string[] = run.results.map(
      ({ title }: { title: string }) => title.split(/[,:] /)[0],
    );
    for (const start of [
      'Locate',
      'The parts',
      'Decide with evidence',
      'Reload under load',
      'Cards into the ledger',
      'Cards into PostgreSQL',
      'Cards into Redis',
    ])
      expect(titles.some(title => title.startsWith(start))).toBe(true);
    for (const start of [
      'Whole processes',
      'The bundled table',
      'Compile',
      'Worker threads',
      'A day of 1,000,000',
    ])
      expect(titles.some(title => title.startsWith(start))).toBe(true);
    expect(run.gateway.join('\n')).toContain('throughput with the plugin');
  });
});

/** Reports made-up results the way a benchmark does. */
function reported(results: unknown, ...options: string[]) {
  const code = `import { report } from ${JSON.stringify(file('bench/harness.mjs'))}; report(${JSON.stringify(results)});`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', code, 'x', ...options], {
    encoding: 'utf8',
  });
}

describe('the floor', () => {
  const rows = [
    { name: 'slow', value: 300 },
    { name: 'fast', value: 100, ours: true, bytes: 0.7, collections: 0 },
  ];

  it('is a ratio of two rows of one run', async () => {
    const { ratio } = await load('harness');
    expect(ratio(rows, 'gain', 'slow', 'fast', { least: 2 })).toEqual([
      { name: 'gain', value: 3, floor: 'at least 2', isFine: true },
    ]);
    expect(ratio(rows, 'gain', 'slow', 'fast', { least: 4 })[0].isFine).toBe(false);
    expect(ratio(rows, 'cost', 'fast', 'slow', { most: 0.3 })[0].isFine).toBe(false);
    expect(ratio(rows, 'gain', 'absent', 'fast', { least: 2 })).toEqual([]);
  });

  it('fails a run below it, and one that allocates, only with --floor', async () => {
    const { leaks, ratio } = await load('harness');
    const below = {
      title: 'x',
      unit: 'ns',
      rows,
      ratios: ratio(rows, 'gain', 'slow', 'fast', { least: 4 }),
    };
    expect(reported([below], '--floor').status).toBe(1);
    expect(reported([below], '--floor').stderr).toContain('below the floor: gain');
    expect(reported([below]).status).toBe(0);
    expect(leaks(rows)).toEqual(['fast allocates 0.70 bytes']);
    expect(
      reported([{ title: 'x', unit: 'ns', rows, failures: leaks(rows) }], '--floor').status,
    ).toBe(1);
    expect(reported([{ title: 'x', unit: 'ns', rows, failures: [] }], '--floor').status).toBe(0);
  });
});
