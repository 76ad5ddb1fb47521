export { LmdbSequenceStore } from './store/lmdb/lmdb-sequence-store.js';
