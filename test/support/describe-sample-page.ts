import { afterAll, afterEach, beforeAll, beforeEach, describe, jest } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { chromiumPath, startBrowser } from './browser.js';
import { ProjectCopy } from './project-copy.js';
import { SampleApp } from './sample-app-process.js';
import { onSamplePage, recordSaid } from './sample-page.js';

/** For a machine with a lot else to do. Nothing waits for a fixed time. */
const PATIENCE = 60_000;

/** What one test has: a browser's page, and the application once it is opened. */
export interface OpenSample {
  /** Starts the application and opens its page. A cut of an hour, the default, ends when the test ends it. */
  open(outageSeconds?: number): Promise<void>;
  readonly page: Page;
  readonly app: SampleApp;
  /** What the browser's console has said of errors. */
  readonly errors: string[];
  readonly on: ReturnType<typeof onSamplePage>;
}

/** Tests of the sample's page in Chromium, on a copy of the project that is built once. Skipped without a browser. */
export function describeSamplePage(name: string, define: (sample: OpenSample) => void): void {
  jest.setTimeout(180_000);
  if (!chromiumPath) {
    console.warn(
      'SKIPPED: the page of the sample app is not tested, because /usr/bin/chromium is missing. Install it (apt-get install chromium) or set CHROMIUM.',
    );
  }

  (chromiumPath ? describe : describe.skip)(name, () => {
    const project = new ProjectCopy();
    let browser: Awaited<ReturnType<typeof startBrowser>>;
    let folder: string;
    let app: SampleApp;
    let page: Page;
    let errors: string[];
    const on = onSamplePage(() => page);

    beforeAll(async () => {
      await project.npm('run', '--silent', 'prestart');
      browser = await startBrowser();
      browser.context.setDefaultTimeout(PATIENCE);
    }, 600_000);

    afterAll(async () => {
      await browser?.close();
      project.remove();
    });

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'essequence-page-'));
      errors = [];
      page = await browser.context.newPage();
      await page.addInitScript(recordSaid);
      page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
      page.on('pageerror', (error) => errors.push(String(error)));
    });

    afterEach(async () => {
      await page.close();
      await app.end('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    });

    define({
      async open(outageSeconds = 3_600) {
        const settings = { DATA_DIR: folder, OUTAGE_SECONDS: String(outageSeconds) };
        app = await SampleApp.start(project.folder, settings);
        await page.goto(app.url);
        await on.state('It answers.');
      },
      get page() {
        return page;
      },
      get app() {
        return app;
      },
      get errors() {
        return errors;
      },
      on,
    });
  });
}
