import { describe, expect, it } from 'vitest';
import { parseEvent, removeEvent, standingAt } from '../../src/index.ts';
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

describe('the events of a dossier', () => {
  it('an event noted by mistake can be removed, unless the others could not have happened without it', () => {
    const it = dossier(CONCLUDED, VERIFIED, DOUBT);
    expect(standing(removeEvent(it, 2), '2025-06-01')).toBe('verified');
    expect(refused(() => removeEvent(it, 0))).toContain('no contract');
    expect(refused(() => removeEvent(it, 3))).toContain('no such event');
    expect(refused(() => removeEvent(it, 'length' as never))).toContain('no such event');
  });

  it.each([
    [[VERIFIED], 'no contract'],
    [[CONCLUDED, { ...CONCLUDED, on: '2025-05-01' }], 'already in force'],
    [[CONCLUDED, SILENCE], 'no information was requested'],
    [[CONCLUDED, REQUEST, { ...SILENCE, on: '2025-06-30' }], 'has not passed'],
    [
      [CONCLUDED, { type: 'information-answered', on: '2025-07-01' }],
      'no information was requested',
    ],
    [[CONCLUDED, { type: 'doubt-dropped', on: '2025-07-01' }], 'no doubt'],
    [[{ type: 'waiver-withdrawn', on: '2025-07-01' }], 'no waiver'],
    [[CONCLUDED, { ...REQUEST, answerBy: '2025-06-01' }], 'before the day of the request'],
    [
      [{ type: 'verification-waived', on: '2025-03-01', until: '2025-02-01' }],
      'before its first day',
    ],
  ])('refuses a history that cannot have happened: %j', (events, message) => {
    expect(refused(() => dossier(...events))).toContain(message);
  });

  it('accepts no proof, no address and no ground of doubt that does not point to another State', () => {
    for (const more of [{ card: '4970' }, { address: 'x' }, { document: 'x' }, { country: 'ES' }])
      expect(refused(() => parseEvent({ ...VERIFIED, ...more }))).toContain('unknown field');
    for (const reason of ['address-seen-abroad', 'foreign-card', 'new-card', ''])
      expect(refused(() => parseEvent({ ...DOUBT, reason }))).toContain('reason must be');
    for (const value of [
      null,
      1,
      'x',
      {},
      { type: 'x' },
      { type: 'doubt-raised' },
      { ...DOUBT, on: '2025-02-30' },
      { ...VERIFIED, by: 'me' },
      { ...VERIFIED, means: 'ab' },
      { ...CONCLUDED, renewsEvery: 0 },
      { ...SILENCE, heldDataProveResidence: 1 },
      { ...REQUEST, answerBy: 1 },
    ])
      expect(refused(() => parseEvent(value))).toMatch(/^[a-z]/);
    expect(() => standingAt({ events: [] }, 'today')).toThrow(
      expect.objectContaining({ code: 'ERR_DAY' }),
    );
    expect(() => standingAt(undefined as never, '2025-01-01')).toThrow(
      expect.objectContaining({ code: 'ERR_DOSSIER_EVENT' }),
    );
  });

  it('evaluates a contract of a thousand years quickly', () => {
    expect(
      standingAt(
        dossier(
          { ...CONCLUDED, on: '1970-01-01', renewsEvery: 1 },
          { ...VERIFIED, on: '1970-01-01' },
        ),
        '2999-12-31',
      ).overdue?.renewals,
    ).toBe(12_359);
  });
});
