import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { SequenceRegistry } from '../core/sequence-registry.js';
import type { Outage } from '../core/store-watch.js';

/** How often the log says that an outage has reached more sequences, in milliseconds. */
const SPREAD_EVERY = 10_000;

/**
 * Writes to Nest's logger when the store fails and when it works again, and when a counter is not the one that was
 * known; and what the store warns of. Once each: nothing is logged per call or per id.
 */
@Injectable()
export class SequenceLog implements OnApplicationShutdown {
  readonly #logger = new Logger('SequenceModule');
  readonly #stop: (() => void)[];
  #spreadSaidAt = 0;
  #spreadSaid = 0;

  constructor(@Inject(SequenceRegistry) private readonly registry: SequenceRegistry) {
    const outages = registry.watch.listen({
      began: (outage) => this.#began(outage),
      spread: (outage) => this.#spread(outage),
      ended: (outage) => this.#ended(outage),
      foreign: (_, error) => this.#logger.warn(`${error.code}: ${error.message}`),
    });
    const warnings = registry.store.onWarning?.((text) => this.#logger.warn(text));
    this.#stop = [outages, ...(warnings === undefined ? [] : [warnings])];
  }

  /** Those who are rejected by the shutdown are no news. */
  onApplicationShutdown(): void {
    for (const stop of this.#stop) stop();
  }

  #began({ error, since }: Outage): void {
    this.#spreadSaidAt = since;
    this.#spreadSaid = 0;
    this.#logger.warn(
      `The store fails (${error.code}${error.sequence === undefined ? '' : `, first for sequence "${error.sequence}"`}): ${error.message} ` +
        'Cached ids are handed out; calls that find none wait, and fail after their timeout.',
    );
  }

  #spread({ sequences }: Outage): void {
    const now = Date.now();
    if (now - this.#spreadSaidAt < SPREAD_EVERY) return;
    const others = sequences.size - 1;
    if (others === this.#spreadSaid) return;
    this.#spreadSaidAt = now;
    this.#spreadSaid = others;
    this.#logger.warn(
      `The store still fails; it has reached ${others} other ${others === 1 ? 'sequence' : 'sequences'}.`,
    );
  }

  #ended({ since, sequences, failedCallers }: Outage): void {
    const seconds = ((Date.now() - since) / 1_000).toFixed(1);
    const { waiting } = this.registry.readings;
    this.#logger.log(
      `The store works again after ${seconds} s. It failed for ${sequences.size} ${sequences.size === 1 ? 'sequence' : 'sequences'}; ` +
        `${waiting} waiting ${waiting === 1 ? 'caller was' : 'callers were'} delayed, ${failedCallers} failed.`,
    );
  }
}
