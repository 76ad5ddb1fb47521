import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Counter } from '../../store/counter.js';
import type { Counters } from '../../store/counter-store.js';
import type { LmdbCounters } from '../../store/lmdb/lmdb-counters.js';
import { ResettableCounterStore } from '../resettable-store.js';
import { SequenceError } from '../../common/sequence-error.js';

/**
 * Counters in a folder of their own below the system's folder for temporary files, created at first use and removed on
 * close. For tests: they can be reset. Needs the package `lmdb`; without it every call is `REJECTED`.
 *
 * @example
 * SequenceTestingModule.forRoot({ store: temporaryLmdbStore() })
 */
export function temporaryLmdbStore(): TemporaryLmdbStore {
  return new TemporaryLmdbStore(join(tmpdir(), `essequence-${randomUUID()}`));
}

/** What {@link temporaryLmdbStore} gives: a store that tests can reset, in a folder that goes with it. */
export class TemporaryLmdbStore extends ResettableCounterStore {
  /** The folder. An `LmdbSequenceStore` on it is another process, as far as the counters go; close it first. */
  readonly path: string;

  /** @internal */
  constructor(path: string) {
    super(new TemporaryLmdbCounters(path));
    this.path = path;
  }
}

/** Loads `lmdb` at first use, so that the testing entry can be imported without it. */
class TemporaryLmdbCounters implements Counters {
  readonly #path: string;
  #loaded: Promise<LmdbCounters> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async read(name: string): Promise<Counter | undefined> {
    return (await this.#load(name)).read(name);
  }

  async change(...[name, next, options]: Parameters<Counters['change']>): Promise<Counter> {
    return (await this.#load(name)).change(name, next, options);
  }

  async remove(name: string | undefined): Promise<void> {
    await (await this.#loaded?.catch(() => undefined))?.remove(name);
  }

  async close(): Promise<void> {
    const loaded = this.#loaded;
    this.#loaded = undefined;
    await (await loaded?.catch(() => undefined))?.close();
    await rm(this.#path, { recursive: true, force: true });
  }

  #load(name: string): Promise<LmdbCounters> {
    this.#loaded ??= import('../../store/lmdb/lmdb-counters.js').then(
      ({ LmdbCounters }) => new LmdbCounters(this.#path),
      (cause: unknown) => {
        throw new SequenceError(
          'REJECTED',
          `Sequence "${name}": temporaryLmdbStore() needs the package lmdb. Install it: npm install --save-dev lmdb.`,
          { sequence: name, cause },
        );
      },
    );
    return this.#loaded;
  }
}
