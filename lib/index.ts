/**
 * Named for the API reference: a page called "index" would share the address of its folder.
 * @module nestjs-essequence
 */
export type { Transform, SequenceState, FenceOptions } from './core/sequence.js';
export { Sequence } from './core/sequence.js';
export { SequenceModule } from './nest/sequence.module.js';
export type { SequenceModuleAsyncOptions } from './nest/sequence.module.js';
export type { SequenceFeature } from './nest/sequence-feature.js';
export type { SequenceModuleOptions } from './nest/sequence-module.options.js';
export { SequenceService } from './nest/sequence.service.js';
export type { GetOptions, SeriesArguments } from './nest/sequence.service.js';
export { SequenceId } from './entity/sequence-id.decorator.js';
export type {
  Fits,
  SequenceIdDecorator,
  SequenceIdOptions,
  SeriesIdOptions,
} from './entity/sequence-id.decorator.js';
export { InjectSequence, getSequenceToken } from './nest/inject-sequence.decorator.js';
export { AssignSequenceIds } from './nest/assign-sequence-ids.pipe.js';
export { SequenceExceptionFilter } from './nest/sequence-exception.filter.js';
export { ParseSeriesNumberPipe } from './nest/parse-series-number.pipe.js';
export { NumberSeries, numberSeries } from './series/number-series.js';
export type { FormatOptions, ScopeOption, SeriesNumber } from './series/number-series.js';
export type { NumberSeriesDefinition } from './series/series-definition.js';
export type { SeriesDate } from './series/calendar-day.js';
export type { FiscalYear, Restart } from './series/period.js';
export type { LimitMessage } from './series/limit-channel.js';
export { ScopedSeries, Series } from './series/series.js';
export type { SeriesCallOptions, SeriesFenceOptions, SeriesState } from './series/series.js';
export type { SeriesFloor } from './series/series-registry.js';
export { ElasticsearchSequenceStore } from './store/elasticsearch/elasticsearch-sequence-store.js';
export type { ElasticsearchClient } from './store/elasticsearch/request.js';
export type { ElasticsearchStoreOptions } from './store/elasticsearch/store-options.js';
export { FileSequenceStore } from './store/files/file-sequence-store.js';
export type { FileSequenceStoreOptions } from './store/files/file-sequence-store.js';
export { MemorySequenceStore } from './store/memory-sequence-store.js';
export { SequenceStore } from './store/sequence-store.js';
export type {
  Block,
  ClaimRequest,
  CounterState,
  EnsureAtLeastRequest,
  FenceRequest,
  InspectRequest,
  SeriesRecordRequest,
} from './store/sequence-store.js';
export { SequenceError, SequenceIdentityError, UnsafeIndexError } from './common/sequence-error.js';
export type { SequenceErrorCode, SequenceErrorOptions } from './common/sequence-error.js';
export type { BlockSizeOption } from './core/block-size.js';
export type { CallOptions } from './core/call-options.js';
export type { Floor, SequenceDefinition } from './core/core-options.js';
export type { SequenceStats } from './core/sequence-stats.js';
export type { ClaimMessage, RetryMessage, StallMessage, VerdictMessage } from './core/diagnostics.js';
