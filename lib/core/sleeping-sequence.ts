import { blocksOf, type CachedRanges } from './cached-ranges.js';
import type { Figures } from './figures.js';

/**
 * What stays of a sequence that sleeps. Nothing is missing that another claim depends on: no id is skipped by sleeping
 * and waking, no request is made, and nothing is forgotten that tells this counter from another one. (What a store
 * remembers of the counter's identity stays with the store.)
 */
export interface SleepingSequence {
  /** Undefined: no id is cached. */
  readonly ranges: CachedRanges | undefined;
  /** The highest id that was ever cached. */
  readonly highest: number;
  /** Ids up to here were ensured. */
  readonly ensured: number;
  /** The epoch of the last block. */
  readonly epoch: string | undefined;
  /** A claim succeeded before, so the floor hook is not asked again. */
  readonly contacted: boolean;
  /** Where its cached ids are counted while it sleeps. */
  readonly figures: Figures;
}

/** Ids in the memory of a sequence that sleeps. */
export function cachedOf({ ranges, highest }: SleepingSequence): number {
  return blocksOf(ranges, highest).reduce((cached, { first, last }) => cached + last - first + 1, 0);
}
