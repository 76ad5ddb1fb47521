import type { Clock } from '../../lib/common/clock.js';

interface Timer {
  at: number;
  order: number;
  callback: () => void;
}

/** A clock that stands still until it is told to go on. Time, order and chance are the same in every run. */
export class VirtualClock implements Clock {
  /** What {@link random} gives next; undefined: numbers from the seed. */
  fixedRandom: number | undefined;
  #now = 0;
  #order = 0;
  #state: number;
  #timers = new Set<Timer>();
  #soon: (() => void)[] = [];

  constructor(seed = 1) {
    this.#state = seed;
  }

  now(): number {
    return this.#now;
  }

  after(delay: number, callback: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, delay), order: this.#order++, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  soon(callback: () => void): void {
    this.#soon.push(callback);
  }

  /** mulberry32 */
  random(): number {
    if (this.fixedRandom !== undefined) return this.fixedRandom;
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Timers that have not fired and were not cancelled. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets promises settle; no time passes, and what waits for a later macrotask goes on waiting. */
  async settle(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** Lets promises settle and macrotasks that are due have their turn; no time passes. */
  async turn(): Promise<void> {
    await this.settle();
    while (this.#soon.length > 0) {
      for (const callback of this.#soon.splice(0)) callback();
      await this.settle();
    }
  }

  /** Lets `duration` milliseconds pass, from timer to timer. */
  async advance(duration: number): Promise<void> {
    const until = this.#now + duration;
    await this.turn();
    for (let timer = this.#next(until); timer !== undefined; timer = this.#next(until)) {
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, timer.at);
      timer.callback();
      await this.turn();
    }
    this.#now = until;
  }

  #next(until: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at > until) continue;
      if (next === undefined || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) {
        next = timer;
      }
    }
    return next;
  }
}
