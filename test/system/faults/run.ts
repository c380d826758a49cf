/** `npm run faults:kill -- RUNS`: kills many gateways and prints what came of it. */
import { randomFrom } from '../../../src/cli/demo-traffic.ts';
import { killRuns } from './kill.ts';

const runs = Number(process.argv[2] ?? 300);
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);
const { acknowledged, lost, foreign } = await killRuns(runs, randomFrom(seed));
process.stdout.write(
  `seed ${seed}: ${runs} gateways killed, ${acknowledged} decisions acknowledged, ${lost} lost, ${foreign} foreign\n`,
);
if (lost + foreign > 0) process.exitCode = 1;
