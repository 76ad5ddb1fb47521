import { Inject, Optional } from '@nestjs/common';
import { assertName } from '../common/arguments.js';
import { assertProperty, describeProperty } from '../entity/id-properties.js';
import { SequenceRegistry } from '../core/sequence-registry.js';
import type { Sequence } from '../core/sequence.js';

/**
 * The injection token of a sequence made by `SequenceModule.forFeature(name)`. Nest names it in its own error when the
 * forFeature is missing. A property asks for `SequenceModule` or `SequenceTestingModule` as well, also where something
 * else is provided under its token.
 *
 * @example
 * { provide: getSequenceToken('orders'), useValue: fakeSequence }
 */
export function getSequenceToken(name: string): string {
  assertName(name);
  return `Sequence('${name}')`;
}

/**
 * Injects a {@link Sequence}. On a constructor parameter: the one that the module, or a module it imports, has from
 * `SequenceModule.forFeature(name)`. On a property the same, or the plain sequence where there is no such forFeature;
 * the property is filled after the constructor has run.
 *
 * @throws TypeError when the class is defined: for a bad name, twice on a property, and on anything else. Nest's own
 * error at start when a constructor's forFeature is missing.
 * @example
 * constructor(\@InjectSequence('shipments') private readonly shipments: Sequence<string>) {}
 * @example
 * \@InjectSequence('shipments') private readonly shipments!: Sequence;
 */
export function InjectSequence(name: string): PropertyDecorator & ParameterDecorator {
  const token = getSequenceToken(name);
  return (target: object, key: string | symbol | undefined, third?: unknown) => {
    if (typeof target === 'function' && key === undefined && typeof third === 'number') {
      Inject(token)(target, key, third);
      return;
    }
    assertProperty('@InjectSequence', 'a constructor parameter or a property', target, key, third);
    injectIntoProperty(target, key, name, token);
  };
}

/** The properties that the class of a prototype itself declares. */
const INJECTED = Symbol('nestjs-essequence:injected');

interface Injected {
  [INJECTED]?: readonly (string | symbol)[];
}

/**
 * Two slots that Nest fills in this order: the module's own sequence if it has one, then the registry, whose arrival
 * fills the property. Slots on the prototype need no list of decorated classes, so a class that is loaded late, a
 * subclass, any scope and any number of applications do the same; their descriptions stand in Nest's own errors.
 */
function injectIntoProperty(target: Injected, key: string | symbol, name: string, token: string): void {
  const injected = Object.hasOwn(target, INJECTED) ? target[INJECTED]! : [];
  if (injected.includes(key)) {
    throw new TypeError(
      `@InjectSequence stands twice on ${describeProperty(target, key)}; a property has one sequence`,
    );
  }
  Object.defineProperty(target, INJECTED, { value: [...injected, key], configurable: true });
  const own = Symbol(`@InjectSequence('${name}') of forFeature`);
  const slot = Symbol(`@InjectSequence('${name}')`);
  Object.defineProperty(target, slot, {
    set(this: Record<symbol, Sequence | undefined>, registry: SequenceRegistry) {
      const sequence = this[own] ?? registry.get(name);
      delete this[own];
      Reflect.set(this, key, sequence);
    },
  });
  Optional()(target, own);
  Inject(token)(target, own);
  Inject(SequenceRegistry)(target, slot);
}
