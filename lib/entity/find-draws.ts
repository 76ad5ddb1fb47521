import { assertName, show } from '../common/arguments.js';
import { assertNoPromise, ignoreRejection } from '../common/synchronous.js';
import { NumberSeries } from '../series/number-series.js';
import { assertIdProperties, describeProperty, type IdProperty, isEmpty } from './id-properties.js';
import type { IdSource } from './id-source.js';
import { type Counted, NumberedEntities } from './numbered-entities.js';
import { notWritable, obstacleTo, type Target } from './write-ids.js';

/** What is drawn from one counter, in one claim. */
interface Draw {
  readonly counted: Counted;
  readonly targets: Target[];
}

/** Each entity once, in order. */
export function entitiesOf(given: object): Set<object> {
  if (!Array.isArray(given)) return new Set([assertEntity(given, '')]);
  // Array.from visits the holes of a sparse array as undefined, which is an error and not an entity to skip.
  return new Set(Array.from(given, (entity: unknown, index) => assertEntity(entity, ` at index ${index}`)));
}

function assertEntity(entity: unknown, where: string): object {
  if (typeof entity === 'object' && entity !== null) return entity;
  throw new TypeError(`Expected an entity${where} to assign ids to, got ${show(entity)}`);
}

/** The empty properties by counter, in the order in which they get their ids: entity by entity, property by property. */
export function findDraws(
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
  ignoreRejection(of);
  const bad = (error: unknown) => new BadNameError(entity, key, error as Error);
  if (of instanceof NumberSeries) {
    if (transform !== undefined) throw unfit(entity, key, 'a transform', 'a number series');
    numbered.define(of);
    const [scopeOf, date] = [scope?.(entity), at && { value: at(entity) }];
    ignoreRejection(scopeOf);
    ignoreRejection(date?.value);
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
    valueOf: (id) =>
      transform === undefined
        ? id
        : assertNoPromise(
            transform(id),
            `the transform of ${describeProperty(entity, key)} to return a value for id ${id}`,
          ),
  };
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
