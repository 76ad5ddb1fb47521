import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { chromiumPath, startBrowser } from '../support/browser.js';
import { ProjectCopy } from '../support/project-copy.js';
import { SampleApp } from '../support/sample-app-process.js';

if (!chromiumPath) {
  console.warn(
    'SKIPPED: the page of the sample app is not tested, because /usr/bin/chromium is missing. Install it (apt-get install chromium) or set CHROMIUM.',
  );
}

(chromiumPath ? describe : describe.skip)('The page of the sample app', () => {
  const project = new ProjectCopy();
  let browser: Awaited<ReturnType<typeof startBrowser>>;
  let folder: string;
  let app: SampleApp;
  let page: Page;
  let errors: string[];

  beforeAll(async () => {
    await project.npm('run', '--silent', 'prestart');
    browser = await startBrowser();
    browser.context.setDefaultTimeout(30_000);
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    project.remove();
  });

  /** A cut of an hour ends when the test ends it. */
  async function open(outageSeconds = 3_600): Promise<void> {
    app = await SampleApp.start(project.folder, { DATA_DIR: folder, OUTAGE_SECONDS: String(outageSeconds) });
    await page.goto(app.url);
    await state('It answers.');
  }

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'essequence-page-'));
    errors = [];
    page = await browser.context.newPage();
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(String(error)));
  });

  afterEach(async () => {
    await page.close();
    await app.end('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  const state = (text: string) => page.locator('#state', { hasText: text }).waitFor();
  const said = (text: string | RegExp) => page.locator('#said', { hasText: text }).waitFor();
  const press = (name: string | RegExp) => page.getByRole('button', { name }).click();
  const card = (sequence: string) => page.locator(`[data-sequence="${sequence}"]`);
  const last = (sequence: string, number: string) =>
    card(sequence).locator('.last b', { hasText: number }).waitFor();
  const figure = async (sequence: string, key: string) =>
    Number(await card(sequence).locator(`[data-figure="${key}"]`).textContent());

  async function order(): Promise<number> {
    const answer = page.waitForResponse((response) => response.url() === `${app.url}/orders`);
    await press('Place order');
    const { id, number } = (await (await answer).json()) as { id: number; number: string };
    await said(`Order ${number}, id ${id}.`);
    return id;
  }

  it('shows orders and shipments, what is cached, and goes on while the store is cut off', async () => {
    await open();
    expect(await page.getByRole('button', { name: 'Ship the last order' }).isDisabled()).toBe(true);
    expect(await order()).toBe(1);
    await press('Ship the last order');
    await said('Shipment SHP-1000 of order 1.');
    await last('orders', '1');
    await last('order-numbers', 'ORD-000001');
    await last('shipments', 'SHP-1000');
    expect(await figure('orders', 'claims')).toBe(1);
    expect(await figure('shipments', 'waiting')).toBe(0);
    expect(await figure('shipments', 'cached')).toBe(9);

    await press('Cut it off for 3600 s');
    await state('It is cut off.');
    const during = await order();
    expect(during).toBe(2);
    await press('Ship the last order');
    await said('Shipment SHP-1001 of order 2.');
    await last('orders', '2');
    expect(await page.locator('#recent li').allInnerTexts()).toEqual([
      expect.stringMatching(/SHP-1001\s+order 2\s+store cut off/),
      expect.stringMatching(/ORD-000002\s+tea\s+store cut off/),
      expect.stringMatching(/SHP-1000\s+order 1$/),
      expect.stringMatching(/ORD-000001\s+tea$/),
    ]);
    expect(await figure('orders', 'claims')).toBe(1);

    await press('Let it back now');
    await state('It answers.');
    let highest = during;
    for (let left = 100; (await figure('orders', 'claims')) < 2; left--) {
      expect(left).toBeGreaterThan(0);
      const id = await order();
      expect(id).toBeGreaterThan(highest);
      highest = id;
      await last('orders', String(id));
    }
    expect(errors).toEqual([]);
  });

  it('says in words that no number can be had, and why', async () => {
    await open();
    await order();
    await press(/Cut it off/);
    await state('It is cut off.');
    await page.getByLabel('Orders of themselves').selectOption('20 a second');
    // Ten ids are cached; then callers wait until their time is over.
    await card('orders').locator('[data-figure="waiting"]:not(:text-is("0"))').waitFor();
    await card('orders').locator('.failure', { hasText: 'UNAVAILABLE' }).waitFor();
    await said('Not now: No id could be drawn now; try again later.');
    expect(await page.locator('#recent li').first().textContent()).toContain('ORD-000010');
    await press('Let it back now');
    await said('Orders of themselves go on.');
    await card('orders').locator('.failure').waitFor({ state: 'hidden' });
    expect(errors.filter((text) => !text.includes('503'))).toEqual([]);
  });

  it('ends the cut by itself', async () => {
    await open(1);
    await press('Cut it off for 1 s');
    await state('It is cut off.');
    await state('It answers.');
    expect(errors).toEqual([]);
  });

  it('says what is wrong with an order, and that the application is gone', async () => {
    await open();
    await page.getByLabel('Item').evaluate((input: { maxLength: number }) => (input.maxLength = 1_000));
    await page.getByLabel('Item').fill('x'.repeat(101));
    await press('Place order');
    await said('item must be shorter than or equal to 100 characters.');
    await app.end('SIGTERM');
    await state('The application does not answer.');
    await page.getByLabel('Item').fill('tea');
    await press('Place order');
    await said('The application does not answer. Is it still running?');
  });

  it('lets the application end while it is open', async () => {
    await open();
    await order();
    app.kill('SIGTERM');
    expect(await app.ended).toEqual([null, 'SIGTERM']);
    expect(app.errors).toBe('');
  });

  it('shows the last minutes to one who comes later', async () => {
    await open();
    await order();
    await press(/Cut it off/);
    await state('It is cut off.');
    await press('Let it back now');
    await state('It answers.');
    await page.reload();
    await card('orders').locator('svg .outage').first().waitFor({ state: 'attached' });
    await last('orders', '1');
  });

  it('can be used by keyboard alone, and fits 360 pixels', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await open();
    await page.getByLabel('Item').press('Enter');
    await said('Order ORD-000001, id 1.');
    await last('orders', '1');
    const wide = 'document.documentElement.scrollWidth';
    expect(await page.evaluate(wide)).toBe(360);
    const reached: (string | null)[] = [];
    await page.getByLabel('Item').focus();
    for (let count = 0; count < 4; count++) {
      await page.keyboard.press('Tab');
      reached.push(await page.locator(':focus').evaluate(({ id, textContent }: any) => id || textContent));
    }
    expect(reached).toEqual(['Place order', 'ship', 'pace', 'cut']);
    expect(errors).toEqual([]);
  });
});
