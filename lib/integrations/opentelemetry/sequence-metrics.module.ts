import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { MeterProvider, TracerProvider } from '@opentelemetry/api';
import { assertKnownKeys, show } from '../../common/arguments.js';
import { SequenceRegistry } from '../../core/sequence-registry.js';
import { SequenceMetrics } from './sequence-metrics.js';
import { SequenceSpans } from './sequence-spans.js';

/** Options of {@link SequenceMetricsModule.forRoot}. An unknown key is an error. */
export interface SequenceMetricsOptions {
  /** Where metrics go. Default: the provider that is registered globally. */
  meterProvider?: MeterProvider | undefined;
  /** Where spans go. Default: the provider that is registered globally. */
  tracerProvider?: TracerProvider | undefined;
  /**
   * What a name is counted as. It must not give every tenant a label of its own. Default: the name, where the code or
   * the `sequences` of the module spell it out; all others are `other`.
   */
  label?: ((name: string) => string) | undefined;
}

const OPTIONS = Symbol('nestjs-essequence:metrics-options');

/**
 * Metrics and spans of the sequences of this application, by OpenTelemetry.
 *
 * @example
 * ```ts
 * @Module({ imports: [SequenceModule.forRoot(), SequenceMetricsModule.forRoot()] })
 * export class AppModule {}
 * ```
 */
@Module({})
export class SequenceMetricsModule implements OnApplicationShutdown {
  readonly #metrics: SequenceMetrics;
  readonly #spans: SequenceSpans;

  constructor(
    @Inject(SequenceRegistry) registry: SequenceRegistry,
    @Inject(OPTIONS) { meterProvider, tracerProvider, label }: SequenceMetricsOptions,
  ) {
    if (label !== undefined) registry.labelBy(label);
    this.#metrics = new SequenceMetrics(registry, meterProvider);
    this.#spans = new SequenceSpans(registry, tracerProvider);
  }

  /** @throws TypeError for an unknown key, and a label that is not a function. */
  static forRoot(options: SequenceMetricsOptions = {}): DynamicModule {
    assertKnownKeys('the options of SequenceMetricsModule', options, [
      'meterProvider',
      'tracerProvider',
      'label',
    ]);
    const { label } = options;
    if (label !== undefined && typeof label !== 'function') {
      throw new TypeError(`Expected label to be a function, got ${show(label)}`);
    }
    return { module: SequenceMetricsModule, providers: [{ provide: OPTIONS, useValue: options }] };
  }

  onApplicationShutdown(): void {
    this.#metrics.close();
    this.#spans.close();
  }
}
