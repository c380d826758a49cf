import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../src/days.ts';
import { explain } from '../../../src/index.ts';
import { CHECK, from, STANDING, TABLE } from '../../support/asking.ts';
import { ask, startSidecar } from '../../support/sidecar.ts';
import { fileOf } from '../../support/tables.ts';

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
    expect(london.headers).toMatchObject({
      'laissez-passer-reason': 'outside-eea',
      'laissez-passer-status': '451',
    });
    expect(JSON.parse(london.body)).toMatchObject({
      status: 451,
      detail: explain('outside-eea', 'en'),
    });
    expect((await check(from('9.9.9.9'))).headers['laissez-passer-status']).toBe('403');
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

  it('reads the client from the right through trusted proxies only, from several lines, for any path, method and body', async () => {
    const { to } = await startSidecar([...STANDING, '--trusted', '203.0.113.0/24']);
    const reason = async (
      chain: string | string[],
      more: object = {},
      body?: string,
    ): Promise<unknown> =>
      (await ask({ ...to, ...CHECK, ...more }, { ...from(''), 'x-forwarded-for': chain }, body))
        .headers['laissez-passer-reason'];
    expect(await reason('2.1.1.1, 4.1.1.1')).toBe('outside-eea');
    expect(await reason('2.1.1.1, 4.1.1.1, 203.0.113.9')).toBe('outside-eea');
    expect(await reason(['4.1.1.1', '2.1.1.1, 203.0.113.9', '127.0.0.1'])).toBe('present-at-home');
    expect(await reason('2.1.1.1, x')).toBe('address-invalid');
    for (const path of [
      '/check/hls/a%zz?token=1',
      '/check?x',
      '/check/../../metrics',
      `/check/${'a'.repeat(5000)}`,
    ])
      expect(await reason('2.1.1.1', { path })).toBe('present-at-home');
    expect(await reason('2.1.1.1', { method: 'POST' }, '{"a":')).toBe('present-at-home');
    expect(await reason('2.1.1.1', { method: 'HEAD' })).toBe('present-at-home');
    const strange = { cookie: 'c'.repeat(20_000), 'content-type': '///' };
    const posted = await ask(
      { ...to, ...CHECK, method: 'POST' },
      { ...from('2.1.1.1'), ...strange },
      'body',
    );
    expect(posted.status).toBe(200);
    expect((await ask({ ...to, path: '/checked' })).status).toBe(404);
  });

  it('reads headers by their configured names, Forwarded too, and an offer by its name', async () => {
    const offers = fileOf('{"free":{"paid":false}}', 'offers.json');
    const named = [
      '--address-header',
      'Forwarded',
      '--subscriber-header',
      'X-Id',
      '--standing-header',
      'X-Standing',
    ];
    const { to } = await startSidecar([
      ...TABLE,
      ...named,
      '--offers',
      offers,
      '--offer-header',
      'X-Offer',
    ]);
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
    expect(body).toContain('laissez_passer_rejected_peers_total 1');
    expect(body).toContain('laissez_passer_check_seconds_count{outcome="granted"} 0');
  });

  it('gives Envoy the fitting status, and refuses nothing in shadow mode', async () => {
    const envoy = await startSidecar([...STANDING, '--fitting-status']);
    const refused = await ask({ ...envoy.to, ...CHECK }, from('4.1.1.1'));
    expect([refused.status, refused.headers['content-type']]).toEqual([
      451,
      'application/problem+json; charset=utf-8',
    ]);
    const unknown = await ask({ ...envoy.to, ...CHECK }, from('9.9.9.9'));
    expect([unknown.status, unknown.headers['retry-after']]).toEqual([403, undefined]);
    const shadow = await startSidecar([...STANDING, '--shadow']);
    const passed = await ask({ ...shadow.to, ...CHECK }, from('4.1.1.1'));
    expect([passed.status, passed.headers['laissez-passer-reason']]).toEqual([200, 'outside-eea']);
    const { body } = await ask({ ...shadow.to, path: '/metrics' });
    expect(body).toContain('reason="outside-eea"} 1');
    expect(body).toContain('laissez_passer_shadow 1');
    expect(JSON.parse((await ask({ ...shadow.to, path: '/readyz' })).body)).toMatchObject({
      shadow: true,
    });
  });

  it('serves the document of a refusal by its reason, in the language of the client', async () => {
    const { to } = await startSidecar([...STANDING, '--lang', 'fr', '--client-language', 'fr']);
    const read = (reason: string, headers = {}) =>
      ask({ ...to, path: `/refusal/${reason}` }, headers);
    const french = await read('outside-eea');
    expect([french.status, JSON.parse(french.body).detail]).toEqual([
      451,
      explain('outside-eea', 'fr'),
    ]);
    expect(JSON.parse((await read('LP-12', { 'accept-language': 'en' })).body).detail).toBe(
      explain('outside-eea', 'en'),
    );
    for (const reason of ['present-at-home', 'nonsense', '%2e%2e', '']) {
      const none = await read(reason);
      expect([none.status, none.body]).toEqual([403, '']);
    }
  });

  it('lets scripts of the configured origins read a refusal, and passes a preflight undecided', async () => {
    const { to } = await startSidecar([
      ...STANDING,
      '--cors-origin',
      'https://tv.example',
      '--blocked-by',
      'https://tv.example/why',
      '--fitting-status',
    ]);
    const origin = 'https://tv.example';
    const refused = await ask({ ...to, ...CHECK }, from('4.1.1.1', { origin }));
    expect([refused.status, refused.headers]).toEqual([
      451,
      expect.objectContaining({
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': 'Link',
        vary: 'Origin, Accept-Language',
        link: '<https://tv.example/why>; rel="blocked-by"',
      }),
    ]);
    const document = await ask({ ...to, path: '/refusal/outside-eea' }, { origin });
    expect(document.headers).toMatchObject({
      'access-control-allow-origin': origin,
      vary: 'Origin, Accept-Language',
    });
    const other = await ask(
      { ...to, ...CHECK },
      from('4.1.1.1', { origin: 'https://evil.example' }),
    );
    expect([other.headers['access-control-allow-origin'], other.headers.vary]).toEqual([
      undefined,
      'Origin, Accept-Language',
    ]);
    const preflight = { origin, 'access-control-request-method': 'GET' };
    expect((await ask({ ...to, path: '/check/hls/m', method: 'OPTIONS' }, preflight)).status).toBe(
      200,
    );
    expect((await ask({ ...to, path: '/metrics' })).body).toContain('reason="no-contract"} 0');
    expect((await ask({ ...to, path: '/check/hls/m', method: 'OPTIONS' }, { origin })).status).toBe(
      403,
    );
    const strict = await startSidecar([...STANDING, '--decide-preflights', '--cors-origin', '*']);
    const decided = await ask({ ...strict.to, path: '/check', method: 'OPTIONS' }, preflight);
    expect([decided.status, decided.headers['access-control-allow-origin']]).toEqual([403, '*']);
  });

  it('lets a granted verdict hold for its lifetime, no refusal, and nothing without one', async () => {
    const origins = ['--cors-origin', 'https://play.example'];
    const { to } = await startSidecar([...STANDING, ...origins, '--verdict-lifetime', '30']);
    const check = (headers: object) => ask({ ...to, ...CHECK }, headers as Record<string, string>);
    const home = await check(from('2.1.1.1'));
    const [, seconds] = /^max-age=(\d+)$/.exec(String(home.headers['cache-control'])) ?? [];
    const untilMidnight = Math.ceil((DAY_MS - (Date.now() % DAY_MS)) / 1000);
    expect(Number(seconds)).toBeGreaterThan(0);
    expect(Number(seconds)).toBeLessThanOrEqual(Math.min(30, untilMidnight));
    expect(home.headers['vary']).toBe(
      'Origin, x-forwarded-for, laissez-passer-subscriber, x-standing',
    );
    expect(home.headers['laissez-passer-reason']).toBe('present-at-home');
    for (const headers of [from('4.1.1.1'), from('9.9.9.9'), from('10.0.0.1')])
      expect((await check(headers)).headers).toMatchObject({ 'cache-control': 'no-store' });
    const preflight = { origin: 'https://play.example', 'access-control-request-method': 'GET' };
    const passed = await ask({ ...to, ...CHECK, method: 'OPTIONS' }, preflight);
    expect([passed.status, passed.headers['cache-control']]).toEqual([200, 'no-store']);
  });

  it('in shadow mode lets no verdict hold that would be a refusal', async () => {
    const { to } = await startSidecar([...STANDING, '--shadow', '--verdict-lifetime', '30']);
    const abroad = await ask({ ...to, ...CHECK }, from('4.1.1.1'));
    expect([abroad.status, abroad.headers['cache-control']]).toEqual([200, 'no-store']);
  });

  it('reports what it saw of an address, and takes a trial address from the machine itself', async () => {
    const plain = await startSidecar(STANDING);
    const seen = async (chain?: string) => {
      const { 'x-forwarded-for': _, ...rest } = from('');
      const answer = await ask(
        { ...plain.to, ...CHECK },
        { ...rest, ...(chain !== undefined && { 'x-forwarded-for': chain }) },
      );
      return [answer.headers['laissez-passer-seen'], JSON.parse(answer.body).seen];
    };
    expect(await seen('127.0.0.1')).toEqual(['only-proxies', 'only-proxies']);
    expect(await seen()).toEqual(['no-header', 'no-header']);
    expect(await seen('10.1.1.1')).toEqual(['private', 'private']);
    expect(await seen('9.9.9.9')).toEqual([undefined, undefined]);
    const document = await ask(
      { ...plain.to, path: '/refusal/address-invalid/only-proxies' },
      { 'accept-language': 'en' },
    );
    expect(JSON.parse(document.body)).toMatchObject({
      seen: 'only-proxies',
      hint: expect.stringContaining('--try-address'),
    });
    expect(
      JSON.parse((await ask({ ...plain.to, path: '/refusal/address-invalid/' })).body).seen,
    ).toBeUndefined();
    expect(
      JSON.parse((await ask({ ...plain.to, path: '/refusal/address-invalid/x' })).body).hint,
    ).toBeUndefined();
    const { body } = await ask({ ...plain.to, path: '/metrics' });
    expect(body).toContain('laissez_passer_address_notes_total{seen="only-proxies"} 1');
    const trying = await startSidecar([...STANDING, '--try-address', '3.1.1.1']);
    const reason = async (chain: string) =>
      (await ask({ ...trying.to, ...CHECK }, from(chain))).headers['laissez-passer-reason'];
    expect(await reason('127.0.0.1')).toBe('temporarily-abroad');
    expect(await reason('127.0.0.1, ::1')).toBe('temporarily-abroad');
    for (const chain of ['4.1.1.1', '4.1.1.1, 127.0.0.1'])
      expect(await reason(chain)).toBe('outside-eea');
    expect(await reason('')).toBe('address-invalid');
    expect(trying.output()).toContain('trial: ');
  });

  it('reloads the list of trusted proxies on SIGHUP, and keeps the old one where the new one is wrong', async () => {
    const list = fileOf('# the CDN\n203.0.113.0/24 # one\n\n', 'proxies.txt');
    const sidecar = await startSidecar([...STANDING, '--trusted-file', list]);
    const reason = async (proxy: string): Promise<unknown> =>
      (await ask({ ...sidecar.to, ...CHECK }, from(`2.1.1.1, ${proxy}`))).headers[
        'laissez-passer-reason'
      ];
    const reload = async (text: string, output: string): Promise<void> => {
      writeFileSync(list, text);
      const before = sidecar.output().length;
      sidecar.child.kill('SIGHUP');
      await expect.poll(() => sidecar.output().slice(before)).toContain(output);
    };
    expect([await reason('203.0.113.9'), await reason('198.51.100.9')]).toEqual([
      'present-at-home',
      'address-not-public',
    ]);
    await reload('198.51.100.0/24\n', 'read again: 1 prefixes');
    expect([await reason('203.0.113.9'), await reason('198.51.100.9')]).toEqual([
      'address-not-public',
      'present-at-home',
    ]);
    for (const [text, output] of [
      ['198.51.100.0/24\n10.0.0.1/8\n', 'line 2'],
      ['0.0.0.0/0\n', 'trust every address'],
      ['', 'contains no prefix'],
    ] as const)
      await reload(text, output);
    expect(await reason('198.51.100.9')).toBe('present-at-home');
    const wrong = await startSidecar([
      ...STANDING,
      '--trusted-file',
      fileOf('cdn', 'wrong.txt'),
    ]).catch(String);
    expect(wrong).toContain('ERR_PREFIX');
  });

  it('reports that it is alive and ready, and its counts', async () => {
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
        shadow: false,
        reload: {
          outcome: expect.stringMatching(/^(replaced|unchanged)$/),
          at: expect.any(String),
          edition: expect.any(String),
        },
      },
    ]);
    await ask({ ...to, ...CHECK }, from('2.1.1.1'));
    const { body } = await ask({ ...to, path: '/metrics' });
    expect(body).toContain(
      'laissez_passer_decisions_total{verdict="domestic",reason="present-at-home"} 1',
    );
  });

  it('measures its answers and its process with the collectors of prom-client', async () => {
    const { to } = await startSidecar(STANDING);
    for (const address of ['2.1.1.1', '3.1.1.1', '4.1.1.1'])
      await ask({ ...to, ...CHECK }, from(address));
    const { body } = await ask({ ...to, path: '/metrics' });
    expect(body).toContain('laissez_passer_check_seconds_count{outcome="granted"} 2');
    expect(body).toContain('laissez_passer_check_seconds_count{outcome="refused"} 1');
    expect(body).toContain('laissez_passer_check_seconds_count{outcome="failed"} 0');
    expect(body).toContain('laissez_passer_shadow 0');
    for (const name of [
      'process_resident_memory_bytes',
      'process_start_time_seconds',
      'nodejs_eventloop_lag_seconds',
    ])
      expect(body).toMatch(new RegExp(`^${name} [0-9.e+-]+$`, 'm'));
    expect(body).toContain(`nodejs_version_info{version="${process.version}"`);
  });
});
