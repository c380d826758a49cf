/** Makes compiling run in the thread of the test, where `npm run coverage` can count its lines. */
import { vi } from 'vitest';
import { runJob } from '../../src/tables/compile-job.ts';
import type {
  CompileResult,
  Following,
  Job,
  Limits,
} from '../../src/tables/compile-worker-host.ts';

vi.mock('../../src/tables/compile-worker-host.ts', async original => ({
  ...(await original<object>()),
  runCompileJob: (
    job: Job,
    _: Limits,
    { step = () => undefined }: Following = {},
  ): Promise<CompileResult> => runJob(job, step),
}));
