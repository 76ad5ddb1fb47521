import { createHash } from 'node:crypto';
import { SequenceError } from '../../common/sequence-error.js';
import type { Counter } from '../counter.js';
import type { ChangeOptions, Counters } from '../counter-store.js';
import { fileError } from './errors.js';
import { KnownCounters } from './known-counters.js';
import { RootFolder } from './root-folder.js';
import { Shard } from './shard.js';
import type { Wish } from './wishes.js';

/** How many folders the counters are spread over, by name: `00` to `3f`. Part of the format. */
const SHARDS = 64;

/** Counters in files. Those of one shard are claimed together, and wait for no other shard. */
export class FileCounters implements Counters {
  readonly #root: RootFolder;
  readonly #known = new KnownCounters();
  readonly #shards: readonly Shard[];

  constructor(path: string) {
    this.#root = new RootFolder(path);
    this.#shards = Array.from({ length: SHARDS }, (_, index) => {
      const name = index.toString(16).padStart(2, '0');
      return new Shard(name, this.#root, this.#known);
    });
  }

  /** Makes the folder if it is missing, and finds out whether it can be used. */
  async open(): Promise<void> {
    try {
      await this.#root.current(!this.#known.any);
    } catch (error) {
      throw fileError(this.#root.path, error);
    }
  }

  read(name: string): Promise<Counter | undefined> {
    return this.#shardOf(name).read(name);
  }

  async change(
    name: string,
    next: (counter: Counter | undefined, mark: number) => Counter,
    options: ChangeOptions,
  ): Promise<Counter> {
    return (await this.#add({ name, next, ...options }))!;
  }

  /** A race that is lost is run again: nobody waits for this but tests. */
  async remove(name: string | undefined): Promise<void> {
    for (const shard of name === undefined ? this.#shards : [this.#shardOf(name)]) {
      for (const one of await shard.names()) {
        if (name === undefined || one === name) await this.#removeOne(one);
      }
    }
    this.#known.forget(name);
  }

  async close(): Promise<void> {
    for (const shard of this.#shards) await shard.close();
    await this.#root.close();
  }

  async #removeOne(name: string): Promise<void> {
    const { signal } = new AbortController();
    for (;;) {
      try {
        await this.#add({ name, next: () => undefined, fence: true, signal });
        return;
      } catch (error) {
        if (!(error instanceof SequenceError && error.code === 'CONFLICT')) throw error;
      }
    }
  }

  #add(wish: Omit<Wish, 'resolve' | 'reject'>): Promise<Counter | undefined> {
    return new Promise((resolve, reject) => {
      this.#shardOf(wish.name).add({ ...wish, resolve, reject });
    });
  }

  #shardOf(name: string): Shard {
    return this.#shards[createHash('sha256').update(name).digest()[0]! % SHARDS]!;
  }
}
