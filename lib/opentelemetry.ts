export { SequenceMetricsModule } from './integrations/opentelemetry/sequence-metrics.module.js';
export type { SequenceMetricsOptions } from './integrations/opentelemetry/sequence-metrics.module.js';
