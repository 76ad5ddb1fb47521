import { duration, type Effort, type Plot, type Result, type Row, short } from './row.js';
import { type Count, Fleet } from './simulated-fleet.js';
import type { StoreModel } from './simulated-store.js';
import { start } from './contenders.js';

const RATE = 100;
/** A simulation makes much short-lived garbage. */
const ROOM = ['--max-semi-space-size=128'];
const COLD_SECONDS = 90;
const STEADY_SECONDS = 60;

interface Task {
  processes: number;
  store: StoreModel;
  startOver: number;
}

interface Second {
  at: number;
  idsPerSecond: number;
  claimsPerSecond: number;
  triesPerSecond: number;
  /** Seconds of demand in the memory of a process, on average. */
  cover: number;
}

interface Simulated {
  seconds: Second[];
  cold: Count;
  steady: Count;
  /** Until the ids of one second met the demand of one second for the first time. */
  servedAfter: number;
  cover: number;
  taken: number;
}

export const contenders = {
  async fleet({ processes, store, startOver }: Task): Promise<Simulated> {
    // An error object per lost race is what the real code makes; its stack is not needed here.
    Error.stackTraceLimit = 0;
    const begun = performance.now();
    const fleet = new Fleet({ processes, rate: () => RATE, store, startOver, step: 300 });
    const seconds: Second[] = [];
    const counts: Count[] = [];
    for (let at = 5; at <= COLD_SECONDS + STEADY_SECONDS; at += 5) {
      await fleet.run(at * 1_000);
      const count = fleet.count();
      counts.push(count);
      seconds.push({
        at,
        idsPerSecond: count.drawn / 5,
        claimsPerSecond: count.claims / 5,
        triesPerSecond: count.attempts / 5,
        cover: fleet.cached / processes / RATE,
      });
    }
    const served = seconds.find(({ idsPerSecond }) => idsPerSecond >= 0.99 * processes * RATE);
    return {
      seconds,
      cold: sum(counts.slice(0, COLD_SECONDS / 5)),
      steady: sum(counts.slice(COLD_SECONDS / 5)),
      servedAfter: served?.at ?? Infinity,
      cover:
        seconds.slice(COLD_SECONDS / 5).reduce((total, { cover }) => total + cover, 0) / (STEADY_SECONDS / 5),
      taken: (performance.now() - begun) / 1_000,
    };
  },
};

/** Infinity comes as null through the message of a contender. */
function untilServed(seconds: number | null): string {
  return seconds === null || seconds === Infinity ? 'not all served' : `${seconds} s`;
}

/** Quantiles do not add up: the sum takes the worst, which errs on the safe side. */
function sum(counts: readonly Count[]): Count {
  return counts.reduce((one, other) => ({
    drawn: one.drawn + other.drawn,
    waited: one.waited + other.waited,
    failed: one.failed + other.failed,
    attempts: one.attempts + other.attempts,
    claims: one.claims + other.claims,
    conflicts: one.conflicts + other.conflicts,
    p50: Math.max(one.p50, other.p50),
    p99: Math.max(one.p99, other.p99),
    p999: Math.max(one.p999, other.p999),
    longest: Math.max(one.longest, other.longest),
  }));
}

const CAS: StoreModel = { claimTime: 10, strategy: 'cas' };
const SCRIPT: StoreModel = { claimTime: 10, strategy: 'script', execution: 2, threads: 8 };

export const fleet: Row = {
  title: 'Beyond this machine: a simulated fleet on one counter, 100 ids/s a process, claims of 10 ms',
  async run({ quick }: Effort): Promise<Result> {
    const whole = quick ? 500 : 10_000;
    const tenth = whole / 10;
    const slow = (claimTime: number): StoreModel => ({ claimTime, strategy: 'cas' });
    const plans: [string, Task][] = [
      ['compare-and-set, all at once', { processes: whole, store: CAS, startOver: 0 }],
      ['script, all at once', { processes: whole, store: SCRIPT, startOver: 0 }],
      ['compare-and-set, over a minute', { processes: whole, store: CAS, startOver: 60_000 }],
      ['script, over a minute', { processes: whole, store: SCRIPT, startOver: 60_000 }],
      ['compare-and-set, all at once', { processes: tenth, store: CAS, startOver: 0 }],
      ['claims of 60 ms', { processes: tenth, store: slow(60), startOver: 0 }],
      ['claims of 120 ms', { processes: tenth, store: slow(120), startOver: 0 }],
      ['claims of 240 ms', { processes: tenth, store: slow(240), startOver: 0 }],
    ];
    const results: [string, Task, Simulated][] = [];
    // Virtual time: it does not matter that two share the machine.
    for (let index = 0; index < plans.length; index += 2) {
      results.push(
        ...(await Promise.all(
          plans
            .slice(index, index + 2)
            .map(async ([name, task]): Promise<[string, Task, Simulated]> => [
              name,
              task,
              await start<Simulated>(import.meta.url, 'fleet', task, { flags: ROOM }).result,
            ]),
        )),
      );
    }
    const rows = results.flatMap(([name, { processes }, { cold, steady, servedAfter, cover }]) =>
      [
        [`first ${COLD_SECONDS} s`, cold, COLD_SECONDS] as const,
        ['steady state', steady, STEADY_SECONDS] as const,
      ].map(([phase, count, seconds]) => [
        `${processes.toLocaleString('en')}, ${name}`,
        phase,
        short(count.drawn / seconds),
        short(count.claims / seconds),
        `${((100 * count.conflicts) / Math.max(1, count.attempts)).toFixed(0)} %`,
        duration(count.p99 * 1e6),
        duration(count.longest * 1e6),
        `${((100 * count.failed) / (count.drawn + count.failed)).toFixed(2)} %`,
        phase === 'steady state' ? `${cover.toFixed(1)} s` : untilServed(servedAfter),
      ]),
    );
    const [, , first] = results[0]!;
    const [, , rolling] = results[2]!;
    const plot = (
      file: string,
      title: string,
      y: string,
      of: (second: Second) => number,
      logY = false,
    ): Plot => ({
      file,
      title,
      x: 'seconds',
      y,
      logY,
      lines: results.map(([name, { processes }, { seconds }]) => ({
        name: `${processes.toLocaleString('en')}, ${name}`,
        points: seconds.map((second) => [second.at, of(second)]),
      })),
    });
    return {
      figures: [
        {
          what: `p99 wait in steady state, ${whole.toLocaleString('en')} processes, ${short(whole * RATE)} ids/s, compare-and-set`,
          target: 'no wait',
          measured: `${duration(first.steady.p99 * 1e6)} when all started at once, ${duration(rolling.steady.p99 * 1e6)} when over a minute`,
          met: first.steady.p99 === 0 && rolling.steady.p99 === 0,
        },
      ],
      tables: [
        {
          head: [
            'fleet',
            'phase',
            'ids/s',
            'claims/s',
            'tries that lost a race',
            'p99 wait',
            'longest wait',
            'calls failed',
            'cached per process; at first, until all are served',
          ],
          rows,
        },
      ],
      plots: [
        plot('fleet-ids.svg', 'Ids per second of the fleet', 'ids/s', ({ idsPerSecond }) =>
          Math.round(idsPerSecond),
        ),
        plot('fleet-cover.svg', 'Demand in the memory of a process', 'seconds', ({ cover }) =>
          Number(cover.toFixed(2)),
        ),
      ],
      notes: [
        'Deterministic: seed 1, real allocators, block sizes, claimers and retry loops, a virtual clock and a simulated store. Waits are in virtual time; the p99 of a phase is that of its worst five seconds.',
        'compare-and-set: read, then write if nobody wrote since, 5 ms apart. script: both on the server, 2 ms apart, 8 threads, repeated there as often as the store asks for.',
        'A process needs a block every N / C seconds, N processes, C claims a second the store can take (about 200 with compare-and-set of 10 ms: half of a claim nobody else may write). All at once they have nothing cached, so the last is served after N / C seconds, and calls with a shorter timeout fail until then.',
        'Where it tops out: compare-and-set of 10 ms at about 20,000 processes (a block covers two and a half minutes at most), at about 1,000 with claims of 120 ms.',
        'What lifts it: a start over a minute, several counters (a name per shard), one claimer per host (files between), a longer reserveTime; a timeout longer than N / C for a start all at once.',
        `simulated in ${results.map(([, , { taken }]) => `${taken.toFixed(0)} s`).join(', ')}`,
      ],
    };
  },
};
