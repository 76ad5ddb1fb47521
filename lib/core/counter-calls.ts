import type { SequenceError } from '../common/sequence-error.js';
import { ABANDONED, type Answerer, type Attempt } from './attempt.js';
import type { Attempts } from './attempts.js';
import { assertCallOptions, type CallOptions } from './call-options.js';
import { closedError, timeoutError, tooManyWaitersError } from './core-errors.js';
import { forCaller } from './for-caller.js';
import type { Surroundings } from './surroundings.js';

export interface CounterCallsOptions {
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
  readonly #name: string;
  readonly #surroundings: Surroundings;
  readonly #options: CounterCallsOptions;

  constructor(name: string, surroundings: Surroundings, options: CounterCallsOptions) {
    this.#name = name;
    this.#surroundings = surroundings;
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
    const name = this.#name;
    const { clock } = this.#surroundings;
    const { ready, onFailure } = this.#options;
    const { signal, timeout = this.#surroundings.timeout } = options;
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
    try {
      const ended = repeat().finally(() => this.#ended());
      const timedOut = () => timeoutError(name, timeout, attempts, effectUnknown());
      return await forCaller(ended, this.#surroundings, { signal, timeout }, timedOut);
    } finally {
      isWanted = false;
    }
  }

  /** The rejection of a call that cannot be made now; undefined: it can. */
  refused(options: CallOptions = {}): Promise<never> | undefined {
    const name = this.#name;
    const { maxWaiters, pace } = this.#surroundings;
    try {
      assertCallOptions(options);
      options.signal?.throwIfAborted();
      if (this.#closed) throw closedError(name);
      // Nothing queues without bound.
      if (this.#underWay >= maxWaiters) throw tooManyWaitersError(name, this.#underWay);
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
