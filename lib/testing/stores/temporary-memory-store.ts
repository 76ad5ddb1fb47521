import { MemoryCounters } from '../../store/memory-sequence-store.js';
import { ResettableCounterStore, type ResettableSequenceStore } from '../resettable-store.js';
import type { SequenceStore } from '../../store/sequence-store.js';

/**
 * Counters in memory for tests. Each store has counters of its own, and they can be reset.
 *
 * @example
 * builder.overrideProvider(SequenceStore).useValue(temporaryMemoryStore())
 */
export function temporaryMemoryStore(): SequenceStore & ResettableSequenceStore {
  return new ResettableCounterStore(new MemoryCounters());
}
