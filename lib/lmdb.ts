export { LmdbSequenceStore } from './lmdb-sequence-store.js';
