import type { Clock } from './clock.js';

/**
 * Settles as `promise` does, or rejects with the signal's reason when that aborts first. By hand and not by
 * `Promise.race`, which makes twice as many promises: thousands of sequences may start at once.
 */
export function orAborted<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
    promise.then(
      (result) => {
        signal.removeEventListener('abort', abort);
        resolve(result);
      },
      (error: unknown) => {
        signal.removeEventListener('abort', abort);
        reject(error);
      },
    );
  });
}

/** Settles as `promise` does, or rejects with what `error` makes when `limit` milliseconds are over first. */
export async function within<Result>(
  promise: Promise<Result>,
  limit: number,
  clock: Clock,
  error: () => Error,
): Promise<Result> {
  let cancel: () => void = () => {};
  const over = new Promise<never>((_, reject) => {
    cancel = clock.after(limit, () => reject(error()));
  });
  try {
    return await Promise.race([over, promise]);
  } finally {
    cancel();
  }
}

interface Shared {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

/**
 * Callbacks for abort signals, with one listener for each signal however many calls share it. A listener for each call
 * would make Node warn from the eleventh on, and adding or removing one would cost a search through all of them.
 */
export class AbortListeners {
  readonly #shared = new WeakMap<AbortSignal, Shared>();

  /** Calls `callback` once when the signal aborts. Returns how to take it back. */
  add(signal: AbortSignal, callback: () => void): () => void {
    const { callbacks } = this.#shared.get(signal) ?? this.#listen(signal);
    // A function of its own, so that one callback that is added twice is two.
    const entry = () => callback();
    callbacks.add(entry);
    return () => {
      if (callbacks.delete(entry) && callbacks.size === 0) this.#forget(signal);
    };
  }

  #listen(signal: AbortSignal): Shared {
    const callbacks = new Set<() => void>();
    const listener = () => {
      this.#shared.delete(signal);
      for (const callback of callbacks) callback();
    };
    signal.addEventListener('abort', listener, { once: true });
    const shared = { callbacks, listener };
    this.#shared.set(signal, shared);
    return shared;
  }

  #forget(signal: AbortSignal): void {
    const shared = this.#shared.get(signal);
    if (shared === undefined || shared.callbacks.size > 0) return;
    this.#shared.delete(signal);
    signal.removeEventListener('abort', shared.listener);
  }
}
