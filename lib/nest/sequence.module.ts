import {
  type DynamicModule,
  type FactoryProvider,
  Inject,
  Module,
  type ModuleMetadata,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { assertKnownKeys, show } from '../common/arguments.js';
import { SequenceRegistry } from '../core/sequence-registry.js';
import type { NumberSeries } from '../series/number-series.js';
import { SeriesRegistry } from '../series/series-registry.js';
import { ElasticsearchSequenceStore } from '../store/elasticsearch/elasticsearch-sequence-store.js';
import { SequenceStore } from '../store/sequence-store.js';
import { ApplicationClient } from './application-client.js';
import { noRootError, REGISTRY, SERIES_REGISTRY } from './inject-sequence.decorator.js';
import { featureModule, type SequenceFeature } from './sequence-feature.js';
import { SequenceLifecycle } from './sequence-lifecycle.js';
import { SequenceLog } from './sequence-log.js';
import {
  assertStore,
  GIVEN,
  OPTIONS,
  type ResolvedOptions,
  resolveOptions,
  type SequenceModuleOptions,
} from './sequence-module.options.js';
import { SequenceService } from './sequence.service.js';

/** Options of `SequenceModule` from a factory: see {@link SequenceModule.forRootAsync}. */
export interface SequenceModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  /**
   * The tokens of what `useFactory` takes, in the order of its parameters.
   *
   * @default none
   */
  inject?: FactoryProvider['inject'];
  /** Makes the options, also asynchronously; called once when the application is built. */
  useFactory: (...dependencies: never[]) => SequenceModuleOptions | Promise<SequenceModuleOptions>;
}

/**
 * Provides {@link SequenceService}, {@link SequenceStore} and, by {@link SequenceModule.forFeature}, sequences to inject.
 *
 * When the application starts it verifies the store. `NO_CLIENT`, `UNSAFE_INDEX`, `UNSAFE_FOLDER` and `CLOSED`
 * fail the start. Other trouble is one warning.
 *
 * When the application shuts down it is the last module to close, whatever the order of imports. So a queue that finishes
 * its jobs in `onApplicationShutdown` still draws ids. Then callers who wait are served for up to `closeTimeout`, and the
 * store is closed. Nest does this on SIGTERM only after `app.enableShutdownHooks()`.
 *
 * @example
 * ```ts
 * @Module({
 *   imports: [ElasticsearchModule.register({ node: 'http://localhost:9200' }), SequenceModule.forRoot()],
 * })
 * export class AppModule {}
 * ```
 */
@Module({})
export class SequenceModule implements OnModuleInit {
  constructor(@Inject(ModuleRef) private readonly moduleRef: ModuleRef) {}

  /**
   * Once per application, in the root module. Its providers are global. A second one fails the start. In a module that is
   * loaded lazily it is not noticed, because Nest runs no hooks there.
   *
   * @throws TypeError or RangeError for bad options, when the application is built.
   */
  static forRoot(options: SequenceModuleOptions = {}): DynamicModule {
    return rootModule({ provide: GIVEN, useValue: options });
  }

  /**
   * `forRoot` with options from a factory, which runs once per application.
   *
   * @throws TypeError for an unknown key and a `useFactory` that is not a function.
   * @example
   * SequenceModule.forRootAsync({
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({ index: config.getOrThrow('SEQUENCE_INDEX') }),
   * })
   */
  static forRootAsync(options: SequenceModuleAsyncOptions): DynamicModule {
    assertKnownKeys('the options of forRootAsync', options, ['imports', 'inject', 'useFactory']);
    const { imports, inject, useFactory } = options;
    if (typeof useFactory !== 'function') {
      throw new TypeError(`Expected useFactory of forRootAsync to be a function, got ${show(useFactory)}`);
    }
    return rootModule({ provide: GIVEN, inject: inject ?? [], useFactory }, imports);
  }

  /**
   * Makes sequences injectable by `@InjectSequence(name)` in the importing module, and number series by
   * `@InjectSequence(series)`.
   *
   * @throws TypeError for a bad name, no name, one name twice and an unknown key. When the application is built:
   * TypeError or RangeError for a bad transform, start or block size, and for definitions of one name that disagree;
   * Error where `forRoot()` is missing.
   * @example
   * SequenceModule.forFeature('orders', { name: 'shipments', start: 1000, transform: (id) => `S-${id}` }, invoiceNumbers)
   */
  static forFeature(...features: (string | SequenceFeature | NumberSeries)[]): DynamicModule {
    return featureModule(features);
  }

  onModuleInit(): void {
    let registries: SequenceRegistry[];
    try {
      registries = this.moduleRef.get(REGISTRY, { strict: false, each: true });
    } catch (cause) {
      if ((cause as Error).constructor.name !== 'UnknownElementException') throw cause;
      throw noRootError('An import of SequenceModule');
    }
    if (registries.length > 1) {
      throw new Error(
        'SequenceModule.forRoot() is imported more than once: its caches would not know of each other. ' +
          'Keep the one in the root module. It is global: other modules need no import, or forFeature(). ' +
          'If there is one only, two copies of the package are installed: see npm ls nestjs-essequence.',
      );
    }
  }
}

function rootModule(given: Provider, imports: ModuleMetadata['imports'] = []): DynamicModule {
  return {
    module: SequenceModule,
    global: true,
    imports,
    providers: [
      given,
      { provide: OPTIONS, inject: [GIVEN], useFactory: resolveOptions },
      {
        provide: SequenceStore,
        inject: [OPTIONS, ModuleRef],
        useFactory: async ({ store, elasticsearch }: ResolvedOptions, moduleRef: ModuleRef) =>
          store ??
          new ElasticsearchSequenceStore({
            ...elasticsearch,
            client: await ApplicationClient.load(moduleRef),
          }),
      },
      {
        provide: SeriesRegistry,
        inject: [SequenceStore, OPTIONS],
        useFactory: (store: unknown, options: ResolvedOptions) => {
          // A test may have put anything in its place.
          assertStore(store);
          const registry = new SeriesRegistry(store, options, options.now);
          for (const name of options.declared) registry.sequences.declare(name);
          return registry;
        },
      },
      {
        provide: SequenceRegistry,
        inject: [SeriesRegistry],
        useFactory: ({ sequences }: SeriesRegistry) => sequences,
      },
      { provide: REGISTRY, useExisting: SequenceRegistry },
      { provide: SERIES_REGISTRY, useExisting: SeriesRegistry },
      SequenceService,
      SequenceLog,
      SequenceLifecycle,
    ],
    exports: [SequenceService, SequenceStore, SequenceRegistry, SeriesRegistry, REGISTRY, SERIES_REGISTRY],
  };
}
