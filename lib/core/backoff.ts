import type { Clock } from '../common/clock.js';
import type { SequenceError } from '../common/sequence-error.js';

/** Longest pause after no answer, in milliseconds. */
const FAILURE_PAUSE = 5_000;
/** Least distance of two attempts, in milliseconds, from a failure without an answer until the first success. */
const FAILURE_SPACING = 500;
/** Least first step of the exponential pause, and least window, in milliseconds. */
const FIRST_PAUSE = 25;
/** Longest window after lost races, in milliseconds: the other side is alive, so the way is free soon. */
const LONGEST_WINDOW = 2_000;
/** Least window after a lost race, in times of what the attempt took. */
const WINDOW_PER_ATTEMPT = 6;
/** By how much each lost race widens the window. */
const WINDOW_GROWTH = 1.5;
/** What a success divides the window by: this, and a little more per millisecond of it. */
const WINDOW_NARROWING = [1.03, 1 / 3_000] as const;
/** Milliseconds without a lost race after which nobody is taken to contend any more. */
const CONTENTION_ENDS = 10_000;

/**
 * When one sequence's next attempt may be made, after what became of those before. Full jitter after "Exponential
 * Backoff And Jitter" (AWS Architecture Blog, 2015).
 *
 * - After no answer pauses grow, and claims stay apart until the first success, so that a recovering store sees two a
 *   second per process and name however many callers return, and not all of them at the same moment. (Calls that draw
 *   nothing pause each by itself.)
 * - After lost races the attempts of all who contend are spread over a *window*, which each of them has to guess: it
 *   widens with every race lost, and narrows with every one won, a wide one faster than a small one, so that the windows
 *   of all draw near to each other. The winner pauses as well: at once in the next race while the losers still pause, it
 *   would win that one too, and the next (the capture effect; MACAW, SIGCOMM 1994).
 */
export class Backoff {
  /** On the clock. */
  #notBefore = 0;
  /** Whether the pause follows a won race. Then it is a courtesy to others, and a caller who waits may shorten it. */
  #won = false;
  #failures = 0;
  /** 0: nobody contends. */
  #window = 0;
  #lostAt = 0;

  constructor(
    private readonly timeout: number,
    private readonly clock: Clock,
  ) {}

  /** Whether the store has not answered since the last success. */
  get silent(): boolean {
    return this.#failures > 0;
  }

  /**
   * Milliseconds until the next attempt, asked when somebody begins to wait for it. A winner's pause is a courtesy to
   * other processes: it was drawn before this caller came, and takes no more than a quarter of what the caller has left.
   */
  pause(left: number): number {
    const pause = this.#notBefore - this.clock.now();
    return this.#won ? Math.min(pause, left / 4) : pause;
  }

  /**
   * @param took milliseconds the attempt took
   * @param left milliseconds until those who want the result stop waiting
   * @returns milliseconds until the next attempt
   */
  failed({ code }: SequenceError, took: number, left: number): number {
    const lostRace = code === 'CONFLICT';
    const longest = lostRace
      ? this.#longestAfterLostRace(took, left)
      : Math.min(FAILURE_PAUSE, FIRST_PAUSE * 2 ** this.#failures++);
    const jitter = Math.min(this.clock.random() * longest, left / 2);
    // Callers who come back after a silence have little time left, all of them. With a fixed distance those who lost one
    // race would meet in the next, and one of them would be served each time.
    const spacing = lostRace ? FAILURE_SPACING * (1 + this.clock.random()) : FAILURE_SPACING;
    const delay = lostRace && !this.silent ? jitter : Math.max(jitter, spacing);
    this.#notBefore = this.clock.now() + delay;
    this.#won = false;
    return delay;
  }

  succeeded(): void {
    const now = this.clock.now();
    const [least, perMillisecond] = WINDOW_NARROWING;
    const contended = now < this.#lostAt + CONTENTION_ENDS;
    this.#window = contended ? this.#window / (least + perMillisecond * this.#window) : 0;
    this.#failures = 0;
    this.#notBefore = now + this.clock.random() * this.#window;
    this.#won = true;
  }

  /**
   * A crowd slows the store down, and slow attempts lose more races, so the window grows with what an attempt takes. The
   * pause shrinks while the caller's time runs out: who has lost for long goes before who has just come.
   */
  #longestAfterLostRace(took: number, left: number): number {
    const least = Math.max(FIRST_PAUSE, WINDOW_PER_ATTEMPT * took);
    this.#window = Math.min(LONGEST_WINDOW, Math.max(least, this.#window * WINDOW_GROWTH));
    this.#lostAt = this.clock.now();
    const patience = Math.min(1, left / this.timeout) ** 2;
    return Math.max(FIRST_PAUSE, this.#window * patience);
  }
}
