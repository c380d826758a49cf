/** Options, files and headers with which the tests start a sidecar and send it requests. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { acceptedBundle, fileOf, inFolder } from './tables.ts';

const table = fileOf(
  await acceptedBundle({
    sources: [
      { path: fileOf('2.0.0.0/8,FR\n3.0.0.0/8,ES\n4.0.0.0/8,GB', 'rows.csv'), built: '2026-11-20' },
    ],
  }),
  'zones.bin',
);
export const TABLE = ['--table', table];
export const STANDING = [...TABLE, '--standing-header', 'x-standing'];
export const newStore = () => {
  const folder = mkdtempSync(inFolder('sidecar-'));
  return { ledger: join(folder, 'ledger.db'), keyring: join(folder, 'keys') };
};
export const placesOf = ({ ledger, keyring }: ReturnType<typeof newStore>): string[] => [
  '--ledger',
  ledger,
  '--keyring',
  keyring,
];
export const from = (address: string, more = {}) => ({
  'x-forwarded-for': address,
  'laissez-passer-subscriber': 's',
  'x-standing': 'verified',
  ...more,
});
export const CHECK = { path: '/check' };
