import type { Sequence } from '../lib/core/sequence.js';

/**
 * The library as it is shipped: what `npm run build` left in dist/, never the sources transformed on the fly, which
 * would measure the transformer.
 */
const load = (file: string): Promise<unknown> => import(new URL(`../dist/${file}.js`, import.meta.url).href);

export const { SequenceRegistry } = (await load(
  'sequence-registry',
)) as typeof import('../lib/core/sequence-registry.js');
export const { resolveOptions } = (await load(
  'sequence.options',
)) as typeof import('../lib/nest/sequence-module.options.js');
export const { MemorySequenceStore } = (await load(
  'memory-sequence-store',
)) as typeof import('../lib/store/memory-sequence-store.js');
export const { ElasticsearchSequenceStore } = (await load(
  'elasticsearch-sequence-store',
)) as typeof import('../lib/store/elasticsearch/elasticsearch-sequence-store.js');

export const { BlockAllocator } = (await load(
  'block-allocator',
)) as typeof import('../lib/core/block-allocator.js');
export const { BlockSize } = (await load('block-size')) as typeof import('../lib/core/block-size.js');
export const { Claimer } = (await load('claimer')) as typeof import('../lib/core/checked-store.js');
export const { SequenceError } = (await load(
  'sequence-errors',
)) as typeof import('../lib/common/sequence-error.js');

/** A sequence that never waits for a network. `blockSize` undefined: adaptive, by default. */
export function cachedSequence(blockSize?: number): Sequence {
  return new SequenceRegistry(new MemorySequenceStore(), resolveOptions({ blockSize })).get('orders');
}
