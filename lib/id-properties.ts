import type { Transform } from './sequence.js';

/** A property that `@SequenceId` fills. */
export interface IdProperty {
  readonly key: string | symbol;
  /** The sequence's name, or how it follows from the entity. */
  readonly name: string | ((entity: object) => unknown);
  readonly transform: Transform<unknown> | undefined;
}

/** From the global symbols, so that two copies of this package in one process read each other's classes. */
const ID_PROPERTIES = Symbol.for('nestjs-essequence:id-properties');

interface Marked {
  [ID_PROPERTIES]?: readonly IdProperty[];
}

/** The properties declared by the class of `prototype` itself, in declaration order. */
function ownIdProperties(prototype: object): readonly IdProperty[] {
  return Object.hasOwn(prototype, ID_PROPERTIES) ? (prototype as Marked)[ID_PROPERTIES]! : [];
}

/** Remembers `property` on the class of `prototype` alone: its base class and its siblings do not learn of it. */
export function declareIdProperty(prototype: object, property: IdProperty): void {
  const own = ownIdProperties(prototype);
  if (own.some(({ key }) => key === property.key)) {
    throw new TypeError(
      `@SequenceId stands twice on ${describeProperty(prototype, property.key)}; a property has one sequence`,
    );
  }
  Object.defineProperty(prototype, ID_PROPERTIES, { value: [...own, property], configurable: true });
}

/** All that a class fills: those of its base classes first. What a subclass declares anew keeps its place. */
export function idPropertiesOf(prototype: object): IdProperty[] {
  const classes: object[] = [];
  for (let level: object | null = prototype; level !== null; level = Object.getPrototypeOf(level)) {
    classes.unshift(level);
  }
  const properties = classes.flatMap(ownIdProperties);
  return [...new Map(properties.map((property) => [property.key, property])).values()];
}

/** The class of an entity or prototype, as it may stand in a message. */
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
