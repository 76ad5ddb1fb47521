import type { AttemptProgress } from '../sequence-store.js';
import type { Asker } from './request.js';

/** The callers of one request for many: it is given up when the last of them has left. */
export class SharedAsker implements Asker {
  readonly signal: AbortSignal;
  readonly progress: AttemptProgress;
  readonly #removeListeners: (() => void)[] = [];

  /** `onGivenUp`: told when the last caller has left. `mayStayOpen`: whether the store has room for a request that nobody waits for. */
  constructor(askers: readonly Asker[], onGivenUp: () => void, mayStayOpen: () => boolean) {
    const controller = new AbortController();
    let left = 0;
    for (const { signal } of askers) {
      const leave = () => {
        if (++left < askers.length) return;
        controller.abort(signal.reason);
        onGivenUp();
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#removeListeners.push(() => signal.removeEventListener('abort', leave));
    }
    this.signal = controller.signal;
    this.progress = {
      queued: () => {},
      sent: () => {
        for (const { progress } of askers) progress?.sent();
      },
      answered: () => {
        for (const { progress } of askers) progress?.answered();
      },
      staysOpen: (end) => mayStayOpen() && askers.some(({ progress }) => progress?.staysOpen(end) === true),
    };
  }

  /** The request has ended: nobody can leave it any more. */
  end(): void {
    for (const remove of this.#removeListeners) remove();
  }
}
