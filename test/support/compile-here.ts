/** Compiles in the thread of the test, where its lines are counted: `npm run coverage`. */
import { vi } from 'vitest';
import { perform } from '../../src/tables/compile-job.ts';
import type { Following, Job, Limits, Product } from '../../src/tables/compile-worker-host.ts';

vi.mock('../../src/tables/compile-worker-host.ts', async original => ({
  ...(await original<object>()),
  performApart: (
    job: Job,
    _: Limits,
    { step = () => undefined }: Following = {},
  ): Promise<Product> => perform(job, step),
}));
