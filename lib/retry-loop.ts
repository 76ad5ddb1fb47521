import { assertInteger, assertKnownKeys, show } from './arguments.js';
import { Backoff } from './backoff.js';
import type { Clock } from './clock.js';
import { diagnostics, type RetryMessage, type VerdictMessage } from './diagnostics.js';
import { SequenceError } from './sequence-errors.js';

export interface Patience {
  /** Asked before every attempt: whether anybody still wants the result. */
  wanted(): boolean;
  /** When, on the clock, those who want it stop waiting; a pause never reaches as far. */
  deadline(): number;
  /** Told of every failed attempt, before the pause. */
  failed(error: SequenceError): void;
}

/** The trailing options of every call that may wait. */
export interface CallOptions {
  /** Ends the wait when it aborts; the call rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Milliseconds to wait without progress, 1 to 2^31 - 1. Default: the module's `timeout`. */
  timeout?: number | undefined;
}

export function assertCallOptions(options: CallOptions): void {
  assertKnownKeys('the call options', options, ['signal', 'timeout']);
  const { signal, timeout } = options;
  if (timeout !== undefined) assertInteger('timeout', timeout, 1, MAX_TIMEOUT);
  if (signal !== undefined && typeof (signal as AbortSignal | null)?.throwIfAborted !== 'function') {
    throw new TypeError(`Expected signal to be an AbortSignal, got ${show(signal)}`);
  }
}

/** The longest delay of a timer, in milliseconds: Node takes a longer one as 1 ms. */
export const MAX_TIMEOUT = 2 ** 31 - 1;

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
  #closed = false;
  /** How {@link close} ends each pause and attempt. A set: an AbortController here would weigh as much as all the rest. */
  readonly #running = new Set<() => void>();

  constructor(
    private readonly name: string,
    private readonly timeout: number,
    private readonly clock: Clock,
  ) {
    this.#backoff = new Backoff(timeout, clock);
  }

  async run<Result>(attempt: (signal: AbortSignal) => Promise<Result>, patience: Patience): Promise<Result> {
    for (;;) {
      await this.#pause();
      if (this.#closed || !patience.wanted()) throw new GaveUp();
      const begun = this.clock.now();
      try {
        const result = await this.#once(attempt);
        this.#backoff.succeeded();
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
        const now = this.clock.now();
        const delay = this.#backoff.failed(error, now - begun, Math.max(0, patience.deadline() - now));
        if (diagnostics.retry.hasSubscribers) {
          diagnostics.retry.publish({ sequence: this.name, error, delay } satisfies RetryMessage);
        }
      }
    }
  }

  /** Runs for one caller: until its time or its signal ends the wait. */
  async call<Result>(
    attempt: (signal: AbortSignal) => Promise<Result>,
    options: CallOptions = {},
    failed: (error: SequenceError) => void = () => {},
  ): Promise<Result> {
    assertCallOptions(options);
    const { signal, timeout = this.timeout } = options;
    signal?.throwIfAborted();
    const deadline = this.clock.now() + timeout;
    let wanted = true;
    let cancel: () => void = () => {};
    let abort: () => void = () => {};
    try {
      return await Promise.race([
        this.run(attempt, { wanted: () => wanted, deadline: () => deadline, failed }),
        new Promise<never>((_, reject) => {
          cancel = this.clock.after(timeout, () => reject(this.timedOut(timeout)));
          abort = () => reject(signal?.reason);
          signal?.addEventListener('abort', abort, { once: true });
        }),
      ]);
    } catch (error) {
      throw error instanceof GaveUp ? closedError(this.name) : error;
    } finally {
      wanted = false;
      cancel();
      signal?.removeEventListener('abort', abort);
    }
  }

  timedOut(timeout: number): SequenceError {
    const failure = this.lastFailure;
    return new SequenceError(
      'TIMEOUT',
      `Sequence "${this.name}": no answer within ${timeout} ms. Nothing was handed out; the call may be repeated.` +
        (failure === undefined ? '' : ` Last failure: ${failure.message}`),
      { sequence: this.name, cause: failure?.cause ?? failure },
    );
  }

  /** Forgets former failures and lost races: the next attempt is made at once. */
  forget(): void {
    this.#backoff.forget();
    this.lastFailure = undefined;
  }

  /** Ends pauses and attempts; whoever runs gets {@link GaveUp}. */
  close(): void {
    this.#closed = true;
    for (const end of this.#running) end();
  }

  /**
   * The first attempt gets half of `timeout`, so that one lost answer still leaves time for a second attempt; after
   * silence an attempt gets all of it, so that a slow store is not asked in vain for ever.
   */
  async #once<Result>(attempt: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const limit = this.#backoff.silent ? this.timeout : this.timeout / 2;
    const controller = new AbortController();
    const { signal } = controller;
    const cancelLimit = this.clock.after(
      limit,
      () =>
        controller.abort(
          new SequenceError(
            'UNAVAILABLE',
            `Sequence "${this.name}": the store gave no answer within ${limit} ms. The attempt was given up; at most a gap remains of it.`,
            { sequence: this.name, ambiguous: true },
          ),
        ),
      { unref: true },
    );
    const close = () => controller.abort(new GaveUp());
    this.#running.add(close);
    try {
      return await Promise.race([
        attempt(signal),
        new Promise<never>((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        }),
      ]);
    } catch (error) {
      // Once given up, given up: a store that answers the abort with an error of its own does not hide the reason.
      throw signal.aborted ? signal.reason : error;
    } finally {
      cancelLimit();
      this.#running.delete(close);
    }
  }

  /** Unref'd: whoever waits for the result has a timer of its own that keeps the process alive. */
  async #pause(): Promise<void> {
    const delay = this.#backoff.notBefore - this.clock.now();
    if (delay <= 0 || this.#closed) return;
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

export function closedError(name: string): SequenceError {
  return new SequenceError(
    'CLOSED',
    `Sequence "${name}": the application is shutting down. No id was handed out, none will be.`,
    { sequence: name },
  );
}
