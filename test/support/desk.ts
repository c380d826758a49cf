/** A desk on a clock that the test sets, with a gate on the same store. */

import { type Desk, type DeskReason, openDesk } from '../../src/entry/desk.ts';
import { type Ledger, memoryLedger } from '../../src/entry/ledger.ts';
import { type DossierEvent, type Keyring, openGate } from '../../src/index.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { newKeyring, noon, table } from './gate.ts';
import { inFolder } from './tables.ts';

let files = 0;
export const newPath = (): string => inFolder(`desk-${++files}.db`);
export const STORES: Readonly<Record<string, () => Promise<Ledger>>> = {
  memory: async () => memoryLedger(),
  sqlite: () => openSqliteLedger(newPath()),
};

export const CALL: DeskReason = { reason: 'support-call' };
export const RESTRICT: DeskReason = { reason: 'restriction-request' };
export const ERASE: DeskReason = { reason: 'erasure-request' };
export const CLAIM: DeskReason = { reason: 'legal-claim', reference: 'LIT-2026/7' };

/** A contract and its verification. */
export const VERIFIED_CONTRACT: readonly DossierEvent[] = [
  { type: 'contract-concluded', on: '2026-01-10', renewsEvery: 12 },
  {
    type: 'residence-verified',
    on: '2026-01-10',
    outcome: 'home',
    means: ['b'],
    occasion: 'conclusion',
    by: 'provider',
  } as DossierEvent,
];
export const [CONCLUDED, VERIFIED] = VERIFIED_CONTRACT as [DossierEvent, DossierEvent];

export interface DeskSetUp {
  readonly time: { now: number };
  readonly ledger: Ledger;
  readonly keyring: Keyring;
  readonly desk: Desk;
  readonly gate: Awaited<ReturnType<typeof openGate>>;
  /** Decides requests of a subscriber and waits until their bits are durable. */
  visit(subscriber: string, ...addresses: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export async function deskOn(
  open: () => Promise<Ledger>,
  day = '2026-11-22',
  detail = false,
): Promise<DeskSetUp> {
  const time = { now: noon(day) };
  const clock = (): number => time.now;
  const ledger = await open();
  const keyring = await newKeyring();
  const access = { detail: { access: { purpose: 'abuse', keepDays: 30 } } };
  const gate = await openGate({
    table,
    clock,
    evidence: { ledger, keyring, batchMs: 1, ...(detail ? access : {}) },
  });
  const desk = openDesk({ ledger, keyring, agent: 'Anna', clock });
  return {
    time,
    ledger,
    keyring,
    desk,
    gate,
    visit: async (subscriber, ...addresses) => {
      for (const address of addresses) gate.decide({ subscriber, standing: 'verified', address });
      await gate.flush();
    },
    close: async () => {
      await gate.close();
      await ledger.close();
    },
  };
}
export const FRANCE = '2.1.1.1';
export const SPAIN = '3.1.1.1';
export const LONDON = '4.1.1.1';
