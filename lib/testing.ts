export { SequenceTestingModule, overrideSequences } from './sequence-testing.module.js';
export type { ProviderOverrides, SequenceTestingOptions } from './sequence-testing.module.js';
export { resetSequences } from './reset-sequences.js';
export { resetSequence } from './reset-sequence.js';
export type { ResettableSequenceStore } from './reset-sequence.js';
export { FaultySequenceStore } from './faulty-sequence-store.js';
export type { FaultOptions } from './faulty-sequence-store.js';
export { temporaryMemoryStore } from './temporary-memory-store.js';
export { temporaryLmdbStore } from './temporary-lmdb-store.js';
export type { TemporaryLmdbStore } from './temporary-lmdb-store.js';
export { temporaryElasticsearchStore } from './elasticsearch-temporary-store.js';
export type {
  TemporaryElasticsearchOptions,
  TemporaryElasticsearchStore,
} from './elasticsearch-temporary-store.js';
export { describeSequenceStore } from './sequence-store-contract.js';
export type { ContractRunner, SequenceStoreEnvironment } from './sequence-store-contract.js';
