import { resolve } from 'node:path';
import { assertKnownKeys, show } from '../../common/arguments.js';
import { CounterStore } from '../counter-store.js';
import { FileCounters } from './file-counters.js';

export interface FileSequenceStoreOptions {
  /** The folder, made when it is missing. On a local disk: network file systems and those without hard links are refused. */
  path: string;
}

/**
 * Counters in files, for the processes of one machine: any number of them may share the folder, also from different
 * containers. A claim is on disk before its ids are handed out, so they survive `kill -9` and power loss. It needs no
 * server and no package.
 *
 * The folder is made by the first use, or when the application starts. Its files are text and never change, so a copy of
 * the folder is a backup, also while processes claim. Restore one with all of them stopped, and fence its counters before
 * they start again: what was claimed after the copy would be handed out a second time.
 *
 * Besides the errors of every store: `UNSAFE_FOLDER` (a network file system, or one without hard links: the application
 * does not start), `FORBIDDEN` (no right to write), `READ_ONLY` (a full disk, or one that is mounted read-only),
 * `REJECTED` (the path leads to a file), `CORRUPT` (a file that is not what this library wrote, or is of a newer
 * version), `UNAVAILABLE` (other trouble of the disk).
 *
 * @throws TypeError when `path` is not a non-empty string or an option is unknown.
 *
 * @example
 * SequenceModule.forRootAsync({ useFactory: () => ({ store: new FileSequenceStore({ path: 'data/sequences' }) }) })
 */
export class FileSequenceStore extends CounterStore {
  readonly #counters: FileCounters;
  /** The whole path of the folder. */
  protected readonly path: string;

  constructor(options: FileSequenceStoreOptions) {
    assertKnownKeys('the options of FileSequenceStore', options, ['path']);
    const { path } = options;
    if (typeof path !== 'string' || path === '') {
      throw new TypeError(`Expected path to be the name of a folder, got ${show(path)}`);
    }
    const folder = resolve(path);
    const counters = new FileCounters(folder);
    super(counters);
    this.#counters = counters;
    this.path = folder;
  }

  /** Makes the folder, and finds out whether its file system can keep the promise. */
  override async open(): Promise<void> {
    await super.open();
    await this.#counters.open();
  }
}
