import type { Clock } from '../common/clock.js';

/**
 * After this many immediate answers a caller waits one macrotask, so that timers and answers get their turn. Counted in
 * answers of `next()`, the cheapest: at 30 to 100 ns each the event loop waits 2 to 5 ms. A turn of it costs 10 to
 * 40 µs: after every 10,000 answers that would be up to a tenth of all work.
 */
export const IMMEDIATE_ANSWERS = 50_000;

/** What a call with options, or one that found its run at an end, costs in answers of `next()`. */
const SLOW_ANSWER = 8;

/** The same for a refusal: an error with its stack takes 2 to 9 µs. */
const REFUSAL = 250;

/** The same for the ids of one `take`. */
export function answersFor(count: number): number {
  return 1 + (count >> 4);
}

/** How much one application may still answer at once before it yields, over all of its sequences. */
export class Pace {
  answersLeft = IMMEDIATE_ANSWERS;
  #turn: Promise<void> | undefined;

  constructor(private readonly clock: Clock) {}

  /** Settles when the callers who wait for their turn have it. Undefined: nobody does. */
  get turn(): Promise<void> | undefined {
    return this.#turn;
  }

  /**
   * Gives a caller `count` ids that are taken already: at once, or in the next turn of the event loop. In that turn nobody
   * has to be served, so no waiting line is needed: what becomes of the sequence meanwhile takes nothing from the caller.
   */
  answer<Result>(ids: Result, count: number): Promise<Result> {
    const turn = this.#next(SLOW_ANSWER + answersFor(count));
    return turn === undefined ? Promise.resolve(ids) : turn.then(() => ids);
  }

  /** A refusal is an answer, too: a loop that repeats a refused call at once must not keep away what would end it. */
  refuse(reason: unknown): Promise<never> {
    const turn = this.#next(REFUSAL);
    return turn === undefined ? Promise.reject(reason) : turn.then(() => Promise.reject(reason));
  }

  /** Counts an answer. Undefined: it may be given at once. */
  #next(answers: number): Promise<void> | undefined {
    if (this.answersLeft > 0) {
      this.answersLeft -= answers;
      return undefined;
    }
    this.#turn ??= new Promise((resolve) => {
      this.clock.soon(() => {
        this.#turn = undefined;
        this.answersLeft = IMMEDIATE_ANSWERS;
        resolve();
      });
    });
    return this.#turn;
  }
}
