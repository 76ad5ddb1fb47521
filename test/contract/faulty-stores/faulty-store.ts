import { randomUUID } from 'node:crypto';
import type { Counter } from '../../../lib/store/counter.js';
import type { MemoryCounters } from '../../../lib/store/memory-sequence-store.js';
import { ResettableCounterStore } from '../../../lib/testing/resettable-store.js';
import type { SequenceStore } from '../../../lib/store/sequence-store.js';

/** Opens one more instance over the counters of a case. */
export type OpenStore = (counters: MemoryCounters) => SequenceStore;

/** Stores with one thing wrong, each with a case of the contract that must notice. */
export type Mutants = Record<string, [open: OpenStore, noticed: string]>;

/** A memory store with some of its methods replaced, for each instance anew. */
export function mutant(
  change: (real: ResettableCounterStore, counters: MemoryCounters) => Partial<ResettableCounterStore>,
): OpenStore {
  return (counters) => {
    const real = new ResettableCounterStore(counters);
    return Object.assign(new ResettableCounterStore(counters), change(real, counters));
  };
}

/** Sets what the contract does not let anybody set. */
export function set(counters: MemoryCounters, name: string, values: Partial<Counter>): Promise<Counter> {
  return counters.change(name, (counter = { last: 0, epoch: randomUUID(), epochs: [] }) => ({
    ...counter,
    ...values,
  }));
}

export function laterMacrotask(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
