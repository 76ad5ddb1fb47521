import { randomUUID } from 'node:crypto';
import type { Counter } from '../../../lib/store/counter.js';
import type { Counters } from '../../../lib/store/counter-store.js';
import { MemoryCounters } from '../../../lib/store/memory-sequence-store.js';
import { ResettableCounterStore } from '../../../lib/testing/resettable-store.js';
import { laterMacrotask, mutant, type Mutants, set } from './faulty-store.js';

export const claimMutants: Mutants = {
  'begins a block with the last id of the one before': [
    mutant((real, counters) => ({
      async claim(request) {
        const shift = (await counters.read(request.name)) === undefined ? 0 : 1;
        const { first, last, epoch } = await real.claim(request);
        return { first: first - shift, last: last - shift, epoch };
      },
    })),
    'claims of different sizes follow one another without a gap',
  ],
  'leaves an id out between blocks': [
    mutant((real) => ({
      async claim(request) {
        const block = await real.claim({ ...request, count: Math.min(request.count + 1, 1_000_000) });
        return { ...block, last: block.first + request.count - 1 };
      },
    })),
    'two instances with different sizes each continue where the other stopped',
  ],
  'gives one id less than asked for': [
    mutant((real) => ({
      async claim(request) {
        const block = await real.claim(request);
        return { ...block, last: Math.max(block.first, block.last - 1) };
      },
    })),
    'the first id is the start of the sequence',
  ],
  'gives at most 100,000 ids': [
    mutant((real) => ({
      claim: (request) => real.claim({ ...request, count: Math.min(request.count, 100_000) }),
    })),
    'a claim may ask for 1,000,000 ids',
  ],
  'shares a counter between names that differ in case': [
    (counters) => new ResettableCounterStore(renaming(counters, (name) => name.toLowerCase())),
    'sequences with similar names count separately',
  ],
  'shares a counter between names that differ at the end': [
    (counters) => new ResettableCounterStore(renaming(counters, (name) => name.slice(0, 40))),
    'sequences with similar names count separately',
  ],
  'shares a counter between all names': [
    (counters) => new ResettableCounterStore(renaming(counters, () => 'all')),
    'parallel claims of many sequences do not mix',
  ],
  'takes the members of every object for counters': [
    (counters) => {
      const values: Record<string, Counter> = {};
      return new ResettableCounterStore({
        read: async (name) => values[name],
        change: async (name, next) => (values[name] = next(values[name], 0)),
        remove: (name) => counters.remove(name),
        close: () => counters.close(),
      });
    },
    'names that are special in JavaScript or in a path are ordinary names',
  ],
  'loses one of two updates': [
    (counters) => new ResettableCounterStore(losing(counters, (found) => found !== undefined)),
    'parallel claims of one instance never overlap',
  ],
  'loses one of two updates of two instances, but not of one': [
    (counters) => {
      let turn: Promise<unknown> = Promise.resolve();
      const unsafe = losing(counters, (found) => found !== undefined);
      return new ResettableCounterStore({
        ...unsafe,
        change(...request) {
          const change = turn.then(() => unsafe.change(...request));
          turn = change.catch(() => {});
          return change;
        },
      });
    },
    'parallel claims of two instances never overlap, and ascend in each of them',
  ],
  'creates a counter twice': [
    (counters) => new ResettableCounterStore(losing(counters, (found) => found === undefined)),
    'parallel first claims create one counter',
  ],
  'keeps ids in reserve, so that a later claim may lie below': [
    mutant((real) => {
      const reserves = new Map<string, { next: number; last: number }>();
      return {
        async claim(request) {
          let reserve = reserves.get(request.name);
          if (reserve === undefined || reserve.next + request.count - 1 > reserve.last) {
            const { first, last } = await real.claim({ ...request, count: 1_000 });
            reserves.set(request.name, (reserve = { next: first, last }));
          }
          await laterMacrotask();
          reserve.next += request.count;
          return { first: reserve.next - request.count, last: reserve.next - 1 };
        },
      };
    }),
    'two instances with different sizes each continue where the other stopped',
  ],
  'forgets its counters with the instance': [
    () => new ResettableCounterStore(new MemoryCounters()),
    'an instance opened later continues above what was claimed before',
  ],
  'ignores start': [
    mutant((real) => ({ claim: (request) => real.claim({ ...request, start: 1 }) })),
    'the first id is the start of the sequence',
  ],
  'obeys start at every claim': [
    mutant((real) => ({
      claim: (request) => real.claim({ ...request, floor: Math.max(request.floor ?? 0, request.start - 1) }),
    })),
    'the start has no effect on a sequence that already exists',
  ],
  'ignores floor': [
    mutant((real) => ({ claim: (request) => real.claim({ ...request, floor: undefined }) })),
    'the first claim lies above the floor',
  ],
  'lowers a counter to the floor': [
    mutant((real, counters) => ({
      async claim(request) {
        if (request.floor !== undefined) await set(counters, request.name, { last: request.floor });
        return real.claim(request);
      },
    })),
    'a floor raises an existing counter and never lowers it',
  ],
  'gives every claim an epoch of its own': [
    mutant((real) => ({
      claim: async (request) => ({ ...(await real.claim(request)), epoch: randomUUID() }),
    })),
    'every claim of every instance has the same epoch',
  ],
};

/** Counters of other names than the store was asked for. */
function renaming(counters: MemoryCounters, rename: (name: string) => string): Counters {
  return {
    read: (name) => counters.read(rename(name)),
    change: (name, next) => counters.change(rename(name), next),
    remove: (name) => counters.remove(name && rename(name)),
    close: () => counters.close(),
  };
}

/** Counters whose update is not atomic: what comes in between gets lost. */
function losing(counters: MemoryCounters, when: (found: Counter | undefined) => boolean): Counters {
  return {
    read: (name) => counters.read(name),
    async change(name, next) {
      const found = await counters.read(name);
      if (!when(found)) return counters.change(name, next);
      const counter = next(found, 0);
      await laterMacrotask();
      return counters.change(name, () => counter);
    },
    remove: (name) => counters.remove(name),
    close: () => counters.close(),
  };
}
