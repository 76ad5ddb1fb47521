import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileCounters } from '../../store/files/file-counters.js';
import { ResettableCounterStore } from '../resettable-store.js';

/**
 * Counters in files, in a folder of their own below the system's folder for temporary files, made at first use and
 * removed on close. For tests: they can be reset.
 *
 * @example
 * SequenceTestingModule.forRoot({ store: temporaryFileStore() })
 */
export function temporaryFileStore(): TemporaryFileStore {
  return new TemporaryFileStore(join(tmpdir(), `essequence-${randomUUID()}`));
}

/** What {@link temporaryFileStore} gives: a store that tests can reset, in a folder that goes with it. */
export class TemporaryFileStore extends ResettableCounterStore {
  /** The folder. A `FileSequenceStore` on it is another process, as far as the counters go. */
  readonly path: string;

  /** @internal */
  constructor(path: string) {
    super(new TemporaryFileCounters(path));
    this.path = path;
  }
}

class TemporaryFileCounters extends FileCounters {
  readonly #path: string;

  constructor(path: string) {
    super(path);
    this.#path = path;
  }

  override async close(): Promise<void> {
    await super.close();
    await rm(this.#path, { recursive: true, force: true });
  }
}
