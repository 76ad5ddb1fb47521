import { laterMacrotask, mutant, type Mutants } from './faulty-store.js';

/** Some way into the names, where those of one series begin to differ. */
const SHORT = 100;

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
        const before = await counters.record(name, '', '');
        return counters.record(name, before, record);
      },
    })),
    'the record of a number series is written where there is none, and given where there is one',
  ],
  'replaces a record whatever is expected': [
    mutant((real, counters) => ({
      async recordSeries(request) {
        if (request.expected === undefined) return real.recordSeries!(request);
        await laterMacrotask();
        return counters.record(request.name, await counters.record(request.name, '', ''), request.record);
      },
    })),
    'the record of a number series is replaced only where it is what is expected',
  ],
  'looks at the record, and writes it later': [
    mutant((_real, counters) => ({
      async recordSeries({ name, expected, record }) {
        const before = await counters.record(name, '', '');
        await laterMacrotask();
        if (before !== expected) return before;
        return counters.record(name, await counters.record(name, '', ''), record);
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
