import { MAX_COUNT } from '../common/arguments.js';
import { SequenceError } from '../common/sequence-error.js';
import type { Block } from '../store/sequence-store.js';
import { ABANDONED, type Attempt } from './attempt.js';
import type { Attempts } from './attempts.js';
import type { BlockCache } from './block-cache.js';
import type { BlockSize } from './block-size.js';
import type { CheckedStore, ClaimDecision } from './checked-store.js';
import type { EnsuredIds } from './ensured-ids.js';
import type { Figures } from './figures.js';
import type { Surroundings } from './surroundings.js';
import type { WaitingLine } from './waiting-line.js';

/** What a refill works with, of its own sequence. */
export interface RefillParts {
  store: CheckedStore;
  attempts: Attempts;
  cache: BlockCache;
  line: WaitingLine;
  blockSize: BlockSize;
  ensured: EnsuredIds;
  /** Tests only: settles when the counter has started anew. */
  ready: Promise<void> | undefined;
  /** Serves those who wait, after the cache has changed. */
  serve(): void;
}

/**
 * Brings blocks into the cache, and knows what a failed claim means for it. Invariants:
 * - At most one claim is in flight.
 * - A claim outlives its callers: its block is for those who call next. But after {@link supersede} its answer gives no
 *   block and no error.
 * - While `ensureAtLeast` calls are under way nothing is prefetched: it would have to be dropped again.
 */
export class Refill {
  /** Whether claims are made before anybody waits. */
  prefetches = true;
  /** How many claims were begun. */
  begun = 0;
  /** How many blocks arrived. */
  arrivals = 0;
  /** When, on the clock, the last block arrived, how many milliseconds it took, and its size. */
  arrivedAt = 0;
  took = 0;
  arrived = 0;
  #figures: Figures | undefined;
  readonly #name: string;
  readonly #surroundings: Surroundings;
  readonly #parts: RefillParts;
  /** A `tryNext()` found nothing: one claim is made for it even when prefetching has stopped. */
  #asked = false;
  #claiming: Promise<void> | undefined;
  /** The attempt in flight. Undefined once it is superseded: its answer may be here already, on its way to the loop. */
  #attempt: Attempt | undefined;
  /** When, on the clock, the claim was sent, lost races included. An outage begins it anew: it must not size blocks. */
  #sentAt: number | undefined;
  /** On demand: the number of the last caller who was waiting when the claim was sent. */
  #lastServed = 0;
  #epoch: string | undefined;
  /** The error of a claim in the background, until a call has been told. */
  #untoldError: SequenceError | undefined;

  /** `epoch`: of the last block before this sequence slept. Without it the first block after would clear the cache. */
  constructor(name: string, surroundings: Surroundings, parts: RefillParts, epoch: string | undefined) {
    this.#name = name;
    this.#surroundings = surroundings;
    this.#parts = parts;
    this.#epoch = epoch;
  }

  get figures(): Figures {
    return (this.#figures ??= this.#surroundings.figuresOf(this.#name));
  }

  /** The epoch of the last block. */
  get epoch(): string | undefined {
    return this.#epoch;
  }

  /** Whether nothing is under way, and nobody has to be told anything. */
  get isIdle(): boolean {
    return this.#claiming === undefined && this.#untoldError === undefined;
  }

  /**
   * On demand: the last caller whom the block that arrived may serve. An id goes only to a caller who was waiting when
   * its claim was sent. Else a call that began after another one had returned, in another process, could get a lower id.
   */
  get lastServed(): number {
    return this.#lastServed;
  }

  /** Resolves when no claim is in flight. */
  async settled(): Promise<void> {
    await this.#claiming;
  }

  /** After an error in the background nothing is prefetched until a call has been told: the error may last for long. */
  isLow(cached: number): boolean {
    return this.prefetches && this.#untoldError === undefined && cached < this.#parts.blockSize.lowWater();
  }

  start(): void {
    const { line, ensured } = this.#parts;
    const forNobody = line.head === undefined && ensured.underWay && !this.#asked;
    if (this.#claiming !== undefined || forNobody) return;
    this.begun++;
    this.#claiming = this.#claim();
  }

  /** One claim for a caller who will come again rather than wait. */
  ask(): void {
    this.#asked = true;
    this.start();
  }

  /** Throws the error that nobody has been told, once. A new claim starts with it. */
  throwUntold(): void {
    const error = this.#untoldError;
    if (error === undefined) return;
    this.#untoldError = undefined;
    this.start();
    this.#surroundings.observers.callerFailed(this.#name, error);
    throw error;
  }

  /** The claim in flight belongs to a former life of the counter: it is made anew where somebody still wants it. */
  supersede(): void {
    this.#attempt?.abandon();
    this.#attempt = undefined;
  }

  /** What any failed attempt, of a claim or of another call, means for the cache and the next block. */
  onFailure(error: SequenceError): void {
    const { cache, blockSize } = this.#parts;
    if (error.dropsCache) {
      cache.clear();
      this.supersede();
    }
    if (error.code === 'CONFLICT') blockSize.raceLost();
    else if (error.ambiguous) blockSize.answerLost();
  }

  async #claim(): Promise<void> {
    const { attempts, line, ready, serve } = this.#parts;
    const { clock } = this.#surroundings;
    const begun = clock.now();
    let arrived = false;
    this.#sentAt = undefined;
    await ready;
    while (!arrived && this.#isWanted(begun)) {
      await attempts.pause(this.#left(begun));
      if (attempts.closed || !this.#isWanted(begun)) break;
      try {
        const block = await attempts.make((attempt) => this.#send(attempt));
        if (block === ABANDONED || this.#attempt === undefined) continue;
        this.#accept(block);
        arrived = true;
      } catch (caught) {
        const error = caught as SequenceError;
        this.#attempt = undefined;
        // A lost race is part of what a claim costs. An outage is not: it must not size blocks once it is over.
        if (error.code !== 'CONFLICT') this.#sentAt = undefined;
        this.onFailure(error);
        if (attempts.mayRetry(error, this.#left(begun))) continue;
        this.#tell(error);
        break;
      }
    }
    this.#asked = false;
    this.#attempt = this.#claiming = undefined;
    // A failed prefetch is not repeated by itself: the next draw finds the cache low and starts another.
    if (arrived || (line.size > 0 && !attempts.closed)) serve();
  }

  #send(attempt: Attempt): Promise<Block> {
    this.#attempt = attempt;
    const { line } = this.#parts;
    return this.#surroundings.observers.claiming(
      { sequence: this.#name, waiting: line.size },
      line.head?.context,
      () => this.#claimLeft(attempt),
    );
  }

  /**
   * Where the counter has fewer ids left than wait, those first in line get them: the claim is made anew, for as many of
   * them as there are ids for. Whom they do not suffice moves no counter.
   */
  async #claimLeft(attempt: Attempt): Promise<Block> {
    const { line, cache, store, blockSize } = this.#parts;
    for (let most = MAX_COUNT; ;) {
      try {
        return await store.claim(attempt, () => this.#decide(most));
      } catch (error) {
        const left = leftAfter(error);
        // Those whom it was made for may have left meanwhile. On demand nothing is claimed for nobody.
        const isFinal = line.head === undefined && blockSize.isOnDemand;
        if (isFinal || left < Math.max(1, (line.head?.need ?? 1) - cache.size)) throw error;
        most = left;
      }
    }
  }

  #isWanted(begun: number): boolean {
    const { line, blockSize } = this.#parts;
    const { clock, timeout } = this.#surroundings;
    if (line.head !== undefined || blockSize.isOnDemand) return line.head !== undefined;
    return (this.prefetches || this.#asked) && clock.now() < begun + timeout;
  }

  /** Milliseconds until the caller who waits longest gives up. */
  #left(begun: number): number {
    const { line } = this.#parts;
    const { clock, timeout } = this.#surroundings;
    const since = Math.max(line.head?.since ?? begun, line.progress);
    return Math.max(0, since + (line.head?.timeout ?? timeout) - clock.now());
  }

  /** `most`: what the counter has left, as far as is known. */
  #decide(most: number): ClaimDecision {
    const { blockSize, cache, line, ensured } = this.#parts;
    this.#sentAt ??= this.#surroundings.clock.now();
    const spare = ensured.sent();
    if (blockSize.isOnDemand) return { ...this.#decideOnDemand(spare, most), ...this.#marks() };
    const missing = (need: number) => (need > cache.size ? need - cache.size + spare : 0);
    const count = blockSize.count(missing(line.need), missing(line.head?.need ?? 0), cache.size);
    return { count: Math.min(count, most), ...this.#marks() };
  }

  #decideOnDemand(extra: number, most: number): { count: number } {
    const { line } = this.#parts;
    const spare = Math.min(extra, most - 1);
    const { need, last } = line.front(most - spare);
    this.#lastServed = last;
    // Everybody has left: a claim that is not sent yet need not be.
    if (need === 0) this.#attempt?.abandon();
    return { count: Math.max(1, need + spare) };
  }

  #marks(): Pick<ClaimDecision, 'above' | 'ensured'> {
    const { cache, ensured, store } = this.#parts;
    return { above: cache.highest, ensured: ensured.floor(cache.highest, store.max === undefined) };
  }

  #accept(block: Block): void {
    const name = this.#name;
    const { cache, line, blockSize, ensured } = this.#parts;
    const { clock, observers } = this.#surroundings;
    const now = clock.now();
    const took = now - (this.#sentAt ?? now);
    blockSize.accepted(took);
    if (block.epoch !== this.#epoch) cache.clear();
    this.#epoch = block.epoch;
    cache.add(block, ensured.highest);
    ensured.arrived(block, line.head !== undefined && cache.size < line.head.need);
    this.#untoldError = undefined;
    this.arrivals++;
    this.arrivedAt = now;
    this.took = took;
    this.arrived = block.last - block.first + 1;
    this.figures.claims++;
    const { first, last } = block;
    observers.claimed({ sequence: name, first, last, took });
    if (line.head !== undefined) {
      observers.stalled({ sequence: name, waiting: line.size, waited: now - line.head.since });
    }
  }

  /**
   * The error goes to everybody whom the cache cannot serve. If that is nobody, it goes to the next call it cannot serve.
   * Where the counter has some ids left, it goes only to those in front who need more.
   */
  #tell(error: SequenceError): void {
    const { cache, line } = this.#parts;
    cache.closeRun();
    let told = false;
    for (let { head } = line; head !== undefined; head = line.head) {
      if (cache.size >= head.need) head.serve();
      else if (head.need - cache.size <= leftAfter(error)) break;
      else {
        head.reject(error);
        this.#surroundings.observers.callerFailed(this.#name, error);
        told = true;
      }
    }
    this.#untoldError = told || leftAfter(error) > 0 ? undefined : error;
  }
}

/** How many ids the counter has left for smaller claims than the one that failed. */
function leftAfter(error: unknown): number {
  return error instanceof SequenceError ? (error.left ?? 0) : 0;
}
