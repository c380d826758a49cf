import { describe, expect, it } from 'vitest';
import { ADDRESS_NOTES } from '../src/gate/health.ts';
import { LOCATIONS } from '../src/geo/location.ts';
import {
  decideRule,
  type Offer,
  openGate,
  REASONS,
  type Standing,
  type ZoneTable,
} from '../src/index.ts';
import { OFFERS } from '../src/law/offer.ts';
import { STANDINGS } from '../src/law/rule.ts';
import { tableOf } from './support/tables.ts';

const table = await tableOf(['2.0.0.0/8,FR\n3.0.0.0/8,ES\n4.0.0.0/8,GB']);
const ask = { subscriber: 's', standing: 'verified' as Standing };

describe('the gate', () => {
  it('without person records knows no standing', async () => {
    const gate = await openGate({ table: await tableOf(['2.0.0.0/8,FR']) });
    expect(gate.standingOf('anyone')).toBeUndefined();
    await gate.close();
  });

  it('decides on the bundled table by default', async () => {
    const gate = await openGate();
    expect(gate.decide({ ...ask, address: '193.252.19.3' })).toMatchObject({
      verdict: 'domestic',
      reason: 'present-at-home',
    });
    expect(gate.decide({ ...ask, address: '80.58.61.250' })).toMatchObject({
      verdict: 'portable',
      reason: 'temporarily-abroad',
    });
    expect(gate.decide({ ...ask, address: '8.8.8.8' })).toMatchObject({
      verdict: 'refused',
      code: 'LP-12',
    });
    await gate.close();
    expect((await openGate(null as never)).table.edition.home).toBe('FR');
  });

  it('decides as locate and the rule do, for every location and standing and a spread of offers', async () => {
    const offers = Object.fromEntries(
      OFFERS.filter((_, code) => code % 5 === 0).map((offer, index) => [`o${index}`, offer]),
    );
    const tables = new Map(
      LOCATIONS.map((location, code) => [
        location,
        { ...table, locationCode: () => code } as ZoneTable,
      ]),
    );
    const gate = await openGate({ table, offers });
    for (const [location, fixed] of tables) {
      gate.replaceTable(fixed);
      for (const standing of STANDINGS) {
        for (const [name, offer] of Object.entries(offers)) {
          expect(gate.decide({ subscriber: 's', standing, address: 'x', offer: name })).toBe(
            decideRule(location, standing, offer),
          );
        }
      }
    }
  });

  it('holds several offers by name; `default` always exists and can be set', async () => {
    const gate = await openGate({
      table,
      offers: { free: { paid: false }, default: { unverified: 'grant' } },
    });
    const inSpain = { subscriber: 's', standing: 'unverified' as Standing, address: '3.1.1.1' };
    expect(gate.decide(inSpain).reason).toBe('residence-pending');
    expect(gate.decide({ ...inSpain, offer: 'default' }).reason).toBe('residence-pending');
    expect(gate.decide({ ...inSpain, offer: 'free' }).reason).toBe('service-not-portable');
  });

  it('decides by an unknown offer only what all of its offers agree on, and counts it', async () => {
    const gate = await openGate({
      table,
      offers: { default: { unknown: 'tolerate' }, free: { paid: false } },
    });
    expect(gate.decide({ ...ask, address: '3.1.1.1', offer: 'typo' }).reason).toBe('offer-unknown');
    expect(gate.decide({ ...ask, address: '9.1.1.1', offer: '__proto__' }).reason).toBe(
      'offer-unknown',
    );
    expect(gate.decide({ ...ask, address: '3.1.1.1', offer: 'free' }).reason).toBe(
      'service-not-portable',
    );
    expect(gate.health()).toMatchObject({ decided: 3, unknownOffers: 2 });
  });

  it('is total: it returns a decision for any value', async () => {
    const gate = await openGate({ table });
    const values = [
      undefined,
      null,
      0,
      -1,
      Number.NaN,
      '',
      'x',
      {},
      [],
      true,
      Symbol('x'),
      () => 1,
      10n,
    ];
    for (const value of values) {
      expect(gate.decide(value as never).verdict).toBe('refused');
      expect(gate.decide({ ...ask, address: value as string }).reason).toBe('address-invalid');
      expect(
        gate.decide({ subscriber: value as string, standing: 'verified', address: '2.1.1.1' })
          .reason,
      ).toBe('present-at-home');
      expect(
        gate.decide({ subscriber: 's', standing: value as Standing, address: '3.1.1.1' }).reason,
      ).toBe('residence-unverified');
      expect(gate.decide({ ...ask, address: '3.1.1.1', offer: value as string }).reason).toBe(
        'temporarily-abroad',
      );
    }
  });

  it('refuses invalid offers and tables', async () => {
    await expect(
      openGate({ table, offers: { a: { unknown: 'perhaps' } as unknown as Partial<Offer> } }),
    ).rejects.toMatchObject({ code: 'ERR_OFFER' });
    await expect(openGate({ table: '/nowhere' })).rejects.toMatchObject({ code: 'ERR_TABLE_OPEN' });
    for (const value of [null, {}, [], 7]) {
      await expect(openGate({ table: value as never })).rejects.toMatchObject({
        code: 'ERR_ARGUMENT',
      });
    }
    const gate = await openGate({ table });
    for (const value of [undefined, null, {}, 'x'])
      expect(() => gate.replaceTable(value as never)).toThrow(
        expect.objectContaining({ code: 'ERR_ARGUMENT' }),
      );
    expect(gate.decide({ ...ask, address: '2.1.1.1' }).reason).toBe('present-at-home');
  });

  it('reports its health, and goes on deciding once closed', async () => {
    const gate = await openGate({ table, clock: () => Date.parse('2026-06-11') });
    gate.decide({ ...ask, address: '2.1.1.1' });
    const state = { edition: table.edition, tableAgeDays: 10, isTableStale: false };
    const none = Object.fromEntries(REASONS.map(reason => [reason, 0]));
    const decisions = { ...none, 'present-at-home': 1 };
    expect(gate.health()).toEqual({
      status: 'ok',
      ...state,
      decided: 1,
      decisions,
      unknownOffers: 0,
      undecided: 0,
      addressNotes: Object.fromEntries(ADDRESS_NOTES.map(note => [note, 0])),
    });
    gate.noteAddress('only-proxies');
    gate.noteAddress('__proto__' as never);
    expect(gate.health().addressNotes).toMatchObject({ 'only-proxies': 1, unreadable: 0 });
    expect(gate.table).toBe(table);
    await gate.flush();
    await gate.close();
    await gate.close();
    expect(gate.decide({ ...ask, address: '2.1.1.1' }).verdict).toBe('domestic');
    expect(gate.health().status).toBe('closed');
  });
});

describe('locateIPv4', () => {
  it('answers for numbers as locate does for texts, and finds nothing in other numbers', () => {
    expect(table.locateIPv4(0x02010101)).toBe(table.locate('2.1.1.1'));
    expect(table.locateIPv4(0xffffffff)).toBe(table.locate('255.255.255.255'));
    for (const value of [
      -1,
      0.5,
      2 ** 32,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      '33620225',
      undefined,
      10n,
      Symbol('x'),
      Object.create(null),
    ]) {
      expect(table.locateIPv4(value as number).known).toBe('not-an-address');
    }
  });

  it('a gate reports no batch where no evidence is kept, and refuses a table of another home State', async () => {
    const gate = await openGate({ table });
    const stop = gate.onBatch(() => expect.fail('a batch'));
    stop();
    const spanish = await tableOf(['2.0.0.0/8,FR\n3.0.0.0/8,ES'], { home: 'ES' });
    expect(() => gate.replaceTable(spanish)).toThrow(expect.objectContaining({ code: 'ERR_HOME' }));
    expect(gate.table).toBe(table);
    await gate.close();
  });

  it('an exception that the caller passes cures a missing location only if it is `true`', async () => {
    const gate = await openGate({ table });
    const nowhere = { ...ask, address: '9.1.1.1' };
    expect(gate.decide({ ...nowhere, excepted: true }).reason).toBe('granted-by-exception');
    for (const excepted of [false, undefined, 'yes', 1] as never[])
      expect(gate.decide({ ...nowhere, excepted }).reason).toBe('location-unknown');
    await gate.close();
  });
});
