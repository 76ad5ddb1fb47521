import type { AttemptProgress } from '../sequence-store.js';
import type { Asker } from './request.js';
import type { WaitingOperation } from './waiting-operations.js';

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

  constructor(callers: readonly WaitingOperation[], { onGivenUp, mayStayOpen, onOpen }: SharedAskerEvents) {
    const controller = new AbortController();
    let left = 0;
    for (const caller of callers) {
      // Told by the caller's own listener: a second one on its signal would cost as much as the rest of it.
      caller.onLeft = (reason) => {
        if (++left < callers.length) return;
        controller.abort(reason);
        onGivenUp();
      };
    }
    this.signal = controller.signal;
    this.progress = {
      queued: () => {},
      sent: () => {
        for (const { asker } of callers) asker.progress?.sent();
      },
      answered: () => {
        for (const { asker } of callers) asker.progress?.answered();
      },
      staysOpen: (end) => {
        const stays = mayStayOpen() && callers.some(({ asker }) => asker.progress?.staysOpen(end) === true);
        if (stays) onOpen();
        return stays;
      },
    };
  }
}
