import type { Counter } from '../counter.js';
import type { ChangeOptions } from '../counter-store.js';
import {
  counterOf,
  type FileCounter,
  formatGeneration,
  type Generation,
  recordOf,
  stored,
} from './generation.js';

/** What somebody wants of one counter. */
export interface CounterWish extends ChangeOptions {
  readonly name: string;
  /** Returns the new counter; undefined removes it. If it returns the same object, nothing is written. */
  next(counter: Counter | undefined, mark: number): Counter | undefined;
  resolve(counter: Counter | undefined): void;
  reject(error: unknown): void;
}

/** What somebody wants of the record of one number series. */
export interface RecordWish extends Omit<ChangeOptions, 'fence'> {
  readonly name: string;
  /** Returns the new record; undefined removes it. If it returns the same text, nothing is written. */
  nextRecord(record: string | undefined): string | undefined;
  resolve(record: string | undefined): void;
  reject(error: unknown): void;
}

export type Wish = CounterWish | RecordWish;

/** Whether somebody still waits for it. A wish that was given up is rejected here. */
export function isWanted({ signal, reject }: Wish): boolean {
  if (signal.aborted) reject(signal.reason);
  return !signal.aborted;
}

export interface Grants {
  /** What becomes of the counters, once this is on the disk. */
  readonly counters: ReadonlyMap<CounterWish, FileCounter | undefined>;
  /** The same for the records. */
  readonly records: ReadonlyMap<RecordWish, string | undefined>;
  /** Undefined: nothing changes. */
  readonly text: string | undefined;
}

/**
 * Grants each wish that can be granted, one after the other; each that cannot fails by itself. `assertKnown` throws
 * where a counter is not the one that this process knew, `fenced` is where fences are made now.
 */
export function grant(
  wishes: readonly Wish[],
  generation: Generation,
  mark: (name: string) => number,
  assertKnown: (name: string, what: FileCounter | 'record' | undefined) => void,
  fenced: FileCounter['fenced'],
): Grants {
  const counters = new Map<CounterWish, FileCounter | undefined>();
  const records = new Map<RecordWish, string | undefined>();
  let changed = false;
  const put = (where: Record<string, unknown>, name: string, value: unknown) => {
    changed = true;
    if (value === undefined) delete where[name];
    else where[name] = value;
  };
  for (const wish of wishes) {
    const { name } = wish;
    try {
      if ('nextRecord' in wish) {
        const record = recordOf(generation, name);
        assertKnown(name, 'record');
        const next = wish.nextRecord(record);
        records.set(wish, next);
        if (next !== record) put(generation.series, name, next);
        continue;
      }
      const counter = counterOf(generation, name);
      if (!wish.fence) assertKnown(name, counter);
      const next = wish.next(counter, mark(name));
      counters.set(wish, next);
      if (next === counter) continue;
      put(generation.counters, name, next && stored(wish.fence ? { ...next, fenced } : next));
    } catch (error) {
      wish.reject(error);
    }
  }
  return { counters, records, text: changed ? formatGeneration(generation) : undefined };
}
