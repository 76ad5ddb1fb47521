import { assertKnownKeys, assertName, show } from '../common/arguments.js';
import { assertProperty, declareIdProperty, describeProperty } from './id-properties.js';
import type { Transform } from '../core/sequence.js';
import type { SeriesDate } from '../series/calendar-day.js';
import { NumberSeries } from '../series/number-series.js';

export interface SequenceIdOptions<R> {
  /**
   * Makes of an id what the property gets, for example a text.
   *
   * @default the id itself
   */
  transform?: Transform<R> | undefined;
}

/** What a number of a series follows from, beside the series. */
export interface SeriesIdOptions<E extends object> {
  /** The scope that the entity is numbered in. Required of a scoped series, refused of another. */
  scope?: ((entity: E) => string) | undefined;
  /**
   * The date of the entity, as for `Series.next`. Null or undefined is refused: an entity without its date is not ready to
   * be numbered.
   *
   * @default the present, one moment for all entities of an `assign`
   */
  at?: ((entity: E) => SeriesDate) | undefined;
}

/**
 * `unknown` if the property `K` of `T` takes an `R`, otherwise a text for the compiler's message. Private and protected
 * properties are not among `keyof T`, so they are not checked. (A constraint `T extends Record<K, R>` would refuse them.)
 */
export type Fits<T, K, R> = T extends abstract new (...args: never) => unknown
  ? '@SequenceId belongs on a property of the instances of a class'
  : K extends keyof T
    ? [R] extends [T[K]]
      ? unknown
      : `The property ${K extends string ? K : 'with a symbol for its name'} does not take what @SequenceId gives it. An id is a number: declare the property as a number, or give a transform that makes its type`
    : unknown;

/** What `@SequenceId(...)` returns: a decorator for properties of `E` that take an `R`. */
export type SequenceIdDecorator<E extends object, R> = <T extends E, K extends string | symbol>(
  target: T & Fits<T, K, R>,
  key: K,
) => void;

/**
 * Marks the property of a class that `SequenceService.assign` and `create`, the pipe `AssignSequenceIds` and the
 * TypeORM subscriber fill with the next id of the sequence. Only null and undefined are filled. Each decorated property
 * draws an id of its own, in declaration order. To show one id in two forms, write a getter.
 *
 * Subclasses inherit it, and may declare the property again for another sequence. A property that does not take what the
 * transform returns does not compile. Private and protected properties are not checked.
 *
 * @param name The sequence, or a function of the entity that returns its name. The function is called for each entity
 * before any id is drawn. It sees what a client sent and must validate it, or the client can choose the sequence.
 * @throws TypeError when the class is defined: on anything but an instance property, twice on one property, or with a
 * bad name or option. The message names the class and the property.
 * @example
 * class Order {
 *   \@SequenceId('orders') id!: number;
 *   \@SequenceId('order-numbers', { transform: (id) => `ORD-${id}` }) number!: string;
 *   \@SequenceId((order: Order) => `receipts:${order.tenant}`) receipt!: number;
 *   tenant!: string;
 * }
 */
export function SequenceId<E extends object = object>(
  name: string | ((entity: E) => string),
  options?: SequenceIdOptions<never> & { transform?: undefined },
): SequenceIdDecorator<E, number>;
/** Fills the property with what `transform` makes of the id. */
export function SequenceId<R, E extends object = object>(
  name: string | ((entity: E) => string),
  options: SequenceIdOptions<R> & { transform: Transform<R> },
): SequenceIdDecorator<E, R>;
/** With or without a transform. */
export function SequenceId<R, E extends object = object>(
  name: string | ((entity: E) => string),
  options: SequenceIdOptions<R>,
): SequenceIdDecorator<E, R | number>;
/**
 * Fills the property with the next number of a scoped series. All entities of an `assign` that are numbered by one
 * counter cost one claim.
 *
 * @example
 * \@SequenceId(invoiceNumbers, { scope: (invoice: Invoice) => invoice.tenant, at: (invoice: Invoice) => invoice.issuedOn })
 * number!: string;
 */
export function SequenceId<E extends object = object>(
  series: NumberSeries<true> | ((entity: E) => NumberSeries<true>),
  options: SeriesIdOptions<E> & { scope: (entity: E) => string },
): SequenceIdDecorator<E, string>;
/** Fills the property with the next number of a series without scopes. */
export function SequenceId<E extends object = object>(
  series: NumberSeries<false> | ((entity: E) => NumberSeries<false>),
  options?: SeriesIdOptions<E> & { scope?: never },
): SequenceIdDecorator<E, string>;
export function SequenceId<R, E extends object>(
  name: string | NumberSeries | ((entity: E) => string | NumberSeries),
  options: SequenceIdOptions<R> & SeriesIdOptions<E> = {},
): SequenceIdDecorator<E, R> {
  return (target: object, key: string | symbol, ...rest: unknown[]) => {
    assertProperty('@SequenceId', 'a property', target, key, rest[0]);
    const where = describeProperty(target, key);
    try {
      assertIdOptions(name, options);
    } catch (error) {
      throw new TypeError(`@SequenceId on ${where}: ${(error as Error).message}`, { cause: error });
    }
    declareIdProperty(target, {
      key,
      name: name as (entity: object) => unknown,
      transform: options.transform,
      scope: options.scope as ((entity: object) => unknown) | undefined,
      at: options.at as ((entity: object) => unknown) | undefined,
    });
  };
}

/** What a function of the entity gives is known for each entity. */
function assertIdOptions(name: unknown, options: object): void {
  const isSeries = name instanceof NumberSeries;
  if (!isSeries && typeof name !== 'function') assertName(name);
  const own = isSeries ? ['scope', 'at'] : ['transform'];
  assertKnownKeys('the options', options, typeof name === 'function' ? ['transform', 'scope', 'at'] : own);
  for (const [what, value] of Object.entries(options)) {
    if (value !== undefined && typeof value !== 'function') {
      throw new TypeError(`Expected ${what} to be a function, got ${show(value)}`);
    }
  }
  if (!isSeries) return;
  const hasScope = 'scope' in options && options.scope !== undefined;
  if (hasScope === name.scoped) return;
  throw new TypeError(
    name.scoped
      ? `Series "${name.name}" is scoped: give scope, a function of the entity`
      : `Series "${name.name}" is not scoped: leave out scope`,
  );
}
