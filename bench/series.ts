import { performance } from 'node:perf_hooks';
import { alternate, start } from './contenders.js';
import { type Effort, type Figure, median, type Result, type Row, short, spread } from './row.js';

/** As it is shipped: see `shipped.ts`. */
const { numberSeries } = (await import(
  new URL('../dist/series/number-series.js', import.meta.url).href
)) as typeof import('../lib/series/number-series.js');

const BATCH = 20_000;
const WARM_UP = 200;
const TARGET = 1_000_000;

interface Duration {
  milliseconds: number;
}

const invoices = () =>
  numberSeries({ name: 'invoices', format: 'INV-{yyyy}-{n:6}', restart: 'year', timeZone: 'Europe/Vienna' });

/** Instants of one day in Vienna, in no order. */
function instants(): Date[] {
  const midnight = Date.parse('2026-03-01T00:00:00+01:00');
  return Array.from({ length: 1_000 }, (_, index) => new Date(midnight + ((index * 7_919) % 86_400) * 1_000));
}

/** Each calls format() once for `n`. */
const CALLS: Record<string, () => (n: number) => unknown> = {
  'a calendar day'() {
    const series = invoices();
    return (n) => series.format(n, { at: '2026-03-01' });
  },
  'a Date within a cached day'() {
    const [series, dates] = [invoices(), instants()];
    return (n) => series.format(n, { at: dates[n % dates.length]! });
  },
  'a calendar day, another one each time'() {
    const series = invoices();
    const days = Array.from({ length: 28 }, (_, index) => `2026-02-${String(index + 1).padStart(2, '0')}`);
    return (n) => series.format(n, { at: days[n % 28]! });
  },
  'a Date, another day each time'() {
    const series = invoices();
    const dates = Array.from(
      { length: 1_000 },
      (_, index) => new Date(Date.UTC(2026, 0, 1 + ((index * 7) % 365))),
    );
    return (n) => series.format(n, { at: dates[n % dates.length]! });
  },
  'parse()'() {
    const series = invoices();
    const texts = Array.from({ length: 1_000 }, (_, index) => series.format(index + 1, { at: '2026-03-01' }));
    return (n) => series.parse(texts[n % texts.length]!);
  },
};

export const contenders = {
  async rate({ call, milliseconds }: Duration & { call: string }): Promise<number> {
    const format = CALLS[call]!();
    const runFor = (limit: number): number => {
      const begun = performance.now();
      let calls = 0;
      while (performance.now() - begun < limit) {
        for (let n = 1; n <= BATCH; n++) format(n);
        calls += BATCH;
      }
      return (calls / (performance.now() - begun)) * 1_000;
    };
    runFor(WARM_UP);
    return runFor(milliseconds);
  },
};

export const series: Row = {
  title: "Number series: format() of 'INV-{yyyy}-{n:6}'",
  async run({ quick, rounds }: Effort): Promise<Result> {
    const milliseconds = quick ? 200 : 500;
    const own = (call: string) => () => start<number>(import.meta.url, 'rate', { call, milliseconds }).result;
    const rates = await alternate<number>(
      Object.fromEntries(Object.keys(CALLS).map((call) => [call, own(call)])),
      rounds,
    );
    const figures = Object.keys(CALLS).map((call, index): Figure => {
      const measured = rates[call]!;
      const what = `${call === 'parse()' ? call : `format(), ${call}`}, texts/s`;
      // The first two are the ones that the issue names.
      return index < 2
        ? { what, target: short(TARGET), measured: spread(measured), met: median(measured) >= TARGET }
        : { what, target: '', measured: spread(measured) };
    });
    return { figures };
  },
};
