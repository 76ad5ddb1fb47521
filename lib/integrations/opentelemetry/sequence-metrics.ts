import {
  type Attributes,
  type BatchObservableResult,
  type Counter,
  type Histogram,
  type Meter,
  type MeterProvider,
  metrics,
  type Observable,
} from '@opentelemetry/api';
import type { SequenceError } from '../../common/sequence-error.js';
import type { ClaimMessage, StallMessage } from '../../core/diagnostics.js';
import type { SequenceObserver } from '../../core/observers.js';
import type { SequenceRegistry } from '../../core/sequence-registry.js';
import { DEFINITION, ERROR_TYPE, METRICS } from './metric-names.js';

/** Seconds. A claim takes milliseconds; an outage lasts until a time-out. */
const BOUNDARIES = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Counts per definition. What can be read at the scrape is read there: nothing is counted per id. */
export class SequenceMetrics implements SequenceObserver {
  readonly #registry: SequenceRegistry;
  readonly #claimDuration: Histogram;
  readonly #waitTime: Histogram;
  readonly #retries: Counter;
  readonly #errors: Counter;
  readonly #stalls: Counter;
  readonly #observed: Record<'claims' | 'ids' | 'waiting' | 'cached' | 'cover', Observable>;
  readonly #meter: Meter;
  readonly #collect = (result: BatchObservableResult): void => this.#observe(result);
  readonly #leave: () => void;

  constructor(registry: SequenceRegistry, meterProvider: MeterProvider | undefined) {
    this.#registry = registry;
    const meter = (this.#meter = (meterProvider ?? metrics).getMeter('nestjs-essequence'));
    const options = ({ unit, description }: { unit: string; description: string }) => ({ unit, description });
    const seconds = (metric: { name: string; unit: string; description: string }) =>
      meter.createHistogram(metric.name, {
        ...options(metric),
        advice: { explicitBucketBoundaries: BOUNDARIES },
      });
    const counter = (metric: { name: string; unit: string; description: string }) =>
      meter.createCounter(metric.name, options(metric));
    this.#claimDuration = seconds(METRICS.claimDuration);
    this.#waitTime = seconds(METRICS.waitTime);
    this.#retries = counter(METRICS.retries);
    this.#errors = counter(METRICS.errors);
    this.#stalls = counter(METRICS.stalls);
    const { claims, ids, waiting, cached, cover } = METRICS;
    this.#observed = {
      claims: meter.createObservableCounter(claims.name, options(claims)),
      ids: meter.createObservableCounter(ids.name, options(ids)),
      waiting: meter.createObservableUpDownCounter(waiting.name, options(waiting)),
      cached: meter.createObservableUpDownCounter(cached.name, options(cached)),
      cover: meter.createObservableGauge(cover.name, options(cover)),
    };
    meter.addBatchObservableCallback(this.#collect, Object.values(this.#observed));
    this.#leave = registry.observers.add(this);
  }

  claimed({ sequence, took }: ClaimMessage): void {
    this.#claimDuration.record(took / 1_000, this.#attributes(sequence));
  }

  stalled({ sequence, waited }: StallMessage): void {
    const attributes = this.#attributes(sequence);
    this.#stalls.add(1, attributes);
    this.#waitTime.record(waited / 1_000, attributes);
  }

  attemptFailed(sequence: string, { code }: SequenceError, delay: number | undefined): void {
    const attributes = this.#attributes(sequence);
    if (delay !== undefined) this.#retries.add(1, attributes);
    this.#errors.add(1, { ...attributes, [ERROR_TYPE]: code });
  }

  close(): void {
    this.#leave();
    this.#meter.removeBatchObservableCallback(this.#collect, Object.values(this.#observed));
  }

  #observe(result: BatchObservableResult): void {
    const { claims, ids, waiting, cached, cover } = this.#observed;
    for (const figures of this.#registry.readings.figures()) {
      const attributes = { [DEFINITION]: figures.label };
      result.observe(claims, figures.claims, attributes);
      result.observe(ids, figures.ids, attributes);
      result.observe(waiting, figures.waiting, attributes);
      result.observe(cached, figures.cached, attributes);
      if (figures.cover !== undefined) result.observe(cover, figures.cover, attributes);
    }
  }

  #attributes(sequence: string): Attributes {
    return { [DEFINITION]: this.#registry.labelOf(sequence) };
  }
}
