import type { BlockSizeOption } from '../lib/core/block-size.js';
import { temporaryAlias } from '../test/support/elasticsearch-clients.js';
import { start } from './contenders.js';
import { openSequence, type Place, removePlace } from './elasticsearch-sequence.js';
import { startProxy } from './proxy.js';
import { duration, type Effort, type Result, type Row } from './row.js';
import { type Latencies, steadyLoad } from './steady-load.js';

const PER_SECOND = 20_000;
const DELAY = 50;
const WARM_UP = 1_000;

interface Task {
  milliseconds: number;
  place: Place;
  blockSize?: BlockSizeOption;
}

interface Steady extends Latencies {
  requests: number;
}

export const contenders = {
  async sequence({ milliseconds, place, blockSize }: Task): Promise<Steady> {
    const { sequence, requests, close } = openSequence(place, { blockSize });
    const load = { perSecond: PER_SECOND, milliseconds, warmUp: WARM_UP };
    const latencies = await steadyLoad(() => sequence.next(), load);
    const sent = requests();
    await close();
    return { ...latencies, requests: sent };
  },

  /** What the load itself costs on this machine: nothing below it can be blamed on a sequence. */
  async constant({ milliseconds }: Task): Promise<Steady> {
    const answered = Promise.resolve(1);
    const load = { perSecond: PER_SECOND, milliseconds, warmUp: WARM_UP };
    return { ...(await steadyLoad(() => answered, load)), requests: 0 };
  },
};

export const steady: Row = {
  title: `Steady ${PER_SECOND.toLocaleString('en')} ids/s through a proxy that adds ${DELAY} ms to each answer`,
  async run({ quick, servers }: Effort): Promise<Result> {
    const kind = 'elasticsearch-9';
    const proxy = await startProxy(await servers.url(kind), DELAY);
    const full = quick ? 6_000 : 60_000;
    // Two fixed sizes fall behind: twenty seconds show it.
    const short = quick ? 6_000 : 20_000;
    const draw = async (milliseconds: number, blockSize?: BlockSizeOption) => {
      const place: Place = { kind, url: proxy.url, index: temporaryAlias() };
      const task = { milliseconds, place, blockSize };
      const drawn = await start<Steady>(import.meta.url, 'sequence', task).result;
      await removePlace(place);
      return drawn;
    };
    // A server that has just started needs seconds for what takes it milliseconds later: its first index among them.
    await draw(3_000);
    const adaptive = await draw(full);
    const constant = await start<Steady>(import.meta.url, 'constant', { milliseconds: short }).result;
    const ten = await draw(short, 10);
    const thousand = await draw(short, 1_000);
    await proxy.stop();

    const all: [string, Steady][] = [
      ['adaptive', adaptive],
      ['fixed 10', ten],
      ['fixed 1000', thousand],
      ['an answered promise, for comparison', constant],
    ];
    return {
      figures: [
        {
          what: 'p50 of next(), adaptive',
          target: '10 µs',
          measured: duration(adaptive.p50),
          met: adaptive.p50 < 10e3,
        },
        {
          what: 'p99.9 of next(), adaptive',
          target: '1 ms',
          measured: duration(adaptive.p999),
          met: adaptive.p999 < 1e6,
        },
        {
          what: `calls over 1 ms after the first second, adaptive, of ${adaptive.calls.toLocaleString('en')}`,
          target: 'none that waited for a claim',
          measured: `${adaptive.late}; of an answered promise: ${constant.late} of ${constant.calls.toLocaleString('en')}; failed: ${adaptive.failed}; longest ${duration(adaptive.max)}`,
          met: adaptive.failed === 0 && adaptive.max < DELAY * 1e6,
        },
      ],
      tables: [
        {
          head: ['blocks', 'seconds', 'calls', 'failed', 'p50', 'p99', 'p99.9', 'longest', 'requests'],
          rows: all.map(([name, seen]) => [
            name,
            String(Math.round(seen.calls / PER_SECOND)),
            seen.calls.toLocaleString('en'),
            seen.failed.toLocaleString('en'),
            ...[seen.p50, seen.p99, seen.p999, seen.max].map((took) =>
              took > 0 ? duration(took) : 'none answered',
            ),
            seen.requests.toLocaleString('en'),
          ]),
        },
      ],
      plots: [
        {
          file: 'steady-latency.svg',
          title: `Latency of next() at ${PER_SECOND.toLocaleString('en')} ids/s, ${DELAY} ms added to each answer`,
          x: 'share of calls that are slower (percent)',
          y: 'microseconds',
          logX: true,
          logY: true,
          lines: all
            .filter(([, { max }]) => max > 0)
            .map(([name, { distribution }]) => ({
              name,
              points: distribution.map(([share, nanoseconds]) => [
                Number((100 - share).toPrecision(4)),
                nanoseconds / 1e3,
              ]),
            })),
        },
      ],
      notes: [
        'Latencies count from the moment a call is made; the load is open, so a slow answer does not slow the calls behind it.',
        'A call that waits for a claim waits for at least 50 ms: a longest call below that waited for the machine, not for Elasticsearch.',
        'A fixed size that brings less than is drawn fills the line to maxWaiters (100,000): calls beyond fail at once, those in line wait on.',
      ],
    };
  },
};
