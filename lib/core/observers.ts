import { AsyncLocalStorage } from 'node:async_hooks';
import type { SequenceError } from '../common/sequence-error.js';
import {
  type ClaimMessage,
  type ClaimTrace,
  claimTracing,
  diagnostics,
  type RetryMessage,
  type StallMessage,
  type VerdictMessage,
} from './diagnostics.js';

/**
 * Told what happens to the sequences of one application. The channels of {@link diagnostics} are for the whole process:
 * who counts there counts two applications as one. Nothing is told per id. What a method throws is the caller's trouble.
 */
export interface SequenceObserver {
  /** A block arrived. */
  claimed?(message: ClaimMessage): void;
  /** Callers had to wait for a block, which arrived. */
  stalled?(message: StallMessage): void;
  /** An attempt of any call failed. `delay`: milliseconds until the next one; undefined: none follows. */
  attemptFailed?(sequence: string, error: SequenceError, delay: number | undefined): void;
  /** An attempt of any call succeeded. */
  attemptSucceeded?(sequence: string): void;
  /** A caller who wanted ids got an error. */
  callerFailed?(sequence: string, error: SequenceError): void;
  /** Runs one attempt to claim, in whatever context it should have. */
  claiming?<Result>(claim: ClaimTrace, run: () => Promise<Result>): Promise<Result>;
}

/** Runs a function in the asynchronous context of a caller. */
export type CallerContext = <Result>(run: () => Result) => Result;

/** Publishes to the channels of the process and tells the observers of the application. */
export class Observers {
  readonly #observers = new Set<SequenceObserver>();
  #tracers = 0;

  /** Returns how to remove it. */
  add(observer: SequenceObserver): () => void {
    this.#observers.add(observer);
    const traces = observer.claiming === undefined ? 0 : 1;
    this.#tracers += traces;
    return () => {
      if (this.#observers.delete(observer)) this.#tracers -= traces;
    };
  }

  /** The context of a caller who has to wait, where somebody traces claims. */
  context(): CallerContext | undefined {
    return this.#isTraced ? AsyncLocalStorage.snapshot() : undefined;
  }

  /** Runs one attempt to claim for those who trace it. `context`: of the caller who waits longest. */
  claiming<Result>(
    claim: ClaimTrace,
    context: CallerContext | undefined,
    run: () => Promise<Result>,
  ): Promise<Result> {
    if (!this.#isTraced) return run();
    let traced = () => (claimTracing.hasSubscribers ? claimTracing.tracePromise(run, claim) : run());
    for (const observer of this.#observers) {
      if (observer.claiming === undefined) continue;
      const inner = traced;
      traced = () => observer.claiming!(claim, inner);
    }
    return context === undefined ? traced() : context(traced);
  }

  get #isTraced(): boolean {
    return this.#tracers > 0 || claimTracing.hasSubscribers;
  }

  claimed(message: ClaimMessage): void {
    if (diagnostics.claim.hasSubscribers) diagnostics.claim.publish(message);
    for (const observer of this.#observers) observer.claimed?.(message);
  }

  stalled(message: StallMessage): void {
    if (diagnostics.stall.hasSubscribers) diagnostics.stall.publish(message);
    for (const observer of this.#observers) observer.stalled?.(message);
  }

  attemptFailed(sequence: string, error: SequenceError, delay: number | undefined): void {
    if (delay === undefined) {
      if (diagnostics.verdict.hasSubscribers) {
        diagnostics.verdict.publish({ sequence, error } satisfies VerdictMessage);
      }
    } else if (diagnostics.retry.hasSubscribers) {
      diagnostics.retry.publish({ sequence, error, delay } satisfies RetryMessage);
    }
    for (const observer of this.#observers) observer.attemptFailed?.(sequence, error, delay);
  }

  attemptSucceeded(sequence: string): void {
    for (const observer of this.#observers) observer.attemptSucceeded?.(sequence);
  }

  callerFailed(sequence: string, error: SequenceError): void {
    for (const observer of this.#observers) observer.callerFailed?.(sequence, error);
  }
}
