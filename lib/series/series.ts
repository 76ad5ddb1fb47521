import { defer, from, mergeMap, type Observable } from 'rxjs';
import { assertInteger, assertKnownKeys, MAX_COUNT, show } from '../common/arguments.js';
import { assertCallOptions, type CallOptions } from '../core/call-options.js';
import { MAX_ENSURED } from '../core/ensured-ids.js';
import type { Sequence, SequenceState } from '../core/sequence.js';
import type { SeriesDate } from './calendar-day.js';
import type { NumberSeries, ScopeOption } from './number-series.js';
import { assertLeft, dayOf, type Place, placeOn, textAt } from './place.js';
import type { SeriesRegistry } from './series-registry.js';

/** The trailing options of every call of a series. */
export interface SeriesCallOptions extends CallOptions {
  /**
   * The date of the document: a Date, read in the time zone of the series, or a calendar day `'YYYY-MM-DD'`.
   *
   * @default the present
   */
  at?: SeriesDate | undefined;
}

/** Options of {@link Series.fence}. */
export interface SeriesFenceOptions extends SeriesCallOptions {
  /** The highest number in use: the next one is `to + 1`. From 0 to the last number of the series. */
  to: number;
}

/** What an operator sees of a counter of a series. */
export interface SeriesState extends SequenceState {
  period: string;
  scope: string | undefined;
}

interface HandledPlace extends Place {
  readonly numbers: Sequence<string>;
}

/**
 * A handle on a number series, or on one scope of it: it gives the texts of numbers. Made by `SequenceService.get` and
 * by `@InjectSequence`.
 *
 * @example
 * await orders.next();                        // 'ORD-2026-000018': today, in the time zone of the series
 * await orders.next({ at: order.placedOn });  // the document's own date
 */
export class Series {
  readonly name: string;
  readonly #registry: SeriesRegistry;
  readonly #series: NumberSeries;
  readonly #scope: string | undefined;
  /** The place of the last call: the next one is most often at the same. */
  #place: HandledPlace | undefined;

  /** @internal Use `SequenceService.get` or `@InjectSequence`. */
  constructor(registry: SeriesRegistry, series: NumberSeries, options: ScopeOption<boolean> = {}) {
    assertKnownKeys('the options of a series', options, ['scope']);
    registry.define(series);
    series.assertScope(options.scope);
    this.name = series.name;
    this.#registry = registry;
    this.#series = series;
    this.#scope = options.scope;
  }

  /**
   * The next number of the counter that the date is counted in, as its text.
   *
   * @throws SequenceError as `Sequence.next`, and `EXHAUSTED` when the counter has come to its last number; TypeError or
   * RangeError, before any request, for a date that is not one or that the format has no text for.
   */
  async next(options?: SeriesCallOptions): Promise<string> {
    const { at, call } = split(options);
    const { numbers } = this.#placeAt(at);
    await this.#registry.recorded(this.#series, call);
    return numbers.next(call);
  }

  /** `count` numbers (0 to 1,000,000) of one period, all or none. */
  async take(count: number, options?: SeriesCallOptions): Promise<string[]> {
    assertInteger('count', count, 0, MAX_COUNT);
    const { at, call } = split(options);
    const { numbers } = this.#placeAt(at);
    await this.#registry.recorded(this.#series, call);
    return numbers.take(count, call);
  }

  /**
   * `count` numbers as a cold Observable: each subscription draws its own. Without `at` all are of the day on which it
   * was subscribed to.
   */
  stream(count: number, options?: SeriesCallOptions): Observable<string> {
    assertInteger('count', count, 0, Number.MAX_SAFE_INTEGER);
    const { at, call } = split(options);
    if (at !== undefined) this.#placeAt(at);
    return defer(() => {
      const { numbers } = this.#placeAt(at);
      const recorded = this.#registry.recorded(this.#series, call);
      const texts = numbers.stream(count, call);
      return recorded === undefined ? texts : from(recorded).pipe(mergeMap(() => texts));
    });
  }

  /** One number a step, without end, each of the day on which it is drawn. */
  async *[Symbol.asyncIterator](): AsyncGenerator<string, never, undefined> {
    for (;;) yield await this.next();
  }

  /**
   * The text that a call now would give, without reserving it: the next caller gets it. With a `blockSize` other than
   * `'onDemand'` it is the next one in the memory of this process, where there is one; else what follows in the store.
   *
   * @throws SequenceError `EXHAUSTED` when there is none.
   */
  async preview(options?: SeriesCallOptions): Promise<string> {
    const { at, call } = split(options);
    const place = this.#placeAt(at);
    call?.signal?.throwIfAborted();
    const core = this.#registry.sequences.core(place.name);
    const n = core.nextCached ?? (await core.preview(call));
    assertLeft(place, n);
    return this.#series.write(n, place.day, this.#scope);
  }

  /** Looks at the counter that the date is counted in, without consuming anything. Undefined: there is none yet. */
  async inspect(options?: SeriesCallOptions): Promise<SeriesState | undefined> {
    const { at, call } = split(options);
    const { numbers, period, scope } = this.#placeAt(at);
    const state = await numbers.inspect(call);
    return state && { ...state, period, scope };
  }

  /**
   * Raises the counter that the date is counted in to at least `n`, for numbers that were given elsewhere: see
   * `Sequence.ensureAtLeast`.
   *
   * @example
   * await invoices.ensureAtLeast(invoiceNumbers.parse('INV-2025-000512')!.n, { at: '2025-12-31' });
   */
  async ensureAtLeast(n: number, options?: SeriesCallOptions): Promise<void> {
    assertInteger('n', n, 0, Math.min(this.#series.max, MAX_ENSURED));
    const { at, call } = split(options);
    const { numbers } = this.#placeAt(at);
    await this.#registry.recorded(this.#series, call);
    await numbers.ensureAtLeast(n, call);
  }

  /**
   * The repair after the counter that the date is counted in was restored or lost: see `Sequence.fence`. It jumps to `to`
   * exactly, because a gap of any size would show in numbers that people read.
   *
   * @throws SequenceError `REJECTED` where a number above `to` is known to be in use, `MISSING` if there is no counter.
   * @example
   * await invoices.fence({ to: 512, at: '2026-03-31' }); // INV-2026-000512 is the last one on paper
   */
  async fence(options: SeriesFenceOptions): Promise<SeriesState> {
    assertKnownKeys('the fence options', options, ['to', 'at', 'signal', 'timeout']);
    const { to, ...rest } = options;
    assertInteger('to', to, 0, this.#series.max);
    const { at, call } = split(rest);
    const { numbers, period, scope } = this.#placeAt(at);
    return { ...(await numbers.fence({ to, ...call })), period, scope };
  }

  #placeAt(at: SeriesDate | undefined): HandledPlace {
    const registry = this.#registry;
    const day = dayOf(this.#series, at, () => registry.present());
    if (this.#place !== undefined && this.#place.day === day) return this.#place;
    const place = placeOn(registry, this.#series, this.#scope, day, at !== undefined);
    this.#place = { ...place, numbers: registry.sequence(place, (n) => textAt(registry, place, n)) };
    return this.#place;
  }
}

/**
 * A handle on a scoped series, which gives one for each scope.
 *
 * @example
 * constructor(\@InjectSequence(invoiceNumbers) private readonly invoices: ScopedSeries) {}
 * await this.invoices.of(tenant).next({ at: invoice.issuedOn });
 */
export class ScopedSeries {
  readonly name: string;
  readonly #registry: SeriesRegistry;
  readonly #series: NumberSeries;

  /** @internal Use `@InjectSequence`. */
  constructor(registry: SeriesRegistry, series: NumberSeries) {
    registry.define(series);
    if (!series.scoped) throw new TypeError(`Series "${series.name}" is not scoped`);
    this.name = series.name;
    this.#registry = registry;
    this.#series = series;
  }

  /**
   * The series of one scope.
   *
   * @throws TypeError or RangeError for a scope that is not one, or that the format has no room for.
   */
  of(scope: string): Series {
    return new Series(this.#registry, this.#series, { scope });
  }
}

/** What is injected for a series. */
export function handleOn(registry: SeriesRegistry, series: NumberSeries): Series | ScopedSeries {
  return series.scoped ? new ScopedSeries(registry, series) : new Series(registry, series);
}

/** Checks what every call takes. */
function split(options: SeriesCallOptions = {}): {
  at: SeriesDate | undefined;
  call: CallOptions | undefined;
} {
  assertKnownKeys('the call options', options, ['at', 'signal', 'timeout']);
  const { at, ...call } = options;
  if (at === null)
    throw new TypeError(`Expected at to be a Date, or a calendar day 'YYYY-MM-DD', got ${show(at)}`);
  assertCallOptions(call);
  return { at, call: Object.keys(call).length === 0 ? undefined : call };
}
