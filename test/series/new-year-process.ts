/**
 * One of several processes that draw invoice numbers over a New Year that comes by their own clocks. Told by its argument
 * how its clock differs, and by a message when to begin; answers with each number, when it was asked for and when it had
 * it.
 */
import { Client } from '@elastic/elasticsearch';
import { once } from 'node:events';
import { ElasticsearchSequenceStore } from '../../lib/store/elasticsearch/elasticsearch-sequence-store.js';
import { resolveOptions } from '../../lib/nest/sequence-module.options.js';
import { numberSeries } from '../../lib/series/number-series.js';
import { Series } from '../../lib/series/series.js';
import { SeriesRegistry } from '../../lib/series/series-registry.js';
import type { DrawnNumber, NewYearTask, NewYearTimes } from './new-year.js';

const CALLERS = 5;

const { url, index, ahead } = JSON.parse(process.argv[2]!) as NewYearTask;
/** 1 January 2027 in Vienna. */
const midnight = Date.parse('2026-12-31T23:00:00Z');

/** Milliseconds since 1970, by a clock that all processes of this machine share. */
const clock = () => performance.timeOrigin + performance.now();
let newYear = Infinity;
const present = () => new Date(midnight + clock() - newYear + ahead);

const invoices = numberSeries({
  name: 'invoices',
  format: 'INV-{yyyy}-{n:6}',
  restart: 'year',
  timeZone: 'Europe/Vienna',
  scoped: true,
});
const client = new Client({ node: url });
const store = new ElasticsearchSequenceStore({ client, index });
const registry = new SeriesRegistry(store, resolveOptions({ store, timeout: 30_000 }), present);
const acme = new Series(registry, invoices, { scope: 'acme' });
const drawn: DrawnNumber[] = [];

await registry.sequences.open();
const told = once(process, 'message');
process.send!('ready');
const [times] = (await told) as [NewYearTimes];
({ newYear } = times);
await Promise.all(
  Array.from({ length: CALLERS }, async () => {
    let isNewYear = false;
    while (clock() < times.ends || !isNewYear) {
      const [begun, from] = [clock(), present().getTime()];
      const asked = acme.next();
      // The date was read by now, and is read once.
      const to = present().getTime();
      const text = await asked;
      isNewYear = from >= midnight;
      drawn.push({ text, begun, ended: clock(), from, to });
    }
  }),
);
await registry.sequences.close();
await client.close();
// The parent ends it: who closes the channel after a long message may cut it off.
process.send!(drawn);
await once(process, 'disconnect');
