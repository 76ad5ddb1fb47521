import { assertCounterName, assertKnownKeys } from '../../common/arguments.js';
import { isRemoved } from '../../store/counter-store.js';
import type { Block, ClaimRequest } from '../../store/sequence-store.js';

export interface FaultOptions {
  /** Only a claim of this sequence meets the fault. Default: the next claim of any sequence. */
  sequence?: string | undefined;
}

/** What becomes of a claim. */
export interface Fault extends FaultOptions {
  /** `claim`: claims as if nothing was wrong. */
  play(request: ClaimRequest, claim: () => Promise<Block>): Promise<Block>;
}

/** Faults in the order in which claims meet them. */
export class FaultScript {
  #faults: Fault[] = [];

  /** The number of faults that no claim has met yet. */
  get length(): number {
    return this.#faults.length;
  }

  add(options: FaultOptions = {}, play: Fault['play']): void {
    assertKnownKeys('the fault options', options, ['sequence']);
    const { sequence } = options;
    if (sequence !== undefined) assertCounterName(sequence);
    this.#faults.push({ sequence, play });
  }

  /** The fault that a claim of `name` meets. */
  take(name: string): Fault | undefined {
    const index = this.#faults.findIndex(({ sequence }) => sequence === undefined || sequence === name);
    return index === -1 ? undefined : this.#faults.splice(index, 1)[0];
  }

  /** Removes the faults of one sequence, or all. */
  clear(name: string | undefined): void {
    this.#faults = this.#faults.filter(
      ({ sequence }) => name !== undefined && (sequence === undefined || !isRemoved(sequence, name)),
    );
  }
}

/** Resolves when `begin` says so, rejects when the signal is aborted. `begin` returns a function that cancels it. */
export function untilAborted(signal: AbortSignal, begin: (proceed: () => void) => () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const proceed = () => {
      signal.removeEventListener('abort', abort);
      resolve();
    };
    const abort = () => {
      cancel();
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    const cancel = begin(proceed);
    if (signal.aborted) abort();
  });
}
