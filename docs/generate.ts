/** `npm run docs`: writes docs/decision-table.md from the code of the law. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { decisionTable } from './decision-table.ts';

writeFileSync(fileURLToPath(new URL('decision-table.md', import.meta.url)), decisionTable());
