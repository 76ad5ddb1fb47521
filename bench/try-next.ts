import { performance } from 'node:perf_hooks';
import { CosId } from './cosid.js';
import { alternate, start } from './contenders.js';
import { drain, rateOf } from './loops.js';
import { type Effort, median, type Result, type Row, spread } from './row.js';
import { cachedSequence } from './shipped.js';

const BLOCK = 1_000_000;
const WARM_UP = 200;

interface Duration {
  milliseconds: number;
}

export const contenders = {
  /** The claim between two blocks is not timed: the row is about ids inside one. */
  async sequence({ milliseconds }: Duration): Promise<number> {
    const sequence = cachedSequence(BLOCK);
    return measured(milliseconds, async () => {
      await sequence.next();
      return timed(() => drain(sequence, BLOCK - 1));
    });
  },
};

function timed(drain: () => void): { ids: number; took: number } {
  const begun = performance.now();
  drain();
  return { ids: BLOCK - 1, took: performance.now() - begun };
}

async function measured(
  milliseconds: number,
  batch: () => Promise<{ ids: number; took: number }>,
): Promise<number> {
  await rateOf(batch, WARM_UP);
  return rateOf(batch, milliseconds);
}

export const tryNext: Row = {
  title: "tryNext() beside CosId's engine, inside one cached block",
  async run({ quick, rounds }: Effort): Promise<Result> {
    const milliseconds = quick ? 200 : 500;
    const sequence = () => start<number>(import.meta.url, 'sequence', { milliseconds }).result;
    const cosid = await CosId.prepare().catch((error: Error) => error);
    if (cosid instanceof Error) return { figures: [], notes: [`CosId skipped: ${cosid.message}`] };
    const rates = await alternate<number>({ sequence, cosid: () => cosid.rate(milliseconds) }, rounds);
    await cosid.remove();
    return {
      figures: [
        { what: 'tryNext(), ids/s', target: '', measured: spread(rates['sequence']!) },
        {
          what: "CosId's engine (SegmentChainId of cosid-core 2.13.3, step 1,000,000, in-memory distributor), ids/s",
          target: 'less than tryNext()',
          measured: spread(rates['cosid']!),
          met: median(rates['sequence']!) > median(rates['cosid']!),
        },
      ],
    };
  },
};
