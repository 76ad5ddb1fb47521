import { createHash } from 'node:crypto';
import { SequenceError } from '../../common/sequence-error.js';
import type { Counter } from '../counter.js';
import {
  type ChangeOptions,
  type Counters,
  isRecordRemoved,
  isRemoved,
  type RecordOptions,
} from '../counter-store.js';
import { fileError } from './errors.js';
import { KnownCounters } from './known-counters.js';
import { RootFolder } from './root-folder.js';
import { Shard } from './shard.js';
import type { CounterWish, RecordWish } from './wishes.js';

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
    return (await this.#change({ name, next, ...options }))!;
  }

  /** In the shard that a counter of this name would be in: the names of series are names like others. */
  async record(
    name: string,
    expected: string | undefined,
    record: string,
    options: RecordOptions,
  ): Promise<string> {
    const nextRecord = (present = expected) => (present === expected ? record : present);
    return (await this.#record({ name, nextRecord, ...options }))!;
  }

  /** A race that is lost is run again: nobody waits for this but tests. */
  async remove(name: string | undefined): Promise<void> {
    const { signal } = new AbortController();
    const isOne = name !== undefined && !name.endsWith('~');
    for (const shard of isOne ? [this.#shardOf(name)] : this.#shards) {
      const { counters, series } = await shard.names();
      for (const one of counters) {
        if (!isRemoved(one, name)) continue;
        await untilWon(() => this.#change({ name: one, next: () => undefined, fence: true, signal }));
        if (name !== undefined) this.#known.forget(one);
      }
      for (const one of series) {
        if (!isRecordRemoved(one, name)) continue;
        await untilWon(() => this.#record({ name: one, nextRecord: () => undefined, signal }));
      }
    }
    this.#known.forget(name);
  }

  async close(): Promise<void> {
    for (const shard of this.#shards) await shard.close();
    await this.#root.close();
  }

  #change(wish: Omit<CounterWish, 'resolve' | 'reject'>): Promise<Counter | undefined> {
    return new Promise((resolve, reject) => {
      this.#shardOf(wish.name).add({ ...wish, resolve, reject });
    });
  }

  #record(wish: Omit<RecordWish, 'resolve' | 'reject'>): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      this.#shardOf(wish.name).add({ ...wish, resolve, reject });
    });
  }

  #shardOf(name: string): Shard {
    return this.#shards[createHash('sha256').update(name).digest()[0]! % SHARDS]!;
  }
}

async function untilWon(attempt: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (!(error instanceof SequenceError && error.code === 'CONFLICT')) throw error;
    }
  }
}
