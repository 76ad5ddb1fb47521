import type { Clock } from '../common/clock.js';
import type { SequenceError } from '../common/sequence-error.js';

/** Longest pause after no answer, in milliseconds. */
const FAILURE_PAUSE = 5_000;
/** Least distance of two attempts, in milliseconds, from a failure without an answer until the next answer. */
const FAILURE_SPACING = 500;
/** First step of the exponential pause after no answer, in milliseconds. */
const FIRST_PAUSE = 25;
/** Least window after lost races, in milliseconds: a timer, so that what else waits for the event loop gets its turn. */
const LEAST_WINDOW = 1;
/** Longest window after lost races, in milliseconds: the other side is alive, so the way is free soon. */
const LONGEST_WINDOW = 2_000;
/** Least window after a lost race, in times of what the attempt took. */
const WINDOW_PER_ATTEMPT = 6;
/**
 * A few contend, not a crowd, while the window is at most so wide (in milliseconds) and attempts take at most so many
 * times what the fastest did. Then so many lost races in a row cost a short pause only: about every second attempt wins.
 */
const FEW = { window: 250, slowed: 3, lostRaces: 3 } as const;
/** By how much each lost race widens the window. */
const WINDOW_GROWTH = 1.5;
/** What a success divides the window by: this, and a little more per millisecond of it. */
const WINDOW_NARROWING = [1.1, 1 / 3_000] as const;
/** Milliseconds without a lost race after which nobody is taken to contend any more. */
const CONTENTION_ENDS = 10_000;

/**
 * When one sequence's next attempt may be made, after what became of those before. Full jitter after "Exponential
 * Backoff And Jitter" (AWS Architecture Blog, 2015).
 *
 * - After no answer pauses grow, and claims stay apart until the store answers, so that a recovering store sees two a
 *   second per process and name however many callers return, and not all of them at the same moment. (Calls that draw
 *   nothing pause each by itself.)
 * - While few contend, who loses a race pauses about as long as an attempt takes. Of two attempts about one wins, so
 *   everybody is served soon; with pauses that grow, the counter would be left to the one who does not pause.
 * - In a crowd attempts are spread over a *window*, which each process has to guess: it widens with every race lost, and
 *   narrows with every one won, a wide one faster than a small one, so that the windows of all draw near to each other.
 * - The winner pauses as well, in a crowd and among a few: at once in the next race while the losers still pause, it would
 *   win that one too, and the next (the capture effect; MACAW, SIGCOMM 1994).
 */
export class Backoff {
  /** On the clock. */
  #notBefore = 0;
  /** Whether the pause follows a won race. Then it is a courtesy to others, and a caller who waits may shorten it. */
  #won = false;
  #failures = 0;
  /** 0: nobody contends. */
  #window = 0;
  #lostAt = -Infinity;
  /** Races lost in a row. */
  #lost = 0;
  /** Milliseconds of the fastest attempt that lost a race since there is contention. */
  #fastest = Infinity;

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
    const delay = code === 'CONFLICT' ? this.#afterLostRace(took, left) : this.#afterNoAnswer(left);
    this.#notBefore = this.clock.now() + delay;
    this.#won = false;
    return delay;
  }

  succeeded(): void {
    const now = this.clock.now();
    const [least, perMillisecond] = WINDOW_NARROWING;
    const contended = now < this.#lostAt + CONTENTION_ENDS;
    this.#window = contended ? this.#window / (least + perMillisecond * this.#window) : 0;
    this.#failures = this.#lost = 0;
    if (!contended) this.#fastest = Infinity;
    const longest = contended ? Math.max(this.#window, Math.min(this.#fastest, LONGEST_WINDOW)) : 0;
    this.#notBefore = now + this.clock.random() * longest;
    this.#won = true;
  }

  #afterNoAnswer(left: number): number {
    const longest = Math.min(FAILURE_PAUSE, FIRST_PAUSE * 2 ** this.#failures++);
    return Math.max(FAILURE_SPACING, this.#jitter(longest, left));
  }

  /**
   * A lost race is an answer, so a silence is over. The other processes that waited for its end are back as well, and one
   * of them has won: pauses as long as after silence would only lengthen the line. The pause shrinks while the caller's
   * time runs out: who has lost for long goes before who has just come.
   */
  #afterLostRace(took: number, left: number): number {
    this.#failures = 0;
    this.#lostAt = this.clock.now();
    this.#fastest = Math.min(this.#fastest, took);
    const few = this.#window <= FEW.window && took <= FEW.slowed * this.#fastest;
    const window = few && ++this.#lost <= FEW.lostRaces ? Math.min(took, LONGEST_WINDOW) : this.#widen(took);
    const patience = Math.min(1, left / this.timeout) ** 2;
    return this.#jitter(Math.max(LEAST_WINDOW, window * patience), left);
  }

  /**
   * A crowd slows the store down, and slow attempts lose more races, so the window grows with what an attempt takes.
   */
  #widen(took: number): number {
    const least = Math.max(LEAST_WINDOW, WINDOW_PER_ATTEMPT * took);
    return (this.#window = Math.min(LONGEST_WINDOW, Math.max(least, this.#window * WINDOW_GROWTH)));
  }

  #jitter(longest: number, left: number): number {
    return Math.min(this.clock.random() * longest, left / 2);
  }
}
