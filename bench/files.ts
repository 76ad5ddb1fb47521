import { mkdtemp, open, link, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { alternate, say, start, told } from './contenders.js';
import { type Effort, median, type Result, type Row, short, spread } from './row.js';
import { FileSequenceStore, resolveOptions, SequenceRegistry } from './shipped.js';

const PROCESSES = 3;
const AT_ONCE = 4_000;

interface Task {
  path: string;
  milliseconds: number;
  names: number;
}

interface Claimed {
  perSecond: number;
  /** Milliseconds. */
  longestWait: number;
  longestPause: number;
}

interface Filled {
  claim: number;
  slowest: number;
  bytes: number;
}

/** Each id is a claim of its own. */
function registryOn(path: string, timeout?: number): InstanceType<typeof SequenceRegistry> {
  const options = resolveOptions({ blockSize: 1, timeout, maxWaiters: 1_000_000 });
  return new SequenceRegistry(new FileSequenceStore({ path }), options);
}

async function draw(path: string, milliseconds: number): Promise<Claimed> {
  const registry = registryOn(path);
  const orders = registry.get('orders');
  await orders.next();
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const begun = performance.now();
  let [drawn, longestWait] = [0, 0];
  for (let now = begun; now < begun + milliseconds; drawn++) {
    await orders.next();
    const after = performance.now();
    longestWait = Math.max(longestWait, after - now);
    now = after;
  }
  const perSecond = (drawn * 1_000) / (performance.now() - begun);
  await registry.close();
  return { perSecond, longestWait, longestPause: delays.max / 1e6 };
}

export const contenders = {
  /** All that a claim costs the disk: a file and a folder are synced. */
  async twoSyncs({ path, milliseconds }: Task): Promise<number> {
    const folder = await mkdtemp(path);
    const handle = await open(folder, 'r');
    const begun = performance.now();
    let made = 0;
    for (; performance.now() < begun + milliseconds; made++) {
      const file = await open(join(folder, `f${made}`), 'wx');
      await file.writeFile('x'.repeat(200));
      await file.sync();
      await file.close();
      await link(join(folder, `f${made}`), join(folder, `g${made}`));
      await handle.sync();
    }
    const perSecond = (made * 1_000) / (performance.now() - begun);
    await handle.close();
    await rm(folder, { recursive: true });
    return perSecond;
  },

  async alone({ path, milliseconds }: Task): Promise<Claimed> {
    return draw(path, milliseconds);
  },

  async contend({ path, milliseconds }: Task): Promise<Claimed> {
    say('ready');
    await told();
    return draw(path, milliseconds);
  },

  async atOnce({ path, names }: Task): Promise<number> {
    const registry = registryOn(path, 60_000);
    const begun = performance.now();
    await Promise.all(Array.from({ length: names }, (_, index) => registry.get(`orders-${index}`).next()));
    const seconds = (performance.now() - begun) / 1_000;
    await registry.close();
    return seconds;
  },

  async filled({ path, names }: Task): Promise<Filled> {
    const store = new FileSequenceStore({ path });
    const { signal } = new AbortController();
    const claim = (index: number) =>
      store.claim({ name: `tenant-${index}:orders`, count: 1, start: 1, signal });
    for (let from = 0; from < names; from += 10_000) {
      const batch = Array.from({ length: Math.min(10_000, names - from) }, (_, index) => claim(from + index));
      await Promise.all(batch);
    }
    const times: number[] = [];
    for (let time = 0; time < 200; time++) {
      const begun = performance.now();
      await claim(Math.floor(Math.random() * names));
      times.push(performance.now() - begun);
    }
    await store.close();
    return { claim: median(times), slowest: Math.max(...times), bytes: await bytesIn(path) };
  },
};

async function bytesIn(path: string): Promise<number> {
  let bytes = 0;
  for (const file of await readdir(path, { recursive: true })) {
    bytes += (await stat(join(path, file))).blocks * 512;
  }
  return bytes;
}

export const files: Row = {
  title: 'Files: counters in a folder of this machine',
  async run({ quick, rounds }: Effort): Promise<Result> {
    const folder = await mkdtemp(join(tmpdir(), 'essequence-bench-files-'));
    let places = 0;
    const task = (): Task => ({
      path: join(folder, String(places++)),
      milliseconds: quick ? 1_000 : 5_000,
      names: AT_ONCE,
    });
    const names = quick ? 10_000 : 100_000;
    try {
      const { syncs, alone } = (await alternate<Claimed | number>(
        {
          syncs: () => start<number>(import.meta.url, 'twoSyncs', task()).result,
          alone: () => start<Claimed>(import.meta.url, 'alone', task()).result,
        },
        rounds,
      )) as { syncs: number[]; alone: Claimed[] };
      const atOnce = await alternate(
        { files: () => start<number>(import.meta.url, 'atOnce', task()).result },
        rounds,
      );
      const together: Claimed[] = [];
      for (let round = 0; round < rounds; round++) {
        const shared = { ...task(), milliseconds: quick ? 2_000 : 10_000 };
        const running = Array.from({ length: PROCESSES }, () =>
          start<Claimed>(import.meta.url, 'contend', shared),
        );
        await Promise.all(running.map((each) => each.heard()));
        for (const each of running) each.send('go');
        const each = await Promise.all(running.map(({ result }) => result));
        together.push({
          perSecond: each.reduce((sum, { perSecond }) => sum + perSecond, 0),
          longestWait: Math.max(...each.map(({ longestWait }) => longestWait)),
          longestPause: Math.max(...each.map(({ longestPause }) => longestPause)),
        });
      }
      const filled = await start<Filled>(import.meta.url, 'filled', { ...task(), names }).result;
      const perSecond = alone.map((each) => each.perSecond);
      const ceiling = median(syncs);
      const waits = together.map(({ longestWait }) => longestWait);
      return {
        figures: [
          { what: 'two fsync and a link, and nothing else, times/s', target: '', measured: spread(syncs) },
          {
            what: 'claims/s, one name, one process',
            target: 'half of what two fsync allow',
            measured: `${spread(perSecond)}, ${(median(perSecond) / ceiling).toFixed(2)} x`,
            met: median(perSecond) >= ceiling / 2,
          },
          {
            what: `first ids of ${short(AT_ONCE)} names at once`,
            target: '2 s',
            measured: spread(atOnce['files']!, (seconds) => `${short(seconds)} s`),
            met: median(atOnce['files']!) <= 2,
          },
          {
            what: 'one name, three processes, longest wait for an id',
            target: '1 s',
            measured: `${spread(waits, (wait) => `${short(wait)} ms`)} at ${spread(together.map((each) => each.perSecond))} claims/s together`,
            met: Math.max(...waits) <= 1_000,
          },
          {
            what: `a claim in a store of ${short(names)} names`,
            target: '20 ms',
            measured: `${short(filled.claim)} ms, the slowest of 200 ${short(filled.slowest)} ms`,
            met: filled.claim < 20,
          },
          {
            what: `disk space of ${short(names)} names`,
            target: '100 MB',
            measured: `${short(filled.bytes)}B`,
            met: filled.bytes < 100e6,
          },
        ],
        notes: [
          `The event loop of a process that claims without a pause stood still for at most ${short(Math.max(...alone.map((each) => each.longestPause)))} ms.`,
        ],
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
