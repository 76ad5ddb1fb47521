import type { Sequence } from '../lib/core/sequence.js';

/**
 * The library as it is shipped: what `npm run build` left in dist/, never the sources transformed on the fly, which
 * would measure the transformer.
 */
const load = (file: string): Promise<unknown> => import(new URL(`../dist/${file}.js`, import.meta.url).href);

export const { SequenceRegistry } = (await load(
  'core/sequence-registry',
)) as typeof import('../lib/core/sequence-registry.js');
export const { resolveOptions } = (await load(
  'nest/sequence-module.options',
)) as typeof import('../lib/nest/sequence-module.options.js');
export const { FileSequenceStore } = (await load(
  'store/files/file-sequence-store',
)) as typeof import('../lib/store/files/file-sequence-store.js');
export const { MemorySequenceStore } = (await load(
  'store/memory-sequence-store',
)) as typeof import('../lib/store/memory-sequence-store.js');
export const { ElasticsearchSequenceStore } = (await load(
  'store/elasticsearch/elasticsearch-sequence-store',
)) as typeof import('../lib/store/elasticsearch/elasticsearch-sequence-store.js');

export const { SERVER_RETRIES } = (await load(
  'store/elasticsearch/counter-documents',
)) as typeof import('../lib/store/elasticsearch/counter-documents.js');

export const { SequenceError } = (await load(
  'common/sequence-error',
)) as typeof import('../lib/common/sequence-error.js');

/** A sequence that never waits for a network. `blockSize` undefined: adaptive, by default. */
export function cachedSequence(blockSize?: number): Sequence {
  return new SequenceRegistry(new MemorySequenceStore(), resolveOptions({ blockSize })).get('orders');
}
