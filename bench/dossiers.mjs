/** Fills a ledger with dossiers, each with a first verification and that of a renewal. */
import { openDesk } from '../dist/desk.js';

export const EVENTS = [
  { type: 'contract-concluded', on: '2025-01-31', renewsEvery: 12 },
  {
    type: 'residence-verified',
    on: '2025-02-01',
    outcome: 'home',
    means: ['b', 'j'],
    occasion: 'conclusion',
    by: 'provider',
  },
  {
    type: 'residence-verified',
    on: '2026-02-01',
    outcome: 'home',
    means: ['b', 'j'],
    occasion: 'renewal',
    by: 'provider',
  },
];

/** Imports a dossier for each of the subscribers `s0`, `s1`, ... */
export const fillDossiers = (ledger, keyring, count) =>
  openDesk({ ledger, keyring, agent: 'bench' }).importDossiers(
    { reason: 'contract' },
    {
      rows: async function* () {
        for (let n = 0; n < count; n++) yield { line: n + 1, subscriber: `s${n}`, events: EVENTS };
      },
      digest: () => 'bench',
    },
  );
