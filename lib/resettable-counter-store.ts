import { type Counters, CounterStore } from './counter-store.js';
import { resetSequence, type ResettableSequenceStore } from './reset-sequence.js';

/**
 * For tests: a store whose counters can start again. Several over the same counters are several handles of one store.
 */
export class ResettableCounterStore extends CounterStore implements ResettableSequenceStore {
  readonly #counters: Counters;

  constructor(counters: Counters) {
    super(counters);
    this.#counters = counters;
  }

  [resetSequence](name?: string): Promise<void> {
    return this.#counters.remove(name);
  }
}
