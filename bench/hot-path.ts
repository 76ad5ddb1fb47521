import { nodeBinary } from '../test/support/node-binary.js';
import { start } from './contenders.js';
import { LeastCounter, LeastRefilledCounter } from './loops.js';
import { type Effort, type Figure, median, type Result, type Row, spread } from './row.js';
import { cachedSequence } from './shipped.js';

/** One pair more or less is not the machine's mood: the figure that 19 of 20 pairs reach is the second least. */
const PAIRS = 20;
const BLOCK = 1_000_000;
const TAKEN = 1_000;

interface Duration {
  milliseconds: number;
}

/** Draws ids and says how many. Ids are consumed by xor, so that no engine may leave the loop out. */
type Batch = () => number | Promise<number>;

export const contenders = {
  /** Everything included: claims, and the turn of the event loop after every 50,000 answers. */
  next({ milliseconds }: Duration): Promise<number> {
    const sequence = cachedSequence();
    return rateOf(milliseconds, async () => {
      for (let drawn = 0; drawn < BLOCK / 10; drawn++) consumed ^= await sequence.next();
      return BLOCK / 10;
    });
  },

  constant({ milliseconds }: Duration): Promise<number> {
    const constant = Number(process.pid);
    return rateOf(milliseconds, async () => {
      for (let drawn = 0; drawn < BLOCK / 10; drawn++) consumed ^= await constant;
      return BLOCK / 10;
    });
  },

  /** The claim between two blocks is not timed: the row is about ids inside one. */
  tryNext({ milliseconds }: Duration): Promise<number> {
    const sequence = cachedSequence(BLOCK);
    return rateOf(
      milliseconds,
      () => {
        for (let drawn = 1; drawn < BLOCK; drawn++) consumed ^= sequence.tryNext()!;
        return BLOCK - 1;
      },
      () => sequence.next(),
    );
  },

  leastTryNext({ milliseconds }: Duration): Promise<number> {
    const counter = new LeastCounter();
    return rateOf(
      milliseconds,
      () => {
        for (let drawn = 1; drawn < BLOCK; drawn++) consumed ^= counter.tryNext()!;
        return BLOCK - 1;
      },
      () => {
        counter.limit += BLOCK;
        counter.tryNext();
      },
    );
  },

  leastRefilled({ milliseconds }: Duration): Promise<number> {
    const counter = new LeastRefilledCounter(BLOCK / 2);
    return rateOf(milliseconds, () => {
      for (let drawn = 1; drawn < BLOCK; drawn++) consumed ^= counter.tryNext()!;
      return BLOCK - 1;
    });
  },

  take({ milliseconds }: Duration): Promise<number> {
    const sequence = cachedSequence(BLOCK);
    const calls = BLOCK / TAKEN - 1;
    return rateOf(
      milliseconds,
      async () => {
        for (let call = 0; call < calls; call++) consumed ^= (await sequence.take(TAKEN))[TAKEN - 1]!;
        return calls * TAKEN;
      },
      () => sequence.take(TAKEN),
    );
  },

  leastTake({ milliseconds }: Duration): Promise<number> {
    const counter = new LeastCounter();
    const calls = BLOCK / TAKEN - 1;
    return rateOf(
      milliseconds,
      async () => {
        for (let call = 0; call < calls; call++) consumed ^= (await leastTake(counter))[TAKEN - 1]!;
        return calls * TAKEN;
      },
      () => {
        counter.limit += BLOCK;
        return leastTake(counter);
      },
    );
  },
};

let consumed = 0;

/** The least any `take` can do: an array of its own, filled, and a promise of it. */
function leastTake(counter: LeastCounter): Promise<number[]> {
  const ids = new Array<number>(TAKEN);
  let id = counter.last;
  for (let index = 0; index < TAKEN; index++) ids[index] = ++id;
  counter.last = id;
  return Promise.resolve(ids);
}

/**
 * Ids per second of processor time, all threads of the process together: the median of batches over `milliseconds`.
 * What comes `between` batches does not count.
 */
async function rateOf(milliseconds: number, batch: Batch, between?: () => unknown): Promise<number> {
  const rates: number[] = [];
  const begun = performance.now();
  const warm = begun + milliseconds / 2;
  while (performance.now() < begun + milliseconds * 1.5) {
    await between?.();
    // Several batches, because processor time is counted in steps of up to a few milliseconds on some systems.
    let ids = 0;
    let took = 0;
    while (took < 20_000) {
      if (ids > 0) await between?.();
      const before = process.cpuUsage();
      ids += await batch();
      const { user, system } = process.cpuUsage(before);
      took += user + system;
    }
    if (performance.now() > warm) rates.push((ids * 1e6) / took);
  }
  return median(rates);
}

interface Pairing {
  what: string;
  candidate: keyof typeof contenders;
  least: keyof typeof contenders;
  /** What 19 of 20 pairs should reach. Undefined: a figure for comparison. */
  target?: number;
  beside: string;
}

const PAIRINGS: readonly Pairing[] = [
  {
    what: 'tryNext()',
    candidate: 'tryNext',
    least: 'leastTryNext',
    target: 0.85,
    beside: 'the least cached counter',
  },
  {
    what: 'tryNext(), beside the least cached counter that calls for more',
    candidate: 'tryNext',
    least: 'leastRefilled',
    beside: 'it',
  },
  {
    what: 'await next()',
    candidate: 'next',
    least: 'constant',
    target: 0.95,
    beside: 'awaiting a constant',
  },
  {
    what: `await take(${TAKEN})`,
    candidate: 'take',
    least: 'leastTake',
    target: 0.85,
    beside: 'a promise of an array filled in place',
  },
  {
    what: 'Control: the least cached counter, beside itself',
    candidate: 'leastTryNext',
    least: 'leastTryNext',
    beside: 'itself',
  },
  {
    what: 'Control: awaiting a constant, beside itself',
    candidate: 'constant',
    least: 'constant',
    beside: 'itself',
  },
  {
    what: 'Control: a promise of an array filled in place, beside itself',
    candidate: 'leastTake',
    least: 'leastTake',
    beside: 'itself',
  },
];

export const hotPath: Row = {
  title: 'The hot path, by pairs of processes',
  async run({ quick }: Effort): Promise<Result> {
    const milliseconds = quick ? 200 : 400;
    const nodes = [{ path: process.execPath, version: process.versions.node }];
    if (!quick) nodes.push(await nodeBinary('22'), await nodeBinary('24'));
    const figures: Figure[] = [];
    const rows: string[][] = [];
    for (const { path, version } of nodes) {
      for (const { what, candidate, least, target, beside } of PAIRINGS) {
        const own: number[] = [];
        const other: number[] = [];
        for (let pair = 0; pair < (quick ? 3 : PAIRS); pair++) {
          const run = (name: string) =>
            start<number>(import.meta.url, name, { milliseconds }, { path }).result;
          // In turn also within pairs, so that neither is always the one that begins.
          const first = pair % 2 === 0;
          if (first) own.push(await run(candidate));
          other.push(await run(least));
          if (!first) own.push(await run(candidate));
        }
        const ratios = own.map((rate, pair) => rate / other[pair]!);
        const almostAll = ratios.toSorted((one, another) => one - another)[quick ? 0 : 1]!;
        figures.push({
          what: `${what}, Node ${version}, in 19 of 20 pairs at least`,
          target: target === undefined ? '' : `${target} x ${beside}`,
          measured: `${almostAll.toFixed(2)} x, median ${median(ratios).toFixed(2)} x`,
          met: target === undefined ? undefined : almostAll >= target,
        });
        rows.push([version, what, spread(own), spread(other), spread(ratios, (ratio) => ratio.toFixed(2))]);
      }
    }
    return {
      figures,
      tables: [
        { head: ['Node', 'what', 'ids/s', 'beside it', 'ratio of neighbours: median (least to most)'], rows },
      ],
      notes: [
        'A control pairs a comparison with itself: what it misses of 1 is what the machine alone takes from the lesser of two equal processes.',
        'Rates are per second of processor time of the whole process (`process.cpuUsage`), so that other work on the machine weighs less. Candidate and comparison run in processes of their own, in turn; each ratio is that of two neighbours.',
        'The least cached counter has no method to call when it is empty. So V8 on Node 22 and later checks the hidden class and loads the bound once before the loop. A call in the loop, even one that is rarely reached, may change any object: then every turn checks them again, and the variables of the loop go through the stack. A sequence has to have such a call, so it cannot reach that counter there; the fair measure is the least counter that calls for more.',
        'await take(1000) varies on Node 20 because its arrays fill the young generation in less than a millisecond: most of what differs is the time in collections (a fifth to a half of a process), whose helper threads and whose moves between processors wait for other work on the machine. Bound to one processor (`taskset -c 1`) twelve processes reached 665 M to 886 M, median 787 M, beside 784 M to 903 M, median 809 M; unbound in the same hour twenty reached 478 M to 832 M, median 656 M, beside 693 M to 889 M, median 778 M.',
        'await next() gives the event loop a turn after every 50,000 answers, which awaiting a constant does not. One turn costs some 10 to 40 µs, of which setImmediate itself is little: with turns the threads of the process wait for and wake each other more than twice as often, probably for collections. After every 10,000 answers that was up to a tenth of all.',
        'next() returns what an async function returns that awaits nothing: V8 compiles it, promise included, into the loop. Promise.resolve of a number remains a call, some 4 ns of 31 on Node 20.',
      ],
    };
  },
};
