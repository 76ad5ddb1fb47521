import { SequenceError } from '../../../lib/common/sequence-error.js';
import { laterMacrotask, mutant, type Mutants, set } from './faulty-store.js';

const MAX_ID = Number.MAX_SAFE_INTEGER;

export const lastIdMutants: Mutants = {
  'counts in 32 bits': [
    mutant((real) => ({
      async claim(request) {
        const { first, last } = await real.claim(request);
        return { first: first | 0, last: (first | 0) + last - first };
      },
    })),
    'ids pass 2^31 and 2^32 without wrapping around',
  ],
  'goes on behind the last number': [
    mutant((real) => ({
      async claim(request) {
        try {
          return await real.claim(request);
        } catch (error) {
          if (!isExhausted(error)) throw error;
          return { first: 2 ** 53 + 2, last: 2 ** 53 + 1 + request.count };
        }
      },
    })),
    'the last id is exactly 2^53 - 1',
  ],
  'stops one id before the last number': [
    mutant((real, counters) => ({
      async claim(request) {
        const last = (await counters.read(request.name))?.last ?? request.start - 1;
        if (last + request.count !== MAX_ID) return real.claim(request);
        throw new SequenceError('EXHAUSTED', `${request.name} is used up`, { sequence: request.name });
      },
    })),
    'the last id is exactly 2^53 - 1',
  ],
  'consumes ids with a claim that fails': [
    mutant((real, counters) => ({
      async claim(request) {
        try {
          return await real.claim(request);
        } catch (error) {
          if (isExhausted(error)) await set(counters, request.name, { last: MAX_ID });
          throw error;
        }
      },
    })),
    'a claim that would pass 2^53 - 1 fails with EXHAUSTED and changes nothing',
  ],
  'creates a counter for a claim that fails': [
    mutant((real) => ({
      async claim(request) {
        await real.ensureAtLeast({ ...request, id: 0 });
        return real.claim(request);
      },
    })),
    'a first claim that would pass 2^53 - 1 fails with EXHAUSTED and creates nothing',
  ],
  'knows no last id': [
    mutant((real) => ({ claim: (request) => real.claim({ ...request, max: undefined }) })),
    'a claim that would pass the last id of its counter fails with EXHAUSTED, says what is left, and moves nothing',
  ],
  'does not say what is left': [
    mutant((real) => ({
      async claim(request) {
        try {
          return await real.claim(request);
        } catch (error) {
          if (!isExhausted(error)) throw error;
          throw new SequenceError('EXHAUSTED', 'none left', { sequence: request.name });
        }
      },
    })),
    'a claim that would pass the last id of its counter fails with EXHAUSTED, says what is left, and moves nothing',
  ],
  'takes what is left with a claim that it refuses': [
    mutant((real, counters) => ({
      async claim(request) {
        try {
          return await real.claim(request);
        } catch (error) {
          if (isExhausted(error) && request.max !== undefined) {
            await set(counters, request.name, { last: request.max });
          }
          throw error;
        }
      },
    })),
    'a claim that would pass the last id of its counter fails with EXHAUSTED, says what is left, and moves nothing',
  ],
  'forgets the last id of a counter that is missing': [
    mutant((real, counters) => ({
      async claim(request) {
        const found = await counters.read(request.name);
        return real.claim(found === undefined ? { ...request, max: undefined } : request);
      },
    })),
    'a first claim that would pass the last id of its counter creates nothing',
  ],
  'raises the counter to the floor before it refuses': [
    mutant((real, counters) => ({
      async claim(request) {
        const { name, floor = 0 } = request;
        const found = await counters.read(name);
        if (found !== undefined && floor > found.last) await set(counters, name, { last: floor });
        return real.claim(request);
      },
    })),
    'a claim that is refused is not raised to its floor either',
  ],
  'sets a counter back to the last id': [
    mutant((real, counters) => ({
      async claim(request) {
        const { name, max } = request;
        const found = await counters.read(name);
        if (max !== undefined && found !== undefined && found.last > max)
          await set(counters, name, { last: max });
        return real.claim(request);
      },
    })),
    'a counter that stands beyond the last id gives none, and goes on where the last one is raised',
  ],
  'looks for the last id, and claims later': [
    mutant((real, counters) => ({
      async claim(request) {
        const { name, count, max } = request;
        const { last } = (await counters.read(name)) ?? { last: 0 };
        await laterMacrotask();
        if (max !== undefined && last + count > max) return real.claim(request);
        return real.claim({ ...request, max: undefined });
      },
    })),
    'of claims that race for the last ids none passes the last one',
  ],
};

function isExhausted(error: unknown): boolean {
  return error instanceof SequenceError && error.code === 'EXHAUSTED';
}
