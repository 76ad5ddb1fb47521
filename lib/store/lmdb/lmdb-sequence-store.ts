import { resolve } from 'node:path';
import { assertKnownKeys, show } from '../../common/arguments.js';
import { CounterStore } from '../counter-store.js';
import { LmdbCounters } from './lmdb-counters.js';

export interface LmdbSequenceStoreOptions {
  /** The folder, created when missing. On a local disk: LMDB locks do not work over network file systems. */
  path: string;
}

/**
 * Counters in a folder on the local disk, for applications of one machine: any number of processes may share it. A
 * claim is on disk before its ids are handed out, so they survive `kill -9` and power loss. Needs the package `lmdb`.
 *
 * The folder is opened by the first use. Never delete its `lock.mdb` while a process uses it, and restore a backup
 * only with all of them stopped, followed by `Sequence.fence()`.
 *
 * Besides the errors of every store: `FORBIDDEN` (permissions, a read-only disk), `REJECTED` (the path leads to a file;
 * `lock.mdb` was replaced), `CORRUPT` (a value or file that is none), `UNAVAILABLE` (disk full and the like).
 *
 * @throws TypeError when `path` is not a non-empty string or an option is unknown.
 *
 * @example
 * SequenceModule.forRootAsync({ useFactory: () => ({ store: new LmdbSequenceStore({ path: 'data/sequences' }) }) })
 */
export class LmdbSequenceStore extends CounterStore {
  constructor(options: LmdbSequenceStoreOptions) {
    assertKnownKeys('the options of LmdbSequenceStore', options, ['path']);
    const { path } = options;
    if (typeof path !== 'string' || path === '') {
      throw new TypeError(`Expected path to be the name of a folder, got ${show(path)}`);
    }
    super(new LmdbCounters(resolve(path)));
  }
}
