/**
 * `npm run docs`: writes the pages that come from the code: docs/decision-table.md, docs/kept.md,
 * docs/kept.fr.md and, from what is built, THIRD-PARTY-NOTICES.md.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { decisionTable } from './decision-table.ts';
import { keptPage } from './kept.ts';
import { thirdPartyNotices } from './third-party-notices.ts';

const write = (name: string, text: string): void =>
  writeFileSync(fileURLToPath(new URL(name, import.meta.url)), text);
write('decision-table.md', decisionTable());
write('kept.md', keptPage('en'));
write('kept.fr.md', keptPage('fr'));
write('../THIRD-PARTY-NOTICES.md', thirdPartyNotices());
