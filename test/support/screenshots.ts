/** Writes the pictures of the sample's page: `npm run screenshots`. They need Debian's `chromium` and `pngquant`. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBrowser } from './browser.js';
import { SampleApp } from './sample-app-process.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const images = join(root, 'docs/images');
const data = mkdtempSync(join(tmpdir(), 'essequence-screenshots-'));
const app = await SampleApp.start(root, { DATA_DIR: data, OUTAGE_SECONDS: '20' });
const { context, close } = await startBrowser({ viewport: { width: 960, height: 1000 } });
try {
  const page = await context.newPage();
  await page.goto(app.url);
  const seconds = (count: number) => page.waitForTimeout(count * 1_000);
  const picture = (name: string) =>
    page.screenshot({ path: join(images, `${name}.png`), fullPage: true, animations: 'disabled' });
  const press = (name: string | RegExp) => page.getByRole('button', { name }).click();
  const invoice = async (tenant: string) => {
    await page.getByLabel('Tenant').fill(tenant);
    await page.getByLabel('Date').fill('2026-03-31');
    await press('Invoice the last order');
  };
  const pace = (each: string) => page.getByLabel('Orders of themselves').selectOption(each);
  await press('Place order');
  await pace('1 a second');
  await seconds(10);
  for (const tenant of ['acme', 'beta', 'acme']) {
    await press('Ship the last order');
    await invoice(tenant);
    await seconds(4);
  }
  await pace('5 a second');
  await seconds(45);
  await press(/Cut it off/);
  await seconds(9);
  await press('Ship the last order');
  await invoice('acme');
  await seconds(3);
  await picture('sample-light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await seconds(15);
  await invoice('acme');
  await seconds(5);
  await picture('sample-dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 360, height: 740 });
  await seconds(1);
  await picture('sample-narrow');
  const pictures = ['light', 'dark', 'narrow'].map((name) => join(images, `sample-${name}.png`));
  execFileSync('pngquant', ['--force', '--ext', '.png', '--speed', '1', '64', ...pictures]);
} finally {
  await close();
  await app.end('SIGTERM');
  rmSync(data, { recursive: true, force: true });
}
