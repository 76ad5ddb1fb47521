import { MAX_COUNT } from '../common/arguments.js';
import type { Block } from '../store/sequence-store.js';

/** By how many ids a claim may jump ahead, or ask for more, because of `ensureAtLeast`: one far id must not take a counter to its end. */
const LONGEST_LEAD = 10_000;

/** The greatest id `ensureAtLeast` accepts: a claim of any size must still fit below 2^53 - 1. */
export const MAX_ENSURED = Number.MAX_SAFE_INTEGER - MAX_COUNT;

/**
 * The ids that `ensureAtLeast` promised away. Invariant: none of them is handed out, in whatever order answers arrive.
 *
 * Calls that overlap without end must starve nobody. So while one is under way a claim raises the counter itself, to the
 * highest id being ensured and a *lead* beyond it, and asks for *spare* ids in place of those that were dropped meanwhile.
 */
export class EnsuredIds {
  #underWay = 0;
  /** Ids up to here were ensured. */
  #done = 0;
  /** Ids up to here are ensured or being ensured. It falls back to {@link #done} when calls fail: else no claim could pass it. */
  #pending = 0;
  /** How far the next claim jumps ahead: twice what the last one was overtaken by. */
  #lead = 0;
  /** Claimed ids that were dropped since the last claim was sent. */
  #dropped = 0;
  /** Blocks in a row after which nobody could be served. */
  #fruitless = 0;
  /** Ids that the next claim asks for in place of those that will be dropped: twice what the last one lost. */
  #spare = 0;

  /** `done`: ids up to here were ensured before this sequence slept. */
  constructor(done = 0) {
    this.#done = this.#pending = done;
  }

  get underWay(): boolean {
    return this.#underWay > 0;
  }

  /** Ids up to here were ensured. */
  get done(): number {
    return this.#done;
  }

  /** Ids up to here must not be cached. */
  get highest(): number {
    return this.#pending;
  }

  /** `dropped`: cached ids that this call has just dropped. */
  begin(id: number, dropped: number): void {
    this.#pending = Math.max(this.#pending, id);
    this.#dropped += dropped;
    this.#underWay++;
  }

  end(id: number, succeeded: boolean): void {
    if (succeeded) this.#done = Math.max(this.#done, id);
    if (--this.#underWay === 0) this.#pending = this.#done;
  }

  /**
   * What the next claim raises the counter to; undefined: nothing. `seen`: the highest id that was ever cached.
   * `leads`: not where the ids have an end, for a jump could pass it.
   */
  floor(seen: number, leads = true): number | undefined {
    if (this.underWay && !leads) return this.#pending;
    if (this.underWay) return Math.min(this.#pending + this.#lead, MAX_ENSURED);
    // Also afterwards: should the counter not stand there after all, every claim would be dropped.
    return seen < this.#done ? this.#done : undefined;
  }

  /** A claim is sent. Returns how many ids it should ask for beyond what its callers lack. */
  sent(): number {
    this.#dropped = 0;
    return this.#spare;
  }

  /** A block arrived, its ids up to {@link highest} were dropped, and perhaps nobody could be served by what is left. */
  arrived({ first, last }: Block, servesNobody: boolean): void {
    const overtakenBy = this.#pending - first + 1;
    this.#dropped += Math.max(0, Math.min(overtakenBy, last - first + 1));
    this.#lead = last > this.#pending ? 0 : Math.min(2 * overtakenBy, LONGEST_LEAD);
    // Once is what any call costs. Twice in a row is a stream of calls, which would go on like this.
    this.#fruitless = servesNobody ? this.#fruitless + 1 : 0;
    this.#spare = this.#fruitless > 1 ? Math.min(2 * this.#dropped, LONGEST_LEAD) : 0;
  }
}
