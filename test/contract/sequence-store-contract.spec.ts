import { spawnSync } from 'node:child_process';
import { MemoryCounters } from '../../lib/store/memory-sequence-store.js';
import { ResettableCounterStore } from '../../lib/testing/resettable-store.js';
import {
  describeSequenceStore,
  type SequenceStoreEnvironment,
} from '../../lib/testing/contract/describe-sequence-store.js';
import { SequenceError } from '../../lib/common/sequence-error.js';
import {
  type Block,
  type ClaimRequest,
  type EnsureAtLeastRequest,
  type InspectRequest,
  SequenceStore,
} from '../../lib/store/sequence-store.js';
import { claimMutants } from './faulty-stores/claims.js';
import { counterMutants } from './faulty-stores/counters.js';
import { lastIdMutants } from './faulty-stores/last-ids.js';
import { mannerMutants } from './faulty-stores/manners.js';
import { seriesMutants } from './faulty-stores/series.js';
import type { OpenStore } from './faulty-stores/faulty-store.js';

const mutants = { ...claimMutants, ...lastIdMutants, ...counterMutants, ...seriesMutants, ...mannerMutants };

type Case = [name: string, run: () => Promise<void>];

function collect(create: () => SequenceStoreEnvironment): Case[] {
  const cases: Case[] = [];
  describeSequenceStore('a store', create, {
    describe: (_, define) => define(),
    it: (name, run) => cases.push([name, run]),
  });
  return cases;
}

const allCases = collect(() => ({ open: () => new ResettableCounterStore(new MemoryCounters()) }));

async function failing(open: OpenStore): Promise<string[]> {
  const failed: string[] = [];
  const cases = collect(() => {
    const counters = new MemoryCounters();
    return { open: () => open(counters) };
  });
  for (const [name, run] of cases) {
    try {
      await run();
    } catch {
      failed.push(name);
    }
  }
  return failed;
}

/** A third party's store: no more than the contract demands. */
class PlainStore extends SequenceStore {
  readonly #store: ResettableCounterStore;

  constructor(counters: MemoryCounters) {
    super();
    this.#store = new ResettableCounterStore(counters);
  }

  override async claim(request: ClaimRequest): Promise<Block> {
    const { first, last } = await this.#store.claim(request);
    return { first, last };
  }

  override ensureAtLeast(request: EnsureAtLeastRequest): Promise<void> {
    return this.#store.ensureAtLeast(request);
  }

  override async inspect(request: InspectRequest): Promise<{ last: number } | undefined> {
    const state = await this.#store.inspect(request);
    return state && { last: state.last };
  }
}

class ContendedStore extends ResettableCounterStore {
  #attempts = 0;

  override async claim(request: ClaimRequest): Promise<Block> {
    await super.inspect(request);
    if (this.#attempts++ % 3 !== 0) return super.claim(request);
    throw new SequenceError('CONFLICT', 'another process was faster', { sequence: request.name });
  }
}

describe('describeSequenceStore', () => {
  it('has at least 25 cases', () => {
    expect(allCases.length).toBeGreaterThanOrEqual(25);
  });

  it('passes the memory store', async () => {
    expect(await failing((counters) => new ResettableCounterStore(counters))).toEqual([]);
  });

  it('passes a store that knows no epochs and can neither fence, reset nor close', async () => {
    expect(await failing((counters) => new PlainStore(counters))).toEqual([]);
  });

  it('passes a store whose attempts fail now and then, if retryably', async () => {
    expect(await failing((counters) => new ContendedStore(counters))).toEqual([]);
  });

  it.each(Object.entries(mutants))('fails a store that %s', async (_, [open, noticed]) => {
    expect(await failing(open)).toContain(noticed);
  });

  it('has a mutant for each of its cases', () => {
    const noticed = new Set(Object.values(mutants).map(([, name]) => name));
    expect(allCases.map(([name]) => name).filter((name) => !noticed.has(name))).toEqual([]);
  });

  it('closes the stores, then the environment, also of a case that fails', async () => {
    const calls: string[] = [];
    class BrokenStore extends PlainStore {
      override async claim(): Promise<Block> {
        throw new Error('no claim');
      }
      override async close(): Promise<void> {
        calls.push('store');
      }
    }
    const cases = collect(() => ({
      open: () => new BrokenStore(new MemoryCounters()),
      close: () => {
        calls.push('environment');
      },
    }));
    await expect(cases[0]?.[1]()).rejects.toThrow('no claim');
    expect(calls).toEqual(['store', 'environment']);
  });

  it('asks for describe and it where there are none', () => {
    const create = () => ({ open: () => new ResettableCounterStore(new MemoryCounters()) });
    expect(() => describeSequenceStore('a store', create, {} as never)).toThrow(TypeError);
  });

  it('runs under vitest, by its globals and by its imports', () => {
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [
        'node_modules/vitest/vitest.mjs',
        'run',
        '--config',
        'test/contract/contract.vitest.config.ts',
        '--reporter',
        'json',
      ],
      { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } },
    );
    expect(stderr).toBe('');
    const { numTotalTests, numPassedTests } = JSON.parse(stdout) as Record<string, number>;
    const total = 2 * allCases.length;
    expect({ numTotalTests, numPassedTests }).toEqual({ numTotalTests: total, numPassedTests: total });
  }, 60_000);
});
