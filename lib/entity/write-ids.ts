import { describeProperty, descriptorOf, isEmpty } from './id-properties.js';

/** A property that waits for its id. */
export interface Target {
  readonly entity: object;
  readonly key: string | symbol;
  /** What the property gets for an id. */
  readonly valueOf: (id: number) => unknown;
}

export interface Write extends Target {
  readonly value: unknown;
}

/**
 * While the ids were drawn, somebody else may have filled a property or frozen an entity. A filled property stays as it
 * is, and its id is a gap. When a setter throws, everything written before it is taken back.
 */
export function writeAll(writes: readonly Write[]): void {
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
export function obstacleTo(entity: object, key: string | symbol): string | undefined {
  const found = descriptorOf(entity, key);
  if (found !== undefined && 'set' in found) {
    return found.set === undefined ? 'is an accessor without a setter' : undefined;
  }
  if (found?.writable === false) return 'is not writable';
  if (Object.hasOwn(entity, key) || Object.isExtensible(entity)) return undefined;
  return 'is missing, and the object is not extensible';
}

export function notWritable(entity: object, key: string | symbol, obstacle: string): TypeError {
  return new TypeError(
    `Cannot assign an id: ${describeProperty(entity, key)} ${obstacle}${Object.isFrozen(entity) ? ' (the object is frozen)' : ''}. No entity was changed.`,
  );
}
