import type { Mutant } from './mutant.js';

const module = { spec: 'test/testing-module.spec.ts' };
const stores = { spec: 'test/temporary-stores.spec.ts', tests: 'OpenSearch|LMDB|memory' };

/** Guards of the testing entry, and what it needs of the core. */
export const TESTING_MUTANTS: readonly Mutant[] = [
  {
    guard: 'a name first used during a reset waits for it',
    file: 'sequence-registry.ts',
    find: 'for (const done of this.#startingAnew) allocator.startAnew(() => done).catch(() => {});',
    replace: '',
    ...module,
    tests: 'holds back names',
  },
  {
    guard: 'ensureAtLeast called after a reset counts in the new life',
    file: 'block-allocator.ts',
    find: 'if (this.#startingAnew !== undefined) await this.#startingAnew;',
    replace: '',
    ...module,
    tests: 'counts ensureAtLeast',
  },
  {
    guard: 'all allocators are held before the counters go',
    file: 'sequence-registry.ts',
    find: 'if (--waiting === 0) start();',
    replace: 'if (--waiting === entries.length - 1) start();',
    ...module,
    tests: 'waits for every sequence',
  },
  {
    guard: 'a claim is not repeated for the sake of a reset alone',
    file: 'refill.ts',
    find: '!line.head.holdsLine,',
    replace: 'true,',
    ...module,
    tests: 'ends a claim that fails again',
  },
  {
    guard: 'a reset forgets the demand',
    file: 'refill.ts',
    find: 'this.#options.blockSize.forget();',
    replace: '',
    ...module,
    tests: 'forgets the demand',
  },
  {
    guard: 'a reset forgets the floor',
    file: 'refill.ts',
    find: 'this.#options.claimer.forget();',
    replace: '',
    ...module,
    tests: 'forgets the floor',
  },
  {
    guard: 'a dynamic module gives each testing module a store of its own',
    file: 'sequence-testing.module.ts',
    find: `    return SequenceModule.forRootAsync({
      useFactory: () => ({ ...options, store: storeFor(options.store) }),`,
    replace: `    const store = storeFor(options.store);
    return SequenceModule.forRootAsync({
      useFactory: () => ({ ...options, store }),`,
    ...module,
    tests: 'counters of their own',
  },
  {
    guard: "closing the testing module resets a user's store",
    file: 'sequence-testing.module.ts',
    find: 'await store[resetSequence]();',
    replace: '',
    ...module,
    tests: 'on close resets a store',
  },
  {
    guard: 'LMDB commits under fake timers',
    file: 'lmdb-environment.ts',
    find: 'if (faked === setImmediate) return write();',
    replace: 'if (faked !== undefined) return write();',
    ...module,
    tests: 'over LMDB work under fake timers',
  },
  {
    guard: 'the testing entry loads lmdb at first use',
    file: 'temporary-lmdb-store.ts',
    find: "import type { LmdbCounters } from './lmdb-counters.js';",
    replace:
      "import { LmdbCounters as Loaded } from './lmdb-counters.js';\ntype LmdbCounters = Loaded;\nvoid Loaded;",
    ...module,
    tests: 'works without lmdb',
  },
  {
    guard: 'a temporary LMDB store removes its folder',
    file: 'temporary-lmdb-store.ts',
    find: 'await rm(this.#path, { recursive: true, force: true });',
    replace: '',
    ...stores,
  },
  {
    guard: 'a temporary Elasticsearch store deletes its index',
    file: 'elasticsearch-temporary-store.ts',
    find: 'const doomed = [...own, ...leftOver];',
    replace: 'const doomed = leftOver;',
    ...stores,
  },
  {
    guard: 'only left-overs older than a day are swept',
    file: 'elasticsearch-temporary-store.ts',
    find: 'return created < now() - LIFETIME;',
    replace: 'return created < now();',
    ...stores,
  },
  {
    guard: 'only indices that tests made are swept',
    file: 'elasticsearch-temporary-store.ts',
    find: '-[0-9a-f]{16}-[0-9a-f]{8}$/',
    replace: '-/',
    ...stores,
  },
  {
    guard: 'a reset goes on after the first page of counters',
    file: 'elasticsearch-temporary-store.ts',
    find: 'for (let names = await this.#names(signal); names.length > 0; names = await this.#names(signal)) {',
    replace: 'const names = await this.#names(signal);\n      {',
    ...stores,
  },
  {
    guard: 'a reset forgets the pins',
    file: 'elasticsearch-temporary-store.ts',
    find: 'this.forget(name);',
    replace: '',
    ...stores,
  },
  {
    guard: 'nothing is created after a close',
    file: 'elasticsearch-temporary-store.ts',
    find: "if (this.closed) throw new SequenceError('CLOSED', 'The store is closed. Nothing was changed.');",
    replace: '',
    ...stores,
  },
  {
    guard: 'the memory store of the main entry has no reset',
    file: 'memory-sequence-store.ts',
    find: 'export class MemorySequenceStore extends CounterStore {',
    replace: `import { ResettableCounterStore } from './resettable-counter-store.js';
export class MemorySequenceStore extends ResettableCounterStore {`,
    spec: 'test/counters-only-rise.spec.ts',
    tests: 'in memory',
  },
  {
    guard: 'no method of the main entry removes counters',
    file: 'counter-store.ts',
    find: '  /** Waits for the calls that run. */',
    replace: '  clear(): Promise<void> {\n    return this.#counters.remove(undefined);\n  }\n\n',
    spec: 'test/counters-only-rise.spec.ts',
    tests: 'in memory',
  },
  {
    guard: 'a first claim beyond 2^53 - 1 is not hidden by rounding',
    file: 'elasticsearch-sequence-store.ts',
    find: 'first + (count - 1)',
    replace: 'first + count - 1',
    spec: 'test/elasticsearch-contract.spec.ts',
    tests: 'OpenSearch.*first claim that would pass',
  },
  {
    guard: 'work that nobody joined fails without a sound',
    file: 'shared-work.ts',
    find: 'this.promise.catch(() => {});',
    replace: '',
    spec: 'test/elasticsearch-contract.spec.ts',
    tests: 'OpenSearch.*a call with an aborted signal',
  },
];
