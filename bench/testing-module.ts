import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { performance } from 'node:perf_hooks';
import { SequenceService } from '../lib/nest/sequence.service.js';
import { SequenceTestingModule } from '../lib/testing/sequence-testing.module.js';
import { alternate, start } from './contenders.js';
import { duration, type Effort, median, type Result, type Row, spread } from './row.js';

@Module({})
class BareModule {}

/** Milliseconds of creating and closing one testing module. */
async function life(imported: object, draws = false): Promise<number> {
  const begun = performance.now();
  const built = await Test.createTestingModule({ imports: [imported as never] }).compile();
  await built.init();
  if (draws) await built.get(SequenceService).next('orders');
  await built.close();
  return performance.now() - begun;
}

interface Times {
  bare: number;
  testing: number;
  drawing: number;
}

export const contenders = {
  /** Medians. One of each in turn, so that all have the same share of a slow moment. */
  async sideBySide({ times }: { times: number }): Promise<Times> {
    const [bare, testing, drawing]: [number[], number[], number[]] = [[], [], []];
    for (let time = 0; time < times; time++) {
      bare.push(await life(BareModule));
      testing.push(await life(SequenceTestingModule.forRoot()));
      drawing.push(await life(SequenceTestingModule.forRoot(), true));
    }
    // The first third warms up.
    const after = (values: number[]) => median(values.slice(times / 3));
    return { bare: after(bare), testing: after(testing), drawing: after(drawing) };
  },
};

export const testingModule: Row = {
  title: 'One testing module, created and closed',
  async run({ quick, rounds }: Effort): Promise<Result> {
    const argument = { times: quick ? 150 : 600 };
    const run = () => start<Times>(import.meta.url, 'sideBySide', argument).result;
    const { sideBySide } = await alternate({ sideBySide: run }, rounds);
    const all = (what: keyof Times) => sideBySide!.map((times) => times[what]);
    const beside = (what: keyof Times) => {
      const ratios = sideBySide!.map((times) => times[what] / times.bare);
      return `${duration(median(all(what)) * 1e6)}, ${spread(ratios)} times the bare one`;
    };
    return {
      figures: [
        { what: 'a bare Nest testing module', target: '', measured: duration(median(all('bare')) * 1e6) },
        { what: 'with SequenceTestingModule.forRoot()', target: '', measured: beside('testing') },
        { what: 'the same, and one id drawn', target: '', measured: beside('drawing') },
      ],
    };
  },
};
