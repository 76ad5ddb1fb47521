import type { CallOptions } from './call-options.js';
import type { Clock } from '../common/clock.js';
import { SequenceError } from '../common/sequence-error.js';

/** A caller in line. */
export interface Waiter {
  /** Ids this caller takes at once. */
  readonly need: number;
  /** When, on the clock, the call was made. */
  readonly since: number;
  /** Milliseconds it waits without progress. */
  readonly timeout: number;
  /** A turn of its own rather than a caller: nobody behind it is served before it is over. */
  readonly holdsLine: boolean;
  /** Takes the ids and settles the caller in one step, so that abort and time-out never meet an assigned id. */
  serve(): void;
  reject(error: unknown): void;
  previous: Waiter | undefined;
  next: Waiter | undefined;
  left: boolean;
}

export interface WaitingLineOptions {
  name: string;
  maxWaiters: number;
  /** Milliseconds a caller waits without progress. */
  timeout: number;
  clock: Clock;
  /** Makes the error of a caller whose time is over. */
  timedOut(timeout: number): SequenceError;
  /** Called when somebody left unserved: those behind may be content with less. */
  moved(): void;
}

/**
 * First come, first served. Callers leave early by their signal, or when for `timeout` milliseconds no block arrived:
 * a long line that moves does not fail. Linked, so that leaving costs no search.
 */
export class WaitingLine {
  head: Waiter | undefined;
  size = 0;
  /** Sum of all needs. */
  need = 0;
  /** When, on the clock, a block last arrived. */
  progress = 0;
  #tail: Waiter | undefined;
  #emptied: (() => void) | undefined;
  readonly #options: WaitingLineOptions;

  constructor(options: WaitingLineOptions) {
    this.#options = options;
  }

  /** `take` is called when the caller's turn has come and `need` ids are there. */
  wait<Result>(need: number, take: () => Result, options: CallOptions = {}): Promise<Result> {
    const { name, maxWaiters, clock } = this.#options;
    const { signal, timeout = this.#options.timeout } = options;
    if (this.size >= maxWaiters) {
      throw tooManyWaitersError(name, this.size);
    }
    return new Promise<Result>((resolve, reject) => {
      const since = clock.now();
      const settle = () => {
        cancel();
        signal?.removeEventListener('abort', abort);
        this.#remove(waiter);
      };
      const leave = (error: unknown) => {
        waiter.reject(error);
        this.#options.moved();
      };
      const abort = () => leave(signal?.reason);
      const expire = () => {
        const left = Math.max(since, this.progress) + timeout - clock.now();
        if (left > 0) cancel = clock.after(left, expire);
        else leave(this.#options.timedOut(timeout));
      };
      // First of all: whoever could never leave takes no place.
      signal?.addEventListener('abort', abort, { once: true });
      let cancel = clock.after(timeout, expire);
      const waiter = this.#push(need, since, timeout, false, {
        serve: () => {
          settle();
          resolve(take());
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
    });
  }

  /** Runs `action` when all before have left, and holds back all behind until it is over. */
  hold(action: () => Promise<void>): Promise<void> {
    const { clock, timeout } = this.#options;
    return new Promise((resolve, reject) => {
      let begun = false;
      const turn = this.#push(0, clock.now(), timeout, true, {
        serve: () => {
          if (begun) return;
          begun = true;
          action()
            .then(resolve, reject)
            .finally(() => {
              this.#remove(turn);
              this.#options.moved();
            });
        },
        reject: (error) => {
          this.#remove(turn);
          reject(error);
        },
      });
    });
  }

  /** Resolves when nobody waits any more. */
  async empty(): Promise<void> {
    if (this.size > 0) await new Promise<void>((resolve) => (this.#emptied = resolve));
  }

  #push(
    need: number,
    since: number,
    timeout: number,
    holdsLine: boolean,
    { serve, reject }: Pick<Waiter, 'serve' | 'reject'>,
  ): Waiter {
    const waiter: Waiter = {
      need,
      since,
      timeout,
      holdsLine,
      serve,
      reject,
      previous: this.#tail,
      next: undefined,
      left: false,
    };
    if (this.#tail === undefined) this.head = waiter;
    else this.#tail.next = waiter;
    this.#tail = waiter;
    this.size++;
    this.need += need;
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
    if (this.size === 0) this.#emptied?.();
  }
}

export function tooManyWaitersError(name: string, waiting: number): SequenceError {
  return new SequenceError(
    'TOO_MANY_WAITERS',
    `Sequence "${name}": ${waiting} callers wait already (maxWaiters). No id was taken; call again later.`,
    { sequence: name },
  );
}
