import { randomUUID } from 'node:crypto';
import { Observable, type Subscriber } from 'rxjs';
import type { AbortListeners } from '../common/abort.js';
import { assertInteger, assertKnownKeys, MAX_COUNT } from '../common/arguments.js';
import { macrotask } from '../common/clock.js';
import { resolved } from '../common/resolved.js';
import { assertNoPromise } from '../common/synchronous.js';
import type { CounterState } from '../store/sequence-store.js';
import type { BlockAllocator } from './block-allocator.js';
import type { BlockCache } from './block-cache.js';
import { assertCallOptions, type CallOptions } from './call-options.js';
import { MAX_ENSURED } from './ensured-ids.js';
import type { Pace } from './pace.js';
import type { SequenceCore } from './sequence-core.js';

/** Ids a stream delivers before it waits one macrotask, so that timers and answers get their turn. */
const STREAM_CHUNK = 10_000;

/** Makes of an id what callers get: a string, an object, anything. Runs after the id is taken, outside any lock. */
export type Transform<T> = (id: number) => T;

/** What an operator sees of a sequence. */
export interface SequenceState {
  name: string;
  /** The highest id claimed by anybody; the next claim of any process lies above. */
  last: number;
  /** The life of the counter; changed by {@link Sequence.fence}. Undefined: a counter that has none. */
  epoch: string | undefined;
  /** The history stamp. Undefined on Elasticsearch: a fresh process cannot notice a restore; {@link Sequence.fence} stamps it. */
  history: string | undefined;
  /** Ids in the memory of this process. */
  cached: number;
  /** Callers of this process waiting for ids. */
  waiting: number;
}

export interface FenceOptions extends CallOptions {
  /** How far to jump past every value known. Must exceed all that was handed out since the copy was taken. Default: 1e9. */
  jump?: number | undefined;
  /** An id known to be in use, for example the highest in your tables. Default: none. */
  above?: number | undefined;
  /**
   * Exactly the value to go to, for numbers that must not jump: all further ids lie above it. Refused with `REJECTED`
   * where ids above it are known to be in use. `jump` and `above` beside it are an error. Default: none.
   */
  to?: number | undefined;
}

/** Where a handle finds what serves its name now: a reset puts another core in its place. */
export interface CoreSource {
  readonly abortListeners: AbortListeners;
  readonly surroundings: { readonly pace: Pace };
  core(name: string): SequenceCore;
}

/**
 * A handle on a named counter. All handles of one name share the cached ids; each has its own transform. In one
 * process ids strictly ascend, and callers are served first come, first served.
 *
 * @example
 * const orders = sequences.get('orders');
 * await orders.next();        // 1
 * await orders.take(3);       // [2, 3, 4]
 */
export class Sequence<T = number> {
  readonly name: string;
  readonly #source: CoreSource;
  /** A direct pointer: looking it up would cost half of `tryNext()`. A retired one is replaced where it says so. */
  #allocator: BlockAllocator;
  /**
   * The allocator's: going through it would cost a quarter of `tryNext()`. The run of a retired allocator's cache is
   * closed, so a handle that still has it asks the allocator.
   */
  #cache: BlockCache;
  readonly #pace: Pace;
  readonly #transform: Transform<T> | undefined;

  /** @internal Use `SequenceService.get` or `@InjectSequence`. */
  constructor(source: CoreSource, name: string, transform?: Transform<T>) {
    this.name = name;
    this.#source = source;
    this.#pace = source.surroundings.pace;
    this.#allocator = source.core(name).allocator;
    this.#cache = this.#allocator.cache;
    this.#transform = transform && synchronous(transform);
  }

  /**
   * The next id. While ids are cached this costs little more than `await` itself; else it waits for a claim.
   *
   * @throws SequenceError `TIMEOUT` after `timeout` milliseconds without progress, `TOO_MANY_WAITERS`, `CLOSED`, or
   * what the store said; the signal's reason if it aborts. A throwing transform costs its id and nothing else.
   */
  next(options?: CallOptions): Promise<T> {
    const cache = this.#cache;
    const pace = this.#pace;
    const isCached = cache.last < cache.limit && this.#transform === undefined;
    if (isCached && options === undefined && pace.answersLeft > 0) {
      pace.answersLeft--;
      return resolved(++cache.last) as Promise<T>;
    }
    return this.#nextElse(options);
  }

  /**
   * The next id at once, or undefined: nothing is cached now (a claim is under way), or callers are waiting.
   *
   * @throws SequenceError A verdict that a claim in the background reached, once; `CLOSED`.
   */
  tryNext(): T | undefined {
    const cache = this.#cache;
    const isCached = cache.last < cache.limit && this.#transform === undefined;
    return isCached ? (++cache.last as T) : this.#tryNextElse();
  }

  /**
   * `count` ids (0 to 1,000,000) at once: ascending, not necessarily contiguous, all or none. One place in the line;
   * what is missing comes in one claim.
   *
   * @throws SequenceError as {@link next}; TypeError or RangeError for a bad count.
   */
  take(count: number, options?: CallOptions): Promise<T[]> {
    try {
      assertInteger('count', count, 0, MAX_COUNT);
    } catch (error) {
      return Promise.reject(error);
    }
    if (count === 0) return this.#takeNone(options);
    const transform = this.#transform;
    const ids =
      this.#allocator.take(count, options) ?? (this.#renewed().take(count, options) as Promise<number[]>);
    return transform === undefined
      ? (ids as Promise<unknown> as Promise<T[]>)
      : ids.then((values) => values.map((id) => transform(id)));
  }

  /**
   * `count` ids (0 to 2^53 - 1) as a cold Observable: each subscription draws its own. Unsubscribing loses none;
   * only an id that is being delivered meanwhile may become a gap. There is no endless form: `zip` with an endless one
   * draws far more ids than it uses.
   *
   * @example
   * from(orders).pipe(zipWith(sequence.stream(orders.length)))
   */
  stream(count: number, options?: CallOptions): Observable<T> {
    assertInteger('count', count, 0, Number.MAX_SAFE_INTEGER);
    if (options !== undefined) assertCallOptions(options);
    return new Observable<T>((subscriber) => {
      const over = new AbortController();
      const { signal } = options ?? {};
      // Not AbortSignal.any: on Node 20 it leaves an entry in a signal that lives long for every call.
      const release = signal && this.#source.abortListeners.add(signal, () => over.abort(signal.reason));
      if (signal?.aborted) over.abort(signal.reason);
      this.#drawInto(subscriber, count, { ...options, signal: over.signal }).catch((error: unknown) =>
        subscriber.error(error),
      );
      return () => {
        release?.();
        over.abort();
      };
    });
  }

  /** In chunks of what is cached. An id is drawn when it is delivered, so an unsubscriber leaves the rest cached. */
  async #drawInto(subscriber: Subscriber<T>, count: number, options: CallOptions): Promise<void> {
    for (let left = count; left > 0 && !subscriber.closed;) {
      options.signal?.throwIfAborted();
      for (let chunk = Math.min(left, STREAM_CHUNK); chunk > 0 && !subscriber.closed; chunk--) {
        if (options.signal?.aborted) break;
        const id = this.#tryNextUntransformed();
        if (id === undefined) {
          subscriber.next(await this.next(options));
          left--;
          break;
        }
        subscriber.next(this.#transform === undefined ? (id as T) : this.#transform(id));
        left--;
      }
      await macrotask();
    }
    subscriber.complete();
  }

  /** One id a step, without end; leaving the loop loses none. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, never, undefined> {
    for (;;) yield await this.next();
  }

  /** Looks at the stored counter without consuming anything. Undefined: there is no such counter. */
  async inspect(options?: CallOptions): Promise<SequenceState | undefined> {
    const state = await this.#source.core(this.name).inspect(options);
    return state && this.#seen(state);
  }

  /**
   * Raises the counter to at least `id`, for rows imported with ids of their own: ids drawn later lie above. Atomic,
   * never lowers; 0 creates the counter without drawing. At most 2^53 - 1 - 1,000,000.
   *
   * It protects ids above the value `last` had before the call. Ids at or below that may be in use, or cached by any
   * process, also one that was idle for hours: import such rows before the first draw, or with all other processes
   * stopped.
   *
   * @throws SequenceError as {@link next}; TypeError or RangeError for a bad id.
   */
  async ensureAtLeast(id: number, options?: CallOptions): Promise<void> {
    assertInteger('id', id, 0, MAX_ENSURED);
    await this.#source.core(this.name).ensureAtLeast(id, options);
  }

  /**
   * The repair by an operator, after a counter was restored or reindexed and `VANISHED`, `IDENTITY_CHANGED` or
   * `REGRESSED` stopped its processes: jumps past every value known, under a new epoch. Processes that run drop their
   * cached ids and go on by themselves, unless the counter was created anew: those that knew the old one have to be
   * restarted. A call that ended without an answer may have jumped; repeated, it jumps again.
   *
   * @throws SequenceError `MISSING` if there is nothing to fence, `EXHAUSTED` past 2^53 - 1, `REJECTED` for a `to` below
   * a value that is known to be in use (nothing is written then). TypeError for `to` beside `jump` or `above`.
   * @example
   * await sequences.get('orders').fence({ above: await highestOrderId() });
   */
  async fence(options: FenceOptions = {}): Promise<SequenceState> {
    assertKnownKeys('the fence options', options, ['jump', 'above', 'to', 'signal', 'timeout']);
    const { jump = 1e9, above, to, ...callOptions } = options;
    assertInteger('jump', jump, 0, Number.MAX_SAFE_INTEGER);
    if (to !== undefined) {
      assertInteger('to', to, 0, Number.MAX_SAFE_INTEGER);
      if (above !== undefined || options.jump !== undefined) {
        throw new TypeError('Expected neither jump nor above beside to, which is exact');
      }
    }
    if (above !== undefined) assertInteger('above', above, 0, Number.MAX_SAFE_INTEGER);
    const decision = to === undefined ? { jump, above, epoch: randomUUID() } : { to, epoch: randomUUID() };
    return this.#seen(await this.#source.core(this.name).fence(decision, callOptions));
  }

  #seen({ last, epoch, history }: CounterState): SequenceState {
    const { cached, waiting } = this.#source.core(this.name).allocator;
    return { name: this.name, last, epoch, history, cached, waiting };
  }

  /** Nothing is drawn, but bad options and a closed sequence are errors as for any other count. */
  async #takeNone(options: CallOptions | undefined): Promise<T[]> {
    if (options !== undefined) assertCallOptions(options);
    options?.signal?.throwIfAborted();
    this.#renewed().assertOpen();
    return [];
  }

  #renewed(): BlockAllocator {
    this.#allocator = this.#source.core(this.name).allocator;
    this.#cache = this.#allocator.cache;
    return this.#allocator;
  }

  #nextElse(options: CallOptions | undefined): Promise<T> {
    const transform = this.#transform;
    const id = this.#allocator.next(options) ?? (this.#renewed().next(options) as Promise<number>);
    return transform === undefined ? (id as Promise<T>) : id.then(transform);
  }

  #tryNextElse(): T | undefined {
    const transform = this.#transform;
    const id = this.#tryNextUntransformed();
    return transform === undefined || id === undefined ? (id as T | undefined) : transform(id);
  }

  #tryNextUntransformed(): number | undefined {
    return this.#allocator.tryNext() ?? (this.#allocator.isRetired ? this.#renewed().tryNext() : undefined);
  }
}

function synchronous<T>(transform: Transform<T>): Transform<T> {
  return (id) => assertNoPromise(transform(id), `the transform to return a value for id ${id}`);
}
