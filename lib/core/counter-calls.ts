import { type AbortListeners } from '../common/abort.js';
import { afterWaiting, type Clock } from '../common/clock.js';
import type { SequenceError } from '../common/sequence-error.js';
import { ABANDONED, type Answerer, type Attempt } from './attempt.js';
import type { Attempts } from './attempts.js';
import { assertCallOptions, type CallOptions } from './call-options.js';
import { closedError, timeoutError, tooManyWaitersError } from './core-errors.js';
import type { Pace } from './pace.js';

export interface CounterCallsOptions {
  name: string;
  timeout: number;
  /** How many calls may be under way. */
  maxCalls: number;
  clock: Clock;
  pace: Pace;
  abortListeners: AbortListeners;
  /** Tests only: settles when the counter has started anew. */
  ready: Promise<void> | undefined;
  /** Told of every failed attempt. */
  onFailure(error: SequenceError): void;
}

/** `inspect`, `ensureAtLeast` and `fence`: they draw no ids, so they stand in no line. Each waits for itself. */
export class CounterCalls {
  /** How many calls were made. */
  made = 0;
  /** Also calls whose callers have left: their attempts outlive them. */
  #underWay = 0;
  readonly #whenSettled: (() => void)[] = [];
  #closed = false;
  readonly #options: CounterCallsOptions;

  constructor(options: CounterCallsOptions) {
    this.#options = options;
  }

  get underWay(): number {
    return this.#underWay;
  }

  /** `writes`: the call may have taken effect when it fails without an answer. */
  async make<Result>(
    attempts: Attempts,
    work: (attempt: Attempt) => Promise<Result>,
    options: CallOptions = {},
    { writes }: { writes: boolean },
  ): Promise<Result> {
    const refused = this.refused(options);
    if (refused !== undefined) return refused;
    const { name, clock, ready, onFailure, abortListeners } = this.#options;
    const { signal, timeout = this.#options.timeout } = options;
    const deadline = clock.now() + timeout;
    const left = () => Math.max(0, deadline - clock.now());
    let isWanted = true;
    let mayHaveWritten = false;
    let asking: Answerer | undefined;
    const effectUnknown = () => writes && (mayHaveWritten || asking === 'the store');
    const watched = (attempt: Attempt): Promise<Result> => {
      asking = 'the store';
      const { signal, progress } = attempt;
      return work({
        signal,
        progress,
        waitFor: (answerer) => attempt.waitFor((asking = answerer)),
        abandon: () => attempt.abandon(),
      });
    };

    const repeat = async (): Promise<Result> => {
      await ready;
      for (;;) {
        await attempts.pause(left());
        if (attempts.closed || !isWanted) throw closedError(name, effectUnknown());
        try {
          const result = await attempts.make(watched);
          if (result !== ABANDONED) return result;
        } catch (caught) {
          const error = caught as SequenceError;
          mayHaveWritten ||= error.ambiguous;
          asking = undefined;
          onFailure(error);
          if (!attempts.mayRetry(error, left())) throw error;
        }
      }
    };

    this.#underWay++;
    this.made++;
    let cancel: () => void = () => {};
    let removeAbort: () => void = () => {};
    try {
      return await Promise.race([
        repeat().finally(() => this.#ended()),
        new Promise<never>((_, reject) => {
          const expire = () => reject(timeoutError(name, timeout, attempts, effectUnknown()));
          cancel = afterWaiting(clock, timeout, expire);
          if (signal !== undefined) removeAbort = abortListeners.add(signal, () => reject(signal.reason));
        }),
      ]);
    } finally {
      isWanted = false;
      cancel();
      removeAbort();
    }
  }

  /** The rejection of a call that cannot be made now; undefined: it can. */
  refused(options: CallOptions = {}): Promise<never> | undefined {
    const { name, maxCalls, pace } = this.#options;
    try {
      assertCallOptions(options);
      options.signal?.throwIfAborted();
      if (this.#closed) throw closedError(name);
      // Nothing queues without bound.
      if (this.#underWay >= maxCalls) throw tooManyWaitersError(name, this.#underWay);
      return undefined;
    } catch (error) {
      return pace.refuse(error);
    }
  }

  /** Refuses new calls. Those under way go on. */
  close(): void {
    this.#closed = true;
  }

  /** Resolves when none is under way. */
  async settled(): Promise<void> {
    if (this.#underWay > 0) await new Promise<void>((resolve) => this.#whenSettled.push(resolve));
  }

  #ended(): void {
    if (--this.#underWay === 0) for (const settled of this.#whenSettled.splice(0)) settled();
  }
}
