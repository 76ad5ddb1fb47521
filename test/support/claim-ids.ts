import type { SequenceStore } from '../../lib/store/sequence-store.js';

/** One id after the other, with a new attempt after each lost race. */
export async function claimIds(
  store: SequenceStore,
  count: number,
  onId: (id: number) => void,
): Promise<void> {
  const { signal } = new AbortController();
  for (let claimed = 0; claimed < count;) {
    try {
      onId((await store.claim({ name: 'orders', count: 1, start: 1, signal })).last);
      claimed++;
    } catch (error) {
      if ((error as { code?: string }).code !== 'CONFLICT') throw error;
    }
  }
}
