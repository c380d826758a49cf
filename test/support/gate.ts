/** A gate with evidence on a clock that the test sets. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ledger, memoryLedger } from '../../src/entry/ledger.ts';
import {
  type AccessRequest,
  type EvidenceOptions,
  type Gate,
  type Keyring,
  openGate,
  openKeyring,
} from '../../src/index.ts';
import { tableOf } from './tables.ts';

export const table = await tableOf([
  '2.0.0.0/8,FR\n3.0.0.0/8,ES\n4.0.0.0/8,GB\n5.0.0.0/8,FR',
  '5.0.0.0/8,US\n2.0.0.0/8,FR\n3.0.0.0/8,ES\n4.0.0.0/8,GB',
]);
export const newKeyring = (): Promise<Keyring> =>
  openKeyring(join(mkdtempSync(join(tmpdir(), 'keys-')), 'keys'));
export const noon = (day: string): number => Date.parse(`${day}T12:00:00Z`);

/** A gate on a clock that the test sets. */
export async function setUp(day = '2026-11-22', more: Partial<EvidenceOptions> = {}) {
  const time = { now: noon(day) };
  const { ledger = memoryLedger(), keyring = await newKeyring() } = more;
  const gate = await openGate({
    table,
    clock: () => time.now,
    evidence: { ledger, keyring, batchMs: 1, ...more },
  });
  return { time, ledger, keyring, gate };
}

export const request = (
  subscriber: string,
  address: string,
  more: Partial<AccessRequest> = {},
): AccessRequest => ({
  subscriber,
  standing: 'verified',
  address,
  ...more,
});

export async function cardsOf(ledger: Ledger, keyring: Keyring, subscriber: string, month: string) {
  await keyring.ensureMonth(month);
  return ledger.cards([{ month, pseudonym: keyring.cardPseudonym(subscriber, month)! }]);
}

export const bit = (day: number): number => 1 << (day - 1);
export const evidenceOf = (gate: Gate) => gate.health().evidence!;
