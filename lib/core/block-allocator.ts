import { BlockCache } from './block-cache.js';
import type { BlockSize } from './block-size.js';
import { assertCallOptions, type CallOptions } from './call-options.js';
import type { Claimer } from './checked-store.js';
import type { Clock } from '../common/clock.js';
import { Refill } from './refill.js';
import { closedError } from './attempts.js';
import { WaitingLine } from './waiting-line.js';

/** After this many immediate answers a caller waits one macrotask, so that timers and answers get their turn. */
const IMMEDIATE_ANSWERS = 10_000;
/** Least length of a run of the {@link BlockCache}. */
const SHORTEST_RUN = 16;

export interface BlockAllocatorOptions {
  name: string;
  claimer: Claimer;
  blockSize: BlockSize;
  /** Milliseconds a caller waits without progress. */
  timeout: number;
  maxWaiters: number;
  clock: Clock;
}

/**
 * Hands out the ids of one sequence from claimed blocks. Invariants:
 * - Ids strictly ascend and each leaves once: see {@link BlockCache}.
 * - First come, first served: while anybody waits the cache's run is closed, so nobody overtakes.
 * - At most one claim is in flight: see {@link Refill}.
 */
export class BlockAllocator {
  readonly #cache = new BlockCache();
  #immediate = 0;
  /** Ids asked for, other than through the run, that the rate does not count yet. */
  #uncounted = 0;
  readonly #line: WaitingLine;
  readonly #options: BlockAllocatorOptions;
  readonly #refill: Refill;
  #breathing = false;
  #closed = false;
  /** Tests only: never rejects, so that those who wait for it need no care. */
  #startingAnew: Promise<void> | undefined;

  constructor(options: BlockAllocatorOptions) {
    this.#options = options;
    const { name, claimer, blockSize, timeout, maxWaiters, clock } = options;
    // Not `...options`: V8 gives each object made by spreading a hidden class of its own, 700 bytes per sequence.
    this.#line = new WaitingLine({
      name,
      maxWaiters,
      timeout,
      clock,
      timedOut: (after) => claimer.retry.timedOut(after),
      moved: () => this.#serve(),
    });
    this.#refill = new Refill({
      name,
      claimer,
      blockSize,
      timeout,
      clock,
      cache: this.#cache,
      line: this.#line,
      serve: () => this.#serve(),
    });
  }

  /** Ids in memory. */
  get cached(): number {
    return this.#cache.size;
  }

  get waiting(): number {
    return this.#line.size;
  }

  tryNext(): number | undefined {
    const cache = this.#cache;
    return cache.last < cache.limit ? ++cache.last : this.#tryNextSlowly();
  }

  next(options?: CallOptions): Promise<number> {
    const cache = this.#cache;
    if (cache.last < cache.limit && options === undefined && this.#immediate < IMMEDIATE_ANSWERS) {
      this.#immediate++;
      return Promise.resolve(++cache.last);
    }
    return this.#nextSlowly(options);
  }

  take(count: number, options?: CallOptions): Promise<number[]> {
    const cache = this.#cache;
    if (cache.limit - cache.last >= count && options === undefined && this.#immediate < IMMEDIATE_ANSWERS) {
      this.#immediate++;
      const ids = new Array<number>(count);
      let id = cache.last;
      for (let index = 0; index < count; index++) ids[index] = ++id;
      cache.last = id;
      return Promise.resolve(ids);
    }
    return this.#takeSlowly(count, options);
  }

  /** Ids at or below `id` are dropped before the first request, and from answers that arrive while it runs. */
  async ensureAtLeast(id: number, options?: CallOptions): Promise<void> {
    if (options !== undefined) assertCallOptions(options);
    options?.signal?.throwIfAborted();
    const ensure = () => this.#refill.ensureAtLeast(id, options);
    if (this.#startingAnew === undefined) return ensure();
    const ensured = this.#line.hold(ensure);
    this.#serve();
    return ensured;
  }

  /** Forgets the cached ids: they become gaps. */
  drop(): void {
    this.#cache.clear();
  }

  /**
   * Tests only: runs `action` once all calls made before have settled. Those made after it wait, and then find an
   * allocator that never handed out an id.
   */
  startAnew(action: () => Promise<void>): Promise<void> {
    const over = this.#line.hold(async () => {
      await this.#options.claimer.calls.settled();
      await this.#refill.pause(async () => {
        await action();
        this.#forget();
      });
    });
    const settled = over.then(
      () => {},
      () => {},
    );
    this.#startingAnew = settled;
    void settled.then(() => {
      if (this.#startingAnew === settled) this.#startingAnew = undefined;
    });
    this.#serve();
    return over;
  }

  /** Tests only: what does not stand in the line waits here until the counter has started anew. */
  get startingAnew(): Promise<void> | undefined {
    return this.#startingAnew;
  }

  stopPrefetching(): void {
    this.#refill.prefetches = false;
  }

  /** Refuses new calls, serves those under way for up to `grace` milliseconds, rejects the rest. */
  async close(grace: number): Promise<void> {
    const { claimer, clock } = this.#options;
    this.stopPrefetching();
    claimer.calls.close();
    this.#closed = true;
    this.#serve();
    let cancel: () => void = () => {};
    await Promise.race([
      Promise.all([this.#line.empty(), claimer.calls.settled()]),
      new Promise<void>((resolve) => (cancel = clock.after(grace, resolve))),
    ]);
    cancel();
    claimer.retry.close();
    while (this.#line.head !== undefined) this.#line.head.reject(closedError(this.#options.name));
    this.#cache.clear();
  }

  #tryNextSlowly(): number | undefined {
    this.#assertOpen();
    if (this.#line.size > 0) return undefined;
    if (this.#openRun()) return ++this.#cache.last;
    this.#refill.throwVerdict();
    this.#refill.ask();
    return undefined;
  }

  // Methods of their own: a closure in the fast path would cost every call the context it captures.
  #nextSlowly(options: CallOptions | undefined): Promise<number> {
    return this.#draw(1, () => this.#cache.takeOne(), options);
  }

  #takeSlowly(count: number, options: CallOptions | undefined): Promise<number[]> {
    return this.#draw(count, () => this.#cache.takeMany(count), options);
  }

  #draw<Result>(need: number, take: () => Result, options?: CallOptions): Promise<Result> {
    try {
      if (options !== undefined) {
        assertCallOptions(options);
        options.signal?.throwIfAborted();
      }
      this.#assertOpen();
      const breathes = this.#immediate >= IMMEDIATE_ANSWERS;
      if (this.#line.size === 0 && this.cached >= need && !breathes) {
        this.#immediate++;
        this.#uncounted += need;
        this.#cache.closeRun();
        const result = take();
        this.#openRun();
        return Promise.resolve(result);
      }
      if (this.cached < need) this.#refill.throwVerdict();
      const served = this.#line.wait(need, take, options);
      this.#uncounted += need;
      if (breathes) this.#breathe();
      else this.#serve();
      return served;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #breathe(): void {
    this.#cache.closeRun();
    if (this.#breathing) return;
    this.#breathing = true;
    this.#options.clock.soon(() => {
      this.#breathing = false;
      this.#immediate = 0;
      this.#serve();
    });
  }

  /** Serves whoever the cache can serve, in order, and sees to it that the rest will be served. */
  #serve(): void {
    if (this.#breathing) return;
    this.#measure();
    for (let head = this.#line.head; head !== undefined; head = this.#line.head) {
      if (head.holdsLine) {
        if (this.#refill.idle) head.serve();
        return;
      }
      if (this.#cache.size < head.need) break;
      head.serve();
    }
    if (this.#line.size > 0 || this.#refill.isLow(this.#cache.size)) this.#refill.start();
  }

  /**
   * Opens the next run to the fast path: an eighth of the cache, so that the rate is measured while it drains, and not
   * past the low-water mark. False: nothing is cached.
   */
  #openRun(): boolean {
    this.#measure();
    const cached = this.#cache.size;
    if (cached === 0) return false;
    if (this.#refill.isLow(cached - 1)) this.#refill.start();
    const aboveLow = cached - this.#options.blockSize.lowWater();
    const length = Math.max(SHORTEST_RUN, Math.floor(cached / 8));
    this.#cache.openRun(aboveLow > 0 ? Math.min(length, aboveLow) : length);
    return true;
  }

  #measure(): void {
    this.#cache.closeRun();
    this.#options.blockSize.drew(this.#uncounted + this.#cache.countDrawn());
    this.#uncounted = 0;
  }

  #assertOpen(): void {
    if (this.#closed) throw closedError(this.#options.name);
  }

  #forget(): void {
    this.#cache.startAnew();
    this.#refill.forget();
    this.#immediate = this.#uncounted = 0;
  }
}
