import type { Transform } from '../core/sequence.js';
import type { NumberSeries } from '../series/number-series.js';

/** A property that `@SequenceId` fills. */
export interface IdProperty {
  readonly key: string | symbol;
  /** The sequence's name or the number series, or how it follows from the entity. */
  readonly name: string | NumberSeries | ((entity: object) => unknown);
  readonly transform: Transform<unknown> | undefined;
  /** Of a number series: how its scope and its date follow from the entity. */
  readonly scope: ((entity: object) => unknown) | undefined;
  readonly at: ((entity: object) => unknown) | undefined;
}

/** From the global symbols, so that two copies of this package in one process can read each other's classes. */
const ID_PROPERTIES = Symbol.for('nestjs-essequence:id-properties');

interface Marked {
  [ID_PROPERTIES]?: readonly IdProperty[];
}

/** The properties declared by the class of `prototype` itself, in declaration order. */
function ownIdProperties(prototype: object): readonly IdProperty[] {
  return Object.hasOwn(prototype, ID_PROPERTIES) ? (prototype as Marked)[ID_PROPERTIES]! : [];
}

/** Remembers `property` on the class of `prototype` alone. Its base class and its siblings do not have it. */
export function declareIdProperty(prototype: object, property: IdProperty): void {
  const own = ownIdProperties(prototype);
  if (own.some(({ key }) => key === property.key)) {
    throw new TypeError(
      `@SequenceId is twice on ${describeProperty(prototype, property.key)}; a property has one sequence`,
    );
  }
  Object.defineProperty(prototype, ID_PROPERTIES, { value: [...own, property], configurable: true });
}

/** All properties that a class fills, those of its base classes first. A property that a subclass declares again keeps its place. */
export function idPropertiesOf(prototype: object): IdProperty[] {
  const classes: object[] = [];
  for (let level: object | null = prototype; level !== null; level = Object.getPrototypeOf(level)) {
    classes.unshift(level);
  }
  const properties = classes.flatMap(ownIdProperties);
  return [...new Map(properties.map((property) => [property.key, property])).values()];
}

/** The properties that the class of `prototype` fills. TypeError if there are none: a missing id would be noticed too late. */
export function assertIdProperties(prototype: object | null | undefined): IdProperty[] {
  if (prototype === undefined) {
    throw new TypeError('Expected a class with @SequenceId properties, got a function that is not a class');
  }
  const properties = prototype === null ? [] : idPropertiesOf(prototype);
  if (prototype === null || (properties.length === 0 && prototype === Object.prototype)) {
    throw new TypeError(
      'A plain object has no @SequenceId property; make an instance of its class, for example with SequenceService.create(Class, partial)',
    );
  }
  if (properties.length === 0) {
    throw new TypeError(
      `${describeClass(prototype)} has no @SequenceId property, so there is nothing to assign`,
    );
  }
  return properties;
}

/** Whether a property waits for an id. */
export function isEmpty(entity: object, key: string | symbol): boolean {
  const value: unknown = Reflect.get(entity, key);
  return value === undefined || value === null;
}

/**
 * The first `@SequenceId` property of a new `entity` that has a value already, or undefined.
 *
 * @throws TypeError when the value comes from `Class` itself: no id would ever be drawn for the property.
 */
export function filledIdProperty<T extends object>(
  entity: T,
  Class: new () => T,
): string | symbol | undefined {
  const filled = idPropertiesOf(entity).find(({ key }) => !isEmpty(entity, key))?.key;
  if (filled !== undefined && !isEmpty(new Class(), filled)) {
    throw new TypeError(
      `${describeProperty(entity, filled)} has an initial value, so no id would ever be drawn. Declare it without one.`,
    );
  }
  return filled;
}

/** The class of an entity or prototype, for messages. */
export function describeClass(entity: object): string {
  const Class: unknown = entity.constructor;
  return typeof Class === 'function' && Class.name !== '' ? Class.name : 'an anonymous class';
}

export function describeProperty(entity: object, key: string | symbol): string {
  const name = describeClass(entity);
  return typeof key === 'symbol' ? `${name}[${String(key)}]` : `${name}.${key}`;
}

/** How `object` has `key`, itself or from the nearest of its prototypes. */
export function descriptorOf(object: object, key: string | symbol): PropertyDescriptor | undefined {
  for (let level: object | null = object; level !== null; level = Object.getPrototypeOf(level)) {
    const found = Object.getOwnPropertyDescriptor(level, key);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Refuses a decorator on anything but a property. `third` is a descriptor on methods and accessors, and an index on
 * parameters. `place` says in the message where the decorator belongs.
 */
export function assertProperty(
  decorator: string,
  place: string,
  target: unknown,
  key: unknown,
  third: unknown,
): asserts key is string | symbol {
  const misuse = (what: string) =>
    new TypeError(`${decorator} is on ${what}; it belongs on ${place} of the instances of a class`);
  if (typeof key === 'object' && key !== null && 'kind' in key) {
    throw new TypeError(
      `${decorator} on "${String((key as { name?: unknown }).name)}" was called as a standard decorator; ` +
        'like all of NestJS it needs "experimentalDecorators": true',
    );
  }
  if (typeof key !== 'string' && typeof key !== 'symbol') {
    const name = typeof target === 'function' ? ` of ${target.name}` : '';
    throw misuse(typeof third === 'number' ? `a constructor parameter${name}` : `a class${name}`);
  }
  if (typeof target === 'function') {
    throw misuse(`the static member ${describeProperty(target.prototype as object, key)}`);
  }
  const where = describeProperty(target as object, key);
  if (typeof third === 'number') throw misuse(`a parameter of ${where}`);
  const { value, get, set } =
    (third as PropertyDescriptor | undefined) ??
    Object.getOwnPropertyDescriptor(target, key) ??
    ({} as PropertyDescriptor);
  if (typeof value === 'function') throw misuse(`the method ${where}`);
  if (get !== undefined && set === undefined) throw misuse(`the accessor ${where}, which has no setter`);
}
