import type { AttemptProgress } from '../sequence-store.js';
import type { Asker } from './request.js';

export interface SharedAskerEvents {
  /** Told when the last caller has left. */
  onGivenUp(): void;
  /** Whether the store has room for one more request that nobody waits for. */
  mayStayOpen(): boolean;
  /** Told when the request stays open though nobody waits for it. */
  onOpen(): void;
}

/** The callers of one request for many: it is given up when the last of them has left. */
export class SharedAsker implements Asker {
  readonly signal: AbortSignal;
  readonly progress: AttemptProgress;
  readonly #removeListeners: (() => void)[] = [];

  constructor(askers: readonly Asker[], { onGivenUp, mayStayOpen, onOpen }: SharedAskerEvents) {
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
      staysOpen: (end) => {
        const stays = mayStayOpen() && askers.some(({ progress }) => progress?.staysOpen(end) === true);
        if (stays) onOpen();
        return stays;
      },
    };
  }

  /** The request has ended: nobody can leave it any more. */
  end(): void {
    for (const remove of this.#removeListeners) remove();
  }
}
