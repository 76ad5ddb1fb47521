import { performance } from 'node:perf_hooks';
import { alternate, start } from './contenders.js';
import { rateOf } from './loops.js';
import { type Effort, median, type Result, type Row, spread } from './row.js';
import { cachedSequence } from './shipped.js';

const BATCH = 100_000;
const WARM_UP = 300;

interface Duration {
  milliseconds: number;
}

export const contenders = {
  /** Everything included: claims, and the macrotask after every 10,000 ids. */
  async sequence({ milliseconds }: Duration): Promise<number> {
    const sequence = cachedSequence();
    const batch = async () => {
      let consumed = 0;
      const begun = performance.now();
      for (let drawn = 0; drawn < BATCH; drawn++) consumed ^= await sequence.next();
      return { ids: BATCH, took: performance.now() - begun, consumed };
    };
    await rateOf(batch, WARM_UP);
    return rateOf(batch, milliseconds);
  },

  async constant({ milliseconds }: Duration): Promise<number> {
    const constant = Number(process.pid);
    const batch = async () => {
      let consumed = 0;
      const begun = performance.now();
      for (let drawn = 0; drawn < BATCH; drawn++) consumed ^= await constant;
      return { ids: BATCH, took: performance.now() - begun, consumed };
    };
    await rateOf(batch, WARM_UP);
    return rateOf(batch, milliseconds);
  },
};

export const next: Row = {
  title: 'await next()',
  async run({ quick, rounds }: Effort): Promise<Result> {
    const milliseconds = quick ? 300 : 1_000;
    const own = (name: string) => () => start<number>(import.meta.url, name, { milliseconds }).result;
    const rates = await alternate({ sequence: own('sequence'), constant: own('constant') }, rounds);
    const ratio = median(rates['sequence']!) / median(rates['constant']!);
    return {
      figures: [
        {
          what: 'await next(), ids/s',
          target: '0.9 x awaiting a constant',
          measured: `${spread(rates['sequence']!)}, ${ratio.toFixed(2)} x`,
          met: ratio >= 0.9,
        },
        { what: 'await constant, per second', target: '', measured: spread(rates['constant']!) },
      ],
    };
  },
};
