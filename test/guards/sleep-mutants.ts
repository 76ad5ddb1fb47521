import type { Mutant } from './mutant.js';

const sleep = { spec: 'test/core/sleep.spec.ts' };

/** Guards of sequences that sleep while nobody uses them. */
export const SLEEP_MUTANTS: readonly Mutant[] = [
  {
    guard: 'the cached ids of a sequence that slept are handed out',
    file: 'core/sequence-core.ts',
    find: 'new BlockCache(asleep?.highest, asleep?.ranges)',
    replace: 'new BlockCache(asleep?.highest)',
    ...sleep,
  },
  {
    guard: 'a sequence that slept remembers the highest id it has seen',
    file: 'core/sequence-core.ts',
    find: 'new BlockCache(asleep?.highest, asleep?.ranges)',
    replace: 'new BlockCache(0, asleep?.ranges)',
    ...sleep,
  },
  {
    guard: 'a sequence that slept remembers what was ensured',
    file: 'core/sequence-core.ts',
    find: 'new EnsuredIds(asleep?.ensured)',
    replace: 'new EnsuredIds()',
    ...sleep,
  },
  {
    guard: 'a sequence that slept remembers the epoch of its cached ids',
    file: 'core/sequence-core.ts',
    find: 'parts, asleep?.epoch)',
    replace: 'parts, undefined)',
    ...sleep,
  },
  {
    guard: 'a sequence that slept does not ask the floor hook again',
    file: 'core/sequence-core.ts',
    find: 'new CheckedStore(name, surroundings, asleep?.contacted)',
    replace: 'new CheckedStore(name, surroundings)',
    ...sleep,
  },
  {
    guard: 'cached ranges between which another process claimed stay apart',
    file: 'core/block-cache.ts',
    find: 'const ranges = this.#blocks.flatMap(({ first, last }) => [first, last]);',
    replace:
      'const [head, tail] = [this.#blocks.at(0), this.#blocks.at(-1)];\n    const ranges = head === undefined || tail === undefined ? [] : [head.first, tail.last];',
    ...sleep,
  },
  {
    guard: 'a sequence with a claim in flight stays awake',
    file: 'core/refill.ts',
    find: 'return this.#claiming === undefined && this.#untoldError',
    replace: 'return this.#untoldError',
    ...sleep,
  },
  {
    guard: 'a sequence with an error that nobody was told stays awake',
    file: 'core/refill.ts',
    find: 'this.#claiming === undefined && this.#untoldError === undefined;',
    replace: 'this.#claiming === undefined;',
    ...sleep,
  },
  {
    guard: 'a sequence with a call that draws nothing stays awake',
    file: 'core/sequence-core.ts',
    find: ' || (this.#calls?.underWay ?? 0) > 0',
    replace: '',
    ...sleep,
  },
  {
    guard: 'draws keep a sequence awake',
    file: 'core/sequence-core.ts',
    find: 'this.#cache.last + this.#line.joined',
    replace: 'this.#line.joined',
    ...sleep,
  },
  {
    guard: 'calls that draw nothing keep a sequence awake',
    file: 'core/sequence-core.ts',
    find: ' + (this.#calls?.made ?? 0)',
    replace: '',
    ...sleep,
  },
  {
    guard: 'a sequence sleeps after idleTime, and not before',
    file: 'core/idle-sweep.ts',
    find: 'now - seen.since >= this.idleTime',
    replace: 'now >= seen.since',
    ...sleep,
  },
  {
    guard: 'handles leave a core that sleeps',
    file: 'core/sequence-core.ts',
    find: 'this.allocator.retire();\n    return asleep;',
    replace: 'return asleep;',
    ...sleep,
  },
  {
    guard: 'a name that sleeps counts for maxSequences',
    file: 'core/sequence-registry.ts',
    find: 'this.#cores.size + this.#asleep.counted(maxSequences - this.#cores.size - 1)',
    replace: 'this.#cores.size',
    ...sleep,
  },
  {
    guard: 'a reset of all reaches those asleep',
    file: 'core/sequence-registry.ts',
    find: "if (typeof which === 'function') this.#forgetAsleep(which);",
    replace: '',
    ...sleep,
  },
  {
    guard: 'a sequence that wakes after a close is closed',
    file: 'core/sequence-registry.ts',
    find: 'if (this.#closing !== undefined) void core.close(0);',
    replace: '',
    ...sleep,
  },
  {
    guard: 'close ends the looks for idle sequences',
    file: 'core/sequence-registry.ts',
    find: 'this.#sweep.stop();',
    replace: '',
    ...sleep,
  },
];
