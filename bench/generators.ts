import { Snowflake } from '@sapphire/snowflake';
import hyperid from 'hyperid';
import { nanoid } from 'nanoid';
import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { v7 } from 'uuid';
import { alternate, start } from './contenders.js';
import { rateOf } from './loops.js';
import { type Effort, type Result, type Row, spread } from './row.js';
import { cachedSequence } from './shipped.js';

const BATCH = 20_000;

const GENERATORS: Record<string, { title: string; make: () => () => unknown }> = {
  sequence: {
    title: 'tryNext(): ascending, unique across processes, from a block of 1,000,000',
    make: () => {
      const sequence = cachedSequence(1_000_000);
      return () => sequence.tryNext();
    },
  },
  hyperid: { title: 'hyperid: unique strings', make: () => hyperid() },
  randomUUID: { title: 'crypto.randomUUID: random strings', make: () => () => randomUUID() },
  uuid7: { title: 'uuid v7: strings that sort by time', make: () => () => v7() },
  nanoid: { title: 'nanoid: random strings', make: () => () => nanoid() },
  snowflake: {
    title: '@sapphire/snowflake: bigints that sort by time, 4,096 per ms and worker are unique',
    make: () => {
      const snowflake = new Snowflake(0);
      return () => snowflake.generate();
    },
  },
};

export const contenders = {
  async rate({ generator, milliseconds }: { generator: string; milliseconds: number }): Promise<number> {
    const generate = GENERATORS[generator]!.make();
    const kept: unknown[] = [];
    const batch = async () => {
      // A macrotask, so that a sequence can claim: not timed.
      await new Promise((resolve) => setImmediate(resolve));
      const begun = performance.now();
      let ids = 0;
      let last: unknown;
      for (; ids < BATCH; ids++) {
        const id = generate();
        if (id === undefined) break;
        last = id;
      }
      kept[0] = last;
      return { ids, took: performance.now() - begun };
    };
    const counted = async () => {
      for (;;) {
        const drawn = await batch();
        if (drawn.ids === BATCH) return drawn;
      }
    };
    await rateOf(counted, 300);
    return rateOf(counted, milliseconds);
  },
};

export const generators: Row = {
  title: 'Beside us: generators without a store',
  async run({ quick, rounds }: Effort): Promise<Result> {
    const milliseconds = quick ? 200 : 500;
    const rates = await alternate<number>(
      Object.fromEntries(
        Object.keys(GENERATORS).map((generator) => [
          generator,
          () => start<number>(import.meta.url, 'rate', { generator, milliseconds }).result,
        ]),
      ),
      Math.min(rounds, 5),
    );
    return {
      figures: [],
      tables: [
        {
          head: ['', 'ids/s'],
          rows: Object.entries(rates).map(([generator, seen]) => [
            GENERATORS[generator]!.title,
            spread(seen),
          ]),
        },
      ],
      notes: [
        'None of these others is a counter: they need no store and no claim, their ids are longer, and none tells which of two ids came first across processes.',
      ],
    };
  },
};
