import { describe, it } from 'vitest';
import { MemoryCounters } from '../lib/memory-sequence-store.js';
import { ResettableCounterStore } from '../lib/resettable-counter-store.js';
import { describeSequenceStore } from '../lib/sequence-store-contract.js';

function create() {
  const counters = new MemoryCounters();
  return { open: () => new ResettableCounterStore(counters) };
}

describeSequenceStore('a store, by the globals of vitest', create);
describeSequenceStore('a store, by the imports of vitest', create, { describe, it });
