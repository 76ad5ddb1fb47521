import { assertKnownKeys, assertName, show } from '../common/arguments.js';
import { assertBlockSize, type BlockSizeOption } from '../core/block-size.js';
import {
  assertDefinition,
  type CoreOptions,
  DEFAULT_BLOCK_SIZE,
  type Floor,
  type NumberOption,
  NUMBERS,
  resolveNumbers,
  type SequenceDefinition,
} from '../core/core-options.js';
import type { ElasticsearchStoreOptions } from '../store/elasticsearch/store-options.js';
import { SequenceStore } from '../store/sequence-store.js';

/** Times are in milliseconds. An unknown key is an error. */
export interface SequenceModuleOptions extends Omit<ElasticsearchStoreOptions, 'client'> {
  /**
   * Where the counters live. Default: an {@link ElasticsearchSequenceStore} over the application's
   * `ElasticsearchService`, made by `index`, `strategy`, `create` and `historyCheck`; beside `store` those are an error.
   * It is closed with the application: make it in the `useFactory` of `forRootAsync`, where each application gets its own.
   */
  store?: SequenceStore | undefined;
  /**
   * How many ids a claim takes. A number is exact: a process end skips fewer than that many ids, plus answers that got
   * lost. A range follows demand. Integers from 1 to 1,000,000. Default: `{ min: 10, max: 1_000_000 }`.
   */
  blockSize?: BlockSizeOption | undefined;
  /** Definitions by name. */
  sequences?:
    Record<string, SequenceDefinition> | ((name: string) => SequenceDefinition | undefined) | undefined;
  /**
   * The highest id known to be in use, asked at first contact with a sequence, for example `max(id)` of its table: no
   * id at or below it is claimed. A number, bigint or decimal string; null or undefined: none. If it throws, the call
   * fails, and the next one asks again. The one guard that survives the loss of everything in Elasticsearch.
   */
  floor?: ((name: string) => Floor | Promise<Floor>) | undefined;
  /** Milliseconds of demand that adaptive blocks keep cached. 0 to 3,600,000. Default: 5,000. */
  reserveTime?: number | undefined;
  /**
   * The most ids cached and in flight, per name and process, where `blockSize` is a range; one `take` may go beyond. 1 to
   * 2^53 - 1. Default: no limit but the block size.
   */
  maxWaste?: number | undefined;
  /** Milliseconds a call waits without progress: since it was made, or since a block last arrived. Default: 5,000. */
  timeout?: number | undefined;
  /** Milliseconds that callers already waiting are served during shutdown. Default: 2,000. */
  closeTimeout?: number | undefined;
  /**
   * The most callers waiting for ids, per sequence; apart from them, the most calls of `inspect`, `ensureAtLeast` and
   * `fence` under way. Default: 100,000.
   */
  maxWaiters?: number | undefined;
  /**
   * Milliseconds after which a sequence that nobody uses gives up its objects and keeps only what is needed to go on: its
   * cached ids and what this process knows of its counter. The next use brings it back, without a request and without a
   * skipped id. 1,000 to 2^31 - 1.
   *
   * @default 60_000
   */
  idleTime?: number | undefined;
  /** The most names one process uses. None is ever forgotten: a forgotten counter could be re-created unnoticed. Default: 100,000. */
  maxSequences?: number | undefined;
}

export interface ResolvedOptions extends CoreOptions {
  store: SequenceStore | undefined;
  elasticsearch: Omit<ElasticsearchStoreOptions, 'client'>;
}

/** Where an option goes: to the default store, to the core as a number, or neither. */
const OPTIONS = {
  index: 'store',
  strategy: 'store',
  create: 'store',
  historyCheck: 'store',
  store: undefined,
  blockSize: undefined,
  sequences: undefined,
  floor: undefined,
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
  [Key in keyof typeof OPTIONS]: (typeof OPTIONS)[Key] extends 'store' ? Key : never;
}[keyof typeof OPTIONS][];

/** Checks everything once, before anything is built. An explicit `undefined` means the default. */
export function resolveOptions(options: SequenceModuleOptions): ResolvedOptions {
  assertKnownKeys('the options of SequenceModule', options, Object.keys(OPTIONS));
  const { store, sequences, floor } = options;
  if (store !== undefined) {
    assertStore(store);
    const beside = STORE_KEYS.filter((key) => options[key] !== undefined);
    if (beside.length > 0) {
      throw new TypeError(
        `${beside.join(', ')} configure the default store and have no effect beside store: pass them to that store instead`,
      );
    }
  }
  if (floor !== undefined && typeof floor !== 'function') {
    throw new TypeError(`Expected floor to be a function, got ${show(floor)}`);
  }
  const { blockSize = DEFAULT_BLOCK_SIZE } = options;
  assertBlockSize(blockSize);
  const { index, strategy, create, historyCheck } = options;
  return {
    store,
    elasticsearch: { index, strategy, create, historyCheck },
    blockSize,
    definition: definitions(sequences),
    floor,
    ...resolveNumbers(options),
  };
}

export function assertStore(store: unknown): asserts store is SequenceStore {
  if (!(store instanceof SequenceStore)) {
    throw new TypeError(`Expected store to be a SequenceStore, got ${show(store)}`);
  }
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
