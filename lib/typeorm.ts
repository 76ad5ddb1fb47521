export { SequenceIdSubscriber } from './sequence-id.subscriber.js';
