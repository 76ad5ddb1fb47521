import { describe, it } from 'vitest';
import { MemoryCounters } from '../../lib/store/memory-sequence-store.js';
import { ResettableCounterStore } from '../../lib/testing/resettable-store.js';
import { describeSequenceStore } from '../../lib/testing/contract/describe-sequence-store.js';

function create() {
  const counters = new MemoryCounters();
  return { open: () => new ResettableCounterStore(counters) };
}

describeSequenceStore('a store, by the globals of vitest', create);
describeSequenceStore('a store, by the imports of vitest', create, { describe, it });
