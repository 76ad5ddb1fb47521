import { systemClock } from '../../common/clock.js';

/** Milliseconds for which a sighting of others counts. */
const LASTING = 100;
/** How many generations one after the other a process may make while others lose the race for them. */
const IN_A_ROW = 4;

/**
 * A process that wins every race does not notice that others lose them. It never pauses, so it also wins the next race,
 * while the losers pause. So a process that made several generations in a row looks whether others prepare one. If they
 * do, it gives up its next attempt as a lost race, once, and pauses as the losers do.
 */
export class Courtesy {
  #seen: ReadonlySet<string> = new Set();
  #last = 0;
  #inARow = 0;
  #until = 0;

  /** Whether it is time to look for others, now that this process made this generation. */
  looks(generation: number): boolean {
    this.#inARow = generation === this.#last + 1 ? this.#inARow + 1 : 1;
    this.#last = generation;
    return this.#inARow >= IN_A_ROW;
  }

  /** A draft that was there before and still is belongs to a process that has ended or hangs. */
  notice(prepared: readonly string[]): void {
    if (prepared.some((file) => !this.#seen.has(file))) this.#until = systemClock.now() + LASTING;
    this.#seen = new Set(prepared);
  }

  /** Whether this attempt is left to others. */
  yields(): boolean {
    const due = systemClock.now() < this.#until;
    this.#until = 0;
    if (due) this.#inARow = 0;
    return due;
  }
}
