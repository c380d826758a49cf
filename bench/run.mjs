/**
 * `npm run bench`: every question in a process of its own, as a table on the terminal; archived as JSON and as a picture under
 * `bench/runs/<date>-<machine>/`. `--floor`: a short run that fails below the floors.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FLOOR, machine } from './harness.mjs';
import { picture } from './picture.mjs';

/** Those named after `--skip`, separated by commas, are left out: gateway and gateway-parts take ten minutes each. */
const SKIPPED = (process.argv[process.argv.indexOf('--skip') + 1] ?? '').split(',');
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
  mkdirSync(folder, { recursive: true });
  const lines = Object.fromEntries(TOLD.map(name => [name, told[name].split('\n')]));
  const archived = { day, machine: machine(), results, ...lines };
  writeFileSync(`${folder}/results.json`, `${JSON.stringify(archived, null, 2)}\n`);
  writeFileSync(`${folder}/results.svg`, picture(results, machine()));
}
