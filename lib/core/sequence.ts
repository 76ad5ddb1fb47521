import { randomUUID } from 'node:crypto';
import { Observable, type Subscriber } from 'rxjs';
import { assertInteger, assertKnownKeys, MAX_COUNT } from '../common/arguments.js';
import type { BlockAllocator } from './block-allocator.js';
import { assertCallOptions, type CallOptions } from './call-options.js';
import { type Claimer, MAX_ENSURED } from './checked-store.js';
import { systemClock } from '../common/clock.js';

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
}

/** Everything the handles of one name share. */
export interface SequenceCore {
  readonly name: string;
  readonly allocator: BlockAllocator;
  readonly claimer: Claimer;
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
  readonly #allocator: BlockAllocator;
  readonly #claimer: Claimer;
  readonly #transform: Transform<T> | undefined;

  /** @internal Use `SequenceService.get` or `@InjectSequence`. */
  constructor(core: SequenceCore, transform?: Transform<T>) {
    this.name = core.name;
    this.#allocator = core.allocator;
    this.#claimer = core.claimer;
    this.#transform = transform;
  }

  /**
   * The next id. Costs what `await` costs while ids are cached; else waits for a claim.
   *
   * @throws SequenceError `TIMEOUT` after `timeout` milliseconds without progress, `TOO_MANY_WAITERS`, `CLOSED`, or
   * what the store said; the signal's reason if it aborts. A throwing transform costs its id and nothing else.
   */
  next(options?: CallOptions): Promise<T> {
    const transform = this.#transform;
    const id = this.#allocator.next(options);
    return transform === undefined ? (id as Promise<T>) : id.then((value) => transform(value));
  }

  /**
   * The next id at once, or undefined: nothing is cached now (a claim is under way), or callers are waiting.
   *
   * @throws SequenceError A verdict that a claim in the background reached, once; `CLOSED`.
   */
  tryNext(): T | undefined {
    const id = this.#allocator.tryNext();
    const transform = this.#transform;
    return transform === undefined || id === undefined ? (id as T | undefined) : transform(id);
  }

  /**
   * `count` ids (1 to 1,000,000) at once: ascending, not necessarily contiguous, all or none. One place in the line;
   * what is missing comes in one claim.
   *
   * @throws SequenceError as {@link next}; TypeError or RangeError for a bad count.
   */
  take(count: number, options?: CallOptions): Promise<T[]> {
    try {
      assertInteger('count', count, 1, MAX_COUNT);
    } catch (error) {
      return Promise.reject(error);
    }
    const transform = this.#transform;
    const ids = this.#allocator.take(count, options);
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
      const unsubscribed = new AbortController();
      const signals = options?.signal === undefined ? [] : [options.signal];
      const signal = AbortSignal.any([unsubscribed.signal, ...signals]);
      this.#drawInto(subscriber, count, { ...options, signal }).catch((error: unknown) =>
        subscriber.error(error),
      );
      return () => unsubscribed.abort();
    });
  }

  /** In chunks of what is cached. An id is drawn when it is delivered, so an unsubscriber leaves the rest cached. */
  async #drawInto(subscriber: Subscriber<T>, count: number, options: CallOptions): Promise<void> {
    for (let left = count; left > 0 && !subscriber.closed;) {
      options.signal?.throwIfAborted();
      for (let chunk = Math.min(left, STREAM_CHUNK); chunk > 0 && !subscriber.closed; chunk--) {
        if (options.signal?.aborted) break;
        const id = this.#allocator.tryNext();
        if (id === undefined) {
          subscriber.next(await this.next(options));
          left--;
          break;
        }
        subscriber.next(this.#transform === undefined ? (id as T) : this.#transform(id));
        left--;
      }
      await new Promise<void>((resolve) => systemClock.soon(resolve));
    }
    subscriber.complete();
  }

  /** One id a step, without end; leaving the loop loses none. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, never, undefined> {
    for (;;) yield await this.next();
  }

  /** Looks at the stored counter without consuming anything. Undefined: there is no such counter. */
  async inspect(options?: CallOptions): Promise<SequenceState | undefined> {
    const { startingAnew } = this.#allocator;
    // Not awaited for nothing: a reset called meanwhile would not see this call.
    if (startingAnew !== undefined) await startingAnew;
    const state = await this.#claimer.inspect(options);
    if (state === undefined) return undefined;
    const { cached, waiting } = this.#allocator;
    return { name: this.name, last: state.last, epoch: state.epoch, history: state.history, cached, waiting };
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
    await this.#allocator.ensureAtLeast(id, options);
  }

  /**
   * The repair by an operator, after a counter was restored or reindexed and `VANISHED`, `IDENTITY_CHANGED` or
   * `REGRESSED` stopped its processes: jumps past every value known, under a new epoch. Processes that run drop their
   * cached ids and go on by themselves, unless the counter was created anew: those that knew the old one have to be
   * restarted. A call that ended without an answer may have jumped; repeated, it jumps again.
   *
   * @throws SequenceError `MISSING` if there is nothing to fence, `EXHAUSTED` past 2^53 - 1 (nothing is written then).
   * @example
   * await sequences.get('orders').fence({ above: await highestOrderId() });
   */
  async fence(options: FenceOptions = {}): Promise<SequenceState> {
    assertKnownKeys('the fence options', options, ['jump', 'above', 'signal', 'timeout']);
    const { jump = 1e9, above, ...callOptions } = options;
    assertInteger('jump', jump, 0, Number.MAX_SAFE_INTEGER);
    if (above !== undefined) assertInteger('above', above, 0, Number.MAX_SAFE_INTEGER);
    const { startingAnew } = this.#allocator;
    // Not awaited for nothing: a reset called meanwhile would not see this call.
    if (startingAnew !== undefined) await startingAnew;
    const { last, epoch, history } = await this.#claimer.fence(
      { jump, above, epoch: randomUUID() },
      callOptions,
      (error) => {
        if (error.dropsCache) this.#allocator.drop();
      },
    );
    this.#allocator.drop();
    const { cached, waiting } = this.#allocator;
    return { name: this.name, last, epoch, history, cached, waiting };
  }
}
