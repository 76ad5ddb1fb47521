/**
 * One piece of work that several callers wait for, each as long as its own signal allows. Work that everybody has left
 * is aborted: a silent server must not hold up those who come later.
 */
export class SharedWork<Result> {
  readonly promise: Promise<Result>;
  readonly #abort = new AbortController();
  #callers = 0;

  constructor(work: (signal: AbortSignal) => Promise<Result>) {
    this.promise = Promise.resolve().then(() => work(this.#abort.signal));
    // Nobody may be left to hear of its failure.
    this.promise.catch(() => {});
  }

  async join(signal: AbortSignal): Promise<Result> {
    this.#callers++;
    let leave: () => void = () => {};
    try {
      signal.throwIfAborted();
      return await Promise.race([
        this.promise,
        new Promise<never>((_, reject) => {
          leave = () => reject(signal.reason);
          signal.addEventListener('abort', leave, { once: true });
        }),
      ]);
    } finally {
      signal.removeEventListener('abort', leave);
      if (--this.#callers === 0) this.#abort.abort(signal.reason);
    }
  }
}
