import { expect, it } from '@jest/globals';
import { describeSamplePage } from '../support/describe-sample-page.js';

describeSamplePage('The page of the sample app', (sample) => {
  const { state, said, press, card, last, figureOf, figure, other, note, order, invoice } = sample.on;

  it('shows orders, shipments and invoices, and what is cached of each', async () => {
    await sample.open();
    for (const name of ['Ship the last order', 'Invoice the last order']) {
      expect(await sample.page.getByRole('button', { name }).isDisabled()).toBe(true);
    }
    expect(await order()).toBe(1);
    await press('Ship the last order');
    await said('Shipment SHP-1000 of order 1.');
    await invoice('acme', '2026-03-31');
    await said('Invoice INV-2026-000001 of order 1.');
    await last('orders', '1');
    await last('order-numbers', 'ORD-000001');
    await last('shipments', 'SHP-1000');
    await last('invoices~acme~2026', 'INV-2026-000001');
    expect(await figure('orders', 'cached')).toBeGreaterThanOrEqual(9);
    expect(await figure('orders', 'claims')).toBeGreaterThanOrEqual(1);
    expect(await figure('shipments', 'waiting')).toBe(0);
    await note('invoices~acme~2026', 'On demand: nothing is cached. Each number is fetched from the store.');
    expect(await figure('invoices~acme~2026', 'claims')).toBe(1);
    expect(await figureOf('invoices~acme~2026', 'cached').count()).toBe(0);
    expect(await sample.page.locator('#recent li').allInnerTexts()).toEqual([
      expect.stringMatching(/INV-2026-000001\s+order 1, acme$/),
      expect.stringMatching(/SHP-1000\s+order 1$/),
      expect.stringMatching(/ORD-000001\s+tea$/),
    ]);

    await press('Invoice the last order');
    await said('Order 1 has invoice INV-2026-000001 already.');
    await order();
    await invoice('beta', '2027-01-01');
    await last('invoices~beta~2027', 'INV-2027-000001');
    expect(sample.errors.filter((text) => !text.includes('409'))).toEqual([]);
  });

  it('goes on with orders while the store is cut off, lets invoices wait and fail, and recovers', async () => {
    await sample.open();
    const first = await order();
    await invoice('acme', '2026-03-31');
    await said('Invoice INV-2026-000001 of order 1.');
    await last('orders', String(first));

    await press('Cut it off for 3600 s');
    await state('It is cut off.');
    const during = await order();
    expect(during).toBe(2);
    await last('orders', '2');
    expect(await sample.page.locator('#recent li').first().innerText()).toMatch(
      /ORD-000002\s+tea\s+store cut off/,
    );
    await press('Invoice the last order');
    await note('invoices~acme~2026', 'On demand: nothing is cached, so invoices wait');
    await card('invoices~acme~2026').locator('.failure', { hasText: 'UNAVAILABLE' }).waitFor();
    await said('No number can be had now. Try again in 5 s.');
    const before = await figure('invoices~acme~2026', 'claims');

    await press('Let it back now');
    await state('It answers.');
    await press('Invoice the last order');
    await said('Invoice INV-2026-000002 of order 2.');
    await last('invoices~acme~2026', 'INV-2026-000002');
    await other('invoices~acme~2026', 'claims', before);
    await card('invoices~acme~2026').locator('.failure').waitFor({ state: 'hidden' });
    expect(await order()).toBeGreaterThan(during);
    expect(sample.errors.filter((text) => !text.includes('503'))).toEqual([]);
  });

  it('says in words that no id can be had, and why, and claims again when the store is back', async () => {
    await sample.open();
    await order();
    await press(/Cut it off/);
    await state('It is cut off.');
    await sample.page.getByLabel('Orders of themselves').selectOption('20 a second');
    // First the cached ids are handed out; then callers wait until their time is over.
    await other('orders', 'waiting', 0);
    await card('orders').locator('.failure', { hasText: 'UNAVAILABLE' }).waitFor();
    await said('No number can be had now. Try again in 5 s.');
    expect(await figure('orders', 'cached')).toBe(0);
    expect(await sample.page.locator('#recent li').first().textContent()).toContain('store cut off');
    const claims = await figure('orders', 'claims');
    await press('Let it back now');
    await said('Orders of themselves go on.');
    await other('orders', 'claims', claims);
    await card('orders').locator('.failure').waitFor({ state: 'hidden' });
    expect(sample.errors.filter((text) => !text.includes('503'))).toEqual([]);
  });

  it('ends the cut by itself', async () => {
    await sample.open(1);
    await press('Cut it off for 1 s');
    await state('It is cut off.');
    await state('It answers.');
    expect(sample.errors).toEqual([]);
  });

  it('says what is wrong with an order, and that the application is gone', async () => {
    await sample.open();
    await sample.page
      .getByLabel('Item')
      .evaluate((input: { maxLength: number }) => (input.maxLength = 1_000));
    await sample.page.getByLabel('Item').fill('x'.repeat(101));
    await press('Place order');
    await said('item must be shorter than or equal to 100 characters.');
    await sample.app.end('SIGTERM');
    await state('The application does not answer.');
    await sample.page.getByLabel('Item').fill('tea');
    await press('Place order');
    await said('The application does not answer. Is it still running?');
  });

  it('lets the application end while it is open', async () => {
    await sample.open();
    await order();
    sample.app.kill('SIGTERM');
    expect(await sample.app.ended).toEqual([null, 'SIGTERM']);
    expect(sample.app.errors).toBe('');
  });

  it('shows the last minutes to one who comes later', async () => {
    await sample.open();
    await order();
    await press(/Cut it off/);
    await state('It is cut off.');
    await press('Let it back now');
    await state('It answers.');
    await sample.page.reload();
    await card('orders').locator('svg .outage').first().waitFor({ state: 'attached' });
    await last('orders', '1');
  });

  it('shows the counters of eight tenants at most, those used last', async () => {
    await sample.open();
    for (let tenant = 1; tenant <= 10; tenant++) {
      const { body } = await sample.app.post('/orders', { item: 'tea' });
      await sample.app.post(`/orders/${body.id}/invoice`, {
        tenant: `tenant-${tenant}`,
        issuedOn: '2026-03-31',
      });
    }
    await sample.page
      .locator('#more', { hasText: '2 more counters of invoices were used longer ago.' })
      .waitFor();
    await last('invoices~tenant-10~2026', 'INV-2026-000001');
    const names = await sample.page
      .locator('#sequences article')
      .evaluateAll((cards: any[]) => cards.map(({ dataset }) => dataset.sequence));
    expect(names.filter((name: string) => name.startsWith('invoices~'))).toHaveLength(8);
    expect(names).not.toContain('invoices~tenant-1~2026');
  });
});
