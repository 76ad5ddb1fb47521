import { afterWaiting, type Clock } from '../common/clock.js';
import { orAborted } from '../common/abort.js';
import { type AttemptProgress, LONGEST_ANSWER } from '../store/sequence-store.js';

export type Answerer = 'the store' | 'the floor hook';

/** What an attempt gives when somebody else ended it. */
export const ABANDONED = Symbol('abandoned');

/** What the work of one attempt gets. */
export interface Attempt {
  /** Aborts when the attempt is given up or abandoned. */
  readonly signal: AbortSignal;
  /** For the store: restarts the time limit. */
  readonly progress: AttemptProgress;
  /** Says who has to answer from now on, and starts the time limit anew. At first it is the store. */
  waitFor(answerer: Answerer): void;
  /** Ends the attempt without an error: what it answers does not count. */
  abandon(): void;
}

export interface AttemptHost {
  /** Milliseconds that the answerer may be silent. It is asked again when they are over: it may have grown. */
  limit(answerer: Answerer): number;
  asks(answerer: Answerer): void;
  /** Makes the error of an attempt that is given up. */
  gaveUp(answerer: Answerer, limit: number): Error;
  /** Told of every answer, also of one that comes after the attempt was given up. */
  answered(took: number): void;
  staysOpen(attempt: RunningAttempt, end: () => void): boolean;
}

/** One attempt while it runs, and while its last request stays open after it was given up. */
export class RunningAttempt implements Attempt, AttemptProgress {
  abandoned = false;
  readonly #clock: Clock;
  readonly #host: AttemptHost;
  readonly #controller = new AbortController();
  #answerer: Answerer = 'the store';
  /** When, on the clock, the answerer was asked, or last gave a sign of life. */
  #since = 0;
  /** Whether the store tells its progress: then its answers are measured one by one. */
  #tells = false;
  #openUntil = 0;
  #over = false;
  /** The attempt waits in a queue of the store. */
  #isQueued = false;
  #cancelLimit: (() => void) | undefined;
  /** When, on the clock, that timer fires. */
  #due = 0;

  constructor(clock: Clock, host: AttemptHost) {
    this.#clock = clock;
    this.#host = host;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get progress(): AttemptProgress {
    return this;
  }

  get isOpen(): boolean {
    return this.#clock.now() < this.#openUntil;
  }

  async run<Result>(work: (attempt: Attempt) => Promise<Result>): Promise<Result> {
    this.waitFor('the store');
    try {
      const result = await orAborted(work(this), this.signal);
      if (!this.#tells && !this.abandoned) this.#host.answered(this.#clock.now() - this.#since);
      return result;
    } catch (error) {
      // A store that answers the abort with an error of its own does not hide why the attempt was given up.
      throw this.signal.aborted ? this.signal.reason : error;
    } finally {
      this.#over = true;
      this.#cancelLimit?.();
    }
  }

  waitFor(answerer: Answerer): void {
    this.#answerer = answerer;
    this.#host.asks(answerer);
    this.#startLimit();
  }

  abandon(): void {
    this.abandoned = true;
    this.#controller.abort(ABANDONED);
  }

  queued(): void {
    this.#tells = true;
    this.#isQueued = true;
  }

  sent(): void {
    this.#tells = true;
    this.#startLimit();
  }

  answered(): void {
    this.#tells = true;
    this.#host.answered(this.#clock.now() - this.#since);
    this.#openUntil = 0;
    this.#startLimit();
  }

  staysOpen(end: () => void): boolean {
    if (!this.#host.staysOpen(this, end)) return false;
    this.#openUntil = this.#since + LONGEST_ANSWER;
    return true;
  }

  #startLimit(): void {
    if (this.#over || this.signal.aborted) return;
    this.#isQueued = false;
    this.#since = this.#clock.now();
    const limit = this.#host.limit(this.#answerer);
    if (this.#cancelLimit !== undefined && this.#due <= this.#since + limit) return;
    this.#cancelLimit?.();
    this.#arm(limit);
  }

  /**
   * One timer, however often the limit is restarted: when it fires, it looks how long the silence has lasted. If the store
   * turns out to be slow while the attempt runs, the attempt may run longer.
   */
  #arm(delay: number): void {
    const expire = () => {
      this.#cancelLimit = undefined;
      if (this.#isQueued) return;
      const limit = this.#host.limit(this.#answerer);
      const left = this.#since + limit - this.#clock.now();
      if (left > 0) this.#arm(left);
      else this.#controller.abort(this.#host.gaveUp(this.#answerer, limit));
    };
    this.#due = this.#clock.now() + delay;
    this.#cancelLimit = afterWaiting(this.#clock, delay, expire, { unref: true });
  }
}
