import type { Clock } from '../common/clock.js';
import type { SequenceError, SequenceErrorCode } from '../common/sequence-error.js';
import { LONGEST_ANSWER } from '../store/sequence-store.js';
import { type Attempt, ABANDONED, type Answerer, RunningAttempt } from './attempt.js';
import { Backoff } from './backoff.js';
import { givenUpError, typedError } from './core-errors.js';
import type { Surroundings } from './surroundings.js';

/**
 * Paces the attempts of one sequence and gives up those that the store leaves without an answer. The loop is the
 * caller's:
 *
 *     for (;;) {
 *       await attempts.pause(left);
 *       if (attempts.closed) break;
 *       try {
 *         return await attempts.make(work);
 *       } catch (error) {
 *         if (!attempts.mayRetry(error, left)) throw error;
 *       }
 *     }
 *
 * A retry is a new attempt. One that was given up can never contribute a result: its promise has lost the race in
 * {@link make}.
 */
export class Attempts {
  /** What failed last, until the next success: the `cause` of a time-out. */
  lastFailure: SequenceError | undefined;
  /** When, on the clock, attempts began to fail; undefined: the last one succeeded. */
  failingSince: number | undefined;
  /** The code of the last failure, until the next success. */
  failureCode: SequenceErrorCode | undefined;
  /** Who has to answer, or had to last. */
  answerer: Answerer = 'the store';
  closed = false;
  readonly #name: string;
  readonly #surroundings: Pick<Surroundings, 'timeout' | 'clock' | 'observers'>;
  readonly #backoff: Backoff;
  /** How {@link close} ends each pause and attempt. Undefined while there is none: an empty set weighs 230 bytes. */
  #cancels: Set<() => void> | undefined;
  /** When, on the clock, the last attempt began. */
  #begun = 0;
  /** Milliseconds of the slowest answer of the last minute, and when it came. */
  #slowest = 0;
  #slowestAt = 0;
  /** An attempt that was given up and whose request is still open. */
  #open: RunningAttempt | undefined;

  constructor(name: string, surroundings: Pick<Surroundings, 'timeout' | 'clock' | 'observers'>) {
    this.#name = name;
    this.#surroundings = surroundings;
    this.#backoff = new Backoff(surroundings.timeout, surroundings.clock);
  }

  /** Whether the request of an attempt that was given up is still open. */
  get hasOpenRequest(): boolean {
    return this.#open?.isOpen === true;
  }

  /**
   * Waits until the next attempt may be made. `left`: milliseconds until those who want its result stop waiting. The
   * timer is unref'd: who waits for the result has a timer of its own that keeps the process alive.
   */
  async pause(left: number): Promise<void> {
    const delay = this.#backoff.pause(left);
    if (delay <= 0 || this.closed) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        cancel();
        this.#forget(wake);
        resolve();
      };
      const cancel = this.#clock.after(delay, wake, { unref: true });
      this.#remember(wake);
    });
  }

  /**
   * Makes one attempt. It is given up when the store, or the floor hook, is silent for too long. {@link ABANDONED} when
   * somebody else ended it: such an attempt leaves no error, and counts for no pause.
   */
  async make<Result>(work: (attempt: Attempt) => Promise<Result>): Promise<Result | typeof ABANDONED> {
    this.#begun = this.#clock.now();
    const attempt = new RunningAttempt(this.#clock, {
      limit: (answerer) => this.#limit(answerer),
      asks: (answerer) => (this.answerer = answerer),
      gaveUp: (answerer, limit) => givenUpError(this.#name, answerer, limit),
      answered: (took) => this.#noteAnswer(took),
      staysOpen: (given, end) => this.#staysOpen(given, end),
    });
    const abandon = () => attempt.abandon();
    this.#remember(abandon);
    try {
      const result = await attempt.run(work);
      this.#backoff.succeeded();
      this.lastFailure = this.failureCode = this.failingSince = undefined;
      this.#surroundings.observers.attemptSucceeded(this.#name);
      return result;
    } catch (error) {
      if (attempt.abandoned) return ABANDONED;
      throw typedError(this.#name, error);
    } finally {
      this.#forget(abandon);
    }
  }

  /** Remembers a failure, and says whether another attempt may help. */
  mayRetry(error: SequenceError, left: number): boolean {
    this.failureCode = error.code;
    this.failingSince ??= this.#clock.now();
    if (!error.retryable) {
      this.#surroundings.observers.attemptFailed(this.#name, error, undefined);
      return false;
    }
    this.lastFailure = error;
    const delay = this.#backoff.failed(error, this.#clock.now() - this.#begun, left);
    this.#surroundings.observers.attemptFailed(this.#name, error, delay);
    return true;
  }

  /** Ends pauses and attempts. */
  close(): void {
    this.closed = true;
    for (const cancel of this.#cancels ?? []) cancel();
  }

  /**
   * How long the answerer may be silent. Half of `timeout` while answers are prompt, so that one lost answer leaves time
   * for a second attempt. All of it after silence. And always twice the slowest answer of the last minute: a store that
   * is slow but answers must not be asked in vain for ever.
   */
  #limit(answerer: Answerer): number {
    const { timeout } = this.#surroundings;
    if (answerer !== 'the store') return timeout;
    const prompt = this.#backoff.silent ? timeout : timeout / 2;
    const recent = this.#clock.now() - this.#slowestAt <= LONGEST_ANSWER;
    return Math.max(prompt, recent ? Math.min(2 * this.#slowest, LONGEST_ANSWER) : 0);
  }

  #noteAnswer(took: number): void {
    const now = this.#clock.now();
    if (took < this.#slowest && now - this.#slowestAt <= LONGEST_ANSWER) return;
    this.#slowest = took;
    this.#slowestAt = now;
  }

  /** One open request is enough to tell a slow store from a silent one. */
  #staysOpen(attempt: RunningAttempt, end: () => void): boolean {
    if (this.closed || attempt.abandoned) return false;
    if (this.hasOpenRequest && this.#open !== attempt) return false;
    this.#open = attempt;
    const close = () => {
      cancel();
      this.#forget(close);
      end();
    };
    const cancel = this.#clock.after(LONGEST_ANSWER, close, { unref: true });
    this.#remember(close);
    return true;
  }

  get #clock(): Clock {
    return this.#surroundings.clock;
  }

  #remember(cancel: () => void): void {
    this.#cancels ??= new Set();
    this.#cancels.add(cancel);
  }

  #forget(cancel: () => void): void {
    this.#cancels?.delete(cancel);
    if (this.#cancels?.size === 0) this.#cancels = undefined;
  }
}
