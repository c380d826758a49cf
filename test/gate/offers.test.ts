import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openGate, STANDINGS, type Standing } from '../../src/index.ts';
import { OFFERS } from '../../src/law/offer.ts';
import { tableOf } from '../support/tables.ts';

const table = await tableOf(['2.0.0.0/8,FR\n3.0.0.0/8,ES\n4.0.0.0/8,GB']);
const ADDRESSES = ['2.1.1.1', '3.1.1.1', '4.1.1.1', '99.1.1.1', '10.1.1.1', undefined];

describe('an offer name that the gate does not know', () => {
  it('is refused where the offers differ, decides what all of them decide, and is counted', async () => {
    const gate = await openGate({ table, offers: { free: { paid: false } } });
    const ask = (address: string, offer?: string) =>
      gate.decide({ subscriber: 's', standing: 'verified', address, offer });
    expect(ask('3.1.1.1').reason).toBe('temporarily-abroad');
    expect(ask('3.1.1.1', 'free').reason).toBe('service-not-portable');
    expect(ask('3.1.1.1', 'Free')).toMatchObject({
      verdict: 'refused',
      reason: 'offer-unknown',
      code: 'LP-24',
    });
    expect(ask('2.1.1.1', 'Free').reason).toBe('present-at-home');
    expect(ask('4.1.1.1', 'Free').reason).toBe('outside-eea');
    expect(gate.health()).toMatchObject({ unknownOffers: 3, decided: 5 });
    expect(gate.health().decisions['offer-unknown']).toBe(1);
    await gate.close();
  });

  it('decides like the only offer of a gate that has one', async () => {
    const gate = await openGate({ table });
    expect(
      gate.decide({ subscriber: 's', standing: 'verified', address: '3.1.1.1', offer: 'x' }).reason,
    ).toBe('temporarily-abroad');
    await gate.close();
  });

  it('cannot be empty in the options', async () => {
    await expect(openGate({ table, offers: { '': {} } })).rejects.toMatchObject({
      code: 'ERR_OFFER',
    });
  });

  // INVARIANT (an-unknown-offer-grants-what-all-grant)
  it('an-unknown-offer-grants-what-all-grant: never what one of the offers refuses, with an exception or without', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(OFFERS.length - 1), { minLength: 1, maxLength: 4 }),
        fc.constantFrom(...STANDINGS),
        fc.constantFrom(...ADDRESSES),
        fc.boolean(),
        async (codes, standing: Standing, address, excepted) => {
          const names = ['default', ...codes.slice(1).map(String)];
          const offers = Object.fromEntries(names.map((name, at) => [name, OFFERS[codes[at]!]!]));
          const gate = await openGate({ table, offers });
          const request = { subscriber: 's', standing, address, excepted };
          const each = names.map(offer => gate.decide({ ...request, offer }).reason);
          const unknown = gate.decide({ ...request, offer: 'x' });
          if (new Set(each).size === 1) expect(unknown.reason).toBe(each[0]);
          else expect(unknown.verdict).toBe('refused');
          await gate.close();
        },
      ),
    );
  });
});
