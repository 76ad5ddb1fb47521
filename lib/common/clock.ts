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
