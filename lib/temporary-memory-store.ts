import { MemoryCounters } from './memory-sequence-store.js';
import type { ResettableSequenceStore } from './reset-sequence.js';
import { ResettableCounterStore } from './resettable-counter-store.js';
import type { SequenceStore } from './sequence-store.js';

/**
 * Counters in memory, for tests: each store has its own, and they can be reset.
 *
 * @example
 * builder.overrideProvider(SequenceStore).useValue(temporaryMemoryStore())
 */
export function temporaryMemoryStore(): SequenceStore & ResettableSequenceStore {
  return new ResettableCounterStore(new MemoryCounters());
}
