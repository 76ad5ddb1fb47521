import type { NumberSeries } from '../lib/series/number-series.js';
import { start } from './contenders.js';
import { forgetfulClient, heap } from './idle-names.js';
import { type Effort, median, type Result, type Row, spread } from './row.js';
import { ElasticsearchSequenceStore, resolveOptions } from './shipped.js';

const load = (file: string): Promise<unknown> => import(new URL(`../dist/${file}.js`, import.meta.url).href);
const { numberSeries } = (await load(
  'series/number-series',
)) as typeof import('../lib/series/number-series.js');
const { SeriesRegistry } = (await load(
  'series/series-registry',
)) as typeof import('../lib/series/series-registry.js');
const { Series } = (await load('series/series')) as typeof import('../lib/series/series.js');

const YEARS = [2024, 2025, 2026];
/** First numbers asked for at once. */
const AT_ONCE = 2_000;
const TARGET = 400;
const DAY = 24 * 3_600_000;

interface Weighed {
  /** Bytes of heap for each counter of the three years. */
  bytes: number;
  counters: number;
}

export const contenders = {
  async years({ tenants }: { tenants: number }): Promise<Weighed> {
    const store = new ElasticsearchSequenceStore({ client: forgetfulClient(), index: 'sequences' });
    // What the series says of itself is no matter here.
    store.recordSeries = undefined as never;
    process.removeAllListeners('warning').on('warning', () => {});
    let present = new Date(`${YEARS[0]}-06-01T12:00:00Z`);
    const options = resolveOptions({ idleTime: DAY, maxSequences: tenants + 1 });
    const registry = new SeriesRegistry(store, options, () => present);
    const invoices = numberSeries({
      name: 'invoices',
      format: 'INV-{yyyy}-{n:6}',
      restart: 'year',
      timeZone: 'UTC',
      scoped: true,
    });
    await draw(registry, invoices, 'warm', `INV-${YEARS[0]}-000001`);
    const empty = await heap();
    for (const year of YEARS) {
      present = new Date(`${year}-06-01T12:00:00Z`);
      // Rows are looked at for their year once a second.
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      for (let first = 0; first < tenants; first += AT_ONCE) {
        const length = Math.min(AT_ONCE, tenants - first);
        const text = `INV-${year}-000001`;
        await Promise.all(
          Array.from({ length }, (_, index) => draw(registry, invoices, `tenant-${first + index}`, text)),
        );
        for (const name of registry.sequences.names) {
          if (registry.sequences.isAwake(name)) registry.sequences.putToSleep(name);
        }
      }
    }
    const counters = [...registry.sequences.names].length;
    const bytes = ((await heap()) - empty) / counters;
    await registry.sequences.close();
    return { bytes, counters };
  },
};

async function draw(
  registry: InstanceType<typeof SeriesRegistry>,
  series: NumberSeries<true>,
  scope: string,
  expected: string,
): Promise<void> {
  const text = await new Series(registry, series as never, { scope }).next();
  if (text !== expected) throw new Error(`${scope} got ${text}`);
}

export const seriesYears: Row = {
  title: 'A yearly series of many tenants over three years',
  async run({ quick, rounds }: Effort): Promise<Result> {
    const tenants = quick ? 5_000 : 100_000;
    const weighed: Weighed[] = [];
    for (let round = 0; round < Math.min(2, rounds); round++) {
      weighed.push(await start<Weighed>(import.meta.url, 'years', { tenants }).result);
    }
    const bytes = weighed.map((each) => each.bytes);
    const count = weighed[0]!.counters.toLocaleString('en');
    return {
      figures: [
        {
          what: `bytes of heap for each of ${count} counters asleep, ${tenants.toLocaleString('en')} tenants`,
          target: `at most ${TARGET}`,
          measured: spread(bytes),
          met: median(bytes) <= TARGET,
        },
      ],
      notes: [
        `maxSequences is ${(tenants + 1).toLocaleString('en')}: the counters of years that are over sleep and do not count. The server is a double that remembers no counter.`,
      ],
    };
  },
};
