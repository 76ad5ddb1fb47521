import type { AbortListeners } from '../common/abort.js';
import { assertName, MAX_COUNT, show } from '../common/arguments.js';
import { assertCallOptions, type CallOptions } from '../core/call-options.js';
import {
  describeClass,
  describeProperty,
  descriptorOf,
  type IdProperty,
  idPropertiesOf,
  isEmpty,
} from './id-properties.js';
import type { Sequence } from '../core/sequence.js';
import { type Counted, NumberedEntities } from './numbered-entities.js';
import { NumberSeries } from '../series/number-series.js';
import type { SeriesRegistry } from '../series/series-registry.js';

/** A property that waits for its id. */
interface Target {
  readonly entity: object;
  readonly key: string | symbol;
  /** What the property gets for an id. */
  readonly valueOf: (id: number) => unknown;
}

/** What is drawn from one counter, in one claim. */
interface Draw {
  readonly counted: Counted;
  readonly targets: Target[];
}

interface Write extends Target {
  readonly value: unknown;
}

/** Where ids come from. */
export interface IdSource {
  /** The sequence of a valid name. */
  sequence(name: string): Pick<Sequence, 'take'>;
  /** Where number series count. Undefined: there are none. */
  readonly series?: SeriesRegistry | undefined;
  /** Told the names that a class spells out, before anything is drawn from them. */
  declare?(name: string): void;
  /** Of the application, because calls share signals. */
  readonly abortListeners: AbortListeners;
}

/**
 * Fills the empty `@SequenceId` properties of an entity or of an array of them: one `take` per sequence name, all or
 * nothing. What can be checked before the first id is drawn is checked there, and the rest before the first write.
 *
 * `prototypeOf` returns the prototype whose `@SequenceId` properties an entity has. By default that is its own.
 */
export async function assignIds<T extends object>(
  given: T,
  source: IdSource,
  options?: CallOptions,
  prototypeOf: (entity: object) => object | null = Object.getPrototypeOf,
): Promise<T> {
  if (options !== undefined) {
    assertCallOptions(options);
    options.signal?.throwIfAborted();
  }
  const found = findDraws(entitiesOf(given), source, prototypeOf);
  for (const [name, { targets }] of found) {
    const { length } = targets;
    if (length > MAX_COUNT) {
      throw new RangeError(
        `Expected at most ${MAX_COUNT} ids of sequence "${name}" in one assign, got ${length}; assign in parts`,
      );
    }
  }
  const all = [...found.values()];
  const draws = all.map(({ counted, targets }) => ({ sequence: counted.open(), count: targets.length }));
  const ids = await drawAll(draws, source.abortListeners, options);
  const writes = all.flatMap(({ targets }, draw) =>
    targets.map((target, index) => ({ ...target, value: target.valueOf(ids[draw]![index]!) })),
  );
  writeAll(writes);
  return given;
}

/** Each entity once, in order. */
function entitiesOf(given: object): Set<object> {
  if (!Array.isArray(given)) return new Set([assertEntity(given, '')]);
  // Array.from visits the holes of a sparse array as undefined, which is an error and not an entity to skip.
  return new Set(Array.from(given, (entity: unknown, index) => assertEntity(entity, ` at index ${index}`)));
}

function assertEntity(entity: unknown, where: string): object {
  if (typeof entity === 'object' && entity !== null) return entity;
  throw new TypeError(`Expected an entity${where} to assign ids to, got ${show(entity)}`);
}

/** The empty properties by counter, in the order in which they get their ids: entity by entity, property by property. */
function findDraws(
  entities: Set<object>,
  source: IdSource,
  prototypeOf: (entity: object) => object | null,
): Map<string, Draw> {
  const draws = new Map<string, Draw>();
  const numbered = new NumberedEntities(source.series);
  const properties = new Map<object | null, IdProperty[]>();
  for (const entity of entities) {
    const prototype = prototypeOf(entity);
    let known = properties.get(prototype);
    if (known === undefined) {
      known = assertIdProperties(prototype);
      properties.set(prototype, known);
      for (const { name } of known) if (typeof name === 'string') source.declare?.(name);
    }
    for (const property of known) {
      const { key } = property;
      if (!isEmpty(entity, key)) continue;
      const obstacle = obstacleTo(entity, key);
      if (obstacle !== undefined) throw notWritable(entity, key, obstacle);
      const counted = countedBy(entity, property, source, numbered);
      const target = { entity, key, valueOf: counted.valueOf };
      const others = draws.get(counted.name);
      if (others === undefined) draws.set(counted.name, { counted, targets: [target] });
      else others.targets.push(target);
    }
  }
  return draws;
}

/** Where the id of a property is drawn. */
function countedBy(
  entity: object,
  property: IdProperty,
  source: IdSource,
  numbered: NumberedEntities,
): Counted {
  const { key, name, transform, scope, at } = property;
  const of = typeof name === 'function' ? name(entity) : name;
  const bad = (error: unknown) => new BadNameError(entity, key, error as Error);
  if (of instanceof NumberSeries) {
    if (transform !== undefined) throw unfit(entity, key, 'a transform', 'a number series');
    numbered.define(of);
    const [scopeOf, date] = [scope?.(entity), at && { value: at(entity) }];
    try {
      return numbered.count(of, scopeOf, date);
    } catch (error) {
      throw bad(error);
    }
  }
  try {
    assertName(of);
  } catch (error) {
    throw bad(error);
  }
  if (scope !== undefined || at !== undefined) throw unfit(entity, key, 'scope or at', 'a sequence');
  return {
    name: of,
    open: () => source.sequence(of),
    valueOf: (id) => (transform === undefined ? id : transform(id)),
  };
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

/**
 * What a property's id follows from is not valid: the name, or the scope or date of a number. The mistake is in a function
 * of the decorator, or in the data it was given.
 */
export class BadNameError extends TypeError {
  constructor(
    readonly entity: object,
    readonly key: string | symbol,
    cause: Error,
  ) {
    super(`@SequenceId on ${describeProperty(entity, key)}: ${cause.message}`, {
      cause,
    });
  }
}

function unfit(entity: object, key: string | symbol, what: string, where: string): TypeError {
  return new TypeError(
    `@SequenceId on ${describeProperty(entity, key)}: ${what} has no meaning for ${where}`,
  );
}

/** When one draw fails, the others leave their lines. Ids that they have not been given yet stay for other callers. */
async function drawAll(
  draws: readonly { sequence: Pick<Sequence, 'take'>; count: number }[],
  abortListeners: AbortListeners,
  options: CallOptions | undefined,
): Promise<number[][]> {
  const [first] = draws;
  if (first !== undefined && draws.length === 1) return [await first.sequence.take(first.count, options)];
  const failure = new AbortController();
  const given = options?.signal;
  // Not AbortSignal.any: a given signal that lives long would keep an entry for each call.
  const release =
    given === undefined ? undefined : abortListeners.add(given, () => failure.abort(given.reason));
  try {
    return await Promise.all(
      draws.map(({ sequence, count }) => sequence.take(count, { ...options, signal: failure.signal })),
    );
  } catch (error) {
    failure.abort(error);
    throw error;
  } finally {
    release?.();
  }
}

/**
 * While the ids were drawn, somebody else may have filled a property or frozen an entity. A filled property stays as it
 * is, and its id is a gap. When a setter throws, everything written before it is taken back.
 */
function writeAll(writes: readonly Write[]): void {
  const open = writes.filter(({ entity, key }) => isEmpty(entity, key));
  for (const { entity, key } of open) {
    const obstacle = obstacleTo(entity, key);
    if (obstacle !== undefined) throw notWritable(entity, key, obstacle);
  }
  const undo: (() => void)[] = [];
  try {
    for (const { entity, key, value } of open) {
      undo.push(undoing(entity, key));
      if (!Reflect.set(entity, key, value)) throw notWritable(entity, key, 'refused the write');
    }
  } catch (error) {
    for (const restore of undo.toReversed()) restore();
    throw error;
  }
}

function undoing(entity: object, key: string | symbol): () => void {
  const before: unknown = Reflect.get(entity, key);
  const own = Object.hasOwn(entity, key);
  return () => {
    try {
      Reflect.set(entity, key, before);
    } catch {
      // This setter refuses every value. The error that led here says so.
    }
    if (!own) Reflect.deleteProperty(entity, key);
  };
}

/** Why `key` cannot be written, or undefined. */
function obstacleTo(entity: object, key: string | symbol): string | undefined {
  const found = descriptorOf(entity, key);
  if (found !== undefined && 'set' in found) {
    return found.set === undefined ? 'is an accessor without a setter' : undefined;
  }
  if (found?.writable === false) return 'is not writable';
  if (Object.hasOwn(entity, key) || Object.isExtensible(entity)) return undefined;
  return 'is missing, and the object is not extensible';
}

function notWritable(entity: object, key: string | symbol, obstacle: string): TypeError {
  return new TypeError(
    `Cannot assign an id: ${describeProperty(entity, key)} ${obstacle}${Object.isFrozen(entity) ? ' (the object is frozen)' : ''}. No entity was changed.`,
  );
}
