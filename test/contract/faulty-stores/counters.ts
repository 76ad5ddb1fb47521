import { randomUUID } from 'node:crypto';
import { RESET_COUNTERS } from '../../../lib/testing/resettable-store.js';
import { SequenceError } from '../../../lib/common/sequence-error.js';
import type { CounterState } from '../../../lib/store/sequence-store.js';
import { laterMacrotask, mutant, type Mutants, set } from './faulty-store.js';

export const counterMutants: Mutants = {
  'lowers a counter by ensureAtLeast': [
    mutant((real, counters) => ({
      async ensureAtLeast(request) {
        await real.ensureAtLeast(request);
        await set(counters, request.name, { last: request.id });
      },
    })),
    'ensureAtLeast with a lower or equal id changes nothing',
  ],
  'raises by ensureAtLeast only a counter that exists': [
    mutant((real) => ({
      async ensureAtLeast(request) {
        if ((await real.inspect(request)) !== undefined) await real.ensureAtLeast(request);
      },
    })),
    'ensureAtLeast creates a missing counter without drawing an id',
  ],
  'takes ensureAtLeast 0 for nothing to do': [
    mutant((real) => ({
      ensureAtLeast: (request) => (request.id === 0 ? laterMacrotask() : real.ensureAtLeast(request)),
    })),
    'ensureAtLeast(0) creates a counter whose first id is still its start',
  ],
  'draws an id by ensureAtLeast': [
    mutant((real) => ({
      async ensureAtLeast(request) {
        await real.ensureAtLeast(request);
        await real.claim({ ...request, count: 1 });
      },
    })),
    'ensureAtLeast raises a counter to a higher id for every instance',
  ],
  'ignores start and floor in ensureAtLeast': [
    mutant((real) => ({
      ensureAtLeast: (request) => real.ensureAtLeast({ ...request, start: 1, floor: undefined }),
    })),
    'ensureAtLeast creates a counter at the greatest of id, start - 1 and floor',
  ],
  'looks, and raises later': [
    mutant((real, counters) => ({
      async ensureAtLeast(request) {
        const { last = 0 } = (await real.inspect(request)) ?? {};
        await laterMacrotask();
        await set(counters, request.name, { last: Math.max(last, request.id) });
      },
    })),
    'the greatest id wins among parallel calls of ensureAtLeast',
  ],
  'raises in 32 bits': [
    mutant((real) => ({
      ensureAtLeast: (request) => real.ensureAtLeast({ ...request, id: Math.min(request.id, 2 ** 32) }),
    })),
    'ensureAtLeast accepts ids above 2^32 and leaves room for one more claim',
  ],
  'takes any number for an id': [
    mutant((real) => ({
      ensureAtLeast: (request) =>
        real.ensureAtLeast({ ...request, id: Math.trunc(Math.abs(Number(request.id))) || 0 }).catch(() => {}),
    })),
    'ensureAtLeast refuses an invalid id and changes nothing',
  ],
  'creates a counter by inspect': [
    mutant((real) => ({
      async inspect(request) {
        const state = await real.inspect(request);
        if (state === undefined) await real.ensureAtLeast({ ...request, id: 0, start: 1 });
        return state;
      },
    })),
    'inspect returns undefined for a missing counter and does not create it',
  ],
  'consumes an id by inspect': [
    mutant((real) => ({
      async inspect(request) {
        const state = await real.inspect(request);
        if (state) await real.claim({ ...request, count: 1, start: 1 });
        return state;
      },
    })),
    'inspect shows the highest id claimed by anybody and consumes nothing',
  ],
  'shows only its own claims by inspect': [
    mutant((real) => {
      const own = new Map<string, CounterState>();
      return {
        async claim(request) {
          const block = await real.claim(request);
          own.set(request.name, block);
          return block;
        },
        async inspect(request) {
          return (await real.inspect(request)) && own.get(request.name);
        },
      };
    }),
    'inspect shows the highest id claimed by anybody and consumes nothing',
  ],
  'keeps the epoch over a fence': [
    mutant((real, counters) => ({
      async fence(request) {
        const before = await counters.read(request.name);
        const { last } = await real.fence(request);
        return { last, epoch: (await set(counters, request.name, { ...before, last })).epoch };
      },
    })),
    'a fence jumps above what was claimed and begins a new epoch',
  ],
  'ignores what the caller of a fence knows': [
    mutant((real) => ({ fence: (request) => real.fence({ ...request, above: undefined }) })),
    'a fence jumps above the values its caller knows',
  ],
  'jumps equally far with every fence': [
    mutant((real, counters) => ({
      async fence(request) {
        const { last = 0 } = (await real.inspect(request)) ?? {};
        await real.fence(request);
        const fenced = await set(counters, request.name, { last: last + (request.jump ?? 0) });
        return { last: fenced.last, epoch: fenced.epoch };
      },
    })),
    'fences of identical counters end at different values',
  ],
  'jumps again when a fence is repeated': [
    mutant((real, counters) => ({
      async fence(request) {
        const { last } = await real.fence({ ...request, epoch: randomUUID() });
        return { last, epoch: (await set(counters, request.name, { epoch: request.epoch })).epoch };
      },
    })),
    'a fence repeated with the same epoch changes nothing',
  ],
  'creates a counter by a fence': [
    mutant((real) => ({
      async fence(request) {
        await real.ensureAtLeast({ ...request, id: 0, start: 1 });
        return real.fence(request);
      },
    })),
    'a fence of a missing counter fails with MISSING and creates nothing',
  ],
  'changes the epoch by a fence that fails': [
    mutant((real, counters) => ({
      async fence(request) {
        try {
          return await real.fence(request);
        } catch (error) {
          if (await counters.read(request.name)) await set(counters, request.name, { epoch: request.epoch });
          throw error;
        }
      },
    })),
    'a fence that would pass 2^53 - 1 fails with EXHAUSTED and changes nothing',
  ],
  'stops at a fence of another instance': [
    mutant((real) => {
      const pins = new Map<string, string | undefined>();
      return {
        async claim(request) {
          const block = await real.claim(request);
          if ((pins.get(request.name) ?? block.epoch) !== block.epoch) {
            throw new SequenceError('IDENTITY_CHANGED', 'the counter is another one');
          }
          pins.set(request.name, block.epoch);
          return block;
        },
      };
    }),
    'other instances continue above a fence by themselves',
  ],
  'forgets one handle in a reset': [
    mutant((real) => {
      const seen = new Map<string, number>();
      return {
        async claim(request) {
          const block = await real.claim({ ...request, floor: seen.get(request.name) });
          seen.set(request.name, block.last);
          return block;
        },
        async [RESET_COUNTERS](name) {
          seen.clear();
          await real[RESET_COUNTERS](name);
        },
      };
    }),
    'a reset takes effect in every instance',
  ],
  'resets all sequences when asked for one': [
    mutant((real) => ({ [RESET_COUNTERS]: () => real[RESET_COUNTERS]() })),
    'a reset of one sequence leaves the others alone, and a reset of all resets them',
  ],
  'resets to 0, not to before the start': [
    mutant((_, counters) => ({
      async [RESET_COUNTERS](name = '') {
        await set(counters, name, { last: 0, epoch: randomUUID() });
      },
    })),
    'a sequence begins at its start again after a reset, in a new epoch',
  ],
  'keeps the epoch over a reset': [
    mutant((real, counters) => ({
      async [RESET_COUNTERS](name) {
        const before = name === undefined ? undefined : await counters.read(name);
        await real[RESET_COUNTERS](name);
        if (name !== undefined) await set(counters, name, { ...before, last: 6 });
      },
    })),
    'a sequence begins at its start again after a reset, in a new epoch',
  ],
};
