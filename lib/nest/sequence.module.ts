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
import { ApplicationClient } from './application-client.js';
import { assertKnownKeys, show } from '../common/arguments.js';
import { ElasticsearchSequenceStore } from '../store/elasticsearch/elasticsearch-sequence-store.js';
import { getSequenceToken } from './inject-sequence.decorator.js';
import { SequenceLifecycle } from './sequence-lifecycle.js';
import { SequenceRegistry } from '../core/sequence-registry.js';
import { SequenceStore } from '../store/sequence-store.js';
import type { Transform } from '../core/sequence.js';
import {
  assertStore,
  type ResolvedOptions,
  resolveOptions,
  type SequenceModuleOptions,
} from './sequence-module.options.js';
import type { SequenceDefinition } from '../core/core-options.js';
import { SequenceService } from './sequence.service.js';

/** Options of `SequenceModule` from a factory: see {@link SequenceModule.forRootAsync}. */
export interface SequenceModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  /** The tokens of what `useFactory` takes, in the order of its parameters. Default: none. */
  inject?: FactoryProvider['inject'];
  /** Makes the options, also asynchronously; called once when the application is built. */
  useFactory: (...dependencies: never[]) => SequenceModuleOptions | Promise<SequenceModuleOptions>;
}

/** A sequence that a module injects: see {@link SequenceModule.forFeature}. */
export interface SequenceFeature<T = unknown> extends SequenceDefinition {
  name: string;
  /** Makes of an id what the injected handle gives. */
  transform?: Transform<T> | undefined;
}

/**
 * What the caller gave, as providers of their own: Nest's `moduleIdGeneratorAlgorithm: 'deep-hash'` takes two dynamic
 * modules for one unless it sees how they differ, and it does not see into closures.
 */
const GIVEN = Symbol('nestjs-essequence:given');
const OPTIONS = Symbol('nestjs-essequence:options');

/**
 * Provides {@link SequenceService}, {@link SequenceStore} and, by {@link SequenceModule.forFeature}, sequences to inject.
 *
 * When the application starts it verifies the store: `NO_CLIENT`, `UNSAFE_INDEX` and `CLOSED` fail the start, other
 * trouble is one warning. When it shuts down, waiting callers are served for up to `closeTimeout`, then the store is
 * closed; on SIGTERM only after `app.enableShutdownHooks()`.
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
   * Once per application, in the root module; its providers are global. A second one fails the start, but is not noticed
   * in a module that is loaded lazily: Nest runs no hooks there.
   *
   * @throws TypeError or RangeError for bad options, when the application is built.
   */
  static forRoot(options: SequenceModuleOptions = {}): DynamicModule {
    return rootModule({ provide: GIVEN, useValue: options });
  }

  /**
   * `forRoot` with options from a factory, which runs once per application.
   *
   * @throws TypeError for an unknown key and a `useFactory` that is no function.
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
   * Makes sequences injectable by `@InjectSequence(name)` in the importing module.
   *
   * @throws TypeError for a bad name, an unknown key and one name twice; when the application is built TypeError or
   * RangeError for a bad transform, start or block size, and for definitions of one name that disagree.
   * @example
   * SequenceModule.forFeature('orders', { name: 'shipments', start: 1000, transform: (id) => `S-${id}` })
   */
  static forFeature(...features: (string | SequenceFeature)[]): DynamicModule {
    const names = new Set<string>();
    const providers = features.map((feature): Provider => {
      if (typeof feature !== 'string') {
        assertKnownKeys('forFeature', feature, ['name', 'transform', 'start', 'blockSize']);
      }
      const { name, transform, ...definition } = typeof feature === 'string' ? { name: feature } : feature;
      if (names.has(name)) {
        throw new TypeError(
          `forFeature names sequence ${show(name)} twice, and a module injects one of a name. Keep one of them.`,
        );
      }
      names.add(name);
      return {
        provide: getSequenceToken(name),
        inject: [SequenceRegistry],
        useFactory: (registry: SequenceRegistry) => {
          registry.define(name, definition);
          return registry.get(name, transform);
        },
      };
    });
    return {
      module: SequenceFeatureModule,
      providers: [{ provide: GIVEN, useValue: features }, ...providers],
      exports: providers,
    };
  }

  onModuleInit(): void {
    let registries: SequenceRegistry[];
    try {
      registries = this.moduleRef.get(SequenceRegistry, { strict: false, each: true });
    } catch (cause) {
      if ((cause as Error).constructor.name !== 'UnknownElementException') throw cause;
      throw new Error(
        'SequenceModule is imported without forRoot(). Import SequenceModule.forRoot() once, in the root module.',
        { cause },
      );
    }
    if (registries.length > 1) {
      throw new Error(
        'SequenceModule.forRoot() is imported more than once: its caches would not know of each other. ' +
          'Keep the one in the root module; it is global, other modules need no import or forFeature().',
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
        useFactory: ({ store, elasticsearch }: ResolvedOptions, moduleRef: ModuleRef) =>
          store ??
          new ElasticsearchSequenceStore({ ...elasticsearch, client: new ApplicationClient(moduleRef) }),
      },
      {
        provide: SequenceRegistry,
        inject: [SequenceStore, OPTIONS],
        useFactory: (store: unknown, options: ResolvedOptions) => {
          // A test may have put anything in its place.
          assertStore(store);
          return new SequenceRegistry(store, options);
        },
      },
      SequenceService,
      SequenceLifecycle,
    ],
    exports: [SequenceService, SequenceStore, SequenceRegistry],
  };
}

/** Apart from {@link SequenceModule}, so that a forgotten forRoot() is Nest's own error about what is missing. */
@Module({})
class SequenceFeatureModule {}
