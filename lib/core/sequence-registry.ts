import { isDeepStrictEqual } from 'node:util';
import { assertName, show } from '../common/arguments.js';
import { BlockAllocator } from './block-allocator.js';
import { assertBlockSize, BlockSize, type BlockSizeOption } from './block-size.js';
import { MAX_TIMEOUT } from './call-options.js';
import { Claimer } from './checked-store.js';
import { type Clock, systemClock } from '../common/clock.js';
import { closedError } from './attempts.js';
import { SequenceError } from '../common/sequence-error.js';
import type { SequenceStore } from '../store/sequence-store.js';
import { assertDefinition, type CoreOptions, type SequenceDefinition } from './core-options.js';
import { Sequence, type SequenceCore, type Transform } from './sequence.js';

interface Entry extends SequenceCore {
  readonly blockSize: BlockSize;
}

/** The sequences of one application over one store: each name once, however many handles. Knows no Nest. */
export class SequenceRegistry {
  readonly #entries = new Map<string, Entry>();
  readonly #definitions = new Map<string, SequenceDefinition>();
  readonly #startingAnew = new Set<Promise<void>>();
  #closing: Promise<void> | undefined;
  #prefetches = true;

  constructor(
    readonly store: SequenceStore,
    private readonly options: CoreOptions,
    private readonly clock: Clock = systemClock,
  ) {}

  /** Two definitions of one name may not disagree: which of them held would depend on the order of start-up. */
  define(name: string, definition: SequenceDefinition): void {
    assertName(name);
    assertDefinition(`the definition of sequence "${name}"`, definition);
    const known = this.#definition(name);
    for (const key of ['start', 'blockSize'] as const) {
      const [one, other] = [known[key], definition[key]];
      if (one !== undefined && other !== undefined && !isDeepStrictEqual(one, other)) {
        throw new TypeError(
          `Sequence "${name}" is defined twice with different ${key}: ${JSON.stringify(known)} and ${JSON.stringify(definition)}. ` +
            'Keep one definition, or make them agree.',
        );
      }
    }
    const merged = {
      start: known.start ?? definition.start,
      blockSize: known.blockSize ?? definition.blockSize,
    };
    this.#definitions.set(name, merged);
    if (definition.blockSize !== undefined) this.#entries.get(name)?.blockSize.resize(definition.blockSize);
  }

  get<T = number>(name: string, transform?: Transform<T>, blockSize?: BlockSizeOption): Sequence<T> {
    if (transform !== undefined && typeof transform !== 'function') {
      throw new TypeError(
        `Expected transform of sequence ${show(name)} to be a function, got ${show(transform)}`,
      );
    }
    if (blockSize !== undefined) assertBlockSize(blockSize);
    const entry = this.entry(name);
    if (blockSize !== undefined) entry.blockSize.resize(blockSize);
    return new Sequence<T>(entry, transform);
  }

  entry(name: string): Entry {
    return this.#entries.get(name) ?? this.#create(name);
  }

  get names(): Iterable<string> {
    return this.#entries.keys();
  }

  /** Verifies the store before the first claim, as far as it can be. */
  async open(): Promise<void> {
    const { timeout } = this.options;
    const controller = new AbortController();
    let cancel: () => void = () => {};
    const silence = new Promise<never>((_, reject) => {
      cancel = this.clock.after(timeout, () => {
        const error = new SequenceError('UNAVAILABLE', `The store gave no answer within ${timeout} ms.`);
        // Before the abort: what the store makes of that does not hide the reason.
        reject(error);
        controller.abort(error);
      });
    });
    try {
      await Promise.race([this.store.open?.(controller.signal), silence]);
    } finally {
      cancel();
    }
  }

  /** Also for names that are first used from now on. */
  stopPrefetching(): void {
    this.#prefetches = false;
    for (const { allocator } of this.#entries.values()) allocator.stopPrefetching();
  }

  /**
   * Tests only: runs `action`, which removes the counter of `name` or all counters, once the calls made before have
   * settled. Calls made after it wait, also those of names that were never used. What removes counters is not known here.
   */
  async startAnew(action: () => Promise<void>, name?: string): Promise<void> {
    if (this.#closing !== undefined) throw closedError(name ?? '*');
    const entries = name === undefined ? [...this.#entries.values()] : [this.entry(name)];
    let waiting = entries.length;
    let start: () => void = () => {};
    const done = new Promise<void>((resolve) => {
      start = () => resolve((async () => action())());
    });
    const turns = entries.map(({ allocator }) =>
      allocator.startAnew(() => {
        if (--waiting === 0) start();
        return done;
      }),
    );
    if (entries.length === 0) start();
    if (name === undefined) this.#startingAnew.add(done);
    // The timers of an attempt nobody waits for are unref'd: under node:test the process would end here.
    const release = this.clock.after(MAX_TIMEOUT, () => {});
    try {
      await Promise.all([done, ...turns]);
    } finally {
      release();
      this.#startingAnew.delete(done);
    }
  }

  /** Refuses new calls, serves waiters within `closeTimeout`, then closes the store: once. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { closeTimeout } = this.options;
    await Promise.all([...this.#entries.values()].map(({ allocator }) => allocator.close(closeTimeout)));
    await this.store.close?.();
  }

  #create(name: string): Entry {
    assertName(name);
    if (this.#closing !== undefined) throw closedError(name);
    const { options, clock, store } = this;
    if (this.#entries.size >= options.maxSequences) {
      throw new SequenceError(
        'TOO_MANY_SEQUENCES',
        `Sequence "${name}": this process uses ${this.#entries.size} sequences already (maxSequences). No id was taken; ` +
          'raise the limit, or check where the names come from.',
        { sequence: name },
      );
    }
    const { timeout, maxWaiters, floor } = options;
    const start = () => this.#definition(name).start ?? 1;
    const claimer = new Claimer({ name, store, start, floor, timeout, maxWaiters, clock });
    const blockSize = new BlockSize(this.#definition(name).blockSize ?? options.blockSize, options, clock);
    const allocator = new BlockAllocator({ name, claimer, blockSize, timeout, maxWaiters, clock });
    const entry = { name, claimer, blockSize, allocator };
    if (!this.#prefetches) allocator.stopPrefetching();
    this.#entries.set(name, entry);
    for (const done of this.#startingAnew) allocator.startAnew(() => done).catch(() => {});
    return entry;
  }

  #definition(name: string): SequenceDefinition {
    return this.#definitions.get(name) ?? this.options.definition(name);
  }
}
