import type { Counter } from '../counter.js';
import type { ChangeOptions } from '../counter-store.js';
import { counterOf, type FileCounter, formatGeneration, type Generation, stored } from './generation.js';

/** What somebody wants of one counter. */
export interface Wish extends ChangeOptions {
  readonly name: string;
  /** Undefined as a result: the counter is removed. Nothing is written if it is the very counter that it got. */
  next(counter: Counter | undefined, mark: number): Counter | undefined;
  resolve(counter: Counter | undefined): void;
  reject(error: unknown): void;
}

/** Nobody waits any more for what was given up. */
export function isWanted({ signal, reject }: Wish): boolean {
  if (signal.aborted) reject(signal.reason);
  return !signal.aborted;
}

export interface Grants {
  /** What becomes of the counters, once this is on the disk. */
  readonly counters: ReadonlyMap<Wish, FileCounter | undefined>;
  /** Undefined: nothing changes. */
  readonly text: string | undefined;
}

/**
 * Grants each wish that can be granted, one after the other; each that cannot fails by itself. `assertKnown` throws
 * where a counter is not the one that this process knew, `fenced` is where fences are made now.
 */
export function grant(
  wishes: readonly Wish[],
  counters: Generation,
  mark: (name: string) => number,
  assertKnown: (name: string, counter: FileCounter | undefined) => void,
  fenced: FileCounter['fenced'],
): Grants {
  const granted = new Map<Wish, FileCounter | undefined>();
  let changed = false;
  for (const wish of wishes) {
    const { name, fence } = wish;
    try {
      const counter = counterOf(counters, name);
      if (!fence) assertKnown(name, counter);
      const next = wish.next(counter, mark(name));
      granted.set(wish, next);
      if (next === counter) continue;
      changed = true;
      if (next === undefined) delete counters[name];
      else counters[name] = stored(fence ? { ...next, fenced } : next);
    } catch (error) {
      wish.reject(error);
    }
  }
  return { counters: granted, text: changed ? formatGeneration(counters) : undefined };
}
