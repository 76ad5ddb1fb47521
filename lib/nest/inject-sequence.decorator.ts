import { Inject, Optional } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { assertName } from '../common/arguments.js';
import { assertProperty, describeProperty } from '../entity/id-properties.js';
import type { SequenceRegistry } from '../core/sequence-registry.js';
import type { Sequence } from '../core/sequence.js';

/** The token of the registry. From the global symbols, so that two copies of this package in one process share it. */
export const REGISTRY = Symbol.for('nestjs-essequence:registry');

/** The error about a `forRoot()` that is missing. `what` needs it. */
export function noRootError(what: string): Error {
  return new Error(
    `${what} needs SequenceModule.forRoot(). Import SequenceModule.forRoot() once, in the root module; in tests import SequenceTestingModule.forRoot().`,
  );
}

/**
 * The injection token of a sequence made by `SequenceModule.forFeature(name)`. Nest names it in its own error when the
 * forFeature is missing. What a test provides under it reaches constructors and properties of its module, also without
 * `SequenceModule`. (`overrideProvider` replaces only what is there: it needs the forFeature.)
 *
 * @example
 * { provide: getSequenceToken('orders'), useValue: fakeSequence }
 */
export function getSequenceToken(name: string): string {
  assertName(name);
  return `Sequence('${name}')`;
}

/**
 * Injects a {@link Sequence}. A constructor parameter gets the one that the module, or a module it imports, has from
 * `SequenceModule.forFeature(name)`. A property gets the same, or the plain sequence where there is no such forFeature.
 * It is filled after the constructor has run.
 *
 * @throws TypeError when the class is defined: for a bad name, for a second one on a property, and on anything else. At
 * start Nest's own error when the forFeature of a constructor is missing, and an Error when `forRoot()` is.
 * @example
 * constructor(\@InjectSequence('shipments') private readonly shipments: Sequence<string>) {}
 * @example
 * \@InjectSequence('shipments') private readonly shipments!: Sequence;
 */
export function InjectSequence(name: string): PropertyDecorator & ParameterDecorator {
  const token = tokenFor(name);
  return (target: object, key: string | symbol | undefined, third?: unknown) => {
    if (typeof target === 'function' && key === undefined && typeof third === 'number') {
      Inject(token)(target, key, third);
      return;
    }
    assertProperty('@InjectSequence', 'a constructor parameter or a property', target, key, third);
    injectIntoProperty(target, key, name, token);
  };
}

function tokenFor(name: string): string {
  try {
    return getSequenceToken(name);
  } catch (error) {
    throw new TypeError(
      `@InjectSequence needs the name of a sequence, as in @InjectSequence('orders'). ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/** The properties that the class of a prototype itself declares. */
const INJECTED = Symbol('nestjs-essequence:injected');

interface Injected {
  [INJECTED]?: readonly (string | symbol)[];
}

/**
 * Three slots that Nest fills in this order: the module's own sequence if it has one, the registry if there is one, and
 * a part of Nest that is always there, whose arrival fills the property. Only the last one is required, because Nest
 * would name this library's classes in its error. Slots on the prototype need no list of decorated classes, so they also
 * serve a class that is loaded late, a subclass, any scope and any number of applications. Their descriptions are in
 * Nest's own errors.
 */
function injectIntoProperty(target: Injected, key: string | symbol, name: string, token: string): void {
  const injected = Object.hasOwn(target, INJECTED) ? target[INJECTED]! : [];
  if (injected.includes(key)) {
    throw new TypeError(
      `@InjectSequence is twice on ${describeProperty(target, key)}; a property has one sequence`,
    );
  }
  Object.defineProperty(target, INJECTED, { value: [...injected, key], configurable: true });
  const own = Symbol(`@InjectSequence('${name}') of forFeature`);
  const registry = Symbol(`@InjectSequence('${name}') of forRoot`);
  const last = Symbol(`@InjectSequence('${name}')`);
  Object.defineProperty(target, last, {
    set(this: { [own]?: Sequence; [registry]?: SequenceRegistry }) {
      this[registry]?.declare(name);
      const sequence = this[own] ?? this[registry]?.get(name);
      if (sequence === undefined) {
        throw noRootError(`@InjectSequence('${name}') on ${describeProperty(target, key)}`);
      }
      delete this[own];
      delete this[registry];
      Reflect.set(this, key, sequence);
    },
  });
  Optional()(target, own);
  Inject(token)(target, own);
  Optional()(target, registry);
  Inject(REGISTRY)(target, registry);
  Inject(ModuleRef)(target, last);
}
