import { type DynamicModule, Module } from '@nestjs/common';
import { assertKnownKeys } from '../common/arguments.js';
import { isResettable, RESET_COUNTERS, type ResettableSequenceStore } from './resettable-store.js';
import { SequenceStore } from '../store/sequence-store.js';
import { assertStore, type SequenceModuleOptions } from '../nest/sequence-module.options.js';
import { SequenceModule } from '../nest/sequence.module.js';
import { temporaryMemoryStore } from './stores/temporary-memory-store.js';

/** The options of `SequenceModule.forRoot`, without those that configure the Elasticsearch store. */
export type SequenceTestingOptions = Omit<
  SequenceModuleOptions,
  'index' | 'strategy' | 'create' | 'historyCheck'
>;

/** The part of the builder from `Test.createTestingModule` that `overrideSequences` uses. */
export interface ProviderOverrides<Builder> {
  overrideProvider(token: unknown): {
    useFactory(options: { factory: () => unknown }): Builder;
  };
}

/**
 * The real service with counters in memory. They start at 1 in every testing module and are gone when it is closed.
 *
 * @example
 * const moduleRef = await Test.createTestingModule({
 *   imports: [SequenceTestingModule.forRoot(), OrdersModule],
 * }).compile();
 */
@Module({})
export class SequenceTestingModule {
  /**
   * Replaces `SequenceModule.forRoot()` in tests that import single modules. To test a whole application, which imports
   * `SequenceModule` itself, use {@link overrideSequences}.
   *
   * @param options `store`: it is reset, if it can be, and closed when the testing module is closed. Default:
   * {@link temporaryMemoryStore}.
   * @throws TypeError or RangeError for the same options as `SequenceModule.forRoot`, when the module is compiled.
   */
  static forRoot(options: SequenceTestingOptions = {}): DynamicModule {
    return SequenceModule.forRootAsync({
      useFactory: () => ({ ...options, store: storeFor(options.store) }),
    });
  }
}

/**
 * Replaces the store of an application under test with a store for tests. No Elasticsearch is needed or contacted. The
 * other options of the application stay as they are.
 *
 * @param options `store`: it is reset, if it can be, and closed when the testing module is closed. Default: a new
 * {@link temporaryMemoryStore} for each `compile()`.
 * @throws TypeError for an unknown option, or when `store` is not a SequenceStore.
 *
 * @example
 * const moduleRef = await overrideSequences(Test.createTestingModule({ imports: [AppModule] })).compile();
 */
export function overrideSequences<Builder>(
  builder: ProviderOverrides<Builder>,
  options: { store?: SequenceStore | undefined } = {},
): Builder {
  assertKnownKeys('the options of overrideSequences', options, ['store']);
  const { store } = options;
  if (store !== undefined) assertStore(store);
  return builder.overrideProvider(SequenceStore).useFactory({ factory: () => storeFor(store) });
}

/** Called when a module is compiled: several testing modules that import one dynamic module get counters of their own. */
function storeFor(store: SequenceStore | undefined): SequenceStore {
  if (store === undefined) return temporaryMemoryStore();
  assertStore(store);
  if (isResettable(store)) resetOnClose(store);
  return store;
}

/** Only the registry knows when the last caller has been served. It closes the store then. */
function resetOnClose(store: SequenceStore & ResettableSequenceStore): void {
  const close = store.close?.bind(store);
  store.close = async () => {
    try {
      await store[RESET_COUNTERS]();
    } finally {
      await close?.();
    }
  };
}
