import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Ledger, memoryLedger } from '../../src/entry/ledger.ts';
import { OVERRIDABLE, tabulateAll } from '../../src/gate/decision-table.ts';
import { LOCATIONS } from '../../src/geo/location.ts';
import {
  decideRule,
  type Gate,
  openGate,
  purge,
  STANDINGS,
  type Standing,
} from '../../src/index.ts';
import {
  CALL,
  CONCLUDED,
  deskOn,
  ERASE,
  FRANCE,
  LONDON,
  SPAIN,
  STORES,
  VERIFIED,
} from '../support/desk.ts';
import { evidenceOf, newKeyring, noon, table } from '../support/gate.ts';

const UNLISTED = '99.1.1.1';
/** Addresses without an established location, by the reason of their refusal. */
const NOWHERE: Readonly<Record<string, string | undefined>> = {
  'address-invalid': undefined,
  'address-not-public': '10.1.1.1',
  'location-unknown': UNLISTED,
};
const ADDRESSES = [FRANCE, SPAIN, LONDON, ...Object.values(NOWHERE)];
const LATER_MS = 130_000;

async function reasonsOf(gate: Gate): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const standing of STANDINGS)
    for (const address of ADDRESSES)
      all[`${standing} ${address}`] = (
        await gate.decideAsync({ subscriber: 's', standing, address })
      ).reason;
  return all;
}

describe.each(Object.entries(STORES))('an exception on a ledger in %s', (_, open) => {
  it('exception-overrides-location-alone: for every standing and every kind of location', async () => {
    const { desk, gate, time, close } = await deskOn(open);
    const without = await reasonsOf(gate);
    await desk.except('s', CALL, 'address-data', '2026-11-22');
    time.now += LATER_MS;
    const cured = Object.entries(without).map(([key, reason]) => {
      const isCured = reason in NOWHERE && !/^(none|elsewhere|unverifiable|unverified) /.test(key);
      return [key, isCured ? 'granted-by-exception' : reason];
    });
    expect(await reasonsOf(gate)).toEqual(Object.fromEntries(cured));
    expect(cured.filter(([, reason]) => reason === 'granted-by-exception')).toHaveLength(12);
    expect(gate.health().decisions['granted-by-exception']).toBe(12);
    expect(evidenceOf(gate).notRecordable['location-not-established']).toBeGreaterThanOrEqual(12);
    await gate.flush();
    await close();
  });

  it('counts until the end of its day, can be revoked, and is purged', async () => {
    const { desk, gate, ledger, keyring, time, close } = await deskOn(open);
    const ask = async (): Promise<string> => {
      const { reason } = await gate.decideAsync({
        subscriber: 's',
        standing: 'verified',
        address: UNLISTED,
      });
      return reason;
    };
    await desk.except('s', CALL, 'network-without-place', '2026-11-23');
    expect(await ask()).toBe('granted-by-exception');
    time.now = Date.parse('2026-11-23T23:59:59.999Z');
    expect(await ask()).toBe('granted-by-exception');
    time.now++;
    expect(await ask()).toBe('location-unknown');
    await purge(ledger, keyring, time.now);
    expect((await desk.show('s', CALL)).exception).toBeUndefined();
    await desk.except('s', CALL, 'service-fault', '2026-12-25');
    await desk.revokeException('s', CALL);
    await expect(desk.revokeException('s', CALL)).rejects.toMatchObject({ code: 'ERR_RIGHT' });
    time.now += LATER_MS;
    expect(await ask()).toBe('location-unknown');
    await close();
  });

  it('appears in the journal and in the export, is erased with the subscriber, and reports whether the subscriber is known', async () => {
    const { desk, close } = await deskOn(open);
    for (const event of [CONCLUDED, VERIFIED]) await desk.record('s', CALL, event);
    expect(await desk.except('s', CALL, 'imposed-tunnel', '2026-12-01')).toEqual({ isKnown: true });
    expect(await desk.except('t', CALL, 'imposed-tunnel', '2026-12-01')).toEqual({
      isKnown: false,
    });
    const file = await desk.export('s', { reason: 'access-request' });
    expect(file.exception).toEqual({
      reason: 'imposed-tunnel',
      since: '2026-11-22',
      until: '2026-12-01',
    });
    expect(file.consultations).toContainEqual(
      expect.objectContaining({ action: 'exception', done: true }),
    );
    expect(await desk.erase('s', ERASE)).toMatchObject({ isDossierKept: true });
    expect((await desk.show('s', CALL)).exception).toBeUndefined();
    await close();
  });

  it('needs one of the listed reasons and ends within 31 days', async () => {
    const { desk, ledger, close } = await deskOn(open);
    for (const [why, until] of [
      ['because', '2026-11-30'],
      ['address-data', '2026-11-21'],
      ['address-data', '2026-12-24'],
      ['address-data', 'tomorrow'],
      ['address-data', undefined],
    ])
      await expect(desk.except('s', CALL, why as never, until as never)).rejects.toMatchObject({
        code: 'ERR_RIGHT',
      });
    await desk.except('s', CALL, 'address-data', '2026-12-23');
    expect(await ledger.personRecords.read('exceptions')).toHaveLength(1);
    await close();
  });
});

it('an exception cures a missing location exactly where the standing and the offer would be granted in the EEA', () => {
  const offers = [
    {},
    { paid: false },
    { paid: false, portable: true },
    { unverified: 'grant' },
  ] as const;
  const strict = { anonymised: 'refuse', disputed: 'refuse' } as const;
  for (const offer of offers.map(each => ({ ...strict, ...each }))) {
    const entries = tabulateAll({ default: offer }).byName.get('default')!;
    const abroad = LOCATIONS.find(({ zone, licensed, anonymised, disputed }) =>
      [zone === 'eea', !licensed, !anonymised, !disputed].every(Boolean),
    )!;
    for (const [code, location] of LOCATIONS.entries())
      for (const [index, standing] of STANDINGS.entries()) {
        const { verdict, basis } = decideRule(location, standing, offer);
        const isCured =
          verdict === 'refused' && basis.includes('presence in a State is not established');
        const isGoodAbroad = decideRule(abroad, standing, offer).verdict === 'portable';
        const entry = entries[code * STANDINGS.length + index]!;
        expect((entry & OVERRIDABLE) !== 0).toBe(isCured && isGoodAbroad);
      }
  }
});

describe('decideAsync', () => {
  const openWith = async (change: Partial<Ledger['personRecords']>, clock?: () => number) => {
    const inner = memoryLedger();
    const records = { ...inner.personRecords, ...change };
    const evidence = { ledger: { ...inner, personRecords: records }, keyring: await newKeyring() };
    return openGate({ table, evidence, ...(clock && { clock }) });
  };

  it('reads a standing that is not given, and decides once', async () => {
    const { desk, gate, close } = await deskOn(STORES['memory']!);
    for (const event of [CONCLUDED, VERIFIED]) await desk.record('s', CALL, event);
    const first = gate.decideAsync({ subscriber: 's', address: SPAIN });
    expect(first).toBeInstanceOf(Promise);
    expect((await first).reason).toBe('temporarily-abroad');
    expect(gate.decideAsync({ subscriber: 's', address: SPAIN })).toMatchObject({
      reason: 'temporarily-abroad',
    });
    expect((await gate.decideAsync({ subscriber: 't', address: SPAIN })).reason).toBe(
      'no-contract',
    );
    expect(gate.health()).toMatchObject({
      decided: 3,
      decisions: { 'temporarily-abroad': 2, 'no-contract': 1 },
    });
    await close();
  });

  it('uses the exception that the caller passes, and waits for the person records only where one would count', async () => {
    const gate = await openWith({ residencesOf: () => new Promise(() => {}) });
    const asked = { subscriber: 's', standing: 'verified', address: UNLISTED } as const;
    expect(gate.decideAsync({ ...asked, address: FRANCE })).toMatchObject({ verdict: 'domestic' });
    expect(gate.decideAsync({ ...asked, standing: 'elsewhere' })).toMatchObject({
      reason: 'location-unknown',
    });
    expect(gate.decideAsync({ ...asked, excepted: false })).toMatchObject({
      reason: 'location-unknown',
    });
    expect(gate.decideAsync({ ...asked, excepted: true })).toMatchObject({
      reason: 'granted-by-exception',
    });
    expect(gate.decide({ ...asked, excepted: 'yes' as never })).toMatchObject({
      reason: 'location-unknown',
    });
    expect((await gate.decideAsync(asked)).reason).toBe('location-unknown');
    const failing = await openWith({ residencesOf: () => Promise.reject(new Error('down')) });
    expect((await failing.decideAsync(asked)).reason).toBe('location-unknown');
    await expect(failing.decideAsync({ subscriber: 's', address: FRANCE })).rejects.toThrow();
  });

  it('answers at once from an entry up to two minutes old, and reloads it in the background', async () => {
    const time = { now: noon('2026-11-22') };
    let reads = 0;
    const residencesOf = async () => {
      reads++;
      return [];
    };
    const gate = await openWith({ residencesOf }, () => time.now);
    await gate.decideAsync({ subscriber: 's', address: FRANCE });
    time.now += 70_000;
    expect(gate.standingOf('s')).toBeUndefined();
    expect(gate.decideAsync({ subscriber: 's', address: FRANCE })).toMatchObject({
      reason: 'no-contract',
    });
    await delay(5);
    expect([reads, gate.standingOf('s')]).toEqual([2, 'none']);
    time.now += LATER_MS;
    expect(gate.decideAsync({ subscriber: 's', address: FRANCE })).toBeInstanceOf(Promise);
  });

  it('honours no exception for more than two minutes after it was read when the person records cannot be read', async () => {
    const time = { now: noon('2026-11-22') };
    let isUp = true;
    const residencesOf = async ([pseudonym = '']: readonly string[]) => {
      if (!isUp) throw new Error('down');
      return [{ pseudonym, standing: '', events: '', until: '2026-12-20' }];
    };
    const gate = await openWith({ residencesOf }, () => time.now);
    const asked = { subscriber: 's', standing: 'verified', address: UNLISTED } as const;
    expect((await gate.decideAsync(asked)).reason).toBe('granted-by-exception');
    isUp = false;
    time.now += 110_000;
    expect((await gate.decideAsync(asked)).reason).toBe('granted-by-exception');
    await delay(5);
    expect(gate.health().status).toBe('degraded');
    time.now += 20_000;
    expect((await gate.decideAsync(asked)).reason).toBe('location-unknown');
    await expect(gate.decideAsync({ subscriber: 't', address: FRANCE })).rejects.toThrow('down');
    expect(gate.health().undecided).toBe(1);
  });

  it('decides at once on a gate without person records, and then requires a standing', async () => {
    const gate = await openGate({ table });
    const standing: Standing = 'verified';
    expect(gate.decideAsync({ subscriber: 's', standing, address: UNLISTED })).toMatchObject({
      reason: 'location-unknown',
    });
    await expect(gate.decideAsync({ subscriber: 's', address: FRANCE })).rejects.toMatchObject({
      code: 'ERR_EVIDENCE_OPTION',
    });
    await expect(gate.decideAsync(null as never)).rejects.toMatchObject({
      code: 'ERR_EVIDENCE_OPTION',
    });
  });
});
