import type { Block } from '../store/sequence-store.js';

/**
 * Cached ids in few bytes: as pairs of first and last, in one list. Two numbers for all would span what another process
 * claimed between. A number alone is the first of ids without a gap up to the highest ever cached, which is what most
 * sequences that sleep have: a list of two weighs 64 bytes more.
 */
export type CachedRanges = number | readonly number[];

export function rangesOf(blocks: readonly Block[], highest: number): CachedRanges | undefined {
  const [head, ...others] = blocks;
  if (head === undefined) return undefined;
  if (others.length === 0 && head.last === highest) return head.first;
  // A list that grew has room to spare: a copy has not.
  return blocks.flatMap(({ first, last }) => [first, last]).slice();
}

export function blocksOf(ranges: CachedRanges | undefined, highest: number): Block[] {
  if (ranges === undefined) return [];
  if (typeof ranges === 'number') return [{ first: ranges, last: highest }];
  const blocks: Block[] = [];
  for (let index = 0; index < ranges.length; index += 2) {
    blocks.push({ first: ranges[index]!, last: ranges[index + 1]! });
  }
  return blocks;
}
