import { temporaryAlias } from '../test/support/elasticsearch-clients.js';
import { alternate, start } from './contenders.js';
import { clientOf, openSequence, type Place, removePlace } from './elasticsearch-sequence.js';
import { PythonPackageSequence } from './python-package.js';
import { type Effort, type Figure, median, type Plot, type Result, type Row, short, spread } from './row.js';
import { rates, rateSince, type Sample, saturate } from './saturate.js';
import { SERVER_NAMES } from './servers.js';
import { cachedSequence } from './shipped.js';

interface Task {
  milliseconds: number;
  place: Place;
}

interface Drawn {
  samples: Sample[];
  /** Requests in all, and those after the first second. */
  requests: number;
  warmRequests: number;
}

/** Seconds after the start that count as cold. */
const COLD = 1_000;

export const contenders = {
  async memory({ milliseconds }: Task): Promise<Drawn> {
    const sequence = cachedSequence();
    return { samples: await saturate(() => sequence.next(), milliseconds), requests: 0, warmRequests: 0 };
  },

  async elasticsearch({ milliseconds, place }: Task): Promise<Drawn> {
    const { sequence, requests, close } = openSequence(place);
    let cold = 0;
    setTimeout(() => (cold = requests()), COLD);
    const samples = await saturate(() => sequence.next(), milliseconds);
    const sent = requests();
    await close();
    return { samples, requests: sent, warmRequests: sent - cold };
  },

  async python({ milliseconds, place }: Task): Promise<Drawn> {
    const client = clientOf(place);
    const sequence = new PythonPackageSequence(client, place.index, 'orders');
    const samples = await saturate(() => sequence.next(), milliseconds);
    await client.close();
    return { samples, requests: sequence.requests, warmRequests: 0 };
  },
};

export const saturation: Row = {
  title: 'One process at saturation (await next()) on real Elasticsearch',
  async run({ quick, rounds, servers }: Effort): Promise<Result> {
    const milliseconds = quick ? 4_000 : 10_000;
    const nine = { kind: 'elasticsearch-9' as const, url: await servers.url('elasticsearch-9') };
    const seven = { kind: 'elasticsearch-7' as const, url: await servers.url('elasticsearch-7') };
    const run = (contender: string, server: Omit<Place, 'index'>) => async () => {
      const place = { ...server, index: temporaryAlias() };
      const drawn = await start<Drawn>(import.meta.url, contender, { milliseconds, place }).result;
      if (contender !== 'memory') await removePlace(place);
      return drawn;
    };
    const drawn = await alternate<Drawn>(
      {
        memory: run('memory', nine),
        nine: run('elasticsearch', nine),
        seven: run('elasticsearch', seven),
        python: run('python', seven),
      },
      Math.min(rounds, 3),
    );
    const warm = (name: string) => drawn[name]!.map(({ samples }) => rateSince(samples, COLD));
    const perMillion = (name: string) =>
      drawn[name]!.map(({ samples, warmRequests }) => {
        const ids = samples.at(-1)![1] - samples.find(([at]) => at >= COLD)![1];
        return (warmRequests * 1e6) / ids;
      });
    const memory = median(warm('memory'));
    const python = median(warm('python'));
    const figures: Figure[] = [
      { what: 'over the memory store, ids/s', target: '', measured: spread(warm('memory')) },
      { what: "the Python package's algorithm, ids/s", target: '', measured: spread(warm('python')) },
    ];
    for (const [name, kind] of [
      ['nine', 'elasticsearch-9'],
      ['seven', 'elasticsearch-7'],
    ] as const) {
      const rate = median(warm(name));
      const bar = Math.min(10_000 * python, memory * 0.8);
      figures.push(
        {
          what: `${SERVER_NAMES[kind]}, ids/s`,
          target: '0.8 x the memory store',
          measured: `${spread(warm(name))}, ${(rate / memory).toFixed(2)} x`,
          met: rate >= 0.8 * memory,
        },
        {
          what: `${SERVER_NAMES[kind]}, against the Python package's algorithm`,
          target: '10,000 x, or the await ceiling (0.8 x the memory store), whichever is lower',
          measured: `${short(rate / python)} x`,
          met: rate >= bar,
        },
        {
          what: `${SERVER_NAMES[kind]}, requests per million ids once warm`,
          target: '10',
          measured: spread(perMillion(name)),
          met: median(perMillion(name)) <= 10,
        },
      );
    }
    const line = (name: string, of: string) => ({ name, points: rates(drawn[of]![0]!.samples) });
    const plot: Plot = {
      file: 'cold-start.svg',
      title: 'await next() in a loop, from a cold start',
      x: 'seconds',
      y: 'ids/s',
      logY: true,
      lines: [
        line('memory store', 'memory'),
        line(SERVER_NAMES['elasticsearch-9'], 'nine'),
        line(SERVER_NAMES['elasticsearch-7'], 'seven'),
        line("the Python package's algorithm", 'python'),
      ],
    };
    return {
      figures,
      plots: [plot],
      notes: [
        `A block holds at most 1,000,000 ids: at this rate the cache covers ${short(1e9 / memory)} ms to ${short(2e9 / memory)} ms. A claim that takes longer than that stalls callers.`,
      ],
    };
  },
};
