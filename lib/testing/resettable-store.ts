import { type Counters, CounterStore } from '../store/counter-store.js';
import type { SequenceStore } from '../store/sequence-store.js';

/**
 * The method by which a store lets tests start its counters again. No store that is meant for production has it.
 * `Symbol.for`: a third party's store needs no import to opt in.
 */
export const RESET_COUNTERS = Symbol.for('nestjs-essequence:resetCounters');

export interface ResettableSequenceStore {
  /** Forgets the counter of `name`, or all counters: the next claim is a first claim again, with a new epoch. */
  [RESET_COUNTERS](name?: string): Promise<void>;
}

export function isResettable(store: SequenceStore): store is SequenceStore & ResettableSequenceStore {
  return typeof (store as Partial<ResettableSequenceStore>)[RESET_COUNTERS] === 'function';
}

/**
 * For tests: a store whose counters can start again. Several over the same counters are several handles of one store.
 */
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
