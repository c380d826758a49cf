/** A worker thread that decides without pause, and counts answers that mix two tables. */
import { parentPort, workerData } from 'node:worker_threads';
import { openGate } from '../../../dist/index.js';
import { followTable, openSharedTable } from '../../../dist/tables.js';

const ADDRESSES = ['2.1.1.1', '3.1.1.1', '4.1.1.1', '2a01:cb00::1'];
const gate = await openGate({ table: openSharedTable(workerData.table) });
let [asked, mixed, tables] = [0, 0, 0];
const follower = await followTable(workerData.name, table => {
  gate.replaceTable(table);
  tables++;
});
let isOver = false;
parentPort.on('message', () => {
  isOver = true;
});
parentPort.postMessage('ready');
/**
 * In each table of the test all addresses are in one zone: two reasons in one round would come from
 * two tables.
 */
function ask() {
  for (let round = 0; round < 200; round++) {
    const reasons = new Set(
      ADDRESSES.map(
        address => gate.decide({ subscriber: 's', standing: 'verified', address }).reason,
      ),
    );
    asked++;
    if (reasons.size > 1) mixed++;
  }
  if (isOver) {
    follower.close();
    parentPort.postMessage({ asked, mixed, tables, edition: gate.health().edition.id });
    parentPort.close();
  } else setImmediate(ask);
}
ask();
