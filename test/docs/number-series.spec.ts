import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { SequenceService } from '../../lib/index.js';
import { resetSequences, SequenceTestingModule } from '../../lib/testing.js';
import { fencesOf, read } from '../support/pages.js';
import { Invoice } from './number-series/invoice.js';
import { invoiceNumbers } from './number-series/invoice-numbers.js';
import { InvoicesController } from './number-series/invoices.controller.js';
import { InvoicesService } from './number-series/invoices.service.js';

describe('The files of the page "Number series"', () => {
  let app: INestApplication;

  beforeAll(async () => {
    const moduleRef = await Test.createTestingModule({
      imports: [SequenceTestingModule.forRoot({ now: () => new Date('2026-12-31T23:30:00Z') })],
      providers: [InvoicesService],
      controllers: [InvoicesController],
    }).compile();
    app = moduleRef.createNestApplication();
    await app.listen(0);
  });
  beforeEach(() => resetSequences(app));
  afterAll(() => app.close());

  it('number per tenant and year, by the date of the document', async () => {
    const invoices = app.get(InvoicesService);
    expect(await invoices.finish('acme', '2026-03-31')).toBe('INV-2026-000001');
    expect(await invoices.finish('acme', '2026-01-02')).toBe('INV-2026-000002');
    expect(await invoices.finish('beta', '2026-03-31')).toBe('INV-2026-000001');
    expect(await invoices.finish('acme', '2025-12-31')).toBe('INV-2025-000001');
  });

  it('preview the present day of their time zone, where it is the new year already', async () => {
    expect(await app.get(InvoicesService).preview('acme')).toBe('INV-2027-000001');
  });

  it('read the text of a number, and refuse another with 400', async () => {
    const get = async (text: string) => (await fetch(`${await app.getUrl()}/invoices/${text}`)).json();
    expect(await get('INV-2026-000042')).toEqual({ n: 42, period: '2026' });
    expect(await get('INV-2026-42')).toMatchObject({ statusCode: 400 });
  });

  it('number entities, each in the counter of its tenant and year', async () => {
    const invoices = [
      { tenant: 'acme', issuedOn: '2026-03-31' },
      { tenant: 'beta', issuedOn: '2026-03-31' },
      { tenant: 'acme', issuedOn: '2026-04-01' },
    ].map((invoice) => Object.assign(new Invoice(), invoice));
    await app.get(SequenceService).assign(invoices);
    expect(invoices.map(({ number }) => number)).toEqual([
      'INV-2026-000001',
      'INV-2026-000001',
      'INV-2026-000002',
    ]);
  });

  it('give the texts that README shows', async () => {
    const code = fencesOf(read('README.md')).find(({ code: text }) =>
      text.includes('sequences.get(invoiceNumbers'),
    );
    const shown = [...(code?.code ?? '').matchAll(/next\(\{ at: '(.*)' \}\); \/\/ '(.*)'/g)];
    expect(shown).toHaveLength(3);
    const invoices = app.get(SequenceService).get(invoiceNumbers, { scope: 'acme' });
    for (const [, at, text] of shown) expect(await invoices.next({ at: at! })).toBe(text);
  });
});

describe('The complaints on the page "Number series"', () => {
  /** Each test that the table names, and a part of its title where that is given: `series/series "keep their rows"`. */
  const named = read('docs/number-series.md')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split(' | ').map((cell) => cell.replaceAll('|', '').trim()))
    .filter((cells) => cells.length === 4 && cells[3] !== 'test' && !cells[3]!.startsWith('---'))
    .flatMap(([complaint, , , tests]) => tests!.split('; ').map((test) => [test, complaint!] as const));

  it('are the rows of its table', () => {
    expect(named.length).toBeGreaterThan(16);
  });

  it.each(named)('name a test that exists: %s', (test) => {
    const [, where, title = ''] = /^(.+?)(?:,? "(.+)")?$/.exec(test)!;
    expect(titlesIn(where!).some((each) => each.includes(title))).toBe(true);
  });
});

const CHECK_FILES: Record<string, string[]> = {
  'the torture check': ['torture/checker.ts'],
  'the contract suite': ['lib/testing/contract/claims.ts', 'lib/testing/contract/last-ids.ts'],
};

/** The texts of files of tests that may be titles. */
function titlesIn(where: string): string[] {
  const code = (CHECK_FILES[where] ?? [`test/${where}.spec.ts`]).map(read).join('\n');
  return [...code.matchAll(/'((?:[^'\\\n]|\\.)+)'|"((?:[^"\\\n]|\\.)+)"|`([^`]+)`/g)].map((match) =>
    match.slice(1).join(''),
  );
}
