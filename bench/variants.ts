import { performance } from 'node:perf_hooks';
import { alternate, start } from './contenders.js';
import { drain, LeastCounter, rateOf } from './loops.js';
import { type Effort, median, type Result, type Row, short, spread } from './row.js';

const BLOCK = 1_000_000;
const IDS = 1_000;

interface Variant {
  group: string;
  title: string;
  /** Draws a block once and says how many ids that were. */
  batch(): number | Promise<number>;
}

/** Ways to write the hot path, each over the least counter, so that nothing but the way differs. */
const VARIANTS: Record<string, () => Variant> = {
  field: () => {
    const counter = new LeastCounter();
    return {
      group: 'tryNext()',
      title: 'increment of a field and one bound check (chosen)',
      batch: () => {
        counter.limit += BLOCK;
        drain(counter, BLOCK);
        return BLOCK;
      },
    };
  },
  list: () => {
    let ids: number[] = [];
    const counter = { tryNext: () => ids.pop() };
    return {
      group: 'tryNext()',
      title: 'a list of ids made per block, as the Python package has it',
      batch: () => {
        ids = Array.from({ length: BLOCK }, (_, index) => BLOCK - index);
        drain(counter, BLOCK);
        return BLOCK;
      },
    };
  },
  generator: () => {
    const ids = (function* () {
      for (let id = 1; ; id++) yield id;
    })();
    const counter = { tryNext: () => ids.next().value as number };
    return {
      group: 'tryNext()',
      title: 'a generator',
      batch: () => {
        drain(counter, BLOCK);
        return BLOCK;
      },
    };
  },
  bigint: () => {
    let last = 0n;
    const counter = { tryNext: () => Number(++last) };
    return {
      group: 'tryNext()',
      title: 'counting in bigint',
      batch: () => {
        drain(counter, BLOCK);
        return BLOCK;
      },
    };
  },
  resolved: () => awaited('Promise.resolve (chosen)', (counter) => Promise.resolve(counter.tryNext()!)),
  async: () => awaited('an async function', async (counter) => counter.tryNext()!),
  constructed: () =>
    awaited('new Promise', (counter) => new Promise<number>((resolve) => resolve(counter.tryNext()!))),
  closure: () =>
    awaited('Promise.resolve beside a closure that nobody calls', (counter) => {
      const slowly = () => counter.tryNext();
      return counter.last < counter.limit ? Promise.resolve(++counter.last) : Promise.resolve(slowly()!);
    }),
  sized: () =>
    taken('new Array(count), filled by index (chosen)', (from) => {
      const ids = new Array<number>(IDS);
      for (let index = 0; index < IDS; index++) ids[index] = from + index;
      return ids;
    }),
  pushed: () =>
    taken('push onto []', (from) => {
      const ids: number[] = [];
      for (let index = 0; index < IDS; index++) ids.push(from + index);
      return ids;
    }),
  mapped: () =>
    taken('Array.from with a function', (from) => Array.from({ length: IDS }, (_, index) => from + index)),
  typed: () =>
    taken('a Float64Array, then Array.from', (from) => {
      const ids = new Float64Array(IDS);
      for (let index = 0; index < IDS; index++) ids[index] = from + index;
      return Array.from(ids);
    }),
};

function awaited(title: string, next: (counter: LeastCounter) => Promise<number>): Variant {
  const counter = new LeastCounter();
  return {
    group: 'await next()',
    title,
    batch: async () => {
      const drawn = BLOCK / 10;
      counter.limit += drawn;
      let consumed = 0;
      for (let call = 0; call < drawn; call++) consumed ^= await next(counter);
      return consumed === -1 ? 0 : drawn;
    },
  };
}

function taken(title: string, take: (from: number) => number[]): Variant {
  let last = 0;
  return {
    group: `take(${IDS})`,
    title,
    batch: () => {
      let consumed = 0;
      for (let call = 0; call < BLOCK / IDS; call++, last += IDS) consumed ^= take(last + 1)[IDS - 1]!;
      return consumed === -1 ? 0 : BLOCK;
    },
  };
}

export const contenders = {
  async rate({ variant, milliseconds }: { variant: string; milliseconds: number }): Promise<number> {
    const { batch } = VARIANTS[variant]!();
    const timed = async () => {
      const begun = performance.now();
      const ids = await batch();
      return { ids, took: performance.now() - begun };
    };
    await rateOf(timed, 200);
    return rateOf(timed, milliseconds);
  },
};

export const variants: Row = {
  title: 'Tried, and did not help: other ways to write the hot path',
  async run({ quick, rounds }: Effort): Promise<Result> {
    const milliseconds = quick ? 100 : 300;
    const names = Object.keys(VARIANTS);
    const rates = await alternate<number>(
      Object.fromEntries(
        names.map((variant) => [
          variant,
          () => start<number>(import.meta.url, 'rate', { variant, milliseconds }).result,
        ]),
      ),
      Math.min(rounds, 3),
    );
    let chosen = 1;
    const rows = names.map((name) => {
      const { group, title } = VARIANTS[name]!();
      const rate = median(rates[name]!);
      if (title.endsWith('(chosen)')) chosen = rate;
      return [group, title, spread(rates[name]!), `${short(rate / chosen)} x`];
    });
    return { figures: [], tables: [{ head: ['', 'way', 'ids/s', 'of the chosen'], rows }] };
  },
};
