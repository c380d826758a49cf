/** Tests a gate whose person records fail, and one that is opened with invalid options. */
import { describe, expect, it } from 'vitest';
import { openDesk } from '../../src/entry/desk.ts';
import { memoryLedger } from '../../src/entry/ledger.ts';
import { openGate, purge } from '../../src/index.ts';
import { CALL, VERIFIED_CONTRACT } from '../support/desk.ts';
import { newKeyring, noon, table } from '../support/gate.ts';

const NEVER = new Promise<never>(() => {});

describe('a gate', () => {
  it.each([
    ['rejects', () => Promise.reject(new Error('gone'))],
    ['hangs', () => NEVER],
  ])(
    'decides on the last known standing, and rejects without one, when reading person records %s',
    async (_, residencesOf) => {
      const time = { now: noon('2026-11-22') };
      const clock = (): number => time.now;
      const ledger = memoryLedger();
      const keyring = await newKeyring();
      const desk = openDesk({ ledger, keyring, agent: 'Anna', clock });
      for (const event of VERIFIED_CONTRACT) await desk.record('s', CALL, event);
      const gate = await openGate({ table, clock, evidence: { ledger, keyring } });
      expect(await gate.decideAsync({ subscriber: 's', address: '3.0.0.1' })).toMatchObject({
        reason: 'temporarily-abroad',
      });
      Object.assign(ledger.personRecords, { residencesOf });
      time.now += 180_000;
      expect(gate.standingOf('s')).toBeUndefined();
      expect(await gate.decideAsync({ subscriber: 's', address: '3.0.0.1' })).toMatchObject({
        reason: 'temporarily-abroad',
      });
      expect(gate.health().undecided).toBe(0);
      await expect(gate.decideAsync({ subscriber: 'new', address: '3.0.0.1' })).rejects.toThrow();
      expect(gate.health().undecided).toBe(1);
      await gate.close();
    },
  );

  it('with invalid options is refused before it keeps, purges or creates anything', async () => {
    const ledger = memoryLedger();
    const keyring = await newKeyring();
    const clock = (): number => noon('2026-11-22');
    for (const wrong of [
      { residence: { ttlMs: 0 } },
      { residence: { waivers: [{ type: 'doubt-dropped', on: '2026-01-01' }] as never } },
      { evidence: { ledger, keyring, queueMegabytes: 0 } },
    ])
      await expect(
        openGate({ table, clock, evidence: { ledger, keyring }, ...wrong }),
      ).rejects.toMatchObject({
        code: expect.stringMatching(/^ERR_/),
      });
    await new Promise(resolve => setTimeout(resolve, 20));
    expect([await ledger.runs(), await keyring.months()]).toEqual([[], []]);
  });
});

describe('a purge', () => {
  it('refuses negative, fractional and out-of-range numbers', async () => {
    const ledger = memoryLedger();
    const keyring = await newKeyring();
    for (const options of [
      { months: -1 },
      { journalMonths: -1 },
      { requestMonths: Number.NaN },
      { journalMonths: 1e9 },
      { keepDays: -1 },
      { keepDays: 0.5 },
    ])
      await expect(purge(ledger, keyring, noon('2026-11-22'), options)).rejects.toMatchObject({
        code: 'ERR_EVIDENCE_OPTION',
      });
    expect(await ledger.runs()).toEqual([]);
  });
});
