export { SequenceIdSubscriber } from './integrations/typeorm/sequence-id.subscriber.js';
