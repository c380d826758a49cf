import fastify from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { ACTS } from '../../../src/cli/web/acts.ts';
import { OneTimeLinks } from '../../../src/cli/web/agents.ts';
import { createDesk } from '../../../src/cli/web/desk-page.ts';
import { deskPages } from '../../../src/cli/web/site.ts';
import { CALL, SPAIN, VERIFIED_CONTRACT } from '../../support/desk.ts';
import { AgentBrowser, hiddenIn, type PagesSetUp, pagesOn } from '../../support/desk-pages.ts';
import { table } from '../../support/gate.ts';

const WHO = 'subscriber-c7d1';
const MARKUP = '"><script>alert(1)</script><img src=x onerror=alert(1)>';
let pages: PagesSetUp;
afterEach(() => pages.close());

const isUntouched = async (): Promise<boolean> =>
  (await pages.desk.show(WHO, CALL)).exception === undefined;

const EXCEPTION = {
  why: 'address-data',
  until: '29/11/2026',
  reason: 'support-call',
  reference: '',
};

/** An agent with the form of an exception before them. */
async function atForm(name = 'Brigitte'): Promise<{ agent: AgentBrowser; path: string }> {
  const agent = pages.agent(name);
  const call = await agent.find(WHO);
  const path = `${call}/act/exception`;
  await agent.open(path);
  return { agent, path };
}

describe('who may', () => {
  it('believes headers of the peers alone', async () => {
    pages = await pagesOn();
    const from = (remoteAddress: string) =>
      pages.app.inject({
        url: '/',
        remoteAddress,
        headers: { 'remote-user': 'Brigitte', 'remote-groups': 'desk-read' },
      });
    expect((await from('127.0.0.1')).statusCode).toBe(200);
    for (const address of ['10.0.0.1', '203.0.113.9', '::ffff:10.0.0.1'])
      expect((await from(address)).statusCode).toBe(401);
  });

  it('refuses in doubt about the name: absent, empty, too long, twice, or not text', async () => {
    pages = await pagesOn();
    for (const name of [undefined, '', '   ', 'x'.repeat(65), 'a\u00ff\u00fe', 'a\tb']) {
      const headers = {
        'remote-groups': 'desk-read',
        ...(name !== undefined && { 'remote-user': name }),
      };
      expect((await pages.app.inject({ url: '/', headers })).statusCode, JSON.stringify(name)).toBe(
        401,
      );
    }
  });

  it('gives a role what it includes, and a group that is none nothing', async () => {
    pages = await pagesOn();
    const PATHS = [
      '/',
      '/tasks',
      '/countries',
      '/oversight',
      '/journal',
      '/kept',
      '/runs',
      '/report',
    ];
    const allowed = async (groups: string): Promise<string[]> => {
      const agent = pages.agent('Brigitte', groups);
      const found: string[] = [];
      for (const path of PATHS) if ((await agent.open(path)).status === 200) found.push(path);
      return found;
    };
    expect(await allowed('desk-read')).toEqual(['/', '/tasks', '/countries']);
    expect(await allowed('desk-oversight')).toEqual([
      '/countries',
      '/oversight',
      '/journal',
      '/kept',
      '/runs',
      '/report',
    ]);
    for (const groups of ['', 'desk', 'DESK-READ', 'desk-reader', 'desk-read desk-act'])
      expect(await allowed(groups)).toEqual([]);
  });

  it('lets an agent act only within the role, whatever form is sent', async () => {
    pages = await pagesOn();
    for (const event of VERIFIED_CONTRACT) await pages.desk.record(WHO, CALL, event);
    await pages.visit(WHO, SPAIN);
    const reader = pages.agent('Rita', 'desk-read');
    const call = await reader.find(WHO);
    expect(reader.last.text).not.toContain('/act/');
    const token =
      hiddenIn(reader.last.text, '/find')['token'] ??
      hiddenIn(reader.last.text, '/session')['token']!;
    for (const { name } of ACTS) {
      const sent = await reader.send(`${call}/act/${name}`, {}, { token });
      expect([name, sent.status]).toEqual([name, 403]);
    }
    const actor = pages.agent('Anton', 'desk-act');
    const own = await actor.find(WHO);
    const his = hiddenIn(actor.last.text, '/session')['token']!;
    for (const { name, role } of ACTS.filter(act => act.role === 'erase')) {
      const sent = await actor.send(`${own}/act/${name}`, { typed: '1' }, { token: his });
      expect([name, role, sent.status]).toEqual([name, role, 409]);
    }
    expect((await pages.ledger.months())[0]!.cards).toBe(1);
  });

  it('does not open the call of another session', async () => {
    pages = await pagesOn();
    const call = await pages.agent('Brigitte').find(WHO);
    const other = await pages.agent('Carl').open(call);
    expect(other.status).toBe(409);
    expect(other.text).not.toContain(WHO);
  });

  it('starts a session of its own where the proxy names another agent', async () => {
    pages = await pagesOn();
    const agent = pages.agent('Brigitte');
    const call = await agent.find(WHO);
    agent.headers['remote-user'] = 'Carl';
    const { status, text } = await agent.open(call);
    expect(status).toBe(409);
    expect(text).not.toContain(WHO);
  });
});

describe('forms', () => {
  it('are refused without the token of the session, or with that of another one', async () => {
    pages = await pagesOn();
    const { agent, path } = await atForm();
    const hidden = hiddenIn(agent.last.text, path);
    const { agent: other, path: otherPath } = await atForm('Carl');
    const foreign = hiddenIn(other.last.text, otherPath)['token']!;
    for (const token of ['', 'x', foreign, `${hidden['token']}x`]) {
      const sent = await agent.send(path, EXCEPTION, { ...hidden, token });
      expect(sent.status).toBe(409);
      expect(sent.text).not.toContain(hidden['token']! + foreign);
    }
    expect(await isUntouched()).toBe(true);
  });

  it('of another origin or site are refused, although cookie and token are right', async () => {
    pages = await pagesOn();
    const { agent, path } = await atForm();
    const hidden = hiddenIn(agent.last.text, path);
    for (const site of ['cross-site', 'same-site']) {
      agent.headers['sec-fetch-site'] = site;
      expect((await agent.send(path, EXCEPTION, hidden)).status).toBe(403);
    }
    expect(await isUntouched()).toBe(true);
    agent.headers['sec-fetch-site'] = 'same-origin';
    expect((await agent.send(path, EXCEPTION, hidden)).status).toBe(200);
    expect(await isUntouched()).toBe(false);
  });

  it('are read as forms alone, up to 64 kB', async () => {
    pages = await pagesOn();
    const { agent, path } = await atForm();
    const { token } = hiddenIn(agent.last.text, path);
    const send = (type: string, payload: string) =>
      pages.app.inject({
        method: 'POST',
        url: path,
        headers: { ...agent.headers, cookie: agent.cookie!, 'content-type': type },
        payload,
      });
    for (const type of ['text/plain', 'application/json', 'multipart/form-data; boundary=x'])
      expect((await send(type, JSON.stringify({ token, ...EXCEPTION }))).statusCode).toBe(415);
    const long = await send(
      'application/x-www-form-urlencoded',
      `token=${token}&x=${'y'.repeat(70_000)}`,
    );
    expect(long.statusCode).toBe(413);
    expect(await isUntouched()).toBe(true);
  });

  it('of an ended session lose nothing that was typed, and do nothing', async () => {
    pages = await pagesOn();
    const { agent, path } = await atForm();
    pages.time.now += 31 * 60_000;
    const fields = { ...EXCEPTION, reference: 'T-77' };
    const ended = await agent.send(path, fields);
    expect(ended.status).toBe(409);
    expect(ended.text).not.toContain(WHO);
    expect(await isUntouched()).toBe(true);
    const again = await agent.send('/find', { identifier: WHO, reason: 'support-call' });
    expect(again.path).toMatch(/\/act\/exception$/);
    expect(again.text).toContain('value="T-77"');
    expect(again.text).toMatch(/id="field-why-address-data"[^>]* checked/);
  });
});

describe('sessions', () => {
  it('are never opened under an id that a browser brings along', async () => {
    pages = await pagesOn();
    const agent = pages.agent('Brigitte');
    agent.cookie = 'laissez-passer-desk=chosen-by-an-attacker';
    await agent.open('/');
    expect(agent.cookie).toMatch(/^laissez-passer-desk=[\w-]{43}$/);
  });

  it('have a cookie that no script reads and no other site sends', async () => {
    pages = await pagesOn('2026-11-22');
    const { headers } = await pages.agent('Brigitte').open('/');
    expect(headers['set-cookie']).toMatch(/; Path=\/; HttpOnly; SameSite=Strict; Secure$/);
  });

  it('end with « leave », and the back button shows nothing of the call', async () => {
    pages = await pagesOn();
    const agent = pages.agent('Brigitte');
    const call = await agent.find(WHO);
    await agent.send('/session', { leave: '1' });
    expect(agent.last.headers['clear-site-data']).toBe('"cache"');
    expect((await agent.open(call)).text).not.toContain(WHO);
  });

  it('end with the end of a call only for that call; two tabs have a call each', async () => {
    pages = await pagesOn();
    const agent = pages.agent('Brigitte');
    const one = await agent.find(WHO);
    const two = await agent.find('another-person');
    await agent.open(`${one}/act/exception`);
    const form = hiddenIn(agent.last.text, `${one}/act/exception`);
    await agent.open(two);
    await agent.send(`${two}/end`);
    expect((await agent.open(two)).status).toBe(409);
    expect((await agent.send(`${one}/act/exception`, EXCEPTION, form)).path).toBe(one);
    expect(await isUntouched()).toBe(false);
  });
});

describe('a browser that comes from elsewhere', () => {
  it('keeps its session: a link on another site comes without the cookie', async () => {
    pages = await pagesOn();
    const agent = pages.agent('Brigitte');
    const call = await agent.find(WHO);
    const { cookie } = agent;
    agent.cookie = undefined;
    agent.headers['sec-fetch-site'] = 'cross-site';
    const { headers, status } = await agent.open(call);
    expect([status, headers['refresh'], headers['set-cookie']]).toEqual([200, '0', undefined]);
    agent.cookie = cookie;
    expect((await agent.open(call)).text).toContain(WHO);
  });

  it('gets no session without a role', async () => {
    pages = await pagesOn();
    const { headers, status } = await pages.agent('Eve', '').open('/');
    expect([status, headers['set-cookie']]).toEqual([403, undefined]);
  });
});

describe('a setting with a mistake', () => {
  it('is refused: a misspelt role, a misspelt header, no peers, no agents', async () => {
    pages = await pagesOn();
    const { ledger, keyring } = pages;
    for (const agents of [
      { peers: ['loopback'], groups: { reed: 'support' } },
      { peers: ['loopback'], agentheader: 'x-user' },
      { agentHeader: 'x-user' },
      null,
      'loopback',
    ]) {
      const app = fastify();
      app.register(createDesk({ ledger, keyring, table, agents: agents as never }));
      await expect(app.ready(), JSON.stringify(agents)).rejects.toMatchObject({
        code: 'ERR_ARGUMENT',
      });
      await app.close();
    }
  });
});

describe('below a path', () => {
  it('has a cookie for that path alone, and pages for what is not there', async () => {
    pages = await pagesOn();
    const { ledger, keyring } = pages;
    const app = fastify();
    await app.register(createDesk({ ledger, keyring, table, agents: { peers: ['loopback'] } }), {
      prefix: '/desk',
    });
    const agent = new AgentBrowser(app, {
      'remote-user': 'Brigitte',
      'remote-groups': 'desk-read',
    });
    const { headers, text } = await agent.open('/desk');
    expect(headers['set-cookie']).toContain('; Path=/desk;');
    expect(text).toContain('action="/desk/find"');
    const missing = await agent.open('/desk/nothing');
    expect(missing.status).toBe(404);
    expect(missing.headers['content-security-policy']).toContain("default-src 'none'");
    expect((await agent.open('/elsewhere')).headers['content-type']).toContain('json');
    await app.close();
  });
});

describe('a login of the application', () => {
  it('names agents by a function; an error, or no name, is nobody', async () => {
    pages = await pagesOn();
    const { ledger, keyring } = pages;
    let answer = (): unknown => ({ name: 'Anna', roles: ['act'] });
    const app = fastify();
    await app.register(createDesk({ ledger, keyring, table, agents: () => answer() as never }));
    expect((await app.inject('/tasks')).statusCode).toBe(200);
    for (const wrong of [
      () => undefined,
      () => ({ name: '', roles: ['act'] }),
      () => ({ name: 'Anna' }),
      () => {
        throw new Error('x');
      },
    ]) {
      answer = wrong;
      expect((await app.inject('/tasks')).statusCode).toBe(401);
    }
    answer = () => ({ name: 'Anna', roles: ['root'] });
    expect((await app.inject('/tasks')).statusCode).toBe(403);
    await app.close();
  });
});

describe('a one-time link', () => {
  it('opens one session, once; an earlier one ends', async () => {
    pages = await pagesOn();
    const { ledger, keyring } = pages;
    const links = new OneTimeLinks('Anna');
    const app = fastify();
    await app.register(deskPages({ ledger, keyring, table, agents: links, isHttps: false }));
    const agent = new AgentBrowser(app, {
      'remote-user': 'Mallory',
      'remote-groups': 'desk-erase',
    });
    expect((await agent.open('/')).status).toBe(401);
    const earlier = links.create();
    const key = links.create();
    for (const wrong of [earlier, '', `${key}x`, key.toUpperCase()])
      expect((await agent.open(`/enter?key=${encodeURIComponent(wrong)}`)).status).toBe(401);
    expect((await agent.open(`/enter?key=${key}`)).status).toBe(200);
    expect(agent.last.text).toContain('<span>Anna</span>');
    const other = new AgentBrowser(app, {});
    expect((await other.open(`/enter?key=${key}`)).status).toBe(401);
    await app.close();
  });
});

describe('what leaves the desk', () => {
  it('has the headers of a page that nobody frames, stores or refers from', async () => {
    pages = await pagesOn();
    const agent = pages.agent('Brigitte');
    const call = await agent.find(WHO);
    for (const path of [
      '/',
      call,
      '/tasks',
      '/desk.css',
      '/desk.js',
      '/journal',
      '/nothing-here',
    ]) {
      const { headers } = await agent.open(path);
      if (path === '/nothing-here') continue;
      expect(headers['cache-control']).toBe('no-store');
      expect(headers['content-security-policy']).toMatch(
        /^default-src 'none';.*frame-ancestors 'none'$/,
      );
      expect(headers['x-frame-options']).toBe('DENY');
      expect(headers['referrer-policy']).toBe('no-referrer');
    }
  });

  it('has no markup that a caller or an agent typed', async () => {
    pages = await pagesOn();
    for (const event of VERIFIED_CONTRACT) await pages.desk.record(WHO, CALL, event);
    const agent = pages.agent(MARKUP.slice(0, 60));
    const call = await agent.find(MARKUP, { reference: MARKUP });
    expect(agent.last.text).not.toContain('<script>alert');
    const own = await agent.find(WHO);
    await agent.send(`${own}/ask`, { address: MARKUP });
    expect(agent.last.text).not.toContain('<script>alert');
    await agent.open(own);
    for (const { name } of ACTS) {
      const page = await agent.open(`${own}/act/${name}`);
      if (page.status !== 200) continue;
      const names = [...page.text.matchAll(/ name="([\w[\]]+)"/g)].map(([, each]) => each!);
      const fields = Object.fromEntries(
        names
          .filter(each => !['token', 'revision', 'language', 'leave'].includes(each))
          .map(each => [each, MARKUP]),
      );
      const sent = await agent.send(`${own}/act/${name}`, fields);
      expect([name, sent.text.includes('<script>alert')]).toEqual([name, false]);
    }
    for (const path of ['/journal', '/tasks', '/', call]) {
      expect((await agent.open(path)).text).not.toContain('<script>alert');
    }
    await agent.open('/journal');
    await agent.send('/journal', { identifier: MARKUP, by: MARKUP, from: MARKUP, reason: 'audit' });
    expect(agent.last.text).not.toContain('<script>alert');
    expect((await agent.open(`/report?from=${encodeURIComponent(MARKUP)}`)).text).not.toContain(
      '<script>alert',
    );
  });

  it('has no identifier or address in an address, a title, a header or a log', async () => {
    const logged: string[] = [];
    pages = await pagesOn();
    const { ledger, keyring } = pages;
    const app = fastify({
      logger: { level: 'trace', stream: { write: line => void logged.push(line) } },
    });
    await app.register(
      createDesk({
        ledger,
        keyring,
        table,
        agents: { peers: ['loopback'] },
        clock: () => pages.time.now,
      }),
    );
    const agent = new AgentBrowser(app, {
      'remote-user': 'Brigitte',
      'remote-groups': 'desk-erase',
    });
    const call = await agent.find(WHO);
    const seen = [agent.last];
    seen.push(await agent.send(`${call}/ask`, { address: SPAIN }));
    seen.push(await agent.send(`${call}/ask`, { address: `${SPAIN}.` }));
    seen.push(await agent.act(call, 'exception', EXCEPTION));
    seen.push(await agent.act(call, 'exception', { ...EXCEPTION, reference: WHO }));
    (ledger.personRecords as { read: unknown }).read = () =>
      Promise.reject(new Error(`no ${WHO} ${SPAIN}`));
    seen.push(await agent.open(call));
    seen.push(await agent.open('/tasks'));
    for (const { path, text, headers } of seen) {
      const title = /<title>(.*?)<\/title>/.exec(text)?.[1] ?? '';
      for (const place of [path, title, JSON.stringify(headers)]) {
        expect(place).not.toContain(WHO);
        expect(place).not.toContain(SPAIN);
      }
    }
    expect(logged.length).toBeGreaterThan(0);
    expect(logged.join('')).not.toContain(WHO);
    expect(logged.join('')).not.toContain(SPAIN);
    await app.close();
  });
});
