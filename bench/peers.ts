import { openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHistogram, performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryAlias } from '../test/support/elasticsearch-clients.js';
import { alternate, say, start } from './contenders.js';
import { type Place, removePlace } from './elasticsearch-sequence.js';
import { startPostgres, startRedis, type PeerServer } from './peer-servers.js';
import { type PeerKind, PEERS } from './peer-sequences.js';
import { startProxy } from './proxy.js';
import { duration, type Effort, median, type Result, type Row, short, spread } from './row.js';
import { rateSince, saturate } from './saturate.js';
import { summary } from './steady-load.js';

/** A second of growing blocks does not count. */
const COLD = 1_000;
const PACE = 1_000;

interface Task {
  peer: string;
  place: Place;
  milliseconds: number;
  file?: string;
}

interface Rate {
  idsPerSecond: number;
  callsPerMillion: number;
  p50: number;
  p99: number;
  max: number;
}

export const contenders = {
  async rate({ peer, place, milliseconds }: Task): Promise<Rate> {
    const sequence = await PEERS[peer]!.open(place);
    let cold = 0;
    setTimeout(() => (cold = sequence.calls()), COLD);
    const samples = await saturate(() => sequence.next(), milliseconds + COLD);
    const ids = samples.at(-1)![1] - samples.find(([at]) => at >= COLD)![1];
    const calls = sequence.calls() - cold;
    // Once more, each call timed: that costs too much to do it at the same time.
    const histogram = createHistogram();
    const end = performance.now() + milliseconds;
    for (let at = performance.now(); at < end;) {
      await sequence.next();
      const now = performance.now();
      histogram.record(Math.max(1, Math.round((now - at) * 1e6)));
      at = now;
    }
    await sequence.close();
    const { p50, p99, max } = summary(histogram);
    return { idsPerSecond: rateSince(samples, COLD), callsPerMillion: (calls * 1e6) / ids, p50, p99, max };
  },

  /** Draws at a steady pace until it is killed, and leaves the latest id in a file. */
  async paced({ peer, place, file }: Task): Promise<void> {
    const sequence = await PEERS[peer]!.open(place);
    const descriptor = openSync(file!, 'w');
    const begun = performance.now();
    for (let drawn = 0; ;) {
      while (drawn < ((performance.now() - begun) * PACE) / 1_000) {
        const id = await sequence.next();
        writeSync(descriptor, String(id).padStart(16), 0);
        if (++drawn === 1) say('drawing');
      }
      await sleep(1);
    }
  },

  /** Seconds of service after the store went dark. */
  async dark({ peer, place }: Task): Promise<number> {
    const sequence = await PEERS[peer]!.open(place);
    const begun = performance.now();
    let darkSince = Infinity;
    process.once('message', () => (darkSince = performance.now()));
    say('drawing');
    for (let drawn = 0; ;) {
      while (drawn < ((performance.now() - begun) * PACE) / 1_000) {
        const answered = await Promise.race([
          sequence.next().then(
            () => true,
            () => false,
          ),
          sleep(1_000, false, { ref: false }),
        ]);
        if (!answered) return Math.max(0, (performance.now() - darkSince) / 1_000 - 1);
        drawn++;
      }
      await sleep(1);
    }
  },

  async stored({ peer, place }: Task): Promise<number> {
    const sequence = await PEERS[peer]!.open(place);
    const stored = await sequence.stored();
    await sequence.close();
    return stored;
  },
};

export const peers: Row = {
  title: 'Beside us: other shared counters, one process, one call after the other',
  async run({ quick, rounds, servers }: Effort): Promise<Result> {
    const notes: string[] = [
      `Redis and PostgreSQL write each claim to disk before they answer, as Elasticsearch does. Ids lost and seconds served are at ${PACE.toLocaleString('en')} ids/s.`,
    ];
    const started: PeerServer[] = [];
    const urls: Partial<Record<PeerKind, string>> = { elasticsearch: await servers.url('elasticsearch-7') };
    for (const [kind, begin] of [
      ['postgres', startPostgres],
      ['redis', startRedis],
    ] as const) {
      try {
        const server = await begin();
        started.push(server);
        urls[kind] = server.url;
      } catch (error) {
        notes.push(`Skipped, ${kind}: ${(error as Error).message}`);
      }
    }
    const rows: string[][] = [];
    try {
      const names = Object.keys(PEERS).filter((peer) => urls[PEERS[peer]!.kind] !== undefined);
      const at = async <Answer>(
        peer: string,
        work: (place: Place) => Promise<Answer>,
        url = urls[PEERS[peer]!.kind]!,
      ): Promise<Answer> => {
        const place: Place = { kind: 'elasticsearch-7', url, index: temporaryAlias() };
        const answer = await work(place);
        if (PEERS[peer]!.kind === 'elasticsearch') {
          await removePlace({ ...place, url: urls.elasticsearch! });
        }
        return answer;
      };
      const milliseconds = quick ? 500 : 1_000;
      const rates = await alternate<Rate>(
        Object.fromEntries(
          names.map((peer) => [
            peer,
            () =>
              at(peer, (place) => start<Rate>(import.meta.url, 'rate', { peer, place, milliseconds }).result),
          ]),
        ),
        Math.min(rounds, 3),
      );
      for (const peer of names) {
        const lost = await at(peer, (place) => killed(peer, place));
        const served = await darkened(peer, urls[PEERS[peer]!.kind]!, at);
        const seen = rates[peer]!;
        rows.push([
          PEERS[peer]!.title,
          spread(seen.map(({ idsPerSecond }) => idsPerSecond)),
          duration(median(seen.map(({ p50 }) => p50))),
          duration(median(seen.map(({ p99 }) => p99))),
          duration(Math.max(...seen.map(({ max }) => max))),
          short(median(seen.map(({ callsPerMillion }) => callsPerMillion))),
          short(lost),
          `${served.toFixed(1)} s`,
        ]);
      }
    } finally {
      await Promise.all(started.map((server) => server.stop()));
    }
    return {
      figures: [],
      tables: [
        {
          head: [
            '',
            'ids/s',
            'p50',
            'p99',
            'longest',
            'store calls per million ids',
            'ids lost per kill -9',
          ].concat(['served with the store gone']),
          rows,
        },
      ],
      notes,
    };
  },
};

async function killed(peer: string, place: Place): Promise<number> {
  const file = join(tmpdir(), `${place.index}.last`);
  const running = start<void>(import.meta.url, 'paced', { peer, place, file });
  await running.heard();
  await Promise.race([sleep(4_000 + Math.random() * 1_000), running.result]);
  await running.kill();
  const last = Number(readFileSync(file, 'utf8'));
  rmSync(file);
  const stored = await start<number>(import.meta.url, 'stored', { peer, place }).result;
  return stored - last;
}

async function darkened(
  peer: string,
  url: string,
  at: <Answer>(peer: string, work: (place: Place) => Promise<Answer>, url?: string) => Promise<Answer>,
): Promise<number> {
  const proxy = await startProxy(url);
  try {
    return await at(
      peer,
      async (place) => {
        const running = start<number>(import.meta.url, 'dark', { peer, place });
        await running.heard();
        await sleep(3_000);
        proxy.darken();
        running.send('dark');
        return running.result;
      },
      proxy.url,
    );
  } finally {
    await proxy.stop();
  }
}
