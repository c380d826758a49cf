/** Tests what each event adds to a dossier and what it settles, as seen in later events. */
import { describe, expect, it } from 'vitest';
import { parseEvent, type StandingOn, standingAt } from '../../src/index.ts';
import { checkWaivers, contractEnd } from '../../src/law/standing.ts';
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

const at = (day: string, ...events: readonly object[]): StandingOn =>
  standingAt(dossier(...events), day);
const typesOf = ({ because }: StandingOn): string[] => because.map(({ type }) => type);
const ANSWERED = { type: 'information-answered', on: '2025-07-02' };
const ELSEWHERE = { ...VERIFIED, on: '2025-08-01', occasion: 'doubt', outcome: 'elsewhere' };
const BY_ADDRESS_CHECK = { ...VERIFIED, on: '2025-08-01', occasion: 'doubt', means: ['k'] };
const RENEWED_HOME = { ...VERIFIED, on: '2025-09-01', occasion: 'renewal' };
const DOUBT_AGAIN = { ...DOUBT, on: '2025-10-01' };
const REQUEST_AGAIN = { ...REQUEST, on: '2025-10-02', answerBy: '2025-10-30' };

describe('a verification at home', () => {
  it('settles doubt, request, silence and what was due, so that a later doubt starts from nothing', () => {
    const healed = [
      CONCLUDED,
      VERIFIED,
      DOUBT,
      REQUEST,
      SILENCE,
      { ...VERIFIED, on: '2025-08-01', occasion: 'doubt' },
    ];
    expect(at('2025-09-01', ...healed)).toMatchObject({ standing: 'verified' });
    expect(at('2025-10-01', ...healed, DOUBT_AGAIN).standing).toBe('doubted');
    const { answerBy, ...rest } = at('2025-08-01', ...healed.filter(event => event !== SILENCE));
    expect([rest.standing, answerBy, typesOf(rest)]).toEqual([
      'verified',
      undefined,
      ['contract-concluded', 'residence-verified'],
    ]);
    expect(refused(() => dossier(...healed, { ...ANSWERED, on: '2025-08-02' }))).toBe(
      'no information was requested',
    );
    expect(refused(() => dossier(...healed, { type: 'doubt-dropped', on: '2025-08-02' }))).toBe(
      'there is no doubt to drop',
    );
  });

  it('by IP check settles a doubt about a verified residence, and is listed until the next verification', () => {
    const confirmed = [CONCLUDED, VERIFIED, DOUBT, BY_ADDRESS_CHECK];
    expect(at('2025-08-01', ...confirmed)).toMatchObject({
      standing: 'verified',
      because: [{}, { on: VERIFIED.on }, { on: BY_ADDRESS_CHECK.on }],
    });
    expect(at('2025-09-01', ...confirmed, RENEWED_HOME)).toMatchObject({
      because: [{ type: 'contract-concluded' }, { on: RENEWED_HOME.on }],
    });
    expect(at('2025-08-01', CONCLUDED, { ...DOUBT }, BY_ADDRESS_CHECK)).toMatchObject({
      standing: 'unverified',
      because: [{ type: 'contract-concluded' }, { type: 'doubt-raised' }],
    });
  });
});

describe('a residence elsewhere', () => {
  const before = [CONCLUDED, VERIFIED, DOUBT, REQUEST, SILENCE];
  it('settles doubt, request and silence', () => {
    const elsewhere = [...before, ELSEWHERE];
    expect(at('2025-08-01', ...elsewhere)).toMatchObject({ standing: 'elsewhere' });
    expect(refused(() => dossier(...elsewhere, { type: 'doubt-dropped', on: '2025-08-02' }))).toBe(
      'there is no doubt to drop',
    );
    expect(refused(() => dossier(...elsewhere, { ...ANSWERED, on: '2025-08-02' }))).toBe(
      'no information was requested',
    );
    expect(at('2025-10-02', ...elsewhere, REQUEST_AGAIN)).toMatchObject({
      standing: 'elsewhere',
      answerBy: '2025-10-30',
    });
  });

  it('cancels a verification made ahead: the next renewal needs its own', () => {
    const ahead = [CONCLUDED, VERIFIED, RENEWED_HOME];
    expect(at('2026-01-31', ...ahead).standing).toBe('verified');
    const back = { ...VERIFIED, on: '2025-11-01', occasion: 'conclusion' };
    const away = { ...ELSEWHERE, on: '2025-10-01', occasion: 'renewal' };
    expect(at('2026-01-31', ...ahead, away, back).standing).toBe('renewal-due');
  });

  it('settles what was due: a later verification for renewal counts for the next one', () => {
    const due = [CONCLUDED, VERIFIED];
    const away = { ...ELSEWHERE, on: '2026-03-01', occasion: 'renewal' };
    const back = { ...RENEWED_HOME, on: '2026-04-01' };
    expect(at('2026-02-01', ...due).standing).toBe('renewal-due');
    expect(at('2027-01-31', ...due, away, back).standing).toBe('verified');
    expect(at('2027-01-31', ...due, back).standing).toBe('renewal-due');
  });
});

describe('a request for information', () => {
  it('ends with the answer, or with data that prove residence all the same', () => {
    for (const end of [ANSWERED, { ...SILENCE, heldDataProveResidence: true }]) {
      const ended = [CONCLUDED, VERIFIED, DOUBT, REQUEST, end];
      expect(at('2025-07-02', ...ended)).not.toHaveProperty('answerBy');
      expect(typesOf(at('2025-07-02', ...ended))).not.toContain('information-requested');
      expect(refused(() => dossier(...ended, { ...ANSWERED, on: '2025-07-03' }))).toBe(
        'no information was requested',
      );
    }
  });

  it('is open until silence is noted', () => {
    const asked = [CONCLUDED, VERIFIED, DOUBT, REQUEST];
    expect(at('2025-07-01', ...asked)).toMatchObject({ answerBy: '2025-06-30' });
    expect(at('2025-07-01', ...asked, SILENCE)).not.toHaveProperty('answerBy');
  });

  it('about a residence that was never verified stays open when the doubt is dropped', () => {
    const dropped = { type: 'doubt-dropped', on: '2025-06-15' };
    const never = [CONCLUDED, DOUBT, REQUEST, dropped];
    expect(typesOf(at('2025-06-15', ...never))).toEqual([
      'contract-concluded',
      'information-requested',
    ]);
    expect(refused(() => dossier(...never, dropped))).toBe('there is no doubt to drop');
  });

  it('without an answer counts only where there was something to verify', () => {
    const { answerBy, ...early } = { ...REQUEST, on: '2025-03-01', answerBy: '2025-03-31' };
    const silent = [CONCLUDED, VERIFIED, { ...early, answerBy }, { ...SILENCE, on: '2025-04-01' }];
    expect(at('2025-04-01', ...silent)).toMatchObject({ standing: 'verified' });
    expect(at('2025-06-01', ...silent, DOUBT).standing).toBe('doubted');
    expect(at('2026-02-01', ...silent).standing).toBe('renewal-due');
    const onDoubt = [CONCLUDED, VERIFIED, { ...early, answerBy }, DOUBT, SILENCE];
    expect(at('2025-07-01', ...onDoubt).standing).toBe('unverifiable');
    const dropped = [...onDoubt, { type: 'doubt-dropped', on: '2025-07-02' }];
    expect(at('2025-07-02', ...dropped).standing).toBe('verified');
    expect(at('2025-10-01', ...dropped, DOUBT_AGAIN).standing).toBe('doubted');
    expect(at('2026-02-01', ...dropped).standing).toBe('renewal-due');
  });

  it('on a doubt neither heals an earlier silence nor is hidden by it', () => {
    const due = { ...REQUEST, on: '2026-02-10', answerBy: '2026-03-10' };
    const silence = { ...SILENCE, on: '2026-03-11' };
    const doubt = { ...DOUBT, on: '2026-04-01' };
    const again = { ...REQUEST, on: '2026-04-02', answerBy: '2026-05-02' };
    const dropped = { type: 'doubt-dropped', on: '2026-06-01' };
    const first = [CONCLUDED, VERIFIED, due, silence, doubt, again];
    expect(at('2026-04-02', ...first)).toMatchObject({
      standing: 'unverifiable',
      answerBy: '2026-05-02',
    });
    expect(typesOf(at('2026-04-02', ...first))).toEqual([
      'contract-concluded',
      'residence-verified',
      'information-requested',
      'information-not-answered',
      'doubt-raised',
      'information-requested',
    ]);
    expect(at('2026-06-01', ...first, dropped).standing).toBe('unverifiable');
    const both = [...first, { ...SILENCE, on: '2026-05-03' }];
    expect(at('2026-05-03', ...both)).not.toHaveProperty('answerBy');
    expect(at('2026-06-01', ...both, dropped).standing).toBe('unverifiable');
    expect(at('2026-06-02', ...both, dropped, { ...RENEWED_HOME, on: '2026-06-02' }).standing).toBe(
      'verified',
    );
  });

  it('ends with the doubt on which it was made, except where residence was never verified', () => {
    const dropped = { type: 'doubt-dropped', on: '2025-06-15' };
    expect(at('2025-06-15', CONCLUDED, VERIFIED, DOUBT, REQUEST, dropped)).not.toHaveProperty(
      'answerBy',
    );
    expect(at('2025-06-15', CONCLUDED, DOUBT, REQUEST, dropped)).toMatchObject({
      answerBy: '2025-06-30',
    });
    expect(
      at('2025-06-15', CONCLUDED, VERIFIED, REQUEST, { ...DOUBT, on: '2025-06-03' }, dropped),
    ).toMatchObject({
      answerBy: '2025-06-30',
    });
  });
});

describe('a renewal', () => {
  it('by agreement, of a contract without terms, is due on its day and not on the day of conclusion', () => {
    const { renewsEvery: _, ...open } = CONCLUDED;
    const renewed = { type: 'contract-renewed', on: '2025-06-01' };
    expect(at('2025-06-01', open, VERIFIED, renewed)).toMatchObject({
      standing: 'renewal-due',
      overdue: { since: '2025-06-01', renewals: 1 },
    });
    expect(standing(dossier(open, VERIFIED, { ...renewed, on: open.on }), '2030-01-01')).toBe(
      'verified',
    );
  });
});

describe('the end of a contract', () => {
  it('is undefined where another contract was concluded after it', () => {
    const ended = [CONCLUDED, { type: 'contract-ended', on: '2025-03-01' }];
    expect(contractEnd(dossier(...ended))).toBe('2025-03-01');
    expect(contractEnd(dossier(...ended, { type: 'verification-waived', on: '2025-03-15' }))).toBe(
      '2025-03-01',
    );
    expect(contractEnd(dossier(...ended, { ...CONCLUDED, on: '2025-04-01' }))).toBeUndefined();
  });

  it('of a waiver of the service needs an earlier waiver', () => {
    const withdrawn = parseEvent({ type: 'waiver-withdrawn', on: '2025-03-01' });
    expect(refused(() => checkWaivers([withdrawn]))).toBe('there is no waiver to withdraw');
    expect(
      refused(() =>
        checkWaivers([parseEvent({ type: 'verification-waived', on: '2025-03-02' }), withdrawn]),
      ),
    ).toBe('there is no waiver to withdraw');
  });
});
