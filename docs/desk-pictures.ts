/**
 * `npm run docs:pictures`: takes the pictures of docs/support.fr.md from the pages of the desk, in a
 * real browser, on a made-up subscriber.
 */
import { fileURLToPath } from 'node:url';
import { chromium, type Page } from 'playwright-core';
import { Hands, openCallCentre, WHO } from '../test/support/desk-calls.ts';

const CALL = { reason: 'support-call' } as const;
const VIEW = { viewport: { width: 860, height: 560 } };

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
const centre = await openCallCentre();
const page = await (await browser.newContext(VIEW)).newPage();

async function picture(name: string, from: Page): Promise<void> {
  await from.screenshot({
    path: fileURLToPath(new URL(`desk-${name}.jpg`, import.meta.url)),
    type: 'jpeg',
    quality: 25,
  });
}

await centre.desk.record(WHO, CALL, {
  type: 'contract-concluded',
  on: '2026-01-10',
  renewsEvery: 12,
});
await centre.desk.openRequest(WHO, { ...CALL, reference: 'T-4711' }, 'access', '2026-11-02');
await page.goto(centre.origin);
await picture('find', page);
const hands = new Hands(page);
await hands.type(WHO);
await hands.enter();
await hands.type('80.58.61.250');
await hands.enter();
await picture('call', page);
await hands.click('link', 'Vérifier la résidence', true);
await hands.click('checkbox', /^\(i\)/);
await page.waitForFunction("document.querySelector('output').textContent.includes('suffisent')");
await picture('verification', page);
await page.goto(`${centre.origin}/tasks`);
await picture('work', page);
await browser.close();
await centre.close();
