import type { Mutant } from './mutant.js';

const module = { spec: 'test/testing/testing-module.spec.ts' };
const stores = { spec: 'test/testing/temporary-stores.spec.ts', tests: 'OpenSearch|files|memory' };

/** Guards of the testing entry, and what it needs of the core. */
export const TESTING_MUTANTS: readonly Mutant[] = [
  {
    guard: 'a name first used during a reset waits for it',
    file: 'core/sequence-registry.ts',
    find: 'this.#resetting.findLast(({ covers }) => covers(name))?.ready',
    replace: 'undefined',
    ...module,
    tests: 'holds back names',
  },
  {
    guard: 'ensureAtLeast called after a reset counts in the new life',
    file: 'core/counter-calls.ts',
    find: 'await ready;',
    replace: 'void ready;',
    ...module,
    tests: 'counts ensureAtLeast',
  },
  {
    guard: 'a reset keeps the process alive',
    file: 'core/sequence-registry.ts',
    find: 'const release = this.clock.after(MAX_TIMEOUT, () => {});',
    replace: 'const release = () => {};',
    ...module,
    tests: 'keeps the process alive',
  },
  {
    guard: 'all sequences are retired before the counters go',
    file: 'core/sequence-registry.ts',
    find: '...retired.map(([each, core])',
    replace: '...retired.slice(0, 1).map(([each, core])',
    ...module,
    tests: 'waits for every sequence',
  },
  {
    guard: 'a claim is not repeated for the sake of a reset alone',
    file: 'core/sequence-core.ts',
    find: '    this.stopPrefetching();\n    this.allocator.retire();',
    replace: '    this.allocator.retire();',
    ...module,
    tests: 'ends a claim that fails again',
  },
  {
    guard: 'a reset forgets the demand',
    file: 'core/sequence-registry.ts',
    find: 'const blockSize = new BlockSize(size, options, clock);',
    replace:
      'const sizes = ((this.pace as { sizes?: Map<string, BlockSize> }).sizes ??= new Map<string, BlockSize>());\n' +
      '    const blockSize = sizes.get(name) ?? new BlockSize(size, options, clock);\n    sizes.set(name, blockSize);',
    ...module,
    tests: 'forgets the demand',
  },
  {
    guard: 'after a reset the floor hook is asked again',
    file: 'core/sequence-core.ts',
    find: 'new CheckedStore(name, surroundings, asleep?.contacted)',
    replace: 'new CheckedStore(name, surroundings, asleep?.contacted ?? ready !== undefined)',
    ...module,
    tests: 'forgets the floor',
  },
  {
    guard: 'a dynamic module gives each testing module a store of its own',
    file: 'testing/sequence-testing.module.ts',
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
    file: 'testing/sequence-testing.module.ts',
    find: 'await store[RESET_COUNTERS]();',
    replace: '',
    ...module,
    tests: 'on close resets a store',
  },
  {
    guard: 'a temporary file store removes its folder',
    file: 'testing/stores/temporary-file-store.ts',
    find: 'await rm(this.#path, { recursive: true, force: true });',
    replace: '',
    ...stores,
  },
  {
    guard: 'a temporary Elasticsearch store deletes its index',
    file: 'testing/stores/temporary-elasticsearch-store.ts',
    find: 'const doomed = [...own, ...leftOver];',
    replace: 'const doomed = leftOver;',
    ...stores,
  },
  {
    guard: 'only left-overs older than a day are swept',
    file: 'testing/stores/temporary-elasticsearch-store.ts',
    find: 'return created < now() - LIFETIME;',
    replace: 'return created < now();',
    ...stores,
  },
  {
    guard: 'only indices that tests made are swept',
    file: 'testing/stores/temporary-elasticsearch-store.ts',
    find: '-[0-9a-f]{16}-[0-9a-f]{8}$/',
    replace: '-/',
    ...stores,
  },
  {
    guard: 'a reset goes on after the first page of counters',
    file: 'testing/stores/temporary-elasticsearch-store.ts',
    find: '        for (const found of names) this.forget(found);\n',
    replace: '        for (const found of names) this.forget(found);\n        break;\n',
    ...stores,
  },
  {
    guard: 'a reset forgets the pins',
    file: 'testing/stores/temporary-elasticsearch-store.ts',
    find: 'this.forget(name);',
    replace: '',
    ...stores,
  },
  {
    guard: 'nothing is created after a close',
    file: 'testing/stores/temporary-elasticsearch-store.ts',
    find: "if (this.closed) throw new SequenceError('CLOSED', 'The store is closed. Nothing was changed.');",
    replace: '',
    ...stores,
  },
  {
    guard: 'the memory store of the main entry has no reset',
    file: 'store/memory-sequence-store.ts',
    find: 'export class MemorySequenceStore extends CounterStore {',
    replace: `import { ResettableCounterStore } from '../testing/resettable-store.js';
export class MemorySequenceStore extends ResettableCounterStore {`,
    spec: 'test/package/counters-only-rise.spec.ts',
    tests: 'in memory',
  },
  {
    guard: 'no method of the main entry removes counters',
    file: 'store/counter-store.ts',
    find: '  /** Waits for the calls that run. */',
    replace: '  clear(): Promise<void> {\n    return this.#counters.remove(undefined);\n  }\n\n',
    spec: 'test/package/counters-only-rise.spec.ts',
    tests: 'in memory',
  },
  {
    guard: 'a new counter that is raised begins at its start',
    file: 'store/elasticsearch/elasticsearch-sequence-store.ts',
    find: "'raise', to }, before: start - 1",
    replace: "'raise', to }, before: 0",
    spec: 'test/store/elasticsearch/contract.spec.ts',
    tests: 'OpenSearch.*ensureAtLeast creates a counter at',
  },
  {
    guard: 'a first claim that would pass the last id creates no counter',
    file: 'store/elasticsearch/counter-changes.ts',
    find: 'const value = valueAfter(before, change);',
    replace: 'const value = valueAfter(before, { ...change, max: Infinity });',
    spec: 'test/store/elasticsearch/contract.spec.ts',
    tests: 'OpenSearch.*first claim that would pass',
  },
  {
    guard: 'work that nobody joined fails without a sound',
    file: 'store/elasticsearch/shared-work.ts',
    find: '() => (this.#over = true),\n    );',
    replace: ');',
    spec: 'test/store/elasticsearch/contract.spec.ts',
    tests: 'OpenSearch.*a call with an aborted signal',
  },
];
