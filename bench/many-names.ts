import { randomUUID } from 'node:crypto';
import { temporaryAlias } from '../test/support/elasticsearch-clients.js';
import { start } from './contenders.js';
import { openSequence, type Place, removePlace } from './elasticsearch-sequence.js';
import { duration, type Effort, type Figure, median, type Result, type Row, spread } from './row.js';
import { SERVER_NAMES, type ServerKind } from './servers.js';

const LONE = 50;

interface First {
  seconds: number;
  requests: number;
  failed: number;
  /** Milliseconds of a take(50) that came right after them, on a name of its own. */
  lone: number;
}

interface Assigned {
  /** Milliseconds of each batch. */
  batches: number[];
  failed: number;
}

export const contenders = {
  async first({ place, names }: { place: Place; names: number }): Promise<First> {
    const { registry, requests, close } = openSequence(place);
    await registry.get('warm').next();
    const before = requests();
    const begun = performance.now();
    const all = Promise.allSettled(
      Array.from({ length: names }, (_, name) => registry.get(`receipts:tenant-${name}`).next()),
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    const came = performance.now();
    const alone = registry
      .get('lone')
      .take(LONE)
      .then(
        () => performance.now() - came,
        () => Infinity,
      );
    const settled = await all;
    const seconds = (performance.now() - begun) / 1_000;
    const sent = requests() - before;
    const lone = await alone;
    await close();
    return {
      seconds,
      requests: sent,
      failed: settled.filter(({ status }) => status === 'rejected').length,
      lone,
    };
  },

  /** Every second a batch over all tenants, as `assign` draws it: one take for each of them. */
  async assign({
    place,
    names,
    seconds,
  }: {
    place: Place;
    names: number;
    seconds: number;
  }): Promise<Assigned> {
    const { registry, close } = openSequence(place);
    const batches: number[] = [];
    let failed = 0;
    const begun = performance.now();
    for (let second = 0; second < seconds; second++) {
      const due = begun + second * 1_000;
      const wait = due - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      const from = performance.now();
      const settled = await Promise.allSettled(
        Array.from({ length: names }, (_, name) => registry.get(`receipts:tenant-${name}`).take(1)),
      );
      batches.push(performance.now() - from);
      failed += settled.filter(({ status }) => status === 'rejected').length;
    }
    await close();
    return { batches, failed };
  },
};

async function inPlace<Answer>(
  kind: ServerKind,
  url: string,
  work: (place: Place) => Promise<Answer>,
): Promise<Answer> {
  const place: Place = { kind, url, index: `${temporaryAlias()}-${randomUUID().slice(0, 8)}` };
  try {
    return await work(place);
  } finally {
    await removePlace(place);
  }
}

/** Rounds before those that count: a server that has just started compiles the code for each kind of request. */
const WARM_UPS = 4;
/** The batches of the first seconds claim what the later ones draw from. */
const WARM = 10;

export const manyNames: Row = {
  title: 'Many names at once in one process on real servers',
  async run({ quick, rounds, servers }: Effort): Promise<Result> {
    const names = quick ? 1_000 : 10_000;
    const tenants = quick ? 200 : 2_000;
    const seconds = quick ? 15 : 60;
    const figures: Figure[] = [];
    for (const kind of ['elasticsearch-9', 'elasticsearch-7', 'opensearch'] as const) {
      const url = await servers.url(kind);
      const measured: First[] = [];
      for (let round = -WARM_UPS; round < rounds; round++) {
        const first = await inPlace(
          kind,
          url,
          (place) => start<First>(import.meta.url, 'first', { place, names }).result,
        );
        if (round >= 0) measured.push(first);
      }
      const server = SERVER_NAMES[kind];
      const failed = measured.reduce((sum, one) => sum + one.failed, 0);
      const most = Math.max(...measured.map((one) => one.requests));
      const slowest = Math.max(...measured.map((one) => one.seconds));
      const isNew = kind === 'elasticsearch-9';
      figures.push(
        {
          what: `${server}: first ids of ${names.toLocaleString('en')} names at once`,
          target: `all, at most 200 requests${isNew ? ', 2 s' : ''}`,
          measured: `${failed} failed; requests ${spread(measured.map((one) => one.requests))}; ${spread(
            measured.map((one) => one.seconds * 1e9),
            duration,
          )}`,
          met: failed === 0 && most <= 200 && (!isNew || slowest <= 2),
        },
        {
          what: `${server}: a lone take(${LONE}) that comes 20 ms after them`,
          target: '100 ms',
          measured: spread(
            measured.map((one) => one.lone * 1e6),
            duration,
          ),
          met: median(measured.map((one) => one.lone)) <= 100,
        },
      );
      const { batches, failed: lost } = await inPlace(
        kind,
        url,
        (place) => start<Assigned>(import.meta.url, 'assign', { place, names: tenants, seconds }).result,
      );
      const warm = batches.slice(WARM).toSorted((one, other) => one - other);
      const p99 = warm[Math.min(warm.length - 1, Math.floor(warm.length * 0.99))]!;
      figures.push({
        what: `${server}: a batch of ${tenants.toLocaleString('en')} over as many names, each second for ${seconds} s: the slowest of a hundred, once warm`,
        target: 'no failure, 300 ms',
        measured: `${duration(p99 * 1e6)}; the first ${duration(batches[0]! * 1e6)}; ${lost} failed`,
        met: lost === 0 && p99 <= 300,
      });
    }
    return {
      figures,
      notes: [
        `First ids: ${WARM_UPS} rounds that do not count come before, so that the server has compiled what it needs. A round is a process of its own.`,
        'Client, server and measuring process share the machine. The server has other indices, none of them in use.',
        `Warm: after ${WARM} batches. One id a second from each name is below what a block holds, so most batches need no request.`,
      ],
    };
  },
};
