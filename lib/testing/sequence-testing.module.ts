import { type DynamicModule, Module } from '@nestjs/common';
import { assertKnownKeys } from '../common/arguments.js';
import { isResettable, RESET_COUNTERS, type ResettableSequenceStore } from './resettable-store.js';
import { SequenceStore } from '../store/sequence-store.js';
import { assertStore, type SequenceModuleOptions } from '../nest/sequence-module.options.js';
import { SequenceModule } from '../nest/sequence.module.js';
import { temporaryMemoryStore } from './stores/temporary-memory-store.js';

/** As those of `SequenceModule.forRoot`, less what configures the default store. */
export type SequenceTestingOptions = Omit<
  SequenceModuleOptions,
  'index' | 'strategy' | 'create' | 'historyCheck'
>;

/** What `overrideSequences` uses of the builder that `Test.createTestingModule` returns. */
export interface ProviderOverrides<Builder> {
  overrideProvider(token: unknown): {
    useFactory(options: { factory: () => unknown }): Builder;
  };
}

/**
 * The real service over counters in memory, which start at 1 in every testing module and are gone when it is closed.
 *
 * @example
 * const moduleRef = await Test.createTestingModule({
 *   imports: [SequenceTestingModule.forRoot(), OrdersModule],
 * }).compile();
 */
@Module({})
export class SequenceTestingModule {
  /**
   * In place of `SequenceModule.forRoot()`, for tests that import single modules. Against a whole application that
   * imports `SequenceModule` itself use {@link overrideSequences}.
   *
   * `store` is reset, if it can be, and closed when the testing module is closed. Default: {@link temporaryMemoryStore}.
   *
   * @throws TypeError or RangeError, when the module is compiled, as `SequenceModule.forRoot`.
   */
  static forRoot(options: SequenceTestingOptions = {}): DynamicModule {
    return SequenceModule.forRootAsync({
      useFactory: () => ({ ...options, store: storeFor(options.store) }),
    });
  }
}

/**
 * Replaces the store of an application under test by one for tests: no Elasticsearch is contacted, nor looked for. Its
 * other options hold as they are.
 *
 * @param options `store`: reset, if it can be, and closed with the testing module. Default: {@link temporaryMemoryStore},
 * a new one for each `compile()`.
 * @throws TypeError for an unknown option or what is no SequenceStore.
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

/** Called when the module is built: a dynamic module that several testing modules import gives each its own counters. */
function storeFor(store: SequenceStore | undefined): SequenceStore {
  if (store === undefined) return temporaryMemoryStore();
  assertStore(store);
  if (isResettable(store)) resetOnClose(store);
  return store;
}

/** The registry alone knows when the last caller was served; the store's close is what it calls then. */
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
