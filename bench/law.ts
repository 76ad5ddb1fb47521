import { start } from './contenders.js';
import { duration, type Effort, median, type Plot, type Result, type Row, short } from './row.js';
import { Fleet, type FleetPlan } from './simulated-fleet.js';
import type { StoreModel } from './simulated-store.js';

const RESERVE = 5;
const STORE: StoreModel = { claimTime: 10, strategy: 'cas' };
const RATES = [10, 100, 1_000, 10_000, 100_000];
const HOUR = 3_600_000;

interface Steady {
  rate: number;
  /** Seconds of demand in memory: the least, the median, and the most, looked at before each draw. */
  least: number;
  middle: number;
  most: number;
  claimsPerMinute: number;
  waited: number;
}

interface Outages {
  rate: number;
  outages: number;
  delayed: number;
}

interface Law {
  steady: Steady[];
  outages: Outages[];
  burst: { waited: number; longest: number; drawn: number };
  idle: { before: number; waited: number; longest: number; drawn: number };
  recovery: { failed: number; tries: number; servedAfter: number; block: number };
  day: {
    rate: [number, number][];
    blocks: [number, number][];
    cached: [number, number][];
    claims: number;
    ids: number;
  };
}

/** One process. Draws come at least every hundredth second, so that a lump of them is no burst. */
function one(rate: (at: number) => number, seed: number, step = 10): Fleet {
  const plan: FleetPlan = { processes: 1, rate, store: STORE, seed, step };
  return new Fleet(plan);
}

export const contenders = {
  async law({ quick }: { quick: boolean }): Promise<Law> {
    Error.stackTraceLimit = 0;
    return {
      steady: await inTurn(RATES, (rate) => steadyAt(rate, quick ? 60 : 300)),
      outages: await inTurn([100, 1_000, 10_000], (rate) => outagesAt(rate, quick ? 20 : 200)),
      burst: await burst(),
      idle: await idle(),
      recovery: await recovery(),
      day: await day(),
    };
  },
};

async function steadyAt(rate: number, seconds: number): Promise<Steady> {
  const fleet = one(() => rate, 1);
  await fleet.run(20_000);
  fleet.count();
  const covers: number[] = [];
  for (let at = 20_000; at < 20_000 + seconds * 1_000; at += 50) {
    await fleet.run(at);
    covers.push(fleet.cached / rate);
  }
  const { claims, waited } = fleet.count();
  return {
    rate,
    least: Math.min(...covers),
    middle: median(covers),
    most: Math.max(...covers),
    claimsPerMinute: (claims * 60) / seconds,
    waited,
  };
}

/** The store is silent for exactly reserveTime, at a random moment. */
async function outagesAt(rate: number, outages: number): Promise<Outages> {
  let delayed = 0;
  for (let seed = 1; seed <= outages; seed++) {
    const fleet = one(() => rate, seed);
    await fleet.run(20_000 + fleet.clock.random() * 10_000);
    fleet.count();
    fleet.store.silent = true;
    await fleet.run(fleet.clock.now() + RESERVE * 1_000);
    if (fleet.count().waited > 0 || fleet.cached === 0) delayed++;
  }
  return { rate, outages, delayed };
}

/** Ten times the demand for ten seconds. */
async function burst(): Promise<Law['burst']> {
  const fleet = one((at) => (at >= 60_000 && at < 70_000 ? 10_000 : 1_000), 1);
  await fleet.run(60_000);
  fleet.count();
  await fleet.run(80_000);
  const { waited, longest, drawn } = fleet.count();
  return { waited, longest, drawn };
}

/** An hour of rest, then the demand of before. */
async function idle(): Promise<Law['idle']> {
  const fleet = one((at) => (at >= 60_000 && at < HOUR ? 0 : 1_000), 1);
  await fleet.run(HOUR - 1);
  fleet.count();
  const before = fleet.cached;
  await fleet.run(HOUR + 60_000);
  const { waited, longest, drawn } = fleet.count();
  return { before, waited, longest, drawn };
}

/** Silence for a minute, twelve times reserveTime. */
async function recovery(): Promise<Law['recovery']> {
  const fleet = one(() => 1_000, 1);
  await fleet.run(30_000);
  fleet.count();
  fleet.store.silent = true;
  await fleet.run(90_000);
  const { failed, attempts } = fleet.count();
  fleet.store.silent = false;
  const value = fleet.store.value;
  let servedAfter = 0;
  while (fleet.store.value === value) await fleet.run(90_000 + (servedAfter += 10));
  return { failed, tries: attempts, servedAfter, block: fleet.store.value - value };
}

async function day(): Promise<Law['day']> {
  const fleet = one(demandOf, 1, 500);
  const every = 5 * 60_000;
  let last = 0;
  const result: Law['day'] = { rate: [], blocks: [], cached: [], claims: 0, ids: 0 };
  for (let at = every; at <= 24 * HOUR; at += every) {
    await fleet.run(at);
    const { claims, drawn } = fleet.count();
    const hours = at / HOUR;
    result.rate.push([hours, Math.round((drawn * 1_000) / every)]);
    const claimed = fleet.store.value - last;
    last = fleet.store.value;
    if (claims > 0) result.blocks.push([hours, Math.round(claimed / claims)]);
    result.cached.push([hours, fleet.cached]);
    result.claims += claims;
    result.ids += drawn;
  }
  return result;
}
/** Ids per second: a quiet night, two humps, a mail to all customers at 15:00. */
function demandOf(at: number): number {
  const hour = (at / HOUR) % 24;
  const hump = (middle: number, width: number, height: number) =>
    height * Math.exp(-(((hour - middle) / width) ** 2));
  return 2 + hump(10.5, 2, 400) + hump(20, 2.2, 700) + (hour >= 15 && hour < 15.25 ? 2_000 : 0);
}

async function inTurn<Item, Answer>(items: Item[], work: (item: Item) => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const item of items) answers.push(await work(item));
  return answers;
}

export const law: Row = {
  title: 'The control law of block sizes, simulated: one process, reserveTime 5 s, claims of 10 ms',
  async run({ quick }: Effort): Promise<Result> {
    const seen = await start<Law>(import.meta.url, 'law', { quick }).result;
    const { steady, outages, burst, idle, recovery, day } = seen;
    const constant = steady.filter(({ rate }) => rate >= 100 && rate <= 10_000);
    const least = Math.min(...constant.map(({ least }) => least));
    const most = Math.max(...constant.map(({ most }) => most));
    const delayed = outages.reduce((sum, each) => sum + each.delayed, 0);
    const all = outages.reduce((sum, each) => sum + each.outages, 0);
    const plot: Plot = {
      file: 'block-size-day.svg',
      title: 'Block size over a day (simulated)',
      x: 'hour',
      y: 'ids',
      logY: true,
      lines: [
        { name: 'ids drawn per second', points: day.rate },
        { name: 'block size', points: day.blocks },
        { name: 'cached', points: day.cached },
      ],
    };
    return {
      figures: [
        {
          what: 'seconds of demand cached at a steady 100 to 10,000 ids/s, least and most',
          target: `${RESERVE} to ${2.3 * RESERVE} (1.0 to 2.3 x reserveTime), less the noise of the measured rate`,
          measured: `${least.toFixed(2)} to ${most.toFixed(2)}`,
          met: least >= 0.9 * RESERVE && most <= 1.1 * 2.3 * RESERVE,
        },
        {
          what: 'outages as long as reserveTime, at random moments, in which a call waited',
          target: '0',
          measured: `${delayed} of ${all}`,
          met: delayed === 0,
        },
        {
          what: `ten times the demand (10,000 ids/s) for ten seconds: ids waited for, of ${short(burst.drawn)}`,
          target: '0',
          measured: `${short(burst.waited)}, longest ${duration(burst.longest * 1e6)}`,
          met: burst.waited === 0,
        },
        {
          what: `demand returns after an hour of rest: ids waited for, of ${short(idle.drawn)}`,
          target: '0',
          measured: `${short(idle.waited)}; ${short(idle.before)} were cached meanwhile`,
          met: idle.waited === 0,
        },
      ],
      tables: [
        {
          head: ['ids/s', 'least s cached', 'median', 'most', 'claims a minute', 'ids waited for'],
          rows: steady.map((each) => [
            short(each.rate),
            each.least.toFixed(2),
            each.middle.toFixed(2),
            each.most.toFixed(2),
            short(each.claimsPerMinute),
            short(each.waited),
          ]),
        },
        {
          head: ['ids/s', 'outages of 5 s', 'with a call that waited'],
          rows: outages.map((each) => [short(each.rate), String(each.outages), String(each.delayed)]),
        },
      ],
      plots: [plot],
      notes: [
        `A silence of 60 s, twelve times reserveTime, at 1,000 ids/s: ${short(recovery.failed)} calls failed, ${recovery.tries} claims were tried; ${recovery.servedAfter} ms after its end the first block came, of ${short(recovery.block)} ids.`,
        `The day: ${short(day.ids)} ids in ${short(day.claims)} claims, ${short((day.claims * 1e6) / day.ids)} per million ids.`,
        'Beyond 200,000 ids/s a block is as large as blocks get (1,000,000), and covers less than reserveTime.',
      ],
    };
  },
};
