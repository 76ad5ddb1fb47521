import { Inject, Injectable } from '@nestjs/common';
import { assertInteger, assertKnownKeys, assertName, show } from '../common/arguments.js';
import type { BlockSizeOption } from '../core/block-size.js';
import { type CallOptions, MAX_TIMEOUT } from '../core/call-options.js';
import type { SequenceStats } from '../core/sequence-stats.js';
import { assignIds } from '../entity/assign-ids.js';
import { assertIdProperties, describeProperty, filledIdProperty } from '../entity/id-properties.js';
import type { IdSource } from '../entity/id-source.js';
import { instantiate } from '../entity/instantiate.js';
import type { SequenceCore } from '../core/sequence-core.js';
import type { SequenceRegistry } from '../core/sequence-registry.js';
import type { Sequence, Transform } from '../core/sequence.js';
import { NumberSeries, type ScopeOption } from '../series/number-series.js';
import { SeriesRegistry } from '../series/series-registry.js';
import { Series } from '../series/series.js';

/** Options of {@link SequenceService.get}. An unknown key is an error. */
export interface GetOptions<T> {
  /**
   * Makes of an id what this handle gives.
   *
   * @default the id itself
   */
  transform?: Transform<T> | undefined;
  /**
   * How many ids a claim takes, from the next claim on and for all handles of the name.
   *
   * @default no change; at first the `blockSize` of the module
   */
  blockSize?: BlockSizeOption | undefined;
}

/** What {@link SequenceService.get} takes beside a series: its scope, if it is scoped. */
export type SeriesArguments<Scoped extends boolean> = [Scoped] extends [true]
  ? [options: ScopeOption<Scoped>]
  : [options?: ScopeOption<Scoped>];

/**
 * Ids by injection.
 *
 * @example
 * constructor(private readonly sequences: SequenceService) {}
 * async place(order: Order) { order.id = await this.sequences.next('orders'); }
 */
@Injectable()
export class SequenceService {
  /** @internal Where ids of entities come from. */
  readonly source: IdSource;
  private readonly registry: SequenceRegistry;

  constructor(@Inject(SeriesRegistry) private readonly series: SeriesRegistry) {
    const { sequences } = series;
    this.registry = sequences;
    this.source = {
      sequence: (name) => sequences.get(name),
      declare: (name) => sequences.declare(name),
      series,
      abortListeners: sequences.abortListeners,
    };
  }

  /**
   * A handle on a sequence, created on first use.
   *
   * @throws TypeError or RangeError for a bad name, transform or block size; for a name this process has not used yet
   * SequenceError `TOO_MANY_SEQUENCES`, and `CLOSED` during shutdown.
   */
  get(name: string, options?: GetOptions<never> & { transform?: undefined }): Sequence;
  /** A handle that gives what `transform` makes of the ids. */
  get<T>(name: string, options: GetOptions<T> & { transform: Transform<T> }): Sequence<T>;
  /** With or without a transform. */
  get<T>(name: string, options: GetOptions<T>): Sequence<T | number>;
  /**
   * A handle on a number series, of one scope if it is scoped.
   *
   * @throws TypeError or RangeError for a scope that is missing, or that is not one of the series; TypeError for another
   * definition of a series that this application uses.
   * @example
   * sequences.get(invoiceNumbers, { scope: tenant })
   */
  get<Scoped extends boolean>(series: NumberSeries<Scoped>, ...[options]: SeriesArguments<Scoped>): Series;
  get<T>(
    of: string | NumberSeries,
    options: GetOptions<T> | ScopeOption<boolean> = {},
  ): Sequence<T> | Series {
    if (of instanceof NumberSeries) return new Series(this.series, of, options as ScopeOption<boolean>);
    assertKnownKeys('the options of get', options, ['transform', 'blockSize']);
    const { transform, blockSize } = options as GetOptions<T>;
    return this.registry.get(of, transform, blockSize);
  }

  /** What this process knows of every sequence it has used: cached ids, rate, waiting callers. Asks nobody, wakes none. */
  stats(): SequenceStats[];
  /** Of one sequence. Undefined: this process has not used it. */
  stats(name: string): SequenceStats | undefined;
  stats(name?: string): SequenceStats[] | SequenceStats | undefined {
    if (name === undefined) return this.registry.readings.stats();
    assertName(name);
    return this.registry.readings.statsOf(name);
  }

  /**
   * One cheap look at the store, for health checks of your own. Resolves with the milliseconds it took; undefined: the
   * store has no such look.
   *
   * @throws SequenceError `UNAVAILABLE` after `timeout` milliseconds (1 to 2^31 - 1, default 500), or what the store said.
   */
  async ping({ timeout = 500 }: { timeout?: number } = {}): Promise<number | undefined> {
    assertInteger('timeout', timeout, 1, MAX_TIMEOUT);
    return this.registry.ping(timeout);
  }

  /** The next id of `name`, see {@link Sequence.next}. */
  next(name: string, options?: CallOptions): Promise<number> {
    try {
      return this.#core(name).next(options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * The next id of `name` at once or undefined, see {@link Sequence.tryNext}.
   *
   * @throws TypeError for a bad name; SequenceError `TOO_MANY_SEQUENCES` for a name too many, else as
   * {@link Sequence.tryNext}.
   */
  tryNext(name: string): number | undefined {
    return this.#core(name).allocator.tryNext();
  }

  /** `count` ids of `name`, see {@link Sequence.take}. */
  async take(name: string, count: number, options?: CallOptions): Promise<number[]> {
    return this.registry.get(name).take(count, options);
  }

  /**
   * Fills the empty (null or undefined) `@SequenceId` properties of an entity, or of an array of entities. It makes one
   * `take` for each sequence, so 10,000 new entities cost one claim. Ids ascend in array order. An entity that is in the
   * array twice is filled once. Resolves with what was given.
   *
   * All or nothing: if it fails, no entity was changed, whether a name, a transform, a property that cannot be written or
   * the store was the reason. Ids drawn by then are gaps. So is the id of a property that somebody else filled meanwhile.
   *
   * @throws TypeError before any request for a value that is not an object, an object without `@SequenceId` properties
   * or with one that cannot be written, and a bad name. RangeError for more than 1,000,000 ids of one sequence.
   * SequenceError as {@link next}. What a name function, transform or setter throws.
   * @example
   * await repository.save(await this.sequences.assign(orders));
   */
  async assign<T extends object>(entities: T, options?: CallOptions): Promise<T> {
    return assignIds(entities, this.source, options);
  }

  /**
   * A new instance of `Class` with the properties of `partial` and with its ids. Three kinds of properties are not taken
   * from `partial`: those that hold a function on a new instance, accessors without a setter, and `__proto__`.
   *
   * @throws TypeError when `Class` is not a class with `@SequenceId` properties, or gives one of them an initial value;
   * and when `partial` has a value for one of them: the sequence could hand out the same id later. To keep ids of your
   * own, fill an instance yourself and call {@link assign}. Otherwise as {@link assign}.
   * @example
   * const order = await this.sequences.create(Order, { customer: 'Ada' });
   */
  async create<T extends object>(
    Class: new () => T,
    partial: Partial<T> = {},
    options?: CallOptions,
  ): Promise<T> {
    if (typeof Class !== 'function') throw new TypeError(`Expected a class to create, got ${show(Class)}`);
    if (typeof partial !== 'object' || partial === null || Array.isArray(partial)) {
      throw new TypeError(
        `Expected the properties of the new ${Class.name} as an object, got ${show(partial)}`,
      );
    }
    assertIdProperties(Class.prototype as object);
    const entity = instantiate(Class, partial);
    const filled = filledIdProperty(entity, Class);
    if (filled !== undefined) {
      throw new TypeError(
        `${describeProperty(entity, filled)} is drawn from a sequence, but the properties given to create() have a value for it. ` +
          'The sequence could hand out the same id later. Leave the property out; to keep an id of your own, set it on an instance and call assign().',
      );
    }
    return this.assign(entity, options);
  }

  /** Counters of number series have names that are not names of sequences. */
  #core(name: string): SequenceCore {
    if (typeof name === 'string' && name.includes('~')) assertName(name);
    return this.registry.core(name);
  }
}
