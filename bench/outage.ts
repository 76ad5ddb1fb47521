import { subscribe } from 'node:diagnostics_channel';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StallMessage } from '../lib/core/diagnostics.js';
import { startElasticsearch9 } from '../test/support/elasticsearch-server.js';
import { temporaryAlias } from '../test/support/elasticsearch-clients.js';
import { say, start, told } from './contenders.js';
import { openSequence, type Place } from './elasticsearch-sequence.js';
import { startProxy } from './proxy.js';
import { duration, type Effort, type Result, type Row } from './row.js';
import { type Latencies, steadyLoad } from './steady-load.js';

const PER_SECOND = 1_000;
const RESERVE_TIME = 40_000;
const OUTAGE = 30_000;
/** Milliseconds after the first id in which blocks grow, and calls may wait. */
const COLD = 2_000;

interface Drawn extends Latencies {
  requests: number;
  stalled: number;
}

export const contenders = {
  async sequence({ place, milliseconds }: { place: Place; milliseconds: number }): Promise<Drawn> {
    const { sequence, requests, close } = openSequence(place, { reserveTime: RESERVE_TIME });
    let stalled = 0;
    await sequence.next({ timeout: 60_000 });
    setTimeout(() => {
      subscribe('nestjs-essequence:stall', (message) => (stalled += (message as StallMessage).waiting));
    }, COLD);
    say('drawing');
    const load = { perSecond: PER_SECOND, milliseconds, warmUp: COLD };
    const latencies = await steadyLoad(() => sequence.next(), load);
    say({ requests: requests() });
    await told();
    await close();
    return { ...latencies, requests: requests(), stalled };
  },
};

export const outage: Row = {
  title: 'Elasticsearch killed and away for 30 s, 1,000 ids/s, reserveTime 40 s',
  async run({ quick }: Effort): Promise<Result> {
    const times = quick ? 1 : 5;
    const cluster = await startElasticsearch9();
    const proxy = await startProxy(cluster.url);
    const [node] = cluster.nodes;
    const drawn: (Drawn & { away: number; after: number })[] = [];
    try {
      for (let time = 0; time < times; time++) {
        const place: Place = { kind: 'elasticsearch-9', url: proxy.url, index: temporaryAlias() };
        const until = 5_000 + Math.random() * 5_000;
        const milliseconds = until + OUTAGE + 15_000;
        const running = start<Drawn>(import.meta.url, 'sequence', { place, milliseconds });
        await running.heard();
        await sleep(until);
        // The proxy refuses at once, the server dies as by a power cut, and both are back after 30 s or when it has started.
        const killed = Date.now();
        proxy.darken();
        await node.kill();
        node.start();
        await node.waitUntilReady();
        await sleep(Math.max(0, killed + OUTAGE - Date.now()));
        proxy.lighten();
        const away = Date.now() - killed;
        await running.heard();
        running.send('end');
        const result = await running.result;
        drawn.push({ ...result, away, after: until });
      }
    } finally {
      await proxy.stop();
      await cluster.stop();
    }
    const stalled = drawn.reduce((sum, each) => sum + each.stalled, 0);
    const failed = drawn.reduce((sum, each) => sum + each.failed, 0);
    const longest = Math.max(...drawn.map(({ max }) => max));
    const calls = drawn.reduce((sum, each) => sum + each.calls, 0);
    return {
      figures: [
        {
          what: `calls that waited for a claim, of ${calls.toLocaleString('en')} in ${times} outages`,
          target: '0',
          measured: `${stalled}; longest call ${duration(longest)}`,
          met: stalled === 0,
        },
        {
          what: 'errors during outage and recovery',
          target: '0',
          measured: String(failed),
          met: failed === 0,
        },
      ],
      tables: [
        {
          head: [
            'outage',
            'began after',
            'lasted',
            'calls',
            'waited',
            'failed',
            'p99.9',
            'longest',
            'requests',
          ],
          rows: drawn.map((each, index) => [
            String(index + 1),
            duration(each.after * 1e6),
            duration(each.away * 1e6),
            each.calls.toLocaleString('en'),
            String(each.stalled),
            String(each.failed),
            duration(each.p999),
            duration(each.max),
            String(each.requests),
          ]),
        },
      ],
    };
  },
};
