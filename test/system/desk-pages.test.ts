/**
 * Plays whole calls on the pages of the desk in a real browser, and looks at every page as a
 * keyboard, a screen reader, a telephone and a printer do.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { createRequire } from 'node:module';
import { HtmlValidate } from 'html-validate';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACTS } from '../../src/cli/web/acts.ts';
import { newStore, placesOf } from '../support/asking.ts';
import { CHROMIUM, CHROMIUM_ARGS, hasBrowser } from '../support/browser.ts';
import { cli, MAIN, PLAIN } from '../support/cli.ts';
import {
  CALLS,
  type CallCentre,
  endOf,
  Hands,
  keysOfCommands,
  openCallCentre,
  WHO,
} from '../support/desk-calls.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const CALL = { reason: 'support-call' } as const;
let browser: Browser;

beforeAll(async () => {
  if (hasBrowser)
    browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGS });
});
afterAll(() => browser?.close());

/** The policy of the pages forbids scripts of others; the test looks in from outside of it. */
const newContext = (more = {}): Promise<BrowserContext> =>
  browser.newContext({ bypassCSP: true, ...more });

const inEnglish = async (page: Page): Promise<unknown> =>
  Promise.all([
    page.waitForNavigation({ waitUntil: 'load' }),
    page.getByRole('button', { name: 'English' }).click(),
  ]);

const LANGUAGES = ['fr', 'en'] as const;

const counted: { name: string; clicks: number; keys: number; commandKeys: number }[] = [];

describe.skipIf(!hasBrowser)('a call in a browser', () => {
  it.each(CALLS.flatMap(call => LANGUAGES.map(language => [call.name, language, call] as const)))(
    '%s (%s)',
    async (_, language, call) => {
      const t = <Name>(en: Name, fr: Name): Name => (language === 'fr' ? fr : en);
      const centre = await openCallCentre();
      await call.prepare(centre);
      const context = await newContext();
      const page = await context.newPage();
      const asked: string[] = [];
      page.on('request', request =>
        asked.push(`${request.url()} ${request.headers()['referer'] ?? ''}`),
      );
      const errors: string[] = [];
      page.on('pageerror', error => errors.push(error.message));
      page.on('console', message => {
        if (message.type() === 'error') errors.push(message.text());
      });
      await page.goto(centre.origin);
      if (language === 'en') await inEnglish(page);
      const hands = new Hands(page);
      await call.ask(hands, centre, t);
      await expect.poll(() => page.locator('main').innerText()).toMatch(call.says[language]);
      // Three interactions for the first answer: who, which address, and send.
      expect(hands.sent).toBeLessThanOrEqual(2);
      await call.act(hands, t);
      const rows = await centre.ledger.personRecords.journalAfter(0, 100);
      const own = rows.filter(({ operator }) => operator === 'Brigitte');
      expect(own.map(({ action }) => action)).toEqual(call.journal);
      expect(await endOf(centre)).toEqual(call.end);
      const commandKeys = keysOfCommands(call.commands(centre));
      const { clicks, keys } = hands;
      if (language === 'fr') counted.push({ name: call.name, clicks, keys, commandKeys });
      expect(clicks + keys).toBeLessThan(commandKeys / 2);
      for (const address of asked) expect(address).not.toContain(WHO);
      // An erasure under a hold is answered with 409.
      expect(errors.filter(text => !text.includes('409'))).toEqual([]);
      await context.close();
      await centre.close();
    },
  );

  it('takes the keys and clicks that docs/desk.md says', () => {
    const lines = counted.map(
      ({ name, clicks, keys, commandKeys }) => `| ${name} | ${clicks} | ${keys} | ${commandKeys} |`,
    );
    const table = [
      '| call | clicks | keys | keys of the commands |',
      '| --- | --- | --- | --- |',
      ...lines,
    ];
    const page = readFileSync(new URL('../../docs/desk.md', import.meta.url), 'utf8');
    const [, written] = /<!-- keystrokes -->\n([\s\S]*?)<!-- \/keystrokes -->/.exec(page)!;
    expect(written!.trim()).toBe(table.join('\n'));
  });
});

/** Sends the first form of a page, and waits for the next one. */
const pressFirst = (page: Page): Promise<unknown> =>
  Promise.all([
    page.waitForNavigation({ waitUntil: 'load' }),
    page.locator('main button').first().click(),
  ]);

/** Every page of the desk, with the records of a person in all states. */
async function eachPage(
  centre: CallCentre,
  page: Page,
  visit: (name: string, page: Page) => Promise<void>,
): Promise<void> {
  const { desk, origin } = centre;
  await desk.record(WHO, CALL, { type: 'contract-concluded', on: '2026-01-10', renewsEvery: 1 });
  await desk.record(WHO, CALL, { type: 'doubt-raised', on: '2026-11-01', reason: 'own-statement' });
  await desk.record(WHO, CALL, {
    type: 'information-requested',
    on: '2026-11-02',
    answerBy: '2026-11-30',
  });
  await desk.except(WHO, CALL, 'address-data', '2026-11-30');
  await desk.direct(WHO, CALL, 'keep');
  await centre.visit('80.58.61.250');
  await desk.hold(WHO, { ...CALL, reference: 'LIT-7' }, 'legal-claim', '2026-12-01');
  const { id } = await desk.openRequest(WHO, CALL, 'access', '2026-10-01');
  await page.goto(origin);
  await visit('find', page);
  const hands = new Hands(page);
  await hands.type(WHO);
  await hands.enter();
  const call = new URL(page.url()).pathname;
  await visit('call', page);
  for (const address of ['80.58.61.250', '192.168.1.1', 'nonsense']) {
    await page.locator('#field-address').fill(address);
    await hands.enter();
    await visit(`answer ${address}`, page);
  }
  for (const { name } of ACTS) {
    await page.goto(`${origin}${call}/act/${name}`);
    await visit(`act ${name}`, page);
  }
  await page.goto(`${origin}${call}/days`);
  await visit('days, before', page);
  await pressFirst(page);
  await visit('days', page);
  for (const path of [
    `${call}/export`,
    '/tasks',
    `/tasks/${id}`,
    '/countries',
    '/code/LP-12',
    '/code/nothing',
    '/oversight',
    '/kept',
    '/runs',
    '/report',
    '/report?from=2026-09&to=2026-10',
    '/call/ended-before',
  ]) {
    await page.goto(`${origin}${path}`);
    await visit(path, page);
  }
  await page.goto(`${origin}/journal`);
  await pressFirst(page);
  await visit('journal', page);
  await Promise.all([
    page.waitForNavigation({ waitUntil: 'load' }),
    page.locator('button[name=leave]').click(),
  ]);
  await visit('left', page);
}

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}

describe.skipIf(!hasBrowser)('every page', () => {
  it.each([
    ['light', 'fr'],
    ['dark', 'en'],
  ] as const)(
    'has nothing that axe finds, %s, %s, and is correct HTML',
    async (colorScheme, language) => {
      const centre = await openCallCentre();
      const context = await newContext({ colorScheme });
      const page = await context.newPage();
      const validator = new HtmlValidate({
        extends: ['html-validate:recommended', 'html-validate:document', 'html-validate:a11y'],
      });
      const found: string[] = [];
      // A page as it was sent: axe adds to the document.
      let sent = Promise.resolve('');
      page.on('response', response => {
        const isPage = response.headers()['content-type']?.startsWith('text/html') === true;
        if (isPage && response.status() !== 303) sent = response.text();
      });
      if (language === 'en') {
        await page.goto(centre.origin);
        await inEnglish(page);
      }
      await eachPage(centre, page, async name => {
        expect(page.url()).not.toContain(WHO);
        expect(await page.title()).not.toContain(WHO);
        const text = await sent;
        const { results } = await validator.validateString(text);
        for (const { ruleId, message, line } of results.flatMap(({ messages }) => messages))
          found.push(
            `${name}: ${ruleId}: ${message} (${text.split('\n')[line - 1]?.slice(0, 120)})`,
          );
        await page.addScriptTag({ content: AXE });
        const { violations } = (await page.evaluate('axe.run()')) as AxeResult;
        found.push(...violations.map(({ id, nodes }) => `${name}: ${id}: ${nodes[0]?.html}`));
      });
      expect([...new Set(found)]).toEqual([]);
      await context.close();
      await centre.close();
    },
  );

  it.each([
    ['a telephone', 390, 1],
    ['a telephone at twice the size', 390, 2],
    ['a wide screen', 2560, 1],
    ['a screen at twice the size', 1280, 2],
  ] as const)('fits %s, without a part that is cut off', async (_, width, zoom) => {
    const centre = await openCallCentre();
    const context = await newContext({
      viewport: { width: Math.round(width / zoom), height: 800 },
    });
    const page = await context.newPage();
    const wide: string[] = [];
    await eachPage(centre, page, async name => {
      const { inner, scroll } = (await page.evaluate(
        '({ inner: document.documentElement.clientWidth, scroll: document.documentElement.scrollWidth })',
      )) as { readonly inner: number; readonly scroll: number };
      if (scroll > inner) wide.push(`${name}: ${scroll} > ${inner}`);
    });
    expect(wide).toEqual([]);
    await context.close();
    await centre.close();
  });

  it('is reached and used by the keyboard alone, without JavaScript too', async () => {
    const centre = await openCallCentre();
    await centre.desk.record(WHO, CALL, { type: 'contract-concluded', on: '2026-01-10' });
    const context = await newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(centre.origin);
    const hands = new Hands(page);
    await hands.type(WHO);
    await hands.enter();
    await hands.type('80.58.61.250');
    await hands.enter();
    await page.getByRole('link', { name: 'Vérifier la résidence', exact: true }).first().focus();
    await hands.enter();
    await page.getByRole('checkbox', { name: /^\(i\)/ }).focus();
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'Contrôler ces moyens' }).focus();
    await hands.enter();
    expect(await page.locator('output').innerText()).toContain('ne suffisent pas');
    expect(await page.getByRole('checkbox', { name: /^\(i\)/ }).isChecked()).toBe(true);
    await page.getByRole('checkbox', { name: /^\(a\)/ }).focus();
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'Vérifier la résidence', exact: true }).focus();
    await hands.enter();
    expect(await page.locator('.notice.done').innerText()).toContain('résidence vérifiée');
    await context.close();
    await centre.close();
  });

  it('checks means while they are ticked, where there is JavaScript and under its own policy', async () => {
    const centre = await openCallCentre();
    await centre.desk.record(WHO, CALL, { type: 'contract-concluded', on: '2026-01-10' });
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(centre.origin);
    const hands = new Hands(page);
    await hands.type(WHO);
    await hands.enter();
    await page.goto(`${page.url()}/act/verification`);
    await page.getByRole('checkbox', { name: /^\(j\)/ }).check();
    await expect.poll(() => page.locator('output').innerText()).toContain('ne suffisent pas');
    await page.getByRole('checkbox', { name: /^\(c\)/ }).check();
    await expect.poll(() => page.locator('output').innerText()).toContain('suffisent à vérifier');
    await context.close();
    await centre.close();
  });

  it('shows nothing of a call with the back button once the session has ended', async () => {
    const centre = await openCallCentre();
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(centre.origin);
    const hands = new Hands(page);
    await hands.type(WHO);
    await hands.enter();
    expect(await page.locator('h1').innerText()).toContain(WHO);
    await Promise.all([
      page.waitForNavigation({ waitUntil: 'load' }),
      page.locator('button[name=leave]').click(),
    ]);
    await page.goBack();
    expect(await page.locator('body').innerText()).not.toContain(WHO);
    await context.close();
    await centre.close();
  });

  it('is not shown inside another page, and takes no form of one', async () => {
    const centre = await openCallCentre();
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(centre.origin);
    const hands = new Hands(page);
    await hands.type(WHO);
    await hands.enter();
    const call = page.url();
    const other = await context.newPage();
    const form = `<form method="post" action="${call}/end"><button>x</button></form><iframe src="${centre.origin}"></iframe>`;
    await other.route('http://elsewhere.example/', route =>
      route.fulfill({ contentType: 'text/html', body: form }),
    );
    await other.goto('http://elsewhere.example/');
    expect(await other.frames().at(-1)!.content()).not.toContain('Qui appelle');
    await other.locator('button').click();
    await other.waitForLoadState();
    expect(await other.locator('h1').innerText()).toBe('Refusé');
    await page.goto(call);
    expect(await page.locator('h1').innerText()).toContain(WHO);
    await context.close();
    await centre.close();
  });
});

describe('the first page', () => {
  it('takes under 60 kB, with its stylesheet and script', async () => {
    const centre = await openCallCentre();
    const parts = await Promise.all(
      ['/', '/desk.css', '/desk.js'].map(async path =>
        (await fetch(`${centre.origin}${path}`)).text(),
      ),
    );
    const bytes = parts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    expect(bytes).toBeLessThan(60_000);
    await centre.close();
  });
});

describe('the command', () => {
  it('prints a link that works once, gives another for Enter, and ends with a signal', async () => {
    const places = placesOf(newStore());
    expect((await cli(['ledger', 'prepare', ...places.slice(0, 2)])).status).toBe(0);
    expect((await cli(['keyring', 'create', ...places.slice(2)])).status).toBeLessThan(2);
    const child = spawn(
      process.execPath,
      [MAIN, 'desk', '--listen', '127.0.0.1:0', '--agent', 'Anna', ...places],
      { env: PLAIN },
    );
    const links: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      links.push(...(text.match(/http:\S+/g) ?? []));
    });
    let log = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
    await expect.poll(() => links.length, { timeout: 20_000 }).toBe(1);
    const { host, origin } = new URL(links[0]!);
    const enter = (link: string) => fetch(link, { redirect: 'manual' });
    const first = await enter(links[0]!);
    expect(first.status).toBe(303);
    const cookie = first.headers.getSetCookie()[0]!.split(';', 1)[0]!;
    expect((await fetch(origin, { headers: { cookie } })).status).toBe(200);
    expect((await enter(links[0]!)).status).toBe(401);
    child.stdin.write('\n');
    await expect.poll(() => links.length).toBe(2);
    expect((await enter(links[1]!)).status).toBe(303);
    const rebound = request(origin, { headers: { cookie, host: 'elsewhere.example' } }).end();
    const [answer] = (await once(rebound, 'response')) as [IncomingMessage];
    expect(answer.resume().statusCode).toBe(421);
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
    expect(log).toContain(host);
    expect(log).not.toMatch(/key=/);
  });

  it('refuses to listen for others without a proxy that names the agents', async () => {
    const places = placesOf(newStore());
    const { status, stderr } = await cli(['desk', '--listen', '0.0.0.0:0', ...places]);
    expect(status).toBe(1);
    expect(stderr).toContain('--peer');
  });
});
