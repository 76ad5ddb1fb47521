import { performance } from 'node:perf_hooks';
import { clearTimeout, setImmediate, setTimeout } from 'node:timers';

/** Time and chance, passed in so that the allocator and the retry loop are pure. */
export interface Clock {
  /** Milliseconds on a clock that never goes back. */
  now(): number;
  /** Calls back once after `delay` milliseconds; returns how to cancel. An unref'd timer keeps no process alive. */
  after(delay: number, callback: () => void, options?: { unref: boolean }): () => void;
  /** Calls back in a later macrotask, after timers and answers that are due had their turn. */
  soon(callback: () => void): void;
  /** A number from 0 up to but not including 1. */
  random(): number;
}

/**
 * The real one. Imported from `node:timers` rather than taken from the global object, because fake timers in users'
 * tests replace the globals: a faked clock must neither stall nor expire a draw.
 */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delay, callback, options) {
    const timer = setTimeout(callback, delay);
    if (options?.unref) timer.unref();
    return () => clearTimeout(timer);
  },
  soon: (callback) => {
    setImmediate(callback);
  },
  random: Math.random,
};

/** Resolves in a later macrotask: see {@link Clock.soon}. */
export function macrotask(): Promise<void> {
  return new Promise((resolve) => systemClock.soon(resolve));
}

/** A timer that fires by more than this many milliseconds late met a blocked event loop. */
const LATE = 20;

/**
 * Calls back after `delay` milliseconds in which answers could arrive. While the event loop is blocked none can: a timer
 * that fires late waits again for as long as it was late, at most for `delay` in all, before it calls back. Returns how
 * to cancel.
 */
export function afterWaiting(
  clock: Clock,
  delay: number,
  callback: () => void,
  options?: { unref: boolean },
): () => void {
  let extra = delay;
  let due = clock.now() + delay;
  let cancel: () => void = () => {};
  const fire = () => {
    const late = Math.min(clock.now() - due, extra);
    if (late <= LATE) return callback();
    extra -= late;
    due = clock.now() + late;
    cancel = clock.after(late, fire, options);
  };
  cancel = clock.after(delay, fire, options);
  return () => cancel();
}
