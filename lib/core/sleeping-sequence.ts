import type { Figures } from './figures.js';

/**
 * What stays of a sequence that sleeps. Nothing is missing that another claim depends on: no id is skipped by sleeping
 * and waking, no request is made, and nothing is forgotten that tells this counter from another one. (What a store
 * remembers of the counter's identity stays with the store.)
 */
export interface SleepingSequence {
  /** The cached ids as pairs of first and last; undefined: none. */
  readonly ranges: readonly number[] | undefined;
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
export function cachedOf({ ranges = [] }: SleepingSequence): number {
  let cached = 0;
  for (let index = 0; index < ranges.length; index += 2) cached += ranges[index + 1]! - ranges[index]! + 1;
  return cached;
}
