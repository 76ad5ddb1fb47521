import { within } from '../common/abort.js';
import type { Clock } from '../common/clock.js';
import { SequenceError } from '../common/sequence-error.js';
import type { SequenceStore } from '../store/sequence-store.js';
import type { StoreWatch } from './store-watch.js';

/** What is asked of a store as a whole: each question ends in time, whatever the store makes of its signal. */
export class StoreLooks {
  constructor(
    private readonly store: SequenceStore,
    private readonly watch: StoreWatch,
    private readonly clock: Clock,
  ) {}

  /** Verifies the store before the first claim, as far as it can be. */
  async open(timeout: number): Promise<void> {
    await this.#ask((signal) => Promise.resolve(this.store.open?.(signal)), timeout);
  }

  /** One cheap look at the store: how many milliseconds it took. Undefined: this store has no such look. */
  async ping(timeout: number): Promise<number | undefined> {
    const { store, watch, clock } = this;
    if (store.ping === undefined) return undefined;
    const begun = clock.now();
    try {
      await this.#ask((signal) => store.ping!(signal), timeout);
    } catch (error) {
      if (error instanceof SequenceError) watch.silent(error);
      throw error;
    }
    watch.answered();
    return clock.now() - begun;
  }

  async #ask(question: (signal: AbortSignal) => Promise<void>, timeout: number): Promise<void> {
    const controller = new AbortController();
    const silence = () => new SequenceError('UNAVAILABLE', `The store gave no answer within ${timeout} ms.`);
    try {
      await within(question(controller.signal), timeout, this.clock, silence);
    } catch (error) {
      controller.abort(error);
      throw error;
    }
  }
}
