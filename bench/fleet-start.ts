import { start } from './contenders.js';
import { type Effort, type Figure, type Plot, type Result, type Row, short } from './row.js';
import { Fleet } from './simulated-fleet.js';
import type { StoreModel } from './simulated-store.js';

const RATE = 100;
/** A simulation makes much short-lived garbage. */
const ROOM = ['--max-semi-space-size=128'];
const STEADY_SECONDS = 60;
/** How long the store is slow, and what an answer takes meanwhile, in milliseconds. */
const SLOW_FOR = 60_000;
const SLOWNESS = 20_000;

interface StartTask {
  processes: number;
  store: StoreModel;
  /** Seconds that the claims of all take, one each. */
  round: number;
}

interface Started {
  /** By second: processes without an id. */
  unserved: [number, number][];
  /** Seconds until none was without. */
  servedAfter: number | null;
  /** Milliseconds, in a minute after that. */
  p99: number;
  failed: number;
  taken: number;
}

interface SlowTask {
  processes: number;
  store: StoreModel;
}

interface Recovered {
  /** By second since the recovery: processes that had not drawn again. */
  waiting: [number, number][];
  servedAfter: number | null;
}

export const contenders = {
  async start({ processes, store, round }: StartTask): Promise<Started> {
    Error.stackTraceLimit = 0;
    const begun = performance.now();
    const fleet = new Fleet({ processes, rate: () => RATE, store, startOver: 0, step: 1_000 });
    const unserved: Started['unserved'] = [];
    let servedAfter: number | null = null;
    let second = 0;
    while (second < 3 * round + 1 && servedAfter === null) {
      await fleet.run(++second * 1_000);
      const left = fleet.without(1);
      unserved.push([second, left]);
      if (left === 0) servedAfter = second;
    }
    // One more round, for what the first ids did not cover.
    const calm = Math.ceil(second + round);
    await fleet.run(calm * 1_000);
    fleet.count();
    await fleet.run((calm + STEADY_SECONDS) * 1_000);
    const { p99, failed } = fleet.count();
    return { unserved, servedAfter, p99, failed, taken: (performance.now() - begun) / 1_000 };
  },

  async slow({ processes, store }: SlowTask): Promise<Recovered> {
    Error.stackTraceLimit = 0;
    const fleet = new Fleet({ processes, rate: () => 20, store, startOver: 20_000, step: 300 });
    const slowAt = 60_000;
    const recovered = slowAt + SLOW_FOR;
    await fleet.run(slowAt);
    fleet.store.slowDown(SLOWNESS);
    await fleet.run(recovered);
    fleet.store.slowDown(0);
    const waiting: Recovered['waiting'] = [];
    for (let second = 0.5; second <= 30; second += 0.5) {
      await fleet.run(recovered + second * 1_000);
      waiting.push([second, fleet.without(recovered)]);
      if (waiting.at(-1)![1] === 0) return { waiting, servedAfter: second };
    }
    return { waiting, servedAfter: null };
  },
};

/** Claims a second: of compare-and-set half of a claim may be disturbed by nobody, of scripts nine of ten take 2 ms. */
const CLAIMS = { cas: 200, script: 444 };

/** A store that is `scale` times slower, for as many times fewer processes. */
function model(strategy: StoreModel['strategy'], scale: number): StoreModel {
  return strategy === 'cas'
    ? { claimTime: 10 * scale, strategy }
    : { claimTime: 8 + 2 * scale, strategy, execution: 2 * scale, threads: 8 };
}

const NAMES = { cas: 'compare-and-set', script: 'script' };

export const fleetStart: Row = {
  title: 'Beyond this machine: a simulated fleet that starts in one instant, or whose store was slow',
  async run({ quick }: Effort): Promise<Result> {
    const scale = quick ? 100 : 50;
    const figures: Figure[] = [];
    const started: Plot['lines'] = [];
    const taken: number[] = [];
    for (const strategy of ['cas', 'script'] as const) {
      const fleets = await Promise.all(
        [10_000, 20_000].map(async (whole) => {
          const round = whole / CLAIMS[strategy];
          const task: StartTask = { processes: whole / scale, store: model(strategy, scale), round };
          const result = await start<Started>(import.meta.url, 'start', task, { flags: ROOM }).result;
          return { whole, round, ...result };
        }),
      );
      for (const { whole, round, servedAfter, unserved, p99, failed, taken: seconds } of fleets) {
        const name = `${whole.toLocaleString('en')} processes, ${NAMES[strategy]}`;
        const left = (unserved.at(-1)![1] * scale) / whole;
        figures.push({
          what: `${name}: first ids of all, started in one instant`,
          target: `${short(3 * round)} s (three rounds of claims)`,
          measured:
            servedAfter === null
              ? `${short(100 * left)} % had none by then`
              : `${servedAfter} s; in a minute of steady state p99 ${short(p99)} ms, ${failed} ids failed`,
          met: servedAfter !== null && servedAfter <= 3 * round && p99 === 0,
        });
        started.push({
          name,
          points: unserved.map(([at, count]) => [at / round, (100 * count * scale) / whole]),
        });
        taken.push(seconds);
      }
    }
    const recovered: Plot['lines'] = [];
    const slow = [
      ['cas', 200],
      ['script', 500],
      ['cas', 500],
    ] as const;
    for (const [strategy, processes] of slow) {
      const task: SlowTask = { processes: quick ? processes / 10 : processes, store: model(strategy, 1) };
      const { servedAfter, waiting } = await start<Recovered>(import.meta.url, 'slow', task, { flags: ROOM })
        .result;
      const name = `${task.processes.toLocaleString('en')} processes, ${NAMES[strategy]}`;
      figures.push({
        what: `${name}: store slow for a minute (20 s an answer); all draw again after its recovery`,
        target: '5 s',
        measured: servedAfter === null ? `not all within 30 s` : `${servedAfter} s`,
        met: servedAfter !== null && servedAfter <= 5,
      });
      recovered.push({ name, points: waiting.map(([at, count]) => [at, (100 * count) / task.processes]) });
    }
    return {
      figures,
      plots: [
        {
          file: 'plots/fleet-start.svg',
          title: 'Processes without an id after all started in one instant',
          x: 'rounds of claims (N / C)',
          y: '% of processes',
          lines: started,
        },
        {
          file: 'plots/fleet-recovery.svg',
          title: 'Processes that have not drawn again after a slow minute of the store',
          x: 'seconds since the recovery',
          y: '% of processes',
          lines: recovered,
        },
      ],
      notes: [
        `Deterministic: seed 1, the real core, a virtual clock and a simulated store. Fleets that start are ${scale} times smaller than named, and so is what their store serves: a round of claims, N / C, takes as long. 100 ids/s a process; 20 where the store is slow.`,
        'By script a claim that loses a race on the server is repeated there once, behind all that wait for a thread by then, and goes back to its process after that. With three repeats on the server 10,000 processes were served after 3.5 rounds and 20,000 not within 6: each request passed through the whole queue several times, longer than timeout, and the attempts that followed made the queue longer still.',
        'A lost race is an answer: after it nobody waits the 500 ms that keep attempts apart while a store is silent. With them 500 processes that had waited for a slow store drew again after 9.5 s.',
        'A block covers two and a half minutes at most. With one minute 20,000 processes waited for up to 4 s in the steady state of compare-and-set: a round of claims takes 100 s there.',
        `simulated in ${taken.map((seconds) => `${seconds.toFixed(0)} s`).join(', ')}`,
      ],
    };
  },
};
