/**
 * A gateway that decides without pause while its table is replaced, and compares every answer with
 * the table in force.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { openGate } from '../../../dist/index.js';
import { watchZoneTable } from '../../../dist/tables.js';

const [path] = process.argv.slice(2);
/** The zones of the addresses, by edition. */
const { addresses, wanted } = await new Promise(resolve => process.once('message', resolve));
const gate = await openGate({ table: path });
const guards = {
  shares: { home: [0, 1], eea: [0, 1], outside: [0, 1], unknown: [0, 1], anonymised: [0, 1] },
  bundledSentinels: false,
  moved: 1,
  families: [],
};
const REASONS = {
  home: 'present-at-home',
  eea: 'temporarily-abroad',
  outside: 'outside-eea',
  unknown: 'location-unknown',
};
const counts = { asked: 0, wrong: 0, replaced: 0, unchanged: 0, refused: 0, held: 0 };
watchZoneTable(gate, path, {
  ...{ guards, everyMs: 5, quietMs: 10, retryMs: 1000 },
  onEvent: event => {
    counts[event.type]++;
    process.send({ event: event.type });
  },
});
const delays = monitorEventLoopDelay({ resolution: 1 });
delays.enable();
let isOver = false;
function ask() {
  for (let round = 0; round < 100; round++) {
    const zones = wanted[gate.table.edition.id];
    for (const [index, address] of addresses.entries()) {
      const { reason } = gate.decide({ subscriber: 's', standing: 'verified', address });
      counts.asked++;
      if (reason !== REASONS[zones?.[index]]) counts.wrong++;
    }
  }
  if (!isOver) setImmediate(ask);
}
ask();
process.once('message', () => {
  isOver = true;
  delays.disable();
  process.send({ ...counts, p99: delays.percentile(99) / 1e6, max: delays.max / 1e6 });
  process.disconnect();
});
