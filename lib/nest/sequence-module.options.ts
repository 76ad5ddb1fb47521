import { assertKnownKeys, assertName, show } from '../common/arguments.js';
import { assertBlockSize, type BlockSizeOption } from '../core/block-size.js';
import {
  assertDefinition,
  type CoreOptions,
  DEFAULT_BLOCK_SIZE,
  type NumberOption,
  NUMBERS,
  resolveNumbers,
  type SequenceDefinition,
} from '../core/core-options.js';
import type { ElasticsearchStoreOptions } from '../store/elasticsearch/store-options.js';
import type { SeriesFloor } from '../series/series-registry.js';
import { SequenceStore } from '../store/sequence-store.js';

/** All times are in milliseconds. An unknown key is an error. */
export interface SequenceModuleOptions extends Omit<ElasticsearchStoreOptions, 'client'> {
  /**
   * Where the counters live. It is closed with the application, so make it in the `useFactory` of `forRootAsync`, where
   * each application gets its own. The options `index`, `strategy`, `create` and `historyCheck` are an error beside it.
   *
   * @default an {@link ElasticsearchSequenceStore} over the application's `ElasticsearchService`
   */
  store?: SequenceStore | undefined;
  /**
   * How many ids a claim takes: integers from 1 to 1,000,000. A range follows demand. A number is exact: what a process
   * loses when it ends is less than that many ids for each sequence, plus answers that got lost.
   *
   * @default { min: 10, max: 1000000 }
   */
  blockSize?: BlockSizeOption | undefined;
  /**
   * What belongs to a name, for each name or as a function of it. With a `floor` hook the names listed here are
   * contacted when the application starts.
   *
   * @default every sequence starts at 1
   */
  sequences?:
    Record<string, SequenceDefinition> | ((name: string) => SequenceDefinition | undefined) | undefined;
  /**
   * The highest id of a sequence that is known to be in use, for example `max(id)` of its table. No id at or below it is
   * claimed. A number, a bigint or a decimal string; null or undefined where no id is in use. It is the one guard that
   * survives the loss of everything in Elasticsearch.
   *
   * It is asked at first contact with a sequence. For names that are known by then (listed in `sequences`, named in
   * `forFeature` or `@InjectSequence`, or on entities of the TypeORM subscriber) that is when the application starts. For
   * other names it is the first draw, which may happen inside a transaction: give the hook a connection of its own, or it
   * can wait for one that this transaction holds. After `timeout` the hook is given up.
   *
   * For a counter of a number series the hook also gets `{ series, scope, period }`, and `name` is `invoices~acme~2026`.
   *
   * If the hook throws, the call fails, and the next call asks again.
   *
   * @default no floor
   */
  floor?: SeriesFloor | undefined;
  /**
   * The present, where a call on a number series gives no date. Time limits do not follow it.
   *
   * @default () => new Date()
   */
  now?: (() => Date) | undefined;
  /**
   * Milliseconds of demand that adaptive blocks keep cached: 0 to 3,600,000.
   *
   * @default 5000
   */
  reserveTime?: number | undefined;
  /**
   * The most ids cached and in flight, for each name and process, where `blockSize` is a range: 1 to 2^53 - 1. One
   * `take` may go beyond.
   *
   * @default 9007199254740991, so only the block size limits it
   */
  maxWaste?: number | undefined;
  /**
   * Milliseconds that a call waits without progress, counted from the call or from the last block that arrived: 1 to
   * 2^31 - 1.
   *
   * @default 5000
   */
  timeout?: number | undefined;
  /**
   * Milliseconds that callers who already wait are served during shutdown: 0 to 2^31 - 1.
   *
   * @default 2000
   */
  closeTimeout?: number | undefined;
  /**
   * The most callers that wait for ids of one sequence: 1 to 2^53 - 1. Calls of `inspect`, `ensureAtLeast` and `fence`
   * are counted apart, with the same limit.
   *
   * @default 100000
   */
  maxWaiters?: number | undefined;
  /**
   * Milliseconds after which a sequence that nobody uses gives up its objects and keeps only what is needed to go on: its
   * cached ids and what this process knows of its counter. The next use brings it back, without a request and without a
   * skipped id. 1,000 to 2^31 - 1.
   *
   * @default 60000
   */
  idleTime?: number | undefined;
  /**
   * The most names that one process uses: 1 to 2^53 - 1. No name is ever forgotten, because a counter that was forgotten
   * could be created again unnoticed. The counters of a number series whose period is over are not counted once they
   * sleep.
   *
   * @default 100000
   */
  maxSequences?: number | undefined;
}

/**
 * What the caller gave, as a provider of its own. Nest's `moduleIdGeneratorAlgorithm: 'deep-hash'` takes two dynamic
 * modules for one unless it sees how they differ, and it does not see into closures.
 */
export const GIVEN = Symbol('nestjs-essequence:given');

/** The token of the {@link ResolvedOptions}. */
export const OPTIONS = Symbol('nestjs-essequence:options');

export interface ResolvedOptions extends CoreOptions {
  /** The names that `sequences` lists. */
  declared: readonly string[];
  store: SequenceStore | undefined;
  now: (() => Date) | undefined;
  elasticsearch: Omit<ElasticsearchStoreOptions, 'client'>;
}

/** Where an option goes: to the default store, to the core as a number, or neither. */
const DESTINATIONS = {
  index: 'store',
  strategy: 'store',
  create: 'store',
  historyCheck: 'store',
  store: undefined,
  blockSize: undefined,
  sequences: undefined,
  floor: undefined,
  now: undefined,
  reserveTime: NUMBERS.reserveTime,
  maxWaste: NUMBERS.maxWaste,
  timeout: NUMBERS.timeout,
  closeTimeout: NUMBERS.closeTimeout,
  maxWaiters: NUMBERS.maxWaiters,
  idleTime: NUMBERS.idleTime,
  maxSequences: NUMBERS.maxSequences,
} as const satisfies Record<
  keyof SequenceModuleOptions,
  'store' | undefined | (typeof NUMBERS)[NumberOption]
>;

const STORE_KEYS = ['index', 'strategy', 'create', 'historyCheck'] as const satisfies {
  [Key in keyof typeof DESTINATIONS]: (typeof DESTINATIONS)[Key] extends 'store' ? Key : never;
}[keyof typeof DESTINATIONS][];

/** Checks every option before anything is built. An explicit `undefined` means the default. */
export function resolveOptions(options: SequenceModuleOptions): ResolvedOptions {
  assertKnownKeys('the options of SequenceModule', options, Object.keys(DESTINATIONS));
  const { store, sequences, floor, now } = options;
  if (store !== undefined) {
    assertStore(store);
    const beside = STORE_KEYS.filter((key) => options[key] !== undefined);
    if (beside.length > 0) {
      throw new TypeError(
        `${beside.join(', ')} ${beside.length === 1 ? 'configures' : 'configure'} the default store and would have no effect beside store. Pass ${beside.length === 1 ? 'it' : 'them'} to that store instead.`,
      );
    }
  }
  if (floor !== undefined && typeof floor !== 'function') {
    throw new TypeError(`Expected floor to be a function, got ${show(floor)}`);
  }
  if (now !== undefined && typeof now !== 'function') {
    throw new TypeError(`Expected now to be a function that returns a Date, got ${show(now)}`);
  }
  const { blockSize = DEFAULT_BLOCK_SIZE } = options;
  assertBlockSize(blockSize);
  const { index, strategy, create, historyCheck } = options;
  return {
    store,
    now,
    elasticsearch: { index, strategy, create, historyCheck },
    blockSize,
    definition: definitions(sequences),
    declared: typeof sequences === 'object' ? Object.keys(sequences) : [],
    floor,
    ...resolveNumbers(options),
  };
}

export function assertStore(store: unknown): asserts store is SequenceStore {
  if (store instanceof SequenceStore) return;
  if (typeof store === 'function') {
    throw new TypeError(
      `Expected store to be an instance of a SequenceStore, got the class or function ${show(store.name)}. Pass new ${store.name || 'Store'}(...).`,
    );
  }
  throw new TypeError(`Expected store to be a SequenceStore, got ${show(store)}`);
}

function definitions(sequences: SequenceModuleOptions['sequences']): (name: string) => SequenceDefinition {
  if (typeof sequences === 'function') {
    return (name) => {
      const definition = sequences(name) ?? {};
      assertDefinition(`the definition of sequence "${name}"`, definition);
      return definition;
    };
  }
  if (sequences === undefined) return () => ({});
  if (typeof sequences !== 'object' || sequences === null || Array.isArray(sequences)) {
    throw new TypeError(`Expected sequences to be an object or a function, got ${show(sequences)}`);
  }
  const byName = new Map(Object.entries(sequences));
  for (const [name, definition] of byName) {
    assertName(name);
    assertDefinition(`the definition of sequence "${name}"`, definition);
  }
  return (name) => byName.get(name) ?? {};
}
