import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { assertKnownKeys, show } from '../common/arguments.js';
import type { SequenceDefinition } from '../core/core-options.js';
import type { SequenceRegistry } from '../core/sequence-registry.js';
import type { Transform } from '../core/sequence.js';
import { NumberSeries } from '../series/number-series.js';
import type { SeriesRegistry } from '../series/series-registry.js';
import { handleOn } from '../series/series.js';
import { getSequenceToken, noRootError, REGISTRY, SERIES_REGISTRY } from './inject-sequence.decorator.js';
import { GIVEN } from './sequence-module.options.js';

/** A sequence that a module injects: see {@link SequenceModule.forFeature}. */
export interface SequenceFeature<T = unknown> extends SequenceDefinition {
  /** The name of the sequence. */
  name: string;
  /**
   * Makes of an id what the injected handle gives.
   *
   * @default the id itself
   */
  transform?: Transform<T> | undefined;
}

/** The dynamic module of {@link SequenceModule.forFeature}. */
export function featureModule(features: readonly (string | SequenceFeature | NumberSeries)[]): DynamicModule {
  if (features.length === 0) {
    throw new TypeError(
      "forFeature needs at least one sequence, as in SequenceModule.forFeature('orders'). The whole application needs SequenceModule.forRoot() once.",
    );
  }
  const tokens = new Set<string>();
  const providers = features.map((feature): Provider => {
    if (feature instanceof NumberSeries) {
      assertOnce(tokens, getSequenceToken(feature), `series ${show(feature.name)}`);
      return seriesProvider(feature);
    }
    if (typeof feature !== 'string') {
      assertKnownKeys('forFeature', feature, ['name', 'transform', 'start', 'blockSize']);
    }
    const { name, transform, ...definition } = typeof feature === 'string' ? { name: feature } : feature;
    const token = getSequenceToken(name);
    assertOnce(tokens, token, `sequence ${show(name)}`);
    return {
      provide: token,
      inject: [{ token: REGISTRY, optional: true }],
      useFactory: (registry: SequenceRegistry | undefined) => {
        if (registry === undefined) throw noRootError(`SequenceModule.forFeature('${name}')`);
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

function assertOnce(tokens: Set<string>, token: string, what: string): void {
  if (tokens.has(token)) {
    throw new TypeError(
      `forFeature names ${what} twice, and a module injects one of a name. Keep one of them.`,
    );
  }
  tokens.add(token);
}

function seriesProvider(series: NumberSeries): Provider {
  return {
    provide: getSequenceToken(series),
    inject: [{ token: SERIES_REGISTRY, optional: true }],
    useFactory: (registry: SeriesRegistry | undefined) => {
      if (registry === undefined) throw noRootError(`SequenceModule.forFeature(series '${series.name}')`);
      return handleOn(registry, series);
    },
  };
}

/** Apart from {@link SequenceModule}, whose hooks look for a second forRoot(). */
@Module({})
class SequenceFeatureModule {}
