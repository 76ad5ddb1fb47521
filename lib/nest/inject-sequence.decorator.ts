import { Inject, Optional } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { assertName, show } from '../common/arguments.js';
import { assertProperty, describeProperty } from '../entity/id-properties.js';
import type { SequenceRegistry } from '../core/sequence-registry.js';
import type { Sequence } from '../core/sequence.js';
import { NumberSeries } from '../series/number-series.js';
import type { SeriesRegistry } from '../series/series-registry.js';
import { handleOn, type ScopedSeries, type Series } from '../series/series.js';

/** The token of the registry. From the global symbols, so that two copies of this package in one process share it. */
export const REGISTRY = Symbol.for('nestjs-essequence:registry');

/** The token of the registry of number series, in the same way. */
export const SERIES_REGISTRY = Symbol.for('nestjs-essequence:series-registry');

/** The error about a `forRoot()` that is missing. `what` needs it. */
export function noRootError(what: string): Error {
  return new Error(
    `${what} needs SequenceModule.forRoot(). Import SequenceModule.forRoot() once, in the root module; in tests import SequenceTestingModule.forRoot().`,
  );
}

/**
 * The injection token of a sequence made by `SequenceModule.forFeature(name)`, or of a number series. Nest names it in its own error when the
 * forFeature is missing. What a test provides under it reaches constructors and properties of its module, also without
 * `SequenceModule`. (`overrideProvider` replaces only what is there: it needs the forFeature.)
 *
 * @example
 * { provide: getSequenceToken('orders'), useValue: fakeSequence }
 */
export function getSequenceToken(of: string | NumberSeries): string {
  if (of instanceof NumberSeries) return `Series('${of.name}')`;
  assertName(of);
  return `Sequence('${of}')`;
}

/**
 * Injects a {@link Sequence}. A constructor parameter gets the one that the module, or a module it imports, has from
 * `SequenceModule.forFeature(name)`. A property gets the same, or the plain sequence where there is no such forFeature.
 * It is filled after the constructor has run.
 *
 * Of a number series it injects a {@link Series}, or a {@link ScopedSeries} if the series is scoped.
 *
 * @throws TypeError when the class is defined: for a bad name, for a second one on a property, and on anything else. At
 * start Nest's own error when the forFeature of a constructor is missing, and an Error when `forRoot()` is.
 * @example
 * constructor(\@InjectSequence('shipments') private readonly shipments: Sequence<string>) {}
 * @example
 * \@InjectSequence('shipments') private readonly shipments!: Sequence;
 * @example
 * constructor(\@InjectSequence(invoiceNumbers) private readonly invoices: ScopedSeries) {}
 */
export function InjectSequence(of: string | NumberSeries): PropertyDecorator & ParameterDecorator {
  const token = tokenFor(of);
  return (target: object, key: string | symbol | undefined, third?: unknown) => {
    if (typeof target === 'function' && key === undefined && typeof third === 'number') {
      Inject(token)(target, key, third);
      return;
    }
    assertProperty('@InjectSequence', 'a constructor parameter or a property', target, key, third);
    injectIntoProperty(target, key, of, token);
  };
}

function tokenFor(of: string | NumberSeries): string {
  try {
    return getSequenceToken(of);
  } catch (error) {
    throw new TypeError(
      `@InjectSequence needs the name of a sequence, as in @InjectSequence('orders'), or a number series. ${(error as Error).message}`,
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
function injectIntoProperty(
  target: Injected,
  key: string | symbol,
  of: string | NumberSeries,
  token: string,
): void {
  const injected = Object.hasOwn(target, INJECTED) ? target[INJECTED]! : [];
  if (injected.includes(key)) {
    throw new TypeError(
      `@InjectSequence is twice on ${describeProperty(target, key)}; a property has one sequence`,
    );
  }
  Object.defineProperty(target, INJECTED, { value: [...injected, key], configurable: true });
  const what = `@InjectSequence(${typeof of === 'string' ? `'${of}'` : `series ${show(of.name)}`})`;
  const own = Symbol(`${what} of forFeature`);
  const registry = Symbol(`${what} of forRoot`);
  const last = Symbol(what);
  Object.defineProperty(target, last, {
    set(this: { [own]?: Handle; [registry]?: SequenceRegistry | SeriesRegistry }) {
      const found = this[registry];
      if (typeof of === 'string') (found as SequenceRegistry | undefined)?.declare(of);
      const sequence = this[own] ?? handleOf(of, found);
      if (sequence === undefined) throw noRootError(`${what} on ${describeProperty(target, key)}`);
      delete this[own];
      delete this[registry];
      Reflect.set(this, key, sequence);
    },
  });
  Optional()(target, own);
  Inject(token)(target, own);
  Optional()(target, registry);
  Inject(typeof of === 'string' ? REGISTRY : SERIES_REGISTRY)(target, registry);
  Inject(ModuleRef)(target, last);
}

type Handle = Sequence | Series | ScopedSeries;

/** The registry is that of the token. */
function handleOf(
  of: string | NumberSeries,
  registry: SequenceRegistry | SeriesRegistry | undefined,
): Handle | undefined {
  if (registry === undefined) return undefined;
  return typeof of === 'string'
    ? (registry as SequenceRegistry).get(of)
    : handleOn(registry as SeriesRegistry, of);
}
