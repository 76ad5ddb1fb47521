import { within } from '../common/abort.js';
import type { CounterState } from '../store/sequence-store.js';
import type { Attempt } from './attempt.js';
import { Attempts } from './attempts.js';
import { BlockAllocator } from './block-allocator.js';
import { BlockCache } from './block-cache.js';
import type { BlockSize, BlockSizeOption } from './block-size.js';
import type { CallOptions } from './call-options.js';
import { CheckedStore, type FenceDecision } from './checked-store.js';
import { closedError } from './core-errors.js';
import { CounterCalls } from './counter-calls.js';
import { EnsuredIds } from './ensured-ids.js';
import type { Figures } from './figures.js';
import type { SequenceStats } from './sequence-stats.js';
import { Refill } from './refill.js';
import type { SleepingSequence } from './sleeping-sequence.js';
import type { Surroundings } from './surroundings.js';
import { WaitingLine } from './waiting-line.js';

export interface SequenceCoreOptions {
  blockSize: BlockSize;
  /** Tests only: settles when the counter has started anew. */
  ready?: Promise<void> | undefined;
  /** What stayed of the sequence while it slept. */
  asleep?: SleepingSequence | undefined;
}

/** Ids per second below which nobody is said to draw. */
const IDLE_RATE = 1e-6;

/** All parts of one sequence, wired in one place, from its first draw until another core takes its place. */
export class SequenceCore {
  readonly allocator: BlockAllocator;
  readonly #name: string;
  readonly #surroundings: Surroundings;
  readonly #blockSize: BlockSize;
  /** Tests only: settles when the counter has started anew. */
  readonly #ready: Promise<void> | undefined;
  readonly #cache: BlockCache;
  readonly #ensured: EnsuredIds;
  readonly #line: WaitingLine;
  readonly #attempts: Attempts;
  /** Made by the first look. Reads back off separately: a store may answer reads and refuse writes. */
  #looks: Attempts | undefined;
  readonly #store: CheckedStore;
  readonly #refill: Refill;
  /** Made by the first call that draws no id: with what belongs to it 250 bytes, and most sequences only draw. */
  #calls: CounterCalls | undefined;

  constructor(name: string, surroundings: Surroundings, { blockSize, ready, asleep }: SequenceCoreOptions) {
    this.#name = name;
    this.#surroundings = surroundings;
    this.#blockSize = blockSize;
    this.#ready = ready;
    const serve = () => this.allocator.serve();
    const attempts = (this.#attempts = new Attempts(name, surroundings));
    const store = (this.#store = new CheckedStore(name, surroundings, asleep?.contacted));
    const cache = (this.#cache = new BlockCache(asleep?.highest, asleep?.ranges));
    const ensured = (this.#ensured = new EnsuredIds(asleep?.ensured));
    const line = (this.#line = new WaitingLine(name, surroundings, attempts, serve));
    // Not `...options`: V8 gives each object made by spreading a hidden class of its own, 700 bytes a sequence.
    const parts = { store, attempts, cache, line, blockSize, ensured, ready, serve };
    const refill = (this.#refill = new Refill(name, surroundings, parts, asleep?.epoch));
    this.allocator = new BlockAllocator({ name, pace: surroundings.pace, cache, line, blockSize, refill });
  }

  /** The next id, for a caller who has no handle. This core is the present one, so its allocator is not retired. */
  next(options?: CallOptions): Promise<number> {
    return this.allocator.next(options) as Promise<number>;
  }

  /** Ids at or below `id` are dropped before the first request, and from answers that arrive while it runs. */
  async ensureAtLeast(id: number, options?: CallOptions): Promise<void> {
    const calls = this.#counterCalls();
    const refused = calls.refused(options);
    if (refused !== undefined) return refused;
    this.#ensured.begin(id, this.#cache.dropThrough(id));
    let succeeded = false;
    try {
      const work = (attempt: Parameters<CheckedStore['ensureAtLeast']>[0]) =>
        this.#store.ensureAtLeast(attempt, id);
      await calls.make(this.#attempts, work, options, { writes: true });
      succeeded = true;
    } finally {
      this.#ensured.end(id, succeeded);
      this.allocator.serve();
    }
  }

  inspect(options?: CallOptions): Promise<CounterState | undefined> {
    return this.#look((attempt) => this.#store.inspect(attempt), options);
  }

  /** The id that a claim now would begin with. Reserves nothing. */
  async preview(options?: CallOptions): Promise<number> {
    return (await this.#look((attempt) => this.#store.look(attempt), options)) + 1;
  }

  #look<Result>(work: (attempt: Attempt) => Promise<Result>, options?: CallOptions): Promise<Result> {
    this.#looks ??= new Attempts(this.#name, this.#surroundings);
    return this.#counterCalls().make(this.#looks, work, options, { writes: false });
  }

  /** After it no id of the former life is handed out, whatever was in flight. */
  async fence(decision: FenceDecision, options?: CallOptions): Promise<CounterState> {
    const state = await this.#counterCalls().make(
      this.#attempts,
      (attempt) => this.#store.fence(attempt, decision),
      options,
      { writes: true },
    );
    this.drop();
    this.#refill.supersede();
    // Those whose ids were taken before have them first.
    await this.#surroundings.pace.turn;
    return state;
  }

  /** From the next claim on. Where claims are made on demand nothing stays cached. */
  resize(blockSize: BlockSizeOption): void {
    this.#blockSize.resize(blockSize);
    if (blockSize === 'onDemand') this.drop();
  }

  /** Forgets the cached ids: they become gaps. */
  drop(): void {
    this.#cache.clear();
  }

  /** The id that a call now would get from memory. Undefined: it would have to wait for a claim. */
  get nextCached(): number | undefined {
    return this.#cache.next;
  }

  stopPrefetching(): void {
    this.#refill.prefetches = false;
  }

  /** Grows with every use: with each id that is drawn, each caller that waits, each claim and each other call. */
  get uses(): number {
    return this.#cache.last + this.#line.joined + this.#refill.begun + (this.#calls?.made ?? 0);
  }

  get figures(): Figures {
    return this.#refill.figures;
  }

  /** Ids handed out that are not in the figures yet. */
  get uncounted(): number {
    return Math.max(0, this.allocator.uncounted - this.#line.need);
  }

  /** Ids per second. `now`: on the clock. */
  rate(now: number): number {
    return 1_000 * this.#blockSize.rate(this.allocator.uncounted, now);
  }

  /** When, on the clock, it was last used, give or take an eighth of the cache. */
  get usedAt(): number | undefined {
    return this.#blockSize.lookedAt;
  }

  /** Ids per second when the cache was last looked at. */
  get lastRate(): number {
    return 1_000 * this.#blockSize.lastRate;
  }

  /** Changes nothing. `now`: on the clock; `epoch`: what its zero is in milliseconds since 1970. */
  stats(now: number, epoch: number): SequenceStats {
    const { cached, waiting } = this.allocator;
    const rate = this.rate(now);
    const { arrivals, arrivedAt, took, arrived } = this.#refill;
    const { failureCode: code, failingSince } = this.#attempts;
    return {
      name: this.#name,
      cached,
      waiting,
      coverSeconds: rate > IDLE_RATE ? cached / rate : null,
      rate,
      claims: arrivals,
      lastClaim: arrivals === 0 ? undefined : { at: new Date(epoch + arrivedAt), took, size: arrived },
      failure: code === undefined ? undefined : { code, since: new Date(epoch + failingSince!) },
    };
  }

  /**
   * What has to stay of this sequence while it sleeps; undefined while anything is under way. After it this core is dead:
   * new calls are for the one that wakes.
   */
  sleep(): SleepingSequence | undefined {
    const isBusy = this.#line.size > 0 || !this.#refill.isIdle || (this.#calls?.underWay ?? 0) > 0;
    const isOpen = this.#attempts.hasOpenRequest || this.#looks?.hasOpenRequest === true;
    if (isBusy || isOpen || this.#ensured.underWay) return undefined;
    this.allocator.count();
    const { ranges, highest } = this.#cache;
    const asleep: SleepingSequence = {
      ranges,
      highest,
      ensured: this.#ensured.done,
      epoch: this.#refill.epoch,
      contacted: this.#store.contacted,
      figures: this.figures,
    };
    this.figures.cachedAsleep += this.#cache.size;
    // An empty cache must not look like demand to a core that is dead.
    this.stopPrefetching();
    this.drop();
    this.allocator.retire();
    return asleep;
  }

  /** New calls are for a successor. Resolves when those made before have ended. */
  retire(): Promise<void> {
    this.stopPrefetching();
    this.allocator.retire();
    return this.#ended();
  }

  /** Refuses new calls, serves those under way for up to `grace` milliseconds, rejects the rest. */
  async close(grace: number): Promise<void> {
    const name = this.#name;
    const { clock } = this.#surroundings;
    this.stopPrefetching();
    this.#counterCalls().close();
    this.allocator.close();
    await within(this.#callersLeft(), grace, clock, () => closedError(name)).catch(() => {});
    this.#attempts.close();
    this.#looks?.close();
    for (let { head } = this.#line; head !== undefined; head = this.#line.head) {
      head.reject(closedError(name));
    }
    this.drop();
  }

  async #callersLeft(): Promise<void> {
    await Promise.all([this.#line.empty(), this.#calls?.settled(), this.#surroundings.pace.turn]);
  }

  async #ended(): Promise<void> {
    await this.#callersLeft();
    await this.#refill.settled();
  }

  #counterCalls(): CounterCalls {
    this.#calls ??= new CounterCalls(this.#name, this.#surroundings, {
      ready: this.#ready,
      onFailure: (error) => this.#refill.onFailure(error),
    });
    return this.#calls;
  }
}
