import { resolved } from '../common/resolved.js';
import type { BlockCache } from './block-cache.js';
import type { BlockSize } from './block-size.js';
import { assertCallOptions, type CallOptions } from './call-options.js';
import { closedError } from './core-errors.js';
import { answersFor, type Pace } from './pace.js';
import type { Refill } from './refill.js';
import type { WaitingLine } from './waiting-line.js';

/** Least length of a run of the {@link BlockCache}. */
const SHORTEST_RUN = 16;

export interface BlockAllocatorOptions {
  name: string;
  pace: Pace;
  cache: BlockCache;
  line: WaitingLine;
  blockSize: BlockSize;
  refill: Refill;
}

/**
 * Hands out the ids of one sequence from claimed blocks. Invariants:
 * - Ids strictly ascend and each leaves once: see {@link BlockCache}.
 * - First come, first served: while anybody waits the cache's run is closed, so nobody overtakes.
 * - At most one claim is in flight: see {@link Refill}.
 * - A retired allocator gives nothing to new calls: they get undefined, and ask its successor. Its run stays closed, so
 *   the fast path never sees that it is retired.
 */
export class BlockAllocator {
  /** For the handles, which draw from its run without asking. */
  readonly cache: BlockCache;
  readonly #pace: Pace;
  readonly #line: WaitingLine;
  readonly #refill: Refill;
  readonly #name: string;
  readonly #blockSize: BlockSize;
  /** Ids drawn on the slow path since the rate was last measured. */
  #drawnSlowly = 0;
  #closed = false;
  #retired = false;

  constructor(options: BlockAllocatorOptions) {
    this.#name = options.name;
    this.#blockSize = options.blockSize;
    this.cache = options.cache;
    this.#pace = options.pace;
    this.#line = options.line;
    this.#refill = options.refill;
  }

  /** Ids in memory. */
  get cached(): number {
    return this.cache.size;
  }

  get waiting(): number {
    return this.#line.size;
  }

  /** Ids that were drawn, or are being waited for, since the rate was last measured. */
  get uncounted(): number {
    return this.#drawnSlowly + this.cache.drawn;
  }

  /** Whether a successor serves new calls. */
  get isRetired(): boolean {
    return this.#retired;
  }

  /** Undefined: nothing is cached, callers are waiting, or it is retired. */
  tryNext(): number | undefined {
    const cache = this.cache;
    return cache.last < cache.limit ? ++cache.last : this.#tryNextSlowly();
  }

  /** Undefined: it is retired. */
  next(options?: CallOptions): Promise<number> | undefined {
    const cache = this.cache;
    const pace = this.#pace;
    if (cache.last < cache.limit && options === undefined && pace.answersLeft > 0) {
      pace.answersLeft--;
      return resolved(++cache.last);
    }
    return this.#nextSlowly(options);
  }

  /** Undefined: it is retired. */
  take(count: number, options?: CallOptions): Promise<number[]> | undefined {
    const cache = this.cache;
    const pace = this.#pace;
    const isCached = cache.limit - cache.last >= count;
    if (isCached && options === undefined && pace.answersLeft > 0) {
      pace.answersLeft -= answersFor(count);
      return resolved(cache.takeFromRun(count));
    }
    return this.#takeSlowly(count, options);
  }

  /** Serves those whom the cache can serve, in order, and sees to it that the rest will be served. */
  serve(): void {
    this.#measure();
    if (this.#blockSize.isOnDemand) this.#serveOnDemand();
    else this.#line.serve(({ need }) => this.cache.size >= need);
    if (this.#line.size > 0 || this.#refill.isLow(this.cache.size)) this.#refill.start();
  }

  /** Counts what was drawn. */
  count(): void {
    this.#measure();
  }

  /** New calls are for a successor. Those who wait are served as before. */
  retire(): void {
    this.cache.closeRun();
    this.#retired = true;
    this.serve();
  }

  /** Refuses new calls. Those who wait are served as before. */
  close(): void {
    this.#closed = true;
    this.serve();
  }

  /** What those who were waiting when the claim was sent leave is a gap: nothing stays cached. */
  #serveOnDemand(): void {
    const { lastServed } = this.#refill;
    this.#line.serve(({ need, number }) => number <= lastServed && this.cache.size >= need);
    this.cache.clear();
  }

  #tryNextSlowly(): number | undefined {
    if (this.#retired) return undefined;
    this.assertOpen();
    if (this.#line.size > 0 || this.#blockSize.isOnDemand) return undefined;
    if (this.#openRun()) return ++this.cache.last;
    this.#refill.throwUntold();
    this.#refill.ask();
    return undefined;
  }

  // Methods of their own: a closure in the fast path would cost every call the context it captures.
  #nextSlowly(options: CallOptions | undefined): Promise<number> | undefined {
    return this.#draw(1, () => this.cache.takeOne(), options);
  }

  #takeSlowly(count: number, options: CallOptions | undefined): Promise<number[]> | undefined {
    return this.#draw(count, () => this.cache.takeMany(count), options);
  }

  #draw<Result>(need: number, take: () => Result, options?: CallOptions): Promise<Result> | undefined {
    if (this.#retired) return undefined;
    try {
      if (options !== undefined) {
        assertCallOptions(options);
        options.signal?.throwIfAborted();
      }
      this.assertOpen();
      if (this.#line.size === 0 && this.cached >= need && !this.#blockSize.isOnDemand) {
        this.#drawnSlowly += need;
        this.cache.closeRun();
        const result = take();
        this.#openRun();
        return this.#pace.answer(result, need);
      }
      if (this.cached < need) this.#refill.throwUntold();
      const served = this.#line.wait(need, take, options);
      this.#drawnSlowly += need;
      this.serve();
      return served;
    } catch (error) {
      return this.#pace.refuse(error);
    }
  }

  /**
   * Opens the next run to the fast path: an eighth of the cache, so that the rate is measured while it drains, and not
   * past the low-water mark. False: nothing is cached.
   */
  #openRun(): boolean {
    this.#measure();
    const cached = this.cache.size;
    if (cached === 0) return false;
    if (this.#refill.isLow(cached - 1)) this.#refill.start();
    const aboveLow = cached - this.#blockSize.lowWater();
    const length = Math.max(SHORTEST_RUN, Math.floor(cached / 8));
    this.cache.openRun(aboveLow > 0 ? Math.min(length, aboveLow) : length);
    return true;
  }

  #measure(): void {
    this.cache.closeRun();
    const drawn = this.#drawnSlowly + this.cache.countDrawn();
    this.#blockSize.recordDrawn(drawn);
    if (drawn > 0) this.#refill.figures.ids += drawn;
    this.#drawnSlowly = 0;
  }

  /** @throws SequenceError `CLOSED` during shutdown. */
  assertOpen(): void {
    if (this.#closed) throw closedError(this.#name);
  }
}
