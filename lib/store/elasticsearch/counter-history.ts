import { identityError, withSequenceName } from './errors.js';
import type { History, HistoryReader } from './history-reader.js';
import type { Pins } from './identity.js';
import { confirm } from './protocol.js';
import type { Asker } from './request.js';
import type { Warnings } from './warnings.js';

/** Whether a counter lives in the history of its index that it was created in. It says once where that cannot be known. */
export class CounterHistory {
  constructor(
    private readonly alias: string,
    private readonly histories: HistoryReader,
    private readonly warnings: Warnings,
    private readonly isChecked: boolean,
  ) {}

  /** What a new counter is stamped with. It is compared with a reading that begins after the creation. */
  async stamp(index: string, asker: Asker): Promise<string | undefined> {
    return this.#readable(await this.histories.present(index, asker)) ?? undefined;
  }

  /** The identity of a counter that was written, with the history that its index has now. */
  async confirm(name: string, identity: Pins, index: string, asker: Asker): Promise<Pins> {
    if (!this.isChecked) return identity;
    // The write was applied: without a reading its block is dropped, as after an answer that got lost.
    const reading = await withSequenceName(name, this.histories.read(index, asker), 'applied');
    const history = this.#readable(reading);
    if (history === null) return identity;
    if (identity.history === undefined) this.#warn(`the counter "${name}" has no history stamp`);
    const confirmed = confirm(identity, history);
    if (confirmed !== undefined) return confirmed;
    throw identityError(name, 'IDENTITY_CHANGED', `its index ${index} was restored or forced back`);
  }

  #readable(history: History): History {
    if (history === null)
      this.#warn('the history of the index cannot be read (privilege "monitor", or serverless)');
    return history;
  }

  #warn(what: string): void {
    this.warnings.give(`${what}: a restore of ${this.alias} from a snapshot may go unnoticed.`, 'history');
  }
}
