import { Backoff } from './backoff.js';
import type { Clock } from '../common/clock.js';
import { diagnostics, type RetryMessage, type VerdictMessage } from './diagnostics.js';
import { SequenceError } from '../common/sequence-error.js';

export interface Patience {
  /** Asked before every attempt: whether anybody still wants the result. */
  wanted(): boolean;
  /** When, on the clock, those who want it now stop waiting; a pause drawn for them never reaches as far. */
  deadline(): number;
  /** Told of every failed attempt, before the pause. */
  failed(error: SequenceError): void;
  /** Nothing is written. */
  readonly looks?: boolean;
}

/** Says who has to answer from now on: the time that another took is none of theirs. */
export type Asks = (whom: 'the store' | 'the floor hook') => void;

/** Asks the store, unless it says that it asks somebody else. */
export type Attempt<Result> = (signal: AbortSignal, asks: Asks) => Promise<Result>;

/** Nobody wanted the result any more. Never leaves the library. */
export class GaveUp extends Error {}

/**
 * The one retry loop between callers and any store. Each retry is a new attempt; an attempt that was given up can
 * never contribute a result, because its promise lost the race that {@link once} runs. One instance per sequence: what
 * {@link Backoff} remembers outlives a call.
 */
export class RetryLoop {
  /** What failed last, until the next success: the `cause` of a time-out. */
  lastFailure: SequenceError | undefined;

  readonly #backoff: Backoff;
  /** Made by the first look: what becomes of one says nothing of writes, nor the other way round. */
  #backoffOfLooks: Backoff | undefined;
  #closed = false;
  /** Who has to answer, or had to last. */
  #asked: Parameters<Asks>[0] = 'the store';
  /** Milliseconds the last attempt that succeeded took. */
  #took = 0;
  /** How {@link close} ends each pause and attempt. A set: an AbortController here would weigh as much as all the rest. */
  readonly #running = new Set<() => void>();

  constructor(
    private readonly name: string,
    private readonly timeout: number,
    private readonly clock: Clock,
  ) {
    this.#backoff = new Backoff(timeout, clock);
  }

  async run<Result>(attempt: Attempt<Result>, patience: Patience): Promise<Result> {
    const backoff =
      patience.looks === true
        ? (this.#backoffOfLooks ??= new Backoff(this.timeout, this.clock))
        : this.#backoff;
    for (;;) {
      await this.#pause(backoff, patience);
      if (this.#closed || !patience.wanted()) throw new GaveUp();
      const begun = this.clock.now();
      try {
        const { result, took } = await this.#once(attempt, backoff.silent);
        backoff.succeeded();
        if (patience.looks === true) return result;
        this.#took = took;
        this.lastFailure = undefined;
        return result;
      } catch (thrown) {
        const error = this.#typed(thrown);
        patience.failed(error);
        if (!error.retryable) {
          if (diagnostics.verdict.hasSubscribers) {
            diagnostics.verdict.publish({ sequence: this.name, error } satisfies VerdictMessage);
          }
          throw error;
        }
        this.lastFailure = error;
        const delay = backoff.failed(error, this.clock.now() - begun, this.#left(patience));
        if (diagnostics.retry.hasSubscribers) {
          diagnostics.retry.publish({ sequence: this.name, error, delay } satisfies RetryMessage);
        }
      }
    }
  }

  /** `written`: what the call was to do may be done. */
  timedOut(timeout: number, written = false): SequenceError {
    const failure = this.lastFailure;
    return new SequenceError(
      'TIMEOUT',
      `Sequence "${this.name}": no answer from ${this.#asked} within ${timeout} ms. ` +
        `${written ? NOT_KNOWN : 'Nothing was handed out'}; the call may be repeated.` +
        (failure === undefined ? '' : ` Last failure: ${failure.message}`),
      { sequence: this.name, cause: failure?.cause ?? failure, ambiguous: written },
    );
  }

  /** Forgets former attempts: the next is made at once. */
  forget(): void {
    this.#took = 0;
    this.#backoff.forget();
    this.#backoffOfLooks = undefined;
    this.lastFailure = undefined;
  }

  /** Ends pauses and attempts; whoever runs gets {@link GaveUp}. */
  close(): void {
    this.#closed = true;
    for (const end of this.#running) end();
  }

  /**
   * The first attempt gets half of `timeout`, so that one lost answer still leaves time for a second attempt, or twice
   * what the last one took, so that a store that always needs longer is not given up each time; after silence an attempt
   * gets all of it, so that a slow store is not asked in vain for ever.
   */
  async #once<Result>(attempt: Attempt<Result>, silent: boolean): Promise<{ result: Result; took: number }> {
    const first = Math.min(this.timeout, Math.max(this.timeout / 2, 2 * this.#took));
    const storeLimit = silent ? this.timeout : first;
    const controller = new AbortController();
    const { signal } = controller;
    let begun = 0;
    let cancelLimit: () => void = () => {};
    const asks: Asks = (whom) => {
      if (signal.aborted) return;
      cancelLimit();
      this.#asked = whom;
      begun = this.clock.now();
      const limit = whom === 'the store' ? storeLimit : this.timeout;
      const giveUp = () =>
        controller.abort(
          new SequenceError(
            'UNAVAILABLE',
            `Sequence "${this.name}": ${whom} gave no answer within ${limit} ms. The attempt was given up; at most a gap remains of it.`,
            { sequence: this.name, ambiguous: whom === 'the store' },
          ),
        );
      cancelLimit = this.clock.after(limit, giveUp, { unref: true });
    };
    const close = () => controller.abort(new GaveUp());
    this.#running.add(close);
    asks('the store');
    try {
      const result = await Promise.race([
        attempt(signal, asks),
        new Promise<never>((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        }),
      ]);
      return { result, took: this.clock.now() - begun };
    } catch (error) {
      // Once given up, given up: a store that answers the abort with an error of its own does not hide the reason.
      throw signal.aborted ? signal.reason : error;
    } finally {
      cancelLimit();
      this.#running.delete(close);
    }
  }

  /** Unref'd: whoever waits for the result has a timer of its own that keeps the process alive. */
  async #pause(backoff: Backoff, patience: Patience): Promise<void> {
    const delay = backoff.pause(this.#left(patience));
    if (delay <= 0 || this.#closed || !patience.wanted()) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        cancel();
        this.#running.delete(wake);
        resolve();
      };
      const cancel = this.clock.after(delay, wake, { unref: true });
      this.#running.add(wake);
    });
  }

  #left(patience: Patience): number {
    return Math.max(0, patience.deadline() - this.clock.now());
  }

  #typed(thrown: unknown): SequenceError {
    if (thrown instanceof GaveUp) throw thrown;
    if (thrown instanceof SequenceError) return thrown;
    return new SequenceError(
      'UNAVAILABLE',
      `Sequence "${this.name}": the store failed unexpectedly. No id was handed out; the call may be repeated.`,
      { sequence: this.name, cause: thrown, ambiguous: true },
    );
  }
}

const NOT_KNOWN = 'Whether the call took effect is not known';

/** `written`: what the call was to do may be done. */
export function closedError(name: string, written = false): SequenceError {
  return new SequenceError(
    'CLOSED',
    `Sequence "${name}": the application is shutting down. ${written ? NOT_KNOWN : 'No id was handed out, none will be'}.`,
    { sequence: name, ambiguous: written },
  );
}
