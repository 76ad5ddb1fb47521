import { performance } from 'node:perf_hooks';
import { CosId } from './cosid.js';
import { alternate, start } from './contenders.js';
import { drain, LeastCounter, rateOf } from './loops.js';
import { type Effort, type Figure, median, type Result, type Row, spread } from './row.js';
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

  async least({ milliseconds }: Duration): Promise<number> {
    const counter = new LeastCounter();
    return measured(milliseconds, async () => {
      counter.limit += BLOCK;
      counter.tryNext();
      return timed(() => drain(counter, BLOCK - 1));
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
  title: 'tryNext(), inside one cached block',
  async run({ quick, rounds }: Effort): Promise<Result> {
    const milliseconds = quick ? 200 : 500;
    const own = (name: string) => () => start<number>(import.meta.url, name, { milliseconds }).result;
    const notes: string[] = [];
    const cosid = await CosId.prepare().catch((error: Error) => {
      notes.push(`CosId skipped: ${error.message}`);
      return undefined;
    });
    const rates = await alternate<number>(
      {
        sequence: own('sequence'),
        least: own('least'),
        ...(cosid && { cosid: () => cosid.rate(milliseconds) }),
      },
      rounds,
    );
    await cosid?.remove();
    const sequence = median(rates['sequence']!);
    const ratio = sequence / median(rates['least']!);
    const figures: Figure[] = [
      {
        what: 'tryNext(), ids/s',
        target: '0.8 x the least cached counter',
        measured: `${spread(rates['sequence']!)}, ${ratio.toFixed(2)} x`,
        met: ratio >= 0.8,
      },
      { what: 'the least cached counter, ids/s', target: '', measured: spread(rates['least']!) },
    ];
    if (rates['cosid'] !== undefined) {
      figures.push({
        what: "CosId's engine (SegmentChainId of cosid-core 2.13.3, step 1,000,000, in-memory distributor), ids/s",
        target: 'less than tryNext()',
        measured: spread(rates['cosid']),
        met: sequence > median(rates['cosid']),
      });
    }
    return { figures, notes };
  },
};
