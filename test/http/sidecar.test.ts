import { describe, expect, it } from 'vitest';
import { explain } from '../../src/index.ts';
import { CHECK, from, STANDING, TABLE } from '../support/asking.ts';
import { ask, startSidecar } from '../support/sidecar.ts';
import { fileOf } from '../support/tables.ts';

describe('the sidecar', () => {
  it('answers 200 or 403 with verdict, reason, code and the fitting status in headers', async () => {
    const { to, stop } = await startSidecar(STANDING);
    const check = (headers: object) => ask({ ...to, ...CHECK }, headers as Record<string, string>);
    const home = await check(from('2.1.1.1'));
    expect([home.status, home.body]).toEqual([200, '']);
    expect(home.headers).toMatchObject({
      'laissez-passer-verdict': 'domestic',
      'laissez-passer-reason': 'present-at-home',
      'laissez-passer-code': 'LP-05',
      'laissez-passer-status': '200',
      'cache-control': 'no-store',
    });
    const london = await check(from('4.1.1.1', { 'accept-language': 'en' }));
    expect(london.status).toBe(403);
    expect(london.headers).toMatchObject({ 'laissez-passer-reason': 'outside-eea', 'laissez-passer-status': '451' });
    expect(JSON.parse(london.body)).toMatchObject({ status: 451, detail: explain('outside-eea', 'en') });
    expect((await check(from('9.9.9.9'))).headers['laissez-passer-status']).toBe('503');
    for (const [standing, reason] of [
      ['elsewhere', 'residence-elsewhere'],
      ['unverified', 'residence-unverified'],
      ['nonsense', 'no-contract'],
      [undefined, 'no-contract'],
    ] as const) {
      const { 'x-standing': _, ...rest } = from('3.1.1.1');
      const answer = await check({ ...rest, ...(standing && { 'x-standing': standing }) });
      expect([answer.status, answer.headers['laissez-passer-reason']]).toEqual([403, reason]);
    }
    expect(await stop()).toBe(0);
  });

  it('reads the client from the right through trusted proxies only, from several lines, whatever path, method and body', async () => {
    const { to } = await startSidecar([...STANDING, '--trusted', '203.0.113.0/24']);
    const reason = async (chain: string | string[], more: object = {}, body?: string): Promise<unknown> =>
      (await ask({ ...to, ...CHECK, ...more }, { ...from(''), 'x-forwarded-for': chain }, body)).headers[
        'laissez-passer-reason'
      ];
    expect(await reason('2.1.1.1, 4.1.1.1')).toBe('outside-eea');
    expect(await reason('2.1.1.1, 4.1.1.1, 203.0.113.9')).toBe('outside-eea');
    expect(await reason(['4.1.1.1', '2.1.1.1, 203.0.113.9', '127.0.0.1'])).toBe('present-at-home');
    expect(await reason('2.1.1.1, x')).toBe('address-invalid');
    for (const path of ['/check/hls/a%zz?token=1', '/check?x', '/check/../../metrics', `/check/${'a'.repeat(5000)}`])
      expect(await reason('2.1.1.1', { path })).toBe('present-at-home');
    expect(await reason('2.1.1.1', { method: 'POST' }, '{"a":')).toBe('present-at-home');
    expect(await reason('2.1.1.1', { method: 'HEAD' })).toBe('present-at-home');
    const strange = { cookie: 'c'.repeat(20_000), 'content-type': '///' };
    const posted = await ask({ ...to, ...CHECK, method: 'POST' }, { ...from('2.1.1.1'), ...strange }, 'body');
    expect(posted.status).toBe(200);
    expect((await ask({ ...to, path: '/checked' })).status).toBe(404);
  });

  it('takes headers by the names it was given, Forwarded too, and an offer by its name', async () => {
    const offers = fileOf('{"free":{"paid":false}}', 'offers.json');
    const named = ['--address-header', 'Forwarded', '--subscriber-header', 'X-Id', '--standing-header', 'X-Standing'];
    const { to } = await startSidecar([...TABLE, ...named, '--offers', offers, '--offer-header', 'X-Offer']);
    const spain = { forwarded: 'for=3.1.1.1', 'x-id': 's', 'x-standing': 'verified' };
    expect((await ask({ ...to, ...CHECK }, spain)).status).toBe(200);
    const free = await ask({ ...to, ...CHECK }, { ...spain, 'x-offer': 'free' });
    expect(free.headers['laissez-passer-reason']).toBe('service-not-portable');
  });

  it('answers its peers only', async () => {
    const { to } = await startSidecar([...STANDING, '--peer', '10.0.0.0/8']);
    const answer = await ask({ ...to, ...CHECK }, from('2.1.1.1'));
    expect([answer.status, answer.headers['laissez-passer-reason']]).toEqual([403, undefined]);
    const { body } = await ask({ ...to, path: '/metrics' });
    expect(body).toContain('reason="present-at-home"} 0');
    expect(body).toContain('laissez_passer_strangers_total 1');
  });

  it('gives Envoy the status itself, and refuses nothing in shadow mode', async () => {
    const envoy = await startSidecar([...STANDING, '--fitting-status']);
    const refused = await ask({ ...envoy.to, ...CHECK }, from('4.1.1.1'));
    expect([refused.status, refused.headers['content-type']]).toEqual([451, 'application/problem+json; charset=utf-8']);
    const unknown = await ask({ ...envoy.to, ...CHECK }, from('9.9.9.9'));
    expect([unknown.status, unknown.headers['retry-after']]).toEqual([503, '30']);
    const shadow = await startSidecar([...STANDING, '--shadow']);
    const passed = await ask({ ...shadow.to, ...CHECK }, from('4.1.1.1'));
    expect([passed.status, passed.headers['laissez-passer-reason']]).toEqual([200, 'outside-eea']);
    expect((await ask({ ...shadow.to, path: '/metrics' })).body).toContain('reason="outside-eea"} 1');
  });

  it('gives the document of a refusal by its reason, in the language of the client', async () => {
    const { to } = await startSidecar([...STANDING, '--lang', 'fr', '--client-language', 'fr']);
    const read = (reason: string, headers = {}) => ask({ ...to, path: `/refusal/${reason}` }, headers);
    const french = await read('outside-eea');
    expect([french.status, JSON.parse(french.body).detail]).toEqual([451, explain('outside-eea', 'fr')]);
    expect(JSON.parse((await read('LP-12', { 'accept-language': 'en' })).body).detail).toBe(
      explain('outside-eea', 'en'),
    );
    for (const reason of ['present-at-home', 'nonsense', '%2e%2e', '']) {
      const none = await read(reason);
      expect([none.status, none.body]).toEqual([403, '']);
    }
  });

  it('says how it is: alive, ready, in numbers', async () => {
    const { to } = await startSidecar(STANDING);
    expect((await ask({ ...to, path: '/healthz' })).status).toBe(200);
    const ready = await ask({ ...to, path: '/readyz' });
    expect([ready.status, JSON.parse(ready.body)]).toEqual([
      200,
      {
        status: 'ok',
        edition: expect.any(String),
        tableAgeDays: expect.any(Number),
        isTableStale: false,
        reload: {
          outcome: expect.stringMatching(/^(replaced|unchanged)$/),
          at: expect.any(String),
          edition: expect.any(String),
        },
      },
    ]);
    await ask({ ...to, ...CHECK }, from('2.1.1.1'));
    const { body } = await ask({ ...to, path: '/metrics' });
    expect(body).toContain('laissez_passer_decisions_total{verdict="domestic",reason="present-at-home"} 1');
  });
});
