import { expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describeSamplePage } from '../support/describe-sample-page.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describeSamplePage('The page of the sample app, to people who see or point otherwise,', (sample) => {
  const { state, said, press, last, order, invoice } = sample.on;

  it.each(['light', 'dark'] as const)(
    'has nothing that axe finds fault with, in %s colours',
    async (colorScheme) => {
      await sample.page.emulateMedia({ colorScheme });
      await sample.open();
      await order();
      await invoice('acme', '2026-03-31');
      await last('invoices~acme~2026', 'INV-2026-000001');
      const violations = async () => {
        const { violations: found } = (await sample.page.evaluate('axe.run()')) as {
          violations: { id: string; nodes: { html: string }[] }[];
        };
        return found.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html) }));
      };
      await sample.page.evaluate(axe);
      expect(await violations()).toEqual([]);
      await press(/Cut it off/);
      await state('It is cut off.');
      await press('Invoice the last order');
      await said('Order 1 has invoice INV-2026-000001 already.');
      expect(await violations()).toEqual([]);
    },
  );

  it('can be used by keyboard alone, and fits 360 pixels', async () => {
    await sample.page.setViewportSize({ width: 360, height: 740 });
    await sample.open();
    await sample.page.getByLabel('Item').press('Enter');
    await said('Order ORD-000001, id 1.');
    await last('orders', '1');
    const wide = 'document.documentElement.scrollWidth';
    expect(await sample.page.evaluate(wide)).toBe(360);
    const reached: string[] = [];
    await sample.page.getByLabel('Item').focus();
    for (let left = 20; left > 0 && reached.at(-1) !== 'cut'; left--) {
      await sample.page.keyboard.press('Tab');
      reached.push(
        await sample.page.evaluate('document.activeElement.id || document.activeElement.textContent'),
      );
    }
    // The parts of a date are places of their own.
    expect([...new Set(reached)]).toEqual([
      'Place order',
      'ship',
      'pace',
      'tenant',
      'issued',
      'Invoice the last order',
      'cut',
    ]);
    expect(sample.errors).toEqual([]);
  });
});
