import { describe, expect, it } from 'vitest';
import { purge } from '../../src/index.ts';
import { dueOf } from '../../src/subjects/requests.ts';
import { CALL, deskOn, STORES } from '../support/desk.ts';
import { noon } from '../support/gate.ts';

const row = (more: object) => ({
  id: 'R',
  pseudonym: '',
  kind: 'access',
  received: '2026-01-31',
  asked: '',
  established: '',
  extended: '',
  answered: '',
  outcome: '',
  reference: '',
  ...more,
});

describe('the time limit of a request', () => {
  it.each([
    [{}, '2026-02-28'],
    [{ received: '2026-11-22' }, '2026-12-22'],
    [{ received: '2027-12-31' }, '2028-01-31'],
    [{ extended: '2026-02-10' }, '2026-04-30'],
    [{ asked: '2026-02-02' }, undefined],
    [{ asked: '2026-02-02', established: '2026-02-20' }, '2026-03-20'],
    [{ answered: '2026-02-02' }, undefined],
  ])('of %j is %s', (more, due) => {
    expect(dueOf(row(more))).toBe(due);
  });

  it('orders the list of requests: the most urgent first, those that wait for an identity last', async () => {
    const { desk, time, close } = await deskOn(STORES['sqlite']!, '2026-11-22');
    const open = (subscriber: string, received: string) =>
      desk.openRequest(subscriber, CALL, 'access', received);
    const late = await open('a', '2026-10-01');
    const waiting = await open('b', '2026-10-25');
    const fresh = await open('c', '2026-11-20');
    await desk.identifyRequest(waiting.id, CALL, 'asked');
    expect((await desk.requests(true)).map(({ id, due }) => [id, due])).toEqual([
      [late.id, '2026-11-01'],
      [fresh.id, '2026-12-20'],
      [waiting.id, undefined],
    ]);
    await desk.answerRequest(fresh.id, CALL, 'refused-excessive');
    expect(await desk.requests(true)).toHaveLength(2);
    expect(await desk.requests()).toHaveLength(3);
    time.now = noon('2026-11-23');
    expect(await desk.identifyRequest(waiting.id, CALL, 'established')).toMatchObject({
      due: '2026-12-23',
    });
    expect(await desk.extendRequest(waiting.id, CALL)).toMatchObject({
      due: '2027-02-23',
      extended: '2026-11-23',
    });
    await close();
  });

  it('refuses a step out of order, an extension after the first month, a second one, a second answer', async () => {
    const { desk, close } = await deskOn(STORES['memory']!, '2026-11-22');
    const { id } = await desk.openRequest('a', CALL, 'erasure', '2026-10-21');
    const { id: other } = await desk.openRequest('a', CALL, 'erasure', '2026-10-22');
    const refused = (work: Promise<unknown>) =>
      expect(work).rejects.toMatchObject({ code: 'ERR_REQUEST' });
    await refused(desk.extendRequest(id, CALL));
    await desk.extendRequest(other, CALL);
    await refused(desk.extendRequest(other, CALL));
    await refused(desk.identifyRequest(id, CALL, 'established'));
    // A late request for identity must not extend the time limit of a request that is already late.
    await refused(desk.identifyRequest(id, CALL, 'asked'));
    await desk.identifyRequest(other, CALL, 'asked');
    await refused(desk.identifyRequest(other, CALL, 'asked'));
    await refused(desk.answerRequest(id, CALL, 'perhaps' as never));
    await desk.answerRequest(id, CALL, 'withdrawn');
    await refused(desk.answerRequest(id, CALL, 'granted'));
    await refused(desk.answerRequest('R-NONE', CALL, 'granted'));
    await refused(desk.openRequest('a', CALL, 'access', '2026-11-23'));
    await refused(desk.openRequest('a', CALL, 'wish' as never, '2026-11-20'));
    await close();
  });

  it('an exercised right answers the open request or adds one; numbers are easy to read out; requests are purged after their retention', async () => {
    const { desk, ledger, keyring, time, close } = await deskOn(STORES['sqlite']!, '2026-11-22');
    const { id } = await desk.openRequest('a', CALL, 'access', '2026-11-02');
    await desk.export('a', { reason: 'access-request' });
    await desk.export('a', { reason: 'portability-request' });
    await desk.export('a', CALL);
    expect(await desk.requests()).toMatchObject([
      { id, kind: 'access', answered: '2026-11-22', outcome: 'granted' },
      { kind: 'portability', received: '2026-11-22', answered: '2026-11-22' },
    ]);
    for (const each of await desk.requests())
      expect(each.id).toMatch(/^R-[2-9B-DF-HJ-NP-TV-Z]{8}$/);
    await desk.openRequest('a', CALL, 'access', '2026-11-22');
    time.now = noon('2029-11-22');
    await purge(ledger, keyring, time.now);
    expect(await desk.requests()).toHaveLength(3);
    time.now = noon('2029-11-23');
    await purge(ledger, keyring, time.now);
    expect(await desk.requests()).toMatchObject([{ answered: '' }]);
    await close();
  });
});

it('a step on a request that was erased or answered meanwhile is refused, and restores no data', async () => {
  const { desk, ledger, close } = await deskOn(STORES['sqlite']!, '2026-11-22');
  const { id } = await desk.openRequest('a', CALL, 'access', '2026-11-20');
  const [row] = await ledger.personRecords.read('requests', { id });
  await desk.erase('a', { reason: 'erasure-request' });
  expect(
    await ledger.personRecords.change('requests', row!, { ...row!, extended: '2026-11-22' }),
  ).toBe(false);
  const both = await Promise.allSettled([
    desk.extendRequest(id, CALL),
    desk.answerRequest(id, CALL, 'granted'),
  ]);
  expect(both.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
  expect(await ledger.personRecords.read('requests', { id })).toMatchObject([{ pseudonym: '' }]);
  await close();
});
