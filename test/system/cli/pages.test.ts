import { existsSync, writeFileSync } from 'node:fs';
import { HtmlValidate } from 'html-validate';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportPage } from '../../../src/cli/pages/export-page.ts';
import { reportPage } from '../../../src/cli/pages/report-page.ts';
import { buildReport } from '../../../src/entry/desk.ts';
import { memoryLedger } from '../../../src/entry/ledger.ts';
import { type DossierEvent, REASONS } from '../../../src/index.ts';
import { EMPTY } from '../../support/contract/cards.ts';
import { CALL, deskOn, FRANCE, SPAIN, STORES } from '../../support/desk.ts';
import { noon } from '../../support/gate.ts';
import { inFolder } from '../../support/tables.ts';

const CHROMIUM = '/usr/bin/chromium';
/** Under CI a browser is required: its absence fails the tests instead of skipping them. */
const hasBrowser = existsSync(CHROMIUM) || process.env['CI'] === 'true';

async function ownPage(): Promise<string> {
  const { desk, visit, time, close } = await deskOn(STORES['memory']!, '2026-10-20', true);
  for (const day of ['2026-10-20', '2026-10-21', '2026-11-03', '2026-11-05']) {
    time.now = noon(day);
    await visit('s', ...(day < '2026-11-04' ? [FRANCE, SPAIN] : [SPAIN]));
  }
  const events: readonly DossierEvent[] = [
    { type: 'contract-concluded', on: '2026-01-02', renewsEvery: 12 },
    {
      type: 'residence-verified',
      on: '2026-01-02',
      outcome: 'home',
      means: ['b', 'j'],
      occasion: 'conclusion',
      by: 'provider',
    },
  ];
  for (const event of events) await desk.record('s', CALL, event);
  await desk.hold('s', CALL, 'legal-claim', '2027-01-01');
  await desk.direct('s', CALL, 'communicate', 'DIR-1');
  await desk.openRequest('s', CALL, 'access', '2026-11-02');
  const file = await desk.export('s', CALL);
  await close();
  return exportPage(file);
}

async function holdersPage(language: 'fr' | 'en'): Promise<string> {
  const ledger = memoryLedger();
  const tally = Array.from({ length: 61 }, (_, n) =>
    new Date(Date.UTC(2026, 8, 1 + n)).toISOString().slice(0, 10),
  ).flatMap((day, n) =>
    REASONS.map((reason, index) => ({
      day,
      reason,
      writer: 'w',
      epoch: 1,
      count: 100 * (index + 1) + n,
    })),
  );
  await ledger.write({
    ...EMPTY,
    tally,
    editions: [{ day: '2026-09-01', edition: '2026-06-25-aaa' }],
  });
  const context = { today: '2026-11-22', library: '0.1.0' };
  return reportPage(
    await buildReport(ledger, { from: '2026-09', to: '2026-10' }, context),
    language,
  );
}

const PAGES = {
  'the page for the person': await ownPage(),
  'the report in French': await holdersPage('fr'),
  'the report in English': await holdersPage('en'),
} as const;

it.each(Object.entries(PAGES))('%s is correct HTML', async (_, text) => {
  const validator = new HtmlValidate({
    extends: ['html-validate:recommended', 'html-validate:document'],
  });
  const { results } = await validator.validateString(text);
  expect(
    results.flatMap(({ messages }) =>
      messages.map(({ ruleId, message }) => `${ruleId}: ${message}`),
    ),
  ).toEqual([]);
});

describe.skipIf(!hasBrowser)('in a real browser (chromium)', () => {
  let browser: Browser;
  beforeAll(async () => {
    const args = [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--disable-background-networking',
    ];
    browser = await chromium.launch({ executablePath: CHROMIUM, args });
  });
  afterAll(() => browser?.close());

  it.each(Object.entries(PAGES))(
    '%s requests nothing from outside, fits a phone, prints, and draws what its text says',
    async (name, text) => {
      const path = inFolder(`${name.replaceAll(' ', '-')}.html`);
      writeFileSync(path, text);
      const tab = await browser.newPage({ viewport: { width: 360, height: 740 } });
      const asked: string[] = [];
      const complaints: string[] = [];
      tab.on('request', request => asked.push(request.url()));
      tab.on('console', message => complaints.push(message.text()));
      tab.on('pageerror', error => complaints.push(error.message));
      await tab.goto(`file://${path}`);
      expect(asked).toEqual([`file://${path}`]);
      expect(complaints).toEqual([]);
      const width = await tab.evaluate('document.documentElement.scrollWidth');
      expect(width).toBeLessThanOrEqual(360);
      expect(await tab.evaluate(`getComputedStyle(document.body).maxWidth`)).not.toBe('none');
      const boxes = (await tab.evaluate(
        `[...document.querySelectorAll('figure svg[role=img]')].map(svg => svg.getBoundingClientRect().width * svg.getBoundingClientRect().height)`,
      )) as number[];
      expect(boxes.length).toBeGreaterThan(1);
      for (const area of boxes) expect(area).toBeGreaterThan(5000);
      const printed = await tab.pdf({ format: 'A4' });
      expect(printed.subarray(0, 5).toString()).toBe('%PDF-');
      await tab.close();
    },
  );

  it('the calendar is coloured by side, and described in words', async () => {
    const tab = await browser.newPage();
    await tab.setContent(PAGES['the page for the person']);
    const fillOf = (month: string, day: number): Promise<unknown> =>
      tab.evaluate(
        `[...[...document.querySelectorAll('figure.month')].find(each => each.textContent.includes('${month}')).querySelectorAll('text')].find(each => each.textContent === '${day}').previousElementSibling.getAttribute('fill')`,
      );
    expect([
      await fillOf('octobre', 20),
      await fillOf('octobre', 22),
      await fillOf('novembre', 5),
    ]).toEqual(['url(#both)', '#f3f5f8', 'url(#outside)']);
    const label = await tab.getAttribute('figure.month svg[role=img]', 'aria-label');
    expect(label).toBe('octobre 2026 : depuis la France : 20, 21 ; hors de France : 20, 21');
    await tab.close();
  });
});
