import { performance } from 'node:perf_hooks';
import { alternate, start } from './contenders.js';
import { rateOf } from './loops.js';
import { type Effort, median, type Result, type Row, spread } from './row.js';
import { cachedSequence } from './shipped.js';

const BLOCK = 1_000_000;
const IDS = 1_000;
const CALLS = BLOCK / IDS - 1;

export const contenders = {
  async sequence({ milliseconds }: { milliseconds: number }): Promise<number> {
    const sequence = cachedSequence(BLOCK);
    const batch = async () => {
      await sequence.take(IDS);
      let consumed = 0;
      const begun = performance.now();
      for (let call = 0; call < CALLS; call++) consumed ^= (await sequence.take(IDS))[IDS - 1]!;
      return { ids: CALLS * IDS, took: performance.now() - begun, consumed };
    };
    await rateOf(batch, 200);
    return rateOf(batch, milliseconds);
  },
};

export const take: Row = {
  title: 'take(1000), inside cached blocks',
  async run({ quick, rounds }: Effort): Promise<Result> {
    const milliseconds = quick ? 200 : 500;
    const run = () => start<number>(import.meta.url, 'sequence', { milliseconds }).result;
    const { sequence } = await alternate({ sequence: run }, rounds);
    return {
      figures: [
        {
          what: 'take(1000), ids/s',
          target: '100 M',
          measured: spread(sequence!),
          met: median(sequence!) >= 100e6,
        },
      ],
    };
  },
};
