export { SequenceHealthIndicator } from './integrations/terminus/sequence.health-indicator.js';
export type { SequenceHealthOptions } from './integrations/terminus/sequence.health-indicator.js';
