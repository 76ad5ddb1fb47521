export type { Transform, SequenceState, FenceOptions } from './sequence.js';
export { Sequence } from './sequence.js';
export { SequenceModule } from './sequence.module.js';
export type { SequenceFeature, SequenceModuleAsyncOptions } from './sequence.module.js';
export type { SequenceDefinition, SequenceModuleOptions } from './sequence.options.js';
export { SequenceService } from './sequence.service.js';
export type { GetOptions } from './sequence.service.js';
export { SequenceId } from './sequence-id.decorator.js';
export type { Fits, SequenceIdDecorator, SequenceIdOptions } from './sequence-id.decorator.js';
export { InjectSequence, getSequenceToken } from './inject-sequence.decorator.js';
export { AssignSequenceIds } from './assign-sequence-ids.pipe.js';
export { ElasticsearchSequenceStore } from './elasticsearch-sequence-store.js';
export type { ElasticsearchClient } from './elasticsearch-request.js';
export type { ElasticsearchStoreOptions } from './elasticsearch-store-options.js';
export { MemorySequenceStore } from './memory-sequence-store.js';
export { SequenceStore } from './sequence-store.js';
export type {
  Block,
  ClaimRequest,
  CounterState,
  EnsureAtLeastRequest,
  FenceRequest,
  InspectRequest,
} from './sequence-store.js';
export { SequenceError, SequenceIdentityError, UnsafeIndexError } from './sequence-errors.js';
export type { SequenceErrorCode, SequenceErrorOptions } from './sequence-errors.js';
export type { BlockSizeOption } from './block-size.js';
export type { CallOptions } from './call-options.js';
export type { Floor } from './claimer.js';
export type { ClaimMessage, RetryMessage, StallMessage, VerdictMessage } from './diagnostics.js';
