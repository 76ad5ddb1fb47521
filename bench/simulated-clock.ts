import type { Clock } from '../lib/common/clock.js';

interface Event {
  at: number;
  order: number;
  callback: (() => void) | undefined;
}

/**
 * Time as a heap of events: nothing waits for the real clock, and a seed gives the same run again. Promises settle
 * between two events, but only when one of them can have something to settle: a draw from memory has not, and draws are
 * nearly all there is.
 */
export class SimulatedClock implements Clock {
  readonly #events: Event[] = [];
  #now = 0;
  #order = 0;
  #state: number;
  #stirred = false;

  constructor(seed: number) {
    this.#state = seed;
  }

  now(): number {
    return this.#now;
  }

  after(delay: number, callback: () => void): () => void {
    const event = this.at(this.#now + Math.max(0, delay), () => {
      this.stir();
      callback();
    });
    return () => {
      event.callback = undefined;
    };
  }

  soon(callback: () => void): void {
    this.after(0, callback);
  }

  /** mulberry32 */
  random(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Promises may have to settle before the next event. */
  stir(): void {
    this.#stirred = true;
  }

  /** An event after which no promise has to settle, unless it says so. */
  at(time: number, callback: () => void): Event {
    const event: Event = { at: time, order: this.#order++, callback };
    const events = this.#events;
    let index = events.length;
    events.push(event);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (before(events[parent]!, event)) break;
      events[index] = events[parent]!;
      index = parent;
    }
    events[index] = event;
    return event;
  }

  async run(until: number): Promise<void> {
    for (;;) {
      if (this.#stirred) {
        this.#stirred = false;
        await new Promise<void>((resolve) => setImmediate(resolve));
        continue;
      }
      const next = this.#events[0];
      if (next === undefined || next.at > until) break;
      this.#pop();
      if (next.callback === undefined) continue;
      this.#now = next.at;
      next.callback();
    }
    this.#now = until;
  }

  #pop(): void {
    const events = this.#events;
    const last = events.pop()!;
    const size = events.length;
    if (size === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= size) break;
      if (child + 1 < size && before(events[child + 1]!, events[child]!)) child++;
      if (before(last, events[child]!)) break;
      events[index] = events[child]!;
      index = child;
    }
    events[index] = last;
  }
}

function before(one: Event, other: Event): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
