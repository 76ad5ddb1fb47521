import { assertInteger, assertKnownKeys, MAX_COUNT, show } from '../common/arguments.js';
import type { Clock } from '../common/clock.js';

/**
 * How many ids a claim takes. Numbers are integers from 1 to 1,000,000.
 *
 * - A range follows demand.
 * - A number is exact: the next block is claimed when the present one is empty. So a process end skips at most that many
 *   ids, beside answers that got lost and what callers left who gave up.
 * - `'onDemand'`: a claim takes exactly what is waiting when it is sent, and nothing stays cached. Over all processes ids
 *   ascend in real time: a call that begins after another one has returned gets a higher id. The price is that every call
 *   waits for a claim, that an outage is felt at once, and that `tryNext()` gives nothing.
 */
export type BlockSizeOption = number | { min?: number; max?: number } | 'onDemand';

/** Milliseconds over which the drawing rate is averaged. */
const RATE_WINDOW = 1_000;
/** Milliseconds after which a rate has decayed to nothing. */
const FORGOTTEN = 40 * RATE_WINDOW;
/** A claim should cover this many times the time it takes, so that a slow store is asked rarely. */
const CLAIM_TIMES = 100;
/**
 * The most that lost races and slow claims make a block cover, in milliseconds, unless reserveTime is longer. In a fleet
 * of N processes over a store that takes C claims a second each process gets a claim every N / C seconds, and has to
 * cover that. Without a bound a start of 1,000 processes at once left each with an hour and a half of demand, which a
 * crash would waste; with it 20,000 processes still share one counter whose claims take 10 ms.
 */
const LONGEST_COVER = 150_000;
/** How far lost races or answers may take the cover from what it is: further would say nothing, and end in NaN. */
const FARTHEST_SCALE = 2 ** 20;
/** Weight of the latest claim in the average claim time. */
const CLAIM_TIME_WEIGHT = 0.3;

/**
 * The control law of adaptive blocks. Demand is rate x cover, with cover = max(reserveTime, 100 x claim time); two lost
 * races double the cover of the running claim, a lost answer halves it. It stays below max(reserveTime, 150 s).
 * - A claim asks for max(waiting, demand), within min and max, not above `maxWaste` less what is cached.
 * - A refill starts when the cache holds less than 1.0 to 1.3 x rate x reserveTime, at most `max` and half of `maxWaste`;
 *   the factor is random per block, so that a fleet started together does not claim together.
 * - The rate is an exponential average over one second of the ids drawn between looks at the cache. A burst counts as
 *   if spread over that second, so a claim grows by up to `1 + reserveTime / 1 s` times, and a lone id by none.
 */
export class BlockSize {
  readonly #clock: Clock;
  readonly #reserveTime: number;
  readonly #maxWaste: number;
  readonly #longestCover: number;
  #min = 1;
  #max = MAX_COUNT;
  #fixed = false;
  #onDemand = false;
  #rate = 0;
  #lookedAt: number | undefined;
  #claimTime = 0;
  #scale = 1;
  #lostRaces = 0;
  #factor = 1;

  constructor(option: BlockSizeOption, limits: { reserveTime: number; maxWaste: number }, clock: Clock) {
    this.#clock = clock;
    this.#reserveTime = limits.reserveTime;
    this.#maxWaste = limits.maxWaste;
    this.#longestCover = Math.max(LONGEST_COVER, limits.reserveTime);
    this.resize(option);
  }

  /** Whether a claim takes what is waiting, and nothing is cached. */
  get isOnDemand(): boolean {
    return this.#onDemand;
  }

  /** From the next claim on. */
  resize(option: BlockSizeOption): void {
    const { min, max } = boundsOf(option);
    this.#min = min;
    this.#max = max;
    this.#fixed = typeof option === 'number';
    this.#onDemand = option === 'onDemand';
  }

  /** `drawn`: ids drawn since the last call. */
  recordDrawn(drawn: number): void {
    const now = this.#clock.now();
    this.#rate = this.rate(drawn, now);
    this.#lookedAt = now;
  }

  /** When, on the clock, the cache was last looked at: with about every eighth of it that is drawn. Undefined: never. */
  get lookedAt(): number | undefined {
    return this.#lookedAt;
  }

  /** Ids per millisecond when the cache was last looked at. */
  get lastRate(): number {
    return this.#rate;
  }

  /** Ids per millisecond, with those drawn since the last look. Changes nothing. */
  rate(drawn: number, now: number): number {
    if (this.#lookedAt === undefined) return 0;
    const elapsed = now - this.#lookedAt;
    if (drawn === 0 && elapsed > FORGOTTEN) return 0;
    const decay = Math.exp(-elapsed / RATE_WINDOW);
    // The limit of (1 - e^-x) / x for x -> 0 is 1: ids drawn at one instant count as spread over the window.
    const spread = elapsed > 0 ? (1 - decay) / elapsed : 1 / RATE_WINDOW;
    return this.#rate * decay + drawn * spread;
  }

  /** Fewer cached ids than this start a refill before the cache is empty. 0: none does. */
  lowWater(): number {
    if (this.#fixed || this.#onDemand) return 0;
    const reserve = Math.floor(this.#factor * this.#rate * this.#reserveTime);
    // Half of it: a refill brings what is missing to maxWaste, which must be a block worth a claim.
    return Math.min(reserve, this.#max, Math.floor(this.#maxWaste / 2));
  }

  /** `waiting`: ids that waiting callers want beyond the cache. `missing`: what the first of them lacks. */
  count(waiting: number, missing: number, cached: number): number {
    if (this.#fixed) return Math.max(this.#min, missing);
    const cover = Math.max(this.#reserveTime, CLAIM_TIMES * this.#claimTime);
    const demand = Math.ceil(this.#rate * Math.min(cover * this.#scale, this.#longestCover));
    const wanted = Math.min(Math.max(demand, waiting, this.#min), this.#max);
    return Math.min(Math.max(1, missing, Math.min(wanted, this.#maxWaste - cached)), MAX_COUNT);
  }

  accepted(took: number): void {
    const counted = Math.min(took, this.#longestCover / CLAIM_TIMES);
    this.#claimTime += (counted - this.#claimTime) * (this.#claimTime === 0 ? 1 : CLAIM_TIME_WEIGHT);
    this.#factor = 1 + this.#clock.random() * 0.3;
    this.#scale = 1;
    this.#lostRaces = 0;
  }

  /** The ids of an attempt whose answer was lost may be lost with it: ask for less while answers get lost. */
  answerLost(): void {
    this.#scale = Math.max(this.#scale / 2, 1 / FARTHEST_SCALE);
  }

  /** Contention: fewer, larger claims. */
  raceLost(): void {
    if (++this.#lostRaces % 2 === 0) this.#scale = Math.min(this.#scale * 2, FARTHEST_SCALE);
  }
}

/** Throws a TypeError or RangeError that says what was expected. */
export function assertBlockSize(option: BlockSizeOption): void {
  boundsOf(option);
}

function boundsOf(option: BlockSizeOption): { min: number; max: number } {
  if (option === 'onDemand') return { min: 1, max: MAX_COUNT };
  if (typeof option === 'string') {
    throw new TypeError(`Expected blockSize to be a number, a range or 'onDemand', got ${show(option)}`);
  }
  if (typeof option !== 'object' || option === null) {
    assertInteger('blockSize', option, 1, MAX_COUNT);
    return { min: option, max: option };
  }
  assertKnownKeys('blockSize', option, ['min', 'max']);
  const { min = Math.min(10, option.max ?? MAX_COUNT), max = MAX_COUNT } = option;
  assertInteger('blockSize.max', max, 1, MAX_COUNT);
  assertInteger('blockSize.min', min, 1, max);
  return { min, max };
}
