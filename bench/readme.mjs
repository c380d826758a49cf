/** `node bench/readme.mjs bench/runs/...`: writes the figures of an archived run into the README, between its marks. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const README = fileURLToPath(new URL('../README.md', import.meta.url));
const [FIRST, LAST] = ['<!-- figures -->', '<!-- /figures -->'];
const COLUMNS = ['IPv4 uniform', 'IPv4 skewed', 'IPv6 allocated'];

const shown = value =>
  value === undefined ? '' : value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 0 : 1);

/** The markdown of a run's figures. `folder` is where the README finds it. */
export function figures({ day, machine, results, gateway }, folder) {
  const of = title => results.find(result => result.title === title);
  const value = (title, name) => of(title)?.rows.find(row => row.name === name)?.value;
  const columns = COLUMNS.map(name => `Locate: ${name}`);
  const names = [...new Set(columns.flatMap(title => of(title).rows.map(({ name }) => name)))];
  const line = name =>
    `| ${name.startsWith('table.locate') ? `**${name}**` : name} | ${columns.map(title => shown(value(title, name))).join(' | ')} |`;
  const decided = results.filter(({ facts }) => facts?.cost !== undefined);
  const cost = decided.map(
    ({ facts }) => `${facts.cost.toFixed(0)} ns with ${facts.subscribers.toLocaleString('en')} subscribers`,
  );
  const byHand = decided[0]?.ratios[0]?.value;
  const start = results.find(({ facts }) => facts?.more !== undefined);
  const [compile] = results.filter(({ title }) => title.startsWith('Compile'));
  const threads = results.find(({ title }) => title.startsWith('Worker threads'));
  const memory = results.find(({ unit }) => unit === 'MB');
  const plugin = gateway.filter(text => text.includes('throughput')).map(text => /: ([\d.]+ %)/.exec(text)[1]);
  return [
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, ${day}; medians in ns an address, all of a column in one run on the same strings.`,
    '',
    `| | ${COLUMNS.join(' | ')} |`,
    `| --- |${' --- |'.repeat(COLUMNS.length)}`,
    ...names.map(line),
    '',
    `\`gate.decide\` with its evidence takes ${cost.join(' and ')} (fresh strings, their making taken off)${byHand === undefined ? '' : `; a stack written by hand (maxmind, a set of codes, HMAC, a line of pino) takes ${byHand.toFixed(0)} times that`}.`,
    `\`table.locateIPv4(number)\` takes ${shown(value('The parts, IPv4 uniform', 'table.locateIPv4(number)'))} ns. New cards go into SQLite at ${Math.round(decided[0].facts.perSecond / 1000)},000 a second.`,
    `The table takes ${memory.rows[0].value.toFixed(1)} MB, once for all threads; four threads on two cores decide ${threads.ratios[0].value.toFixed(2)} times as much as one.`,
    `A process has its first verdict ${start.facts.more.toFixed(0)} ms after an empty one would have ended${compile === undefined ? '' : `; a country MMDB compiles in ${compile.rows[0].value.toFixed(0)} ms, apart`}.`,
    `A gateway that serves a programme keeps ${plugin[0]} of its throughput with the plugin, one that serves nothing but manifests ${plugin[1]} (wrk, interleaved pairs).`,
    '',
    `![The same as a picture](${folder}/results.svg)`,
  ].join('\n');
}

/** What stands between the marks. */
export const between = text => text.slice(text.indexOf(FIRST) + FIRST.length, text.indexOf(LAST)).trim();

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2].replace(/\/$/, '');
  const run = JSON.parse(readFileSync(`${folder}/results.json`, 'utf8'));
  const text = readFileSync(README, 'utf8');
  writeFileSync(README, text.replace(between(text), figures(run, folder)));
}
