import { afterWaiting } from '../common/clock.js';
import type { Surroundings } from './surroundings.js';

/**
 * Settles as `promise` does, unless the caller's signal aborts or its `timeout` milliseconds are over first. What was
 * promised goes on then; only this caller leaves.
 */
export async function forCaller<Result>(
  promise: Promise<Result>,
  { clock, abortListeners }: Pick<Surroundings, 'clock' | 'abortListeners'>,
  { signal, timeout }: { signal: AbortSignal | undefined; timeout: number },
  timedOut: () => Error,
): Promise<Result> {
  let cancel: () => void = () => {};
  let removeAbort: () => void = () => {};
  try {
    return await Promise.race([
      promise,
      new Promise<never>((_, reject) => {
        cancel = afterWaiting(clock, timeout, () => reject(timedOut()));
        if (signal !== undefined) removeAbort = abortListeners.add(signal, () => reject(signal.reason));
      }),
    ]);
  } finally {
    cancel();
    removeAbort();
  }
}
