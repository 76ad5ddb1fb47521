import type { Counter } from './counter.js';
import { type Counters, CounterStore, isRecordRemoved, isRemoved } from './counter-store.js';

/** Counters of one process, gone with it. */
export class MemoryCounters implements Counters {
  readonly #counters = new Map<string, Counter>();
  readonly #records = new Map<string, string>();

  async read(name: string): Promise<Counter | undefined> {
    return this.#counters.get(name);
  }

  async change(
    name: string,
    next: (counter: Counter | undefined, mark: number) => Counter,
  ): Promise<Counter> {
    const found = this.#counters.get(name);
    const counter = next(found, 0);
    this.#counters.set(name, counter);
    return counter;
  }

  async record(name: string, expected: string | undefined, record: string): Promise<string> {
    const present = this.#records.get(name);
    if (present !== undefined && present !== expected) return present;
    this.#records.set(name, record);
    return record;
  }

  async remove(name: string | undefined): Promise<void> {
    for (const one of this.#counters.keys()) if (isRemoved(one, name)) this.#counters.delete(one);
    for (const one of this.#records.keys()) if (isRecordRemoved(one, name)) this.#records.delete(one);
  }

  async close(): Promise<void> {}
}

/**
 * For tests and trials only: ids start again with the process, and two processes hand out the same ids. Each instance
 * has counters of its own.
 *
 * @example
 * SequenceModule.forRootAsync({ useFactory: () => ({ store: new MemorySequenceStore() }) })
 */
export class MemorySequenceStore extends CounterStore {
  constructor() {
    super(new MemoryCounters());
  }
}
