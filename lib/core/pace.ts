import type { Clock } from '../common/clock.js';

/** After this many immediate answers a caller waits one macrotask, so that timers and answers get their turn. */
export const IMMEDIATE_ANSWERS = 10_000;

/** How many calls one application answered immediately since it last yielded, over all of its sequences. */
export class Pace {
  answersSinceYield = 0;
  #turn: Promise<void> | undefined;

  constructor(private readonly clock: Clock) {}

  /** Settles when the callers who wait for their turn have it. Undefined: nobody does. */
  get turn(): Promise<void> | undefined {
    return this.#turn;
  }

  /**
   * Gives a caller ids that are taken already: at once, or in the next turn of the event loop. In that turn nobody has
   * to be served, so no waiting line is needed: what becomes of the sequence meanwhile takes nothing from the caller.
   */
  answer<Result>(ids: Result): Promise<Result> {
    const turn = this.#next();
    return turn === undefined ? Promise.resolve(ids) : turn.then(() => ids);
  }

  /** A refusal is an answer, too: a loop that repeats a refused call at once must not keep away what would end it. */
  refuse(reason: unknown): Promise<never> {
    const turn = this.#next();
    return turn === undefined ? Promise.reject(reason) : turn.then(() => Promise.reject(reason));
  }

  /** Counts an answer. Undefined: it may be given at once. */
  #next(): Promise<void> | undefined {
    if (this.answersSinceYield < IMMEDIATE_ANSWERS) {
      this.answersSinceYield++;
      return undefined;
    }
    this.#turn ??= new Promise((resolve) => {
      this.clock.soon(() => {
        this.#turn = undefined;
        this.answersSinceYield = 0;
        resolve();
      });
    });
    return this.#turn;
  }
}
