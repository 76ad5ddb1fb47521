import { afterWaiting } from '../common/clock.js';
import type { SequenceError } from '../common/sequence-error.js';
import type { Attempts } from './attempts.js';
import type { CallOptions } from './call-options.js';
import { timeoutError, tooManyWaitersError } from './core-errors.js';
import type { CallerContext } from './observers.js';
import type { Surroundings } from './surroundings.js';

/** A caller in line. */
export interface Waiter {
  /** Ids this caller takes at once. */
  readonly need: number;
  /** Callers are numbered in the order in which they joined. */
  readonly number: number;
  /** When, on the clock, the call was made. */
  readonly since: number;
  /** Milliseconds it waits without progress. */
  readonly timeout: number;
  /** Takes the ids and settles the caller in one step, so that abort and time-out never meet an assigned id. */
  serve(): void;
  reject(error: unknown): void;
  previous: Waiter | undefined;
  next: Waiter | undefined;
  left: boolean;
  /** Where the call was made, for tracers. */
  readonly context: CallerContext | undefined;
}

/**
 * First come, first served. Callers leave early by their signal, or when nobody was served for `timeout` milliseconds: a
 * long line that moves does not fail. Linked, so that leaving costs no search.
 */
export class WaitingLine {
  head: Waiter | undefined;
  size = 0;
  /** Sum of all needs. */
  need = 0;
  /** How many callers have waited. */
  joined = 0;
  /** When, on the clock, somebody was last served from this line. */
  progress = 0;
  #tail: Waiter | undefined;
  /** Called when nobody waits any more. Undefined: nobody wants to know, as always but at the end of a core. */
  #whenEmpty: (() => void)[] | undefined;
  readonly #name: string;
  readonly #surroundings: Surroundings;
  readonly #attempts: Attempts;
  readonly #onLeave: () => void;

  /**
   * `attempts`: who has to answer, for the error of a caller whose time is over. `onLeave`: a waiter left without ids. The
   * next one may need fewer, so try to serve it.
   */
  constructor(name: string, surroundings: Surroundings, attempts: Attempts, onLeave: () => void) {
    this.#name = name;
    this.#surroundings = surroundings;
    this.#attempts = attempts;
    this.#onLeave = onLeave;
  }

  /** `take` is called when the caller's turn has come and `need` ids are there. */
  wait<Result>(need: number, take: () => Result, options: CallOptions = {}): Promise<Result> {
    const { maxWaiters, clock, abortListeners, observers } = this.#surroundings;
    const { signal, timeout = this.#surroundings.timeout } = options;
    if (this.size >= maxWaiters) throw tooManyWaitersError(this.#name, this.size);
    return new Promise<Result>((resolve, reject) => {
      const since = clock.now();
      const settle = () => {
        cancel();
        removeAbort?.();
        this.#remove(waiter);
      };
      const leave = (error: unknown) => {
        waiter.reject(error);
        this.#onLeave();
      };
      const expire = () => {
        const left = Math.max(since, this.progress) + timeout - clock.now();
        if (left > 0) cancel = afterWaiting(clock, left, expire);
        else leave(this.#timedOut(timeout));
      };
      // The listener comes first: if adding it throws, nobody has joined the line.
      const removeAbort = signal && abortListeners.add(signal, () => leave(signal.reason));
      let cancel = afterWaiting(clock, timeout, expire);
      const waiter = this.#push({
        need,
        number: ++this.joined,
        since,
        timeout,
        serve: () => {
          settle();
          resolve(take());
        },
        reject: (error) => {
          settle();
          reject(error);
        },
        previous: this.#tail,
        next: undefined,
        left: false,
        context: observers.context(),
      });
    });
  }

  /** Serves callers in order, until the first whose turn has not come. */
  serve(isServed: (waiter: Waiter) => boolean): void {
    if (this.head === undefined || !isServed(this.head)) return;
    this.progress = this.#surroundings.clock.now();
    for (let { head } = this; head !== undefined && isServed(head); head = this.head) head.serve();
  }

  /** Those at the front whose needs together fit into `most` ids: what they need, and the number of the last of them. */
  front(most: number): { need: number; last: number } {
    if (this.need <= most) return { need: this.need, last: this.joined };
    let need = 0;
    let last = 0;
    for (let waiter = this.head; waiter !== undefined && need + waiter.need <= most; waiter = waiter.next) {
      need += waiter.need;
      last = waiter.number;
    }
    return { need, last };
  }

  /** Resolves when nobody waits any more. */
  async empty(): Promise<void> {
    if (this.size > 0) await new Promise<void>((resolve) => (this.#whenEmpty ??= []).push(resolve));
  }

  #timedOut(timeout: number): SequenceError {
    const error = timeoutError(this.#name, timeout, this.#attempts);
    this.#surroundings.observers.callerFailed(this.#name, error);
    return error;
  }

  #push(waiter: Waiter): Waiter {
    if (this.#tail === undefined) this.head = waiter;
    else this.#tail.next = waiter;
    this.#tail = waiter;
    this.size++;
    this.need += waiter.need;
    return waiter;
  }

  #remove(waiter: Waiter): void {
    if (waiter.left) return;
    waiter.left = true;
    if (waiter.previous === undefined) this.head = waiter.next;
    else waiter.previous.next = waiter.next;
    if (waiter.next === undefined) this.#tail = waiter.previous;
    else waiter.next.previous = waiter.previous;
    this.size--;
    this.need -= waiter.need;
    if (this.size > 0) return;
    for (const emptied of this.#whenEmpty ?? []) emptied();
    this.#whenEmpty = undefined;
  }
}
