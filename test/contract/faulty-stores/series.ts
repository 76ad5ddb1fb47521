import type { MemoryCounters } from '../../../lib/store/memory-sequence-store.js';
import { RESET_COUNTERS } from '../../../lib/testing/resettable-store.js';
import { laterMacrotask, mutant, type Mutants } from './faulty-store.js';

/** Some way into the names, where those of one series begin to differ. */
const SHORT = 100;

/** What is stored. Memory has no look at a record, so where there is none it leaves an empty one. */
async function look(counters: MemoryCounters, name: string): Promise<string | undefined> {
  return (await counters.record(name, '', '')) || undefined;
}

export const seriesMutants: Mutants = {
  'cuts long names': [
    mutant((real) => ({
      claim: (request) =>
        real.claim({ ...request, name: request.name.slice(0, SHORT).replace(/~.*$/, '~s~2026') }),
    })),
    'the counters of a number series are counters of their own, by names of up to 210 characters',
  ],
  'writes the record of a series although there is one': [
    mutant((_real, counters) => ({
      async recordSeries({ name, record }) {
        await laterMacrotask();
        return counters.record(name, (await look(counters, name)) ?? '', record);
      },
    })),
    'the record of a number series is written where there is none, and given where there is one',
  ],
  'replaces a record whatever is expected': [
    mutant((real, counters) => ({
      async recordSeries(request) {
        if (request.expected === undefined) return real.recordSeries!(request);
        await laterMacrotask();
        const { name, record } = request;
        return counters.record(name, (await look(counters, name)) ?? '', record);
      },
    })),
    'the record of a number series is replaced only where it is what is expected',
  ],
  'writes no record where another one was there': [
    mutant((real, counters) => ({
      async recordSeries(request) {
        const { name, expected } = request;
        await laterMacrotask();
        if (expected !== undefined && (await look(counters, name)) === undefined) return expected;
        return real.recordSeries!(request);
      },
    })),
    'a record that is expected and gone is written anew',
  ],
  'looks at the record, and writes it later': [
    mutant((_real, counters) => ({
      async recordSeries({ name, expected, record }) {
        const before = await look(counters, name);
        await laterMacrotask();
        if (before !== undefined && before !== expected) return before;
        return counters.record(name, (await look(counters, name)) ?? '', record);
      },
    })),
    'of records written at once one wins, and all are told which',
  ],
  'keeps the record of a series as a counter': [
    mutant((real) => ({
      async recordSeries(request) {
        await real.ensureAtLeast({ ...request, id: 0, start: 1 });
        return real.recordSeries!(request);
      },
    })),
    'the record of a number series is no counter',
  ],
  'starts more than one series anew': [
    mutant((real) => ({
      [RESET_COUNTERS]: (name) => real[RESET_COUNTERS](name?.endsWith('~') ? undefined : name),
    })),
    'a reset of a number series removes its counters and its record, and nothing else',
  ],
  'forgets no record of a series': [
    mutant((real, counters) => {
      const kept = new Map<string, string>();
      return {
        async recordSeries(request) {
          const record = kept.get(request.name) ?? (await real.recordSeries!(request));
          kept.set(request.name, record);
          await laterMacrotask();
          return counters.record(request.name, undefined, record);
        },
      };
    }),
    'a reset of all counters removes the records of number series, one of a single counter does not',
  ],
};
