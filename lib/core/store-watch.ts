import type { SequenceError, SequenceErrorCode } from '../common/sequence-error.js';
import type { SequenceObserver } from './observers.js';

/** The store as a whole fails. A lost race is not an outage, and neither is trouble with one counter. */
const OUTAGE: ReadonlySet<SequenceErrorCode> = new Set([
  'UNAVAILABLE',
  'TIMEOUT',
  'FORBIDDEN',
  'READ_ONLY',
  'UNSAFE_INDEX',
]);

const SILENCE: ReadonlySet<SequenceErrorCode> = new Set(['UNAVAILABLE', 'TIMEOUT']);

/** This counter is not the one that was known, or what is stored is not a counter. */
const FOREIGN: ReadonlySet<SequenceErrorCode> = new Set([
  'VANISHED',
  'IDENTITY_CHANGED',
  'REGRESSED',
  'CORRUPT',
]);

/** From the first attempt that failed until one succeeds, whoever made it. */
export interface Outage {
  /** Milliseconds since 1970. */
  readonly since: number;
  /** What failed first. */
  readonly error: SequenceError;
  /** Every sequence that it has reached. */
  readonly sequences: Set<string>;
  /** Callers who wanted ids and got an error. */
  failedCallers: number;
}

/** A counter whose identity is in doubt. */
export interface ForeignCounter {
  code: SequenceErrorCode;
  /** Milliseconds since 1970. */
  since: number;
}

export interface OutageListener {
  began?(outage: Outage): void;
  /** It has reached one more sequence. */
  spread?(outage: Outage): void;
  ended?(outage: Outage): void;
  /** A counter is not the one that was known; said once until it works again. */
  foreign?(sequence: string, error: SequenceError): void;
}

/** Knows whether the store of one application works, from what the application asked of it anyway. */
export class StoreWatch implements SequenceObserver {
  /** Counters whose identity is in doubt, by name. */
  readonly foreign = new Map<string, ForeignCounter>();
  #outage: Outage | undefined;
  readonly #listeners = new Set<OutageListener>();

  /** The outage that lasts. */
  get outage(): Outage | undefined {
    return this.#outage;
  }

  /** Returns how to stop listening. */
  listen(listener: OutageListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  attemptFailed(sequence: string, error: SequenceError): void {
    if (!OUTAGE.has(error.code)) {
      // The store answered.
      this.#end();
      if (!FOREIGN.has(error.code) || this.foreign.has(sequence)) return;
      this.foreign.set(sequence, { code: error.code, since: Date.now() });
      for (const listener of this.#listeners) listener.foreign?.(sequence, error);
      return;
    }
    const outage = this.#outage;
    if (outage === undefined) {
      this.#begin(error, [sequence]);
    } else if (!outage.sequences.has(sequence)) {
      outage.sequences.add(sequence);
      for (const listener of this.#listeners) listener.spread?.(outage);
    }
  }

  /** Somebody who only looked got an answer: the store is not silent any more. It may still refuse to write. */
  answered(): void {
    if (this.#outage !== undefined && SILENCE.has(this.#outage.error.code)) this.#end();
  }

  /** Somebody who only looked got no answer. */
  silent(error: SequenceError): void {
    if (this.#outage === undefined && SILENCE.has(error.code)) this.#begin(error, []);
  }

  attemptSucceeded(sequence: string): void {
    if (this.foreign.size > 0) this.foreign.delete(sequence);
    this.#end();
  }

  callerFailed(): void {
    if (this.#outage !== undefined) this.#outage.failedCallers++;
  }

  #begin(error: SequenceError, sequences: string[]): void {
    const outage = { since: Date.now(), error, sequences: new Set(sequences), failedCallers: 0 };
    this.#outage = outage;
    for (const listener of this.#listeners) listener.began?.(outage);
  }

  #end(): void {
    const outage = this.#outage;
    if (outage === undefined) return;
    this.#outage = undefined;
    for (const listener of this.#listeners) listener.ended?.(outage);
  }
}
