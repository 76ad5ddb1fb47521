import { SequenceError } from '../../../lib/common/sequence-error.js';
import type { Block } from '../../../lib/store/sequence-store.js';
import { laterMacrotask, mutant, type Mutants } from './faulty-store.js';

export const mannerMutants: Mutants = {
  'takes any text for a name': [
    mutant((real) => ({
      claim: (request) =>
        real.claim({ ...request, name: `x${String(request.name).replace(/[^\w]/g, '_')}`.slice(0, 99) }),
    })),
    'an invalid name throws a TypeError',
  ],
  'takes any number for a count': [
    mutant((real) => ({
      claim: (request) =>
        real.claim({ ...request, count: Math.min(Math.max(Math.ceil(Number(request.count)) || 1, 1), 1e6) }),
    })),
    'an invalid count is refused and claims nothing',
  ],
  'fails with errors of its own': [
    mutant((real) => ({
      async claim(request) {
        try {
          return await real.claim(request);
        } catch (error) {
          throw error instanceof SequenceError ? new Error(error.message) : error;
        }
      },
    })),
    'errors say what happened, to which sequence, and whether to retry',
  ],
  'does not say which sequence failed': [
    mutant((real) => ({
      async claim(request) {
        try {
          return await real.claim(request);
        } catch (error) {
          throw error instanceof SequenceError ? new SequenceError(error.code, error.message) : error;
        }
      },
    })),
    'errors say what happened, to which sequence, and whether to retry',
  ],
  'ignores that a signal is aborted': [
    mutant((real) => ({
      claim: (request) => real.claim({ ...request, signal: new AbortController().signal }),
    })),
    'a call with an aborted signal rejects with its reason and changes nothing',
  ],
  'hides the reason of an abort': [
    mutant((real) => ({
      async inspect(request) {
        if (request.signal.aborted) throw new SequenceError('UNAVAILABLE', 'aborted');
        return real.inspect(request);
      },
    })),
    'a call with an aborted signal rejects with its reason and changes nothing',
  ],
  'stays broken after an abort': [
    mutant((real) => {
      let broken = false;
      return {
        async claim(request) {
          if (broken) throw new Error('broken');
          request.signal.addEventListener('abort', () => {
            broken = true;
          });
          return real.claim(request);
        },
      };
    }),
    'aborting a claim does not break later claims',
  ],
  'gives the block of an aborted claim once more': [
    mutant((real) => {
      let spare: (Block & { name: string }) | undefined;
      return {
        async claim(request) {
          const { name, signal } = request;
          if (spare?.name === name && !signal.aborted) {
            const block = spare;
            spare = undefined;
            await laterMacrotask();
            return block;
          }
          const block = await real.claim({ ...request, signal: new AbortController().signal });
          if (signal.aborted) spare = { name, ...block };
          return block;
        },
      };
    }),
    'aborting a claim does not break later claims',
  ],
  'breaks when a signal is aborted after the answer': [
    mutant((real) => {
      let broken = false;
      return {
        async claim(request) {
          if (broken) throw new Error('broken');
          return real.claim(request);
        },
        async inspect(request) {
          request.signal.addEventListener('abort', () => {
            broken = true;
          });
          return real.inspect(request);
        },
      };
    }),
    'aborting after the answer changes nothing',
  ],
  'answers in the microtask it was called in': [
    mutant((_, counters) => ({
      async inspect({ name }) {
        const counter = await counters.read(name);
        return counter && { last: counter.last, epoch: counter.epoch };
      },
    })),
    'no call settles before the next macrotask',
  ],
  'fails in the microtask it was called in': [
    mutant(() => ({
      async fence() {
        throw new SequenceError('REJECTED', 'this store cannot fence');
      },
    })),
    'no call settles before the next macrotask',
  ],
  'fails when it is closed twice': [
    mutant(() => {
      let closed = false;
      return {
        async close() {
          if (closed) throw new Error('closed already');
          closed = true;
        },
      };
    }),
    'closing twice is harmless, and closing one instance leaves others open',
  ],
  'closes other instances with itself': [
    mutant((real, counters) => ({
      async claim(request) {
        if (await counters.read('closed')) throw new SequenceError('CLOSED', 'closed');
        return real.claim(request);
      },
      async close() {
        await counters.change('closed', () => ({ last: 0, epoch: '', epochs: [] }));
      },
    })),
    'closing twice is harmless, and closing one instance leaves others open',
  ],
  'fails when it is closed before it was used': [
    mutant((real) => {
      let used = false;
      return {
        claim(request) {
          used = true;
          return real.claim(request);
        },
        async close() {
          if (!used) throw new Error('never opened');
        },
      };
    }),
    'an instance that was never used can be closed',
  ],
};
