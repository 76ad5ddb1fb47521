import { createIndex, findIndex, type FoundIndex } from './counter-index.js';
import type { Asker, ElasticsearchClient } from './request.js';
import { SequenceError, SequenceIdentityError } from '../../common/sequence-error.js';
import { SharedWork } from './shared-work.js';

/** The concrete index behind the alias: verified once for all sequences, and again after a doubt. */
export class VerifiedIndex {
  #verified: SharedWork<string> | undefined;

  constructor(
    private readonly client: ElasticsearchClient,
    private readonly alias: string,
    private readonly creates: boolean,
    /** Whether this process knows a counter of this store, of whatever name: then no index is created. */
    private readonly knowsCounters: () => boolean,
    /** Told what does not make the index unsafe, but should be known. */
    private readonly warn: (text: string) => void,
  ) {}

  /** At once, when it was verified. */
  name(asker: Asker): string | Promise<string> {
    if (this.#verified?.result !== undefined) return this.#verified.result;
    if (this.#verified === undefined || this.#verified.over) {
      this.#verified = new SharedWork((abort) => this.#findOrCreate(abort));
    }
    return this.#verified.join(asker);
  }

  /** It is verified anew before the next claim. */
  doubt(): void {
    this.#verified = undefined;
  }

  async #findOrCreate(signal: AbortSignal): Promise<string> {
    // Read before the request: what this process learns while it runs must not change the answer.
    const knowsCounters = this.knowsCounters();
    const found = await findIndex(this.client, this.alias, { signal });
    if (found !== undefined) return this.#accept(found);
    if (knowsCounters) {
      throw new SequenceIdentityError(
        'VANISHED',
        `The alias ${this.alias} and its counters are gone; nothing was created. Cached ids were dropped. Restore the index, then run Sequence.fence(); or, if it is lost for good, set floor or start above all ids in use and restart all processes.`,
      );
    }
    if (!this.creates) {
      throw new SequenceError(
        'MISSING',
        `There is no alias ${this.alias}, and with create: "never" this process does not create it. Nothing was claimed; restore the index, or let a process with create: "auto" create it.`,
      );
    }
    const created = await createIndex(this.client, this.alias, { signal });
    if (created !== undefined) return this.#accept(created);
    throw new SequenceError(
      'UNAVAILABLE',
      `The alias ${this.alias} was created and is gone again. Nothing was claimed; the call may be repeated.`,
    );
  }

  #accept({ name, warnings }: FoundIndex): string {
    for (const warning of warnings) this.warn(warning);
    return name;
  }
}
