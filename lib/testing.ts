export { SequenceTestingModule, overrideSequences } from './testing/sequence-testing.module.js';
export type { ProviderOverrides, SequenceTestingOptions } from './testing/sequence-testing.module.js';
export { resetSequences } from './testing/reset-sequences.js';
export { RESET_COUNTERS } from './testing/resettable-store.js';
export type { ResettableSequenceStore } from './testing/resettable-store.js';
export { FaultySequenceStore } from './testing/stores/faulty-sequence-store.js';
export type { FaultOptions } from './testing/stores/fault-script.js';
export { temporaryMemoryStore } from './testing/stores/temporary-memory-store.js';
export { temporaryFileStore } from './testing/stores/temporary-file-store.js';
export type { TemporaryFileStore } from './testing/stores/temporary-file-store.js';
export { temporaryElasticsearchStore } from './testing/stores/temporary-elasticsearch-store.js';
export type {
  TemporaryElasticsearchOptions,
  TemporaryElasticsearchStore,
} from './testing/stores/temporary-elasticsearch-store.js';
export { describeSequenceStore } from './testing/contract/describe-sequence-store.js';
export type { ContractRunner, SequenceStoreEnvironment } from './testing/contract/describe-sequence-store.js';
