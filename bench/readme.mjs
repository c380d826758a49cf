/**
 * `node bench/readme.mjs bench/runs/...`: writes the figures of an archived run into the README and docs/performance.md, between their marks,
 * and those of the newest archived run of bench/scale.mjs into docs/fleet.md.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FIRST = '<!-- figures -->';
const LAST = '<!-- /figures -->';
const COLUMNS = ['IPv4 uniform', 'IPv4 skewed', 'IPv6 allocated'];
const file = name => fileURLToPath(new URL(`../${name}`, import.meta.url));
const grouped = value => Math.round(value).toLocaleString('en');
const shown = value => (value === undefined ? '' : value.toFixed(value >= 10 ? 0 : 1));

/** What is asked of a run by the names of its questions. */
function reading({ results }) {
  const of = start => results.find(({ title }) => title.startsWith(start));
  return {
    of,
    value: (start, name) => of(start)?.rows.find(row => row.name.startsWith(name))?.value,
    ratio: (start, name) => of(start)?.ratios.find(ratio => ratio.name.startsWith(name))?.value,
    facts: name => results.find(({ facts }) => facts?.[name] !== undefined)?.facts,
    decided: results.filter(({ facts }) => facts?.cost !== undefined).map(({ facts }) => facts),
  };
}

const machineOf = ({ day, machine }) =>
  `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, ${day}`;

/** The table of the README: ours and peers, ns an address. */
function tableOf(run) {
  const { of, value } = reading(run);
  const titles = COLUMNS.map(name => `Locate: ${name}`);
  const names = [...new Set(titles.flatMap(title => of(title).rows.map(({ name }) => name)))];
  const line = name => {
    const label = name.startsWith('table.locate') ? `**${name}**` : name;
    return `| ${label} | ${titles.map(title => shown(value(title, name))).join(' | ')} |`;
  };
  return [
    `| ns an address | ${COLUMNS.join(' | ')} |`,
    `| --- |${' --- |'.repeat(3)}`,
    ...names.map(line),
  ];
}

/** The shares of throughput that are kept in a run, by how it calls them. */
const sharesOf = (lines, name) =>
  lines
    .filter(text => text.includes(`throughput ${name}:`))
    .map(text => /: ([\d.]+ %)/.exec(text)[1]);

/** What the question costs an nginx; a run may have left it out. */
function besideNginx(lines) {
  if (lines === undefined)
    return [
      'What the sidecar costs an nginx was measured in a run of its own: docs/performance.md.',
    ];
  const [programme, manifests] = sharesOf(lines, 'with the question');
  const [, guarded] = lines
    .map(text => /^ *guarded +(\d+) requests/.exec(text)?.[1])
    .filter(rate => rate !== undefined);
  const [, bySocket] = sharesOf(lines, 'of by socket');
  const onSocket = bySocket === undefined ? '' : ` (${bySocket} on a Unix socket)`;
  return [
    `An nginx that asks the sidecar about every request keeps ${programme} and ${manifests}${onSocket}: on one core they shared, ${grouped(guarded)} manifests a second.`,
  ];
}

/** What a cache of nginx keeps, where verdicts hold; a run may have left it out. */
function besideCache(lines = []) {
  const [programme, manifests] = sharesOf(lines, 'of kept 30 s');
  return manifests === undefined
    ? []
    : [
        `Where granted verdicts hold for 30 s in its cache, it keeps ${programme} and ${manifests}.`,
      ];
}

/** How long whole commands take; an earlier run did not measure them. */
function ofCommands({ ratio }) {
  const times = ['--version', 'locate', 'decide'].map(name =>
    ratio('Whole processes', `laissez-passer ${name}`)?.toFixed(1),
  );
  return times.includes(undefined)
    ? []
    : [
        `\`laissez-passer --version\`, \`locate\` and \`decide\` take ${times[0]}, ${times[1]} and ${times[2]} times an empty Node process.`,
      ];
}

/** The figures of the README. `folder` is where it finds the picture. */
export function figures(run, folder) {
  const { value, ratio, facts, decided } = reading(run);
  const cost = decided.map(
    each => `${each.cost.toFixed(0)} ns with ${grouped(each.subscribers)} subscribers`,
  );
  const byHand = run.results
    .filter(({ title }) => title.startsWith('Decide with evidence'))
    .map(({ ratios }) => ratios.find(({ name }) => name.includes('by hand')).value.toFixed(0));
  const served = sharesOf(run.gateway, 'with the plugin');
  const [, quartiles] = run.gateway
    .filter(text => text.includes('throughput with the plugin:'))
    .map(text => /quartiles ([^)]*)/.exec(text)?.[1]);
  return [
    `${machineOf(run)}; medians, all of a column in one run on the same strings.`,
    '',
    ...tableOf(run),
    '',
    `\`gate.decide\` with its evidence takes ${cost.join(' and ')} (fresh strings, their making taken off); a stack written by hand (\`maxmind\`, a set of codes, HMAC, a line of \`pino\`) takes ${byHand.join(' and ')} times that.`,
    `\`table.locateIPv4(number)\` takes ${value('The parts', 'table.locateIPv4').toFixed(1)} ns. New cards go into SQLite at ${grouped(facts('cardsPerSecond').cardsPerSecond)} a second. \`locate\` allocates nothing, \`decide\` less than half a byte on average (the clock is read once in 64).`,
    `The table takes ${value('The bundled table', 'IPv4').toFixed(1)} MB, once for all threads; four threads on two cores decide ${ratio('Worker threads', '4').toFixed(2)} times as much as one.`,
    `A process needs ${facts('more').more.toFixed(0)} ms more than an empty Node process to its first verdict; a country MMDB compiles in ${value('Compile', 'from').toFixed(0)} ms, apart, and the thread that decides is held for ${value('Compile', 'the calling thread is held, p99').toFixed(1)} ms at p99.`,
    ...ofCommands(reading(run)),
    `A gateway that serves a programme keeps ${served[0]} of its throughput with the plugin, one that serves nothing but manifests ${served[1]} (\`wrk\`, interleaved pairs${quartiles === undefined ? '' : `; quartiles ${quartiles}`}).`,
    ...besideNginx(run.sidecar),
    ...besideCache(run.sidecar),
    '',
    `![The same as a picture](${folder}/results.svg)`,
  ].join('\n');
}

const MILLION = 1e6;
const DAY = 86_400;
const SUBSCRIBERS = 10 * MILLION;
const REQUESTS = 20;
const PEAK = 4;
const MONTHS = 13;

/** What a service of ten million comes to, from the parts; and the same reckoning for the day that was played, beside what it took. */
export function service(run) {
  const { facts, decided } = reading(run);
  const { cost, first } = decided.at(-1);
  const { day } = facts('day');
  const { cardsPerSecond } = facts('cardsPerSecond');
  const seconds = (decisions, cards) =>
    (decisions * cost + cards * first) / 1e9 + cards / cardsPerSecond;
  const whole = seconds(SUBSCRIBERS * REQUESTS, SUBSCRIBERS);
  const played = seconds(day.decided, day.recorded);
  const row = (name, value) => `| ${name} | ${value} |`;
  return [
    `From the run on ${machineOf(run)}: ${REQUESTS} requests a subscriber and day, the evening at ${PEAK} times the average, ${MONTHS} months kept, the current one among them.`,
    '',
    '| ten million subscribers | |',
    '| --- | --- |',
    row(
      'decisions a day; at the peak, a second',
      `${grouped(SUBSCRIBERS * REQUESTS)}; ${grouped((SUBSCRIBERS * REQUESTS * PEAK) / DAY)}`,
    ),
    row('processor time a day, evidence and ledger among it', `${grouped(whole)} s of one core`),
    row('cores at the peak, evidence and ledger among it', ((whole * PEAK) / DAY).toFixed(3)),
    row(
      'ledger writes (cards) a day; at the peak, a second',
      `${grouped(SUBSCRIBERS)}; ${grouped((SUBSCRIBERS * PEAK) / DAY)}`,
    ),
    row('what one SQLite file takes, a second', grouped(cardsPerSecond)),
    row(
      'memory for who was seen today, gateways of a million each together',
      `${grouped((SUBSCRIBERS * 16.8) / MILLION)} MB`,
    ),
    row(
      'disk, a card a subscriber and month',
      `${((SUBSCRIBERS * MONTHS * day.bytes) / day.recorded / 1e9).toFixed(1)} GB`,
    ),
    '',
    `The same reckoning gives ${shown(played)} s of a core for the day that was played (${grouped(day.recorded)} subscribers, ${grouped(day.decided)} decisions); it took ${shown(day.processor)} s, the making of the requests, the worker of the ledger and the collector among it.`,
  ].join('\n');
}

const SIZES = [1, 10, 100];
/** Months kept, the current one among them. */
const KEPT = 13;

/** The folder of the newest archived run of bench/scale.mjs. */
export const scaleFolder = () =>
  `bench/runs/${readdirSync(file('bench/runs'))
    .filter(name => name.endsWith('-scale'))
    .sort()
    .at(-1)}`;

/** What was seen in an archived run of bench/scale.mjs, which is text. */
function seenIn(scale) {
  const numbers = pattern => {
    const found = new RegExp(`^${pattern}`, 'm').exec(scale);
    if (found === null) throw new Error(`not in the run: ${pattern}`);
    return found.slice(1).map(text => Number(text.replaceAll(',', '')));
  };
  const count = '([\\d,]+)';
  const [table, index] = numbers(
    `PostgreSQL, .*VACUUM after each: .* before, table ${count} and index ${count}`,
  );
  const rateOf = (engine, pattern) => numbers(`${engine}, ${pattern}`)[0];
  return {
    new: engine => rateOf(engine, `a month of .* the last tenth ${count}`),
    known: engine => rateOf(engine, `.* known days of this month: ${count}`),
    disk: table + index,
    log: rateOf('PostgreSQL', `log \\(WAL\\) of these: ${count}`),
    wholePages: rateOf('PostgreSQL', `log .* wal_compression lz4: ${count}`),
    uncompressed: rateOf('PostgreSQL', `log .* wal_compression off: ${count}`),
    memory: {
      year: rateOf('Redis', `memory of these months: ${count}`),
      month: rateOf('Redis', `memory of this month: ${count}`),
    },
  };
}

/**
 * What a fleet of so many subscribers asks of its ledger: each is seen once a day, the evening at
 * four times the average. `scale` is an archived run of bench/scale.mjs, `folder` where it is.
 */
export function sizing(scale, folder) {
  const seen = seenIn(scale);
  const [day, ...machine] = scale.split(';', 1)[0].split(', ');
  const sized = value => SIZES.map(millions => value(millions * MILLION));
  const row = (name, value) => `| ${name} | ${sized(value).join(' | ')} |`;
  const gigabytes = bytes => `${(bytes / 1e9).toFixed(bytes < 1e10 ? 1 : 0)} GB`;
  const rows = count => count * KEPT;
  const share = engine => count =>
    `${((count * PEAK * 100) / DAY / seen.known(engine)).toFixed(2)} %`;
  const memory = count => (count === MILLION ? seen.memory.year : seen.memory.month);
  return [
    `Each subscriber is seen once a day, the evening at ${PEAK} times the average, twelve months and the current one kept. Bytes and rates are from the run on ${machine.join(', ')}, ${day} (\`${folder}/scale.txt\`, below), servers and writer on that one machine. It loaded a year of 1 million subscribers and one month of 10 million, and changed a month of 100,000 cards for 30 days. The rest, and with it the whole column of 100 million, is extrapolated from the bytes and the rate of a card.`,
    '',
    `| subscribers | ${SIZES.map(millions => `${millions} million`).join(' | ')} |`,
    `| --- |${' --- |'.repeat(SIZES.length)}`,
    row('cards kept', count => grouped(rows(count))),
    row(
      'writes (cards) a second, average; evening',
      count => `${grouped(count / DAY)}; ${grouped((count * PEAK) / DAY)}`,
    ),
    row('PostgreSQL: share of what one gateway writes, evening', share('PostgreSQL')),
    row('PostgreSQL: disk, cards with their index', count => gigabytes(rows(count) * seen.disk)),
    row('PostgreSQL: log (WAL) a day, rows alone', count => gigabytes(count * seen.log)),
    row('PostgreSQL: log (WAL) a day, with whole pages, compressed', count =>
      gigabytes(count * seen.wholePages),
    ),
    row('Redis: share of what one gateway writes, evening', share('Redis')),
    row('Redis: memory, on the masters', count => gigabytes(rows(count) * memory(count))),
    row('memory of the gateways for who was seen today, all together at least', count =>
      gigabytes(count * 16.8),
    ),
    '',
    `Next to 10 million cards of the month, one gateway wrote ${grouped(seen.new('PostgreSQL'))} new cards a second into PostgreSQL and ${grouped(seen.known('PostgreSQL'))} days of known ones; into a Redis Cluster of three masters ${grouped(seen.new('Redis'))} and ${grouped(seen.known('Redis'))}. A card takes ${seen.disk} bytes in PostgreSQL, after a month of daily changes and \`VACUUM\`; a dossier, where there is one, is a row of about half a kilobyte more. A card takes ${seen.memory.year} bytes in Redis while a hash holds up to 512 of them, about 2 million subscribers, and ${seen.memory.month} beyond.`,
    '',
    `After each checkpoint PostgreSQL writes a page whole into its log at its first change. Right after one, 50,000 known days among 10 million cards, which is seven minutes of an average hour, took ${grouped(seen.wholePages)} bytes of log each with \`wal_compression = lz4\`, and ${grouped(seen.uncompressed)} without. The row of whole pages takes this for every card; a longer \`checkpoint_timeout\` makes it less.`,
  ].join('\n');
}

/** A text with something else between its marks. */
export function between(text, lines) {
  const start = text.indexOf(FIRST) + FIRST.length;
  const end = text.indexOf(LAST);
  if (end < 0) throw new Error('the marks are missing');
  return `${text.slice(0, start)}\n${lines}\n${text.slice(end)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2].replace(/\/$/, '');
  const run = JSON.parse(readFileSync(`${folder}/results.json`, 'utf8'));
  const write = (name, lines) =>
    writeFileSync(file(name), between(readFileSync(file(name), 'utf8'), lines));
  write('README.md', figures(run, folder));
  write('docs/performance.md', service(run));
  const scale = scaleFolder();
  write('docs/fleet.md', sizing(readFileSync(file(`${scale}/scale.txt`), 'utf8'), scale));
}
