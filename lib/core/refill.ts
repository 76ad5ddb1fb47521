import type { BlockCache } from './block-cache.js';
import type { BlockSize } from './block-size.js';
import type { CallOptions } from './call-options.js';
import { type Claimer, MAX_ENSURED } from './checked-store.js';
import type { Clock } from '../common/clock.js';
import { diagnostics, type StallMessage } from './diagnostics.js';
import { GaveUp } from './attempts.js';
import type { SequenceError } from '../common/sequence-error.js';
import type { Block } from '../store/sequence-store.js';
import type { WaitingLine } from './waiting-line.js';

/** Ids by which a claim may jump ahead of calls of ensureAtLeast: one far id must not take a counter to its end. */
const LONGEST_LEAD = 10_000;

export interface RefillOptions {
  name: string;
  claimer: Claimer;
  blockSize: BlockSize;
  /** Milliseconds a prefetch is repeated; callers who wait have time-outs of their own. */
  timeout: number;
  clock: Clock;
  cache: BlockCache;
  line: WaitingLine;
  /** Serves whoever waits, after the cache has changed. */
  serve(): void;
}

/**
 * Brings blocks into the cache, and knows what failed claims mean for it. Invariants:
 * - At most one claim is in flight.
 * - While ensureAtLeast calls are under way nothing is prefetched. A claim for those who wait raises the counter to the
 *   highest id being ensured itself, so that its block lies above: calls that overlap without end starve nobody.
 */
export class Refill {
  /** Whether claims are made before anybody waits. */
  prefetches = true;
  readonly #options: RefillOptions;
  /** Somebody who does not wait in line found nothing: that much is claimed though nothing is prefetched. */
  #asked = false;
  #claiming = false;
  #epoch: string | undefined;
  /** A verdict nobody has been told. */
  #verdict: SequenceError | undefined;
  #ensuring = 0;
  /** Ids up to here are ensured: never handed out. */
  #ensured = 0;
  /** The same while `ensureAtLeast` calls are under way; falls back if they fail, else no claim could ever pass it. */
  #ensuredSoon = 0;
  /** How far the next claim jumps ahead of it: twice what the last one, sent meanwhile, was overtaken by. */
  #lead = 0;

  constructor(options: RefillOptions) {
    this.#options = options;
  }

  /** Nothing is under way that would change the cache. */
  get idle(): boolean {
    return !this.#claiming && this.#ensuring === 0;
  }

  /** After a verdict nothing is prefetched until a call has been told: it may hold for long. */
  isLow(cached: number): boolean {
    return this.prefetches && this.#verdict === undefined && cached < this.#options.blockSize.lowWater();
  }

  start(): void {
    const { head } = this.#options.line;
    const heldBack = head === undefined ? this.#ensuring > 0 && !this.#asked : head.holdsLine;
    if (this.#claiming || heldBack) return;
    this.#claiming = true;
    void this.#claim();
  }

  /** One claim for a caller who will come again rather than wait. */
  ask(): void {
    this.#asked = true;
    this.start();
  }

  /** Ids at or below `id` are dropped before the first request, and from answers that arrive while it runs. */
  async ensureAtLeast(id: number, options?: CallOptions): Promise<void> {
    const { cache, claimer, serve } = this.#options;
    claimer.calls.assertRoom();
    cache.dropThrough(id);
    this.#ensuredSoon = Math.max(this.#ensuredSoon, id);
    this.#ensuring++;
    try {
      await claimer.ensureAtLeast(id, options, (error) => this.#heed(error));
      this.#ensured = Math.max(this.#ensured, id);
    } finally {
      if (--this.#ensuring === 0) this.#ensuredSoon = this.#ensured;
      serve();
    }
  }

  /** The verdict that nobody was told of, once; a new claim starts with it. */
  throwVerdict(): void {
    const verdict = this.#verdict;
    if (verdict === undefined) return;
    this.#verdict = undefined;
    this.start();
    throw verdict;
  }

  /** Claims nothing while `action` runs. */
  async pause(action: () => Promise<void>): Promise<void> {
    this.#claiming = true;
    try {
      await action();
    } finally {
      this.#claiming = false;
    }
  }

  /** Tests only: as if nothing was ever claimed. */
  forget(): void {
    this.#epoch = this.#verdict = undefined;
    this.#ensured = this.#ensuredSoon = this.#lead = 0;
    this.#options.blockSize.forget();
    this.#options.claimer.forget();
  }

  async #claim(): Promise<void> {
    const { claimer, blockSize, clock, timeout, cache, line, serve } = this.#options;
    const begun = clock.now();
    let arrived = false;
    try {
      const { block, took } = await claimer.claim(
        () =>
          blockSize.count(
            Math.max(0, line.need - cache.size),
            Math.max(0, (line.head?.need ?? 0) - cache.size),
            cache.size,
          ),
        () => cache.highest,
        {
          wanted: () =>
            line.head === undefined
              ? (this.prefetches || this.#asked) && clock.now() < begun + timeout
              : !line.head.holdsLine,
          deadline: () =>
            Math.max(line.head?.since ?? begun, line.progress) + (line.head?.timeout ?? timeout),
          failed: (error) => this.#heed(error),
        },
        () => this.#floor(),
      );
      blockSize.accepted(took);
      this.#accept(block);
      arrived = true;
    } catch (error) {
      if (!(error instanceof GaveUp)) this.#condemn(error as SequenceError);
    }
    this.#asked = this.#claiming = false;
    // A prefetch that failed is not repeated by itself: the next draw finds the cache low and starts another.
    if (arrived || line.size > 0) serve();
  }

  #accept(block: Block): void {
    const { clock, name, cache, line } = this.#options;
    if (block.epoch !== this.#epoch) {
      cache.clear();
      this.#epoch = block.epoch;
    }
    cache.add(block, this.#ensuredSoon);
    const overtakenBy = this.#ensuredSoon - block.first + 1;
    this.#lead = block.last > this.#ensuredSoon ? 0 : Math.min(2 * overtakenBy, LONGEST_LEAD);
    this.#verdict = undefined;
    const now = clock.now();
    // A block of which nothing is left is none: whoever waits has a right to an error in time.
    if (block.last > this.#ensuredSoon) line.progress = now;
    if (line.head !== undefined && diagnostics.stall.hasSubscribers) {
      const waited = now - line.head.since;
      diagnostics.stall.publish({ sequence: name, waiting: line.size, waited } satisfies StallMessage);
    }
  }

  /** Also once ensured: should the counter not stand there after all, claims below would be dropped for ever. */
  #floor(): number | undefined {
    if (this.#ensuring > 0) return Math.min(this.#ensuredSoon + this.#lead, MAX_ENSURED);
    return this.#options.cache.highest < this.#ensured ? this.#ensured : undefined;
  }

  /** What a failed attempt means for the cache and the next size, whether or not it is repeated. */
  #heed(error: SequenceError): void {
    const { cache, blockSize } = this.#options;
    if (error.dropsCache) cache.clear();
    if (error.code === 'CONFLICT') blockSize.raceLost();
    else if (error.ambiguous) blockSize.answerLost();
  }

  /** A verdict goes to everybody the cache cannot serve; if that is nobody, to the next call it cannot serve. */
  #condemn(verdict: SequenceError): void {
    const { cache, line } = this.#options;
    cache.closeRun();
    let told = false;
    for (let head = line.head; head !== undefined && !head.holdsLine; head = line.head) {
      if (cache.size >= head.need) head.serve();
      else {
        head.reject(verdict);
        told = true;
      }
    }
    this.#verdict = told ? undefined : verdict;
  }
}
