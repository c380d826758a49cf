import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDays } from '../../src/days.ts';
import { decideRule, openGate, parseEvent, standingAt } from '../../src/index.ts';
import {
  checkWaivers,
  contractEnd,
  forecastStanding,
  withServiceWaivers,
} from '../../src/law/standing.ts';
import {
  CONCLUDED,
  DOUBT,
  dossier,
  REQUEST,
  refused,
  SILENCE,
  standing,
  VERIFIED,
} from '../support/dossiers.ts';
import { table } from '../support/gate.ts';
import { dayArbitrary, eventArbitrary, possible } from '../support/histories.ts';

describe('a dossier', () => {
  it('gives the standing of any day, past or future, with the events that led to it', () => {
    const it = dossier(CONCLUDED, VERIFIED, DOUBT, REQUEST);
    expect(
      ['2025-01-30', '2025-01-31', '2025-02-01', '2025-06-01', '2026-01-30'].map(day =>
        standing(it, day),
      ),
    ).toEqual(['none', 'unverified', 'verified', 'doubted', 'doubted']);
    expect(standingAt(it, '2025-06-02')).toMatchObject({
      because: [{ type: 'contract-concluded' }, { type: 'residence-verified' }, DOUBT, REQUEST],
      answerBy: '2025-06-30',
    });
    expect(standingAt({ events: [] }, '2025-06-02')).toEqual({
      day: '2025-06-02',
      standing: 'none',
      because: [],
    });
  });

  it('is not unverifiable after a silence if held data still prove residence', () => {
    const proven = dossier(CONCLUDED, VERIFIED, DOUBT, REQUEST, {
      ...SILENCE,
      heldDataProveResidence: true,
    });
    expect(standing(proven, '2025-07-01')).toBe('doubted');
    expect(standing(dossier(CONCLUDED, VERIFIED, DOUBT, REQUEST, SILENCE), '2025-07-01')).toBe(
      'unverifiable',
    );
  });

  it('waivers of the service must be a list of waivers', () => {
    for (const waivers of [undefined, 'x', {}, [DOUBT]] as never[])
      expect(() => checkWaivers(waivers)).toThrow(
        expect.objectContaining({ code: 'ERR_DOSSIER_EVENT' }),
      );
  });

  it('does not change by itself when the day for an answer passes', () => {
    expect(standing(dossier(CONCLUDED, VERIFIED, DOUBT, REQUEST), '2025-12-31')).toBe('doubted');
  });

  it('is no longer unverifiable once the subscriber answers or residence is verified', () => {
    const silent = dossier(CONCLUDED, VERIFIED, DOUBT, REQUEST, SILENCE);
    const answered = dossier(...silent.events, { type: 'information-answered', on: '2025-07-10' });
    expect([standing(answered, '2025-07-09'), standing(answered, '2025-07-10')]).toEqual([
      'unverifiable',
      'doubted',
    ]);
    const again = dossier(...silent.events, {
      ...VERIFIED,
      on: '2025-07-12',
      occasion: 'doubt',
      means: ['h'],
    });
    expect(standing(again, '2025-07-12')).toBe('verified');
  });

  it('a waiver counts from its first day to its last, and not once it is withdrawn', () => {
    const waiver = { type: 'verification-waived', on: '2025-03-01', until: '2025-12-31' };
    const it = dossier(CONCLUDED, waiver, { type: 'waiver-withdrawn', on: '2025-09-01' });
    expect(
      ['2025-02-28', '2025-03-01', '2025-08-31', '2025-09-01'].map(day => standing(it, day)),
    ).toEqual(['unverified', 'waived', 'waived', 'unverified']);
    expect(standing(dossier(CONCLUDED, waiver), '2026-01-01')).toBe('unverified');
  });

  it('a waiver for the whole service needs no event in each dossier, and does not cure residence elsewhere', () => {
    const waiver = parseEvent({ type: 'verification-waived', on: '2025-03-01' });
    expect(standingAt(dossier(CONCLUDED), '2025-03-01', [waiver]).standing).toBe('waived');
    expect(standingAt({ events: [] }, '2025-03-01', [waiver]).standing).toBe('none');
    expect(
      standingAt(dossier(CONCLUDED, { ...VERIFIED, outcome: 'elsewhere' }), '2025-03-01', [waiver])
        .standing,
    ).toBe('elsewhere');
  });

  it('a renewal that the provider has not processed stays portable and is counted as overdue', () => {
    const it = dossier(CONCLUDED, VERIFIED);
    expect(standingAt(it, '2026-01-30')).not.toHaveProperty('overdue');
    expect(standingAt(it, '2026-01-31')).toMatchObject({
      standing: 'renewal-due',
      overdue: { since: '2026-01-31', renewals: 1 },
    });
    expect(standingAt(it, '2028-02-01').overdue).toEqual({ since: '2026-01-31', renewals: 3 });
    expect(decideRule(table.locate('3.1.1.1'), standing(it, '2028-02-01')).verdict).toBe(
      'portable',
    );
  });

  it('a monthly tacit renewal is due each month, on the last day of a shorter one, and is met from data already held', () => {
    const monthly = { ...CONCLUDED, renewsEvery: 1 };
    const it = dossier(monthly, VERIFIED);
    expect(['2025-02-27', '2025-02-28', '2025-03-30'].map(day => standing(it, day))).toEqual([
      'verified',
      'renewal-due',
      'renewal-due',
    ]);
    const renewed = dossier(...it.events, {
      ...VERIFIED,
      on: '2025-02-28',
      occasion: 'renewal',
      means: ['b'],
    });
    expect(['2025-02-28', '2025-03-30', '2025-03-31'].map(day => standing(renewed, day))).toEqual([
      'verified',
      'verified',
      'renewal-due',
    ]);
    const ahead = dossier(...it.events, { ...VERIFIED, on: '2025-02-20', occasion: 'renewal' });
    expect(['2025-02-28', '2025-03-31'].map(day => standing(ahead, day))).toEqual([
      'verified',
      'renewal-due',
    ]);
  });

  it('a noted renewal and a tacit one on the same day count once', () => {
    const it = dossier(CONCLUDED, VERIFIED, { type: 'contract-renewed', on: '2026-01-31' });
    expect(standingAt(it, '2026-02-01').overdue?.renewals).toBe(1);
    const moved = dossier(CONCLUDED, VERIFIED, { type: 'contract-renewed', on: '2025-11-15' });
    expect(standingAt(moved, '2026-11-15').overdue).toEqual({ since: '2025-11-15', renewals: 2 });
  });

  it('a renewal noted after the verification of its day, or twice, counts once', () => {
    const renewed = { type: 'contract-renewed', on: '2026-01-31' };
    const verifiedAgain = { ...VERIFIED, on: '2026-01-31', occasion: 'renewal' };
    expect(
      standing(dossier(CONCLUDED, VERIFIED, verifiedAgain, renewed, renewed), '2026-01-31'),
    ).toBe('verified');
    expect(
      standingAt(dossier(CONCLUDED, VERIFIED, renewed, renewed), '2026-01-31').overdue?.renewals,
    ).toBe(1);
  });

  it('verified residence in another State ends portability until it is verified at home again', () => {
    const it = dossier(CONCLUDED, VERIFIED, DOUBT, {
      ...VERIFIED,
      on: '2025-06-20',
      outcome: 'elsewhere',
      occasion: 'doubt',
      means: ['e'],
    });
    expect(standing(it, '2025-06-20')).toBe('elsewhere');
    expect(standing(it, '2026-02-01')).toBe('elsewhere');
    const back = dossier(...it.events, {
      ...VERIFIED,
      on: '2026-03-01',
      occasion: 'renewal',
      means: ['e'],
    });
    expect(standing(back, '2026-03-01')).toBe('verified');
  });

  it('a free service that opted in needs the same dossier; one that has not is never portable', async () => {
    const gate = await openGate({
      table,
      offers: { free: { paid: false }, opted: { paid: false, portable: true } },
    });
    const ask = (day: string, offer: string): string =>
      gate.decide({
        subscriber: 's',
        address: '3.1.1.1',
        standing: standing(dossier(CONCLUDED, VERIFIED), day),
        offer,
      }).reason;
    expect([
      ask('2025-01-31', 'opted'),
      ask('2025-02-01', 'opted'),
      ask('2025-02-01', 'free'),
    ]).toEqual(['residence-unverified', 'temporarily-abroad', 'service-not-portable']);
  });

  it('a gift-card subscriber without payment details is verified by other means', () => {
    const gift = { type: 'contract-concluded', on: '2025-01-31' };
    expect(refused(() => parseEvent({ ...VERIFIED, means: ['j'] }))).toContain(
      'an address (i), a declaration (j) and an IP address check (k) count only with one of the means (a) to (h) (Art. 5(1))',
    );
    expect(refused(() => parseEvent({ ...VERIFIED, means: ['i', 'k'] }))).toContain('Art. 5(1)');
    for (const means of [['h'], ['a', 'k'], ['e', 'i']])
      expect(standing(dossier(gift, { ...VERIFIED, means }), '2027-01-01')).toBe('verified');
  });

  it('a verification may be made by a distributor', () => {
    expect(
      standing(dossier(CONCLUDED, { ...VERIFIED, by: 'distributor', means: ['c'] }), '2025-02-01'),
    ).toBe('verified');
  });

  it('an IP check alone settles a doubt, never a first verification, a renewal or a residence elsewhere', () => {
    const check = { ...VERIFIED, means: ['k'], occasion: 'doubt', on: '2025-06-10' };
    expect(standing(dossier(CONCLUDED, VERIFIED, DOUBT, check), '2025-06-10')).toBe('verified');
    expect(standing(dossier(CONCLUDED, DOUBT, check), '2025-06-10')).toBe('unverified');
    expect(
      standing(
        dossier(
          CONCLUDED,
          VERIFIED,
          { ...DOUBT, on: '2026-02-10' },
          { ...check, on: '2026-02-11' },
        ),
        '2026-02-11',
      ),
    ).toBe('renewal-due');
    expect(refused(() => parseEvent({ ...check, outcome: 'elsewhere' }))).toContain('Art. 5(2)');
    expect(refused(() => parseEvent({ ...check, occasion: 'renewal' }))).toContain('Art. 5(1)');
    expect(refused(() => dossier(CONCLUDED, VERIFIED, check))).toContain('needs a doubt');
  });

  it('an IP check alone does not heal a silence about a renewal', () => {
    const overdue = dossier(
      CONCLUDED,
      VERIFIED,
      { ...REQUEST, on: '2026-02-01', answerBy: '2026-02-28' },
      { ...SILENCE, on: '2026-03-01' },
      { ...DOUBT, on: '2026-03-02' },
      { ...VERIFIED, on: '2026-03-03', means: ['k'], occasion: 'doubt' },
    );
    expect(standing(overdue, '2026-03-03')).toBe('unverifiable');
  });

  it('a doubt about a residence that was never verified does not make it portable', () => {
    const it = dossier(CONCLUDED, DOUBT);
    expect(standing(it, '2025-06-01')).toBe('unverified');
    expect(decideRule(table.locate('3.1.1.1'), standing(it, '2025-06-01')).verdict).toBe('refused');
  });

  it('dropping a doubt drops what was requested because of it', () => {
    const dropped = dossier(CONCLUDED, VERIFIED, DOUBT, REQUEST, SILENCE, {
      type: 'doubt-dropped',
      on: '2025-07-02',
    });
    expect(standingAt(dropped, '2025-07-02')).toMatchObject({ standing: 'verified' });
    expect(standingAt(dropped, '2025-07-02')).not.toHaveProperty('answerBy');
  });

  it('settling a doubt does not leave a subscriber refused while a renewal waits for the provider', () => {
    const monthly = { ...CONCLUDED, renewsEvery: 1 };
    for (const end of [
      { type: 'doubt-dropped' },
      { ...VERIFIED, means: ['k'], occasion: 'doubt' },
    ]) {
      const it = dossier(monthly, VERIFIED, DOUBT, REQUEST, SILENCE, { ...end, on: '2025-07-05' });
      expect([standing(it, '2025-07-04'), standing(it, '2025-07-05')]).toEqual([
        'unverifiable',
        'renewal-due',
      ]);
    }
  });

  it('silence to a request without a ground changes nothing', () => {
    expect(standing(dossier(CONCLUDED, VERIFIED, REQUEST, SILENCE), '2025-07-01')).toBe('verified');
    expect(standing(dossier(CONCLUDED, REQUEST, SILENCE), '2025-07-01')).toBe('unverifiable');
  });

  it('a waiver of the service is independent of those in the dossier, and is checked', () => {
    const service = [parseEvent({ type: 'verification-waived', on: '2025-02-01' })];
    const own = dossier(
      CONCLUDED,
      { type: 'verification-waived', on: '2025-03-01' },
      { type: 'waiver-withdrawn', on: '2025-04-01' },
    );
    expect(standingAt(own, '2025-05-01', service).standing).toBe('waived');
    const ended = [...service, parseEvent({ type: 'waiver-withdrawn', on: '2025-06-01' })];
    expect([
      standingAt(own, '2025-05-31', ended).standing,
      standingAt(own, '2025-06-01', ended).standing,
    ]).toEqual(['waived', 'unverified']);
    expect(refused(() => standingAt(own, '2025-05-01', [parseEvent(DOUBT)]))).toContain(
      'waivers of the service',
    );
    expect(
      refused(() =>
        standingAt(own, '2025-05-01', [parseEvent({ type: 'waiver-withdrawn', on: '2025-04-01' })]),
      ),
    ).toContain('no waiver');
  });

  it('neither a doubt nor a count of days refuses by itself: 400 days in Spain are still portable', async () => {
    const it = dossier({ ...CONCLUDED, renewsEvery: 1 }, VERIFIED, DOUBT);
    const gate = await openGate({ table });
    for (let n = 0; n < 400; n++) {
      const day = new Date(Date.parse('2025-06-01') + n * 86_400_000).toISOString().slice(0, 10);
      expect(
        gate.decide({ subscriber: 's', standing: standing(it, day), address: '3.1.1.1' }).verdict,
      ).toBe('portable');
    }
  });

  it('a new contract needs a new verification; the end of the last one is known', () => {
    const ended = dossier(CONCLUDED, VERIFIED, { type: 'contract-ended', on: '2025-08-01' });
    expect([standing(ended, '2025-07-31'), standing(ended, '2025-08-01')]).toEqual([
      'verified',
      'none',
    ]);
    expect([
      contractEnd(ended),
      contractEnd(dossier(CONCLUDED)),
      contractEnd({ events: [] }),
    ]).toEqual(['2025-08-01', undefined, undefined]);
    const verifiedAgain = dossier(...ended.events, { ...CONCLUDED, on: '2025-09-01' });
    expect([standing(verifiedAgain, '2025-09-01'), contractEnd(verifiedAgain)]).toEqual([
      'unverified',
      undefined,
    ]);
  });
});

describe('a forecast of a standing', () => {
  it('holds until a renewal, the end of a waiver or an event that is noted ahead', () => {
    const waiver = { type: 'verification-waived', on: '2025-02-03', until: '2025-03-31' };
    const cases: readonly [object[], string, object][] = [
      [[], '2025-02-01', { standing: 'none', recheck: undefined, due: 'never' }],
      [
        [CONCLUDED, VERIFIED],
        '2025-02-01',
        { standing: 'verified', recheck: '2026-01-31', due: '2026-01-31' },
      ],
      [
        [CONCLUDED, VERIFIED],
        '2026-02-01',
        { standing: 'renewal-due', recheck: undefined, due: '2026-01-31' },
      ],
      [
        [CONCLUDED, VERIFIED, waiver],
        '2025-02-03',
        { standing: 'waived', recheck: '2025-04-01', due: '2026-01-31' },
      ],
      [
        [CONCLUDED, VERIFIED, { type: 'contract-ended', on: '2025-12-01' }],
        '2025-02-03',
        { standing: 'verified', recheck: '2025-12-01', due: 'unknown' },
      ],
      [
        [CONCLUDED, VERIFIED, DOUBT, REQUEST],
        '2025-06-03',
        { standing: 'doubted', recheck: '2026-01-31', due: 'unknown' },
      ],
      [
        [{ type: 'contract-concluded', on: '2025-01-31' }, VERIFIED],
        '2025-02-03',
        { standing: 'verified', recheck: undefined, due: 'never' },
      ],
    ];
    for (const [events, day, forecast] of cases)
      expect(forecastStanding(dossier(...events), day)).toEqual(forecast);
  });

  it('is never wrong before its day: it equals the replay of every day, for any history and waivers', () => {
    const waivers = fc.option(
      fc.record({
        on: dayArbitrary,
        until: fc.constantFrom(undefined, '2025-05-01'),
        withdrawn: fc.option(dayArbitrary, { nil: undefined }),
      }),
      { nil: undefined },
    );
    let held = 0;
    fc.assert(
      fc.property(
        fc.array(eventArbitrary, { minLength: 2, maxLength: 12 }),
        dayArbitrary,
        waivers,
        (events, day, waiver) => {
          const it = possible([
            ['2025-01-25', { type: 'contract-concluded', renewsEvery: 1 }],
            ...events,
          ]);
          const serviceWide = [
            ...(waiver === undefined || (waiver.until ?? waiver.on) < waiver.on
              ? []
              : [parseEvent({ type: 'verification-waived', on: waiver.on, until: waiver.until })]),
            ...(waiver?.withdrawn !== undefined &&
            waiver.withdrawn >= waiver.on &&
            (waiver.until ?? waiver.on) >= waiver.on
              ? [parseEvent({ type: 'waiver-withdrawn', on: waiver.withdrawn })]
              : []),
          ];
          const { standing: forecast, recheck, due } = forecastStanding(it, day);
          for (let on = day, n = 0; n < 120; on = addDays(on, 1), n++) {
            const { standing: replayed, overdue } = standingAt(it, on, serviceWide);
            const isOverdue = due !== 'never' && due <= on;
            if (due !== 'unknown') expect(overdue?.since).toBe(isOverdue ? due : undefined);
            if (recheck !== undefined && on >= recheck) continue;
            held++;
            expect(withServiceWaivers(forecast, serviceWide, on)).toBe(replayed);
          }
        },
      ),
      { numRuns: 400 },
    );
    expect(held).toBeGreaterThan(5000);
  });
});
