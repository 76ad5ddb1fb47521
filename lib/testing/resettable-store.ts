import { type Counters, CounterStore } from '../store/counter-store.js';
import type { SequenceStore } from '../store/sequence-store.js';

/**
 * The name of the method with which tests reset the counters of a store. No store meant for production has it. The
 * symbol is registered with `Symbol.for`, so that a store of another package needs no import to support resets.
 */
export const RESET_COUNTERS = Symbol.for('nestjs-essequence:resetCounters');

export interface ResettableSequenceStore {
  /**
   * Removes the counter `name`, or all counters and the records of number series. A name that ends with `~`, as in
   * `invoices~`, stands for all counters of that series and its record. The next claim creates a counter again, with a new
   * epoch.
   */
  [RESET_COUNTERS](name?: string): Promise<void>;
}

export function isResettable(store: SequenceStore): store is SequenceStore & ResettableSequenceStore {
  return typeof (store as Partial<ResettableSequenceStore>)[RESET_COUNTERS] === 'function';
}

/** A store for tests whose counters can be reset. Several stores over the same counters act like several processes. */
export class ResettableCounterStore extends CounterStore implements ResettableSequenceStore {
  readonly #counters: Counters;

  constructor(counters: Counters) {
    super(counters);
    this.#counters = counters;
  }

  [RESET_COUNTERS](name?: string): Promise<void> {
    return this.#counters.remove(name);
  }
}
