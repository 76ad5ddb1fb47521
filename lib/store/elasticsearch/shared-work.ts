import { orAborted } from '../../common/abort.js';
import type { Asker } from './request.js';

/**
 * One piece of work that several callers wait for, each as long as its own signal allows. Work that everybody has left
 * is aborted: a silent server must not hold up those who come later. Late callers start new work, see {@link over},
 * instead of inheriting the abort reason of others.
 */
export class SharedWork<Result> {
  readonly promise: Promise<Result>;
  readonly #abort = new AbortController();
  #callers = 0;
  #over = false;
  #done = false;
  #result: Result | undefined;

  constructor(work: (signal: AbortSignal) => Promise<Result>) {
    this.promise = Promise.resolve().then(() => work(this.#abort.signal));
    // It may fail when no caller is left; that must not be an unhandled rejection.
    this.promise.then(
      (result) => {
        this.#done = true;
        this.#result = result;
      },
      () => (this.#over = true),
    );
  }

  /** What it came to; undefined: it is not done, or it failed. */
  get result(): Result | undefined {
    return this.#result;
  }

  /** Failed, or left by all: nobody may join any more. */
  get over(): boolean {
    return this.#over;
  }

  async join({ signal, progress }: Asker): Promise<Result> {
    this.#callers++;
    progress?.sent();
    try {
      const result = await orAborted(this.promise, signal);
      progress?.answered();
      return result;
    } finally {
      if (--this.#callers === 0) this.#leave(signal.reason);
    }
  }

  /** Without effect on work that is done. */
  #leave(reason: unknown): void {
    if (this.#done) return;
    this.#over = true;
    this.#abort.abort(reason);
  }
}
