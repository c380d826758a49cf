/**
 * `npm run bench`: every question in a process of its own, as a table on the terminal; archived as JSON and as a picture under
 * `bench/runs/<date>-<machine>/`. `--floor`: a short run that fails below the floors. `--into`: puts the questions that are not
 * skipped in the place of those that an archive has, and says so there.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FLOOR, machine } from './harness.mjs';
import { picture } from './picture.mjs';

/** What follows an option; empty if it is not given. */
const given = option =>
  process.argv.includes(option) ? (process.argv[process.argv.indexOf(option) + 1] ?? '') : '';
/** Those named after `--skip`, separated by commas, are left out: gateway and gateway-parts take ten minutes each. */
const SKIPPED = given('--skip').split(',');
/** The archive whose questions are replaced. */
const INTO = given('--into');
const QUESTIONS = [
  'locate',
  'decide',
  'reload',
  'ledger',
  'standings',
  'fleet',
  'start',
  'threads',
  'day',
].filter(name => !SKIPPED.includes(name));
/** Those that tell what they saw in words. */
const TOLD = ['gateway', 'gateway-parts', 'sidecar'];
const path = name => fileURLToPath(new URL(name, import.meta.url));

function run(name, ...options) {
  const args = ['--expose-gc', path(`${name}.mjs`), ...options];
  const { status, stdout } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) process.exitCode = 1;
  return stdout;
}

const { cpu, cores, node } = machine();
console.log(
  `${cpu}, ${cores} cores, Node ${node}; medians of rounds in shuffled order, spread in brackets`,
);
if (FLOOR)
  for (const name of [...QUESTIONS, 'gateway', 'sidecar'])
    console.log(run(name, '--floor').trimEnd());
else {
  const results = QUESTIONS.flatMap(name => {
    const text = run(name, '--json');
    spawnSync(process.execPath, [path('print.mjs')], {
      input: text,
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    return JSON.parse(text || '[]');
  });
  const told = Object.fromEntries(
    TOLD.map(name => [name, SKIPPED.includes(name) ? '' : run(name).trim()]),
  );
  for (const text of Object.values(told)) if (text !== '') console.log(`\n${text}`);
  const day = new Date().toISOString().slice(0, 10);
  const folder = path(
    `runs/${day}-${cpu.replace(/\W+/g, '-').toLowerCase()}-node-${node.split('.')[0]}/`,
  );
  const lines = Object.fromEntries(
    TOLD.filter(name => told[name] !== '').map(name => [name, told[name].split('\n')]),
  );
  const archived = { day, machine: machine(), results, ...lines };
  archive(INTO === '' ? folder : INTO, INTO === '' ? archived : replacing(INTO, archived));
}

/** Returns an archive with the questions of a run in the place of its own. */
function replacing(folder, { results, ...run }) {
  const before = JSON.parse(readFileSync(`${folder}/results.json`, 'utf8'));
  const titles = results.map(({ title }) => title);
  const kept = before.results.filter(({ title }) => !titles.includes(title));
  const again = [...(before.again ?? []), { time: new Date().toISOString(), titles }];
  return { ...before, ...run, again, results: [...results, ...kept] };
}

function archive(folder, archived) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/results.json`, `${JSON.stringify(archived, null, 2)}\n`);
  writeFileSync(`${folder}/results.svg`, picture(archived.results, archived.machine));
}
