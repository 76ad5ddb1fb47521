import {
  type Block,
  type ClaimRequest,
  type CounterState,
  type EnsureAtLeastRequest,
  type FenceRequest,
  type InspectRequest,
  SequenceError,
  SequenceStore,
  type SeriesRecordRequest,
} from 'nestjs-essequence';
import type { Outage } from './outage.js';

/**
 * Another store, with all that those of this library can do. During an {@link Outage} it cannot be reached, as if the
 * network were down.
 */
export class OutageStore extends SequenceStore {
  constructor(
    private readonly store: SequenceStore,
    private readonly outage: Outage,
  ) {
    super();
  }

  override async claim(request: ClaimRequest): Promise<Block> {
    await this.#reach();
    return this.store.claim(request);
  }

  override async ensureAtLeast(request: EnsureAtLeastRequest): Promise<void> {
    await this.#reach();
    return this.store.ensureAtLeast(request);
  }

  override async inspect(request: InspectRequest): Promise<CounterState | undefined> {
    await this.#reach();
    return this.store.inspect(request);
  }

  override async fence(request: FenceRequest): Promise<CounterState> {
    await this.#reach();
    return this.store.fence!(request);
  }

  override async recordSeries(request: SeriesRecordRequest): Promise<string> {
    await this.#reach();
    return this.store.recordSeries!(request);
  }

  override async open(signal: AbortSignal): Promise<void> {
    await this.store.open?.(signal);
  }

  override async ping(signal: AbortSignal): Promise<void> {
    await this.#reach();
    await this.store.ping?.(signal);
  }

  override onWarning(listener: (text: string) => void): () => void {
    return this.store.onWarning?.(listener) ?? (() => {});
  }

  override async close(): Promise<void> {
    await this.store.close?.();
  }

  async #reach(): Promise<void> {
    if (this.outage.secondsLeft === undefined) return;
    // A store never answers in the microtask it was called in.
    await new Promise((resolve) => setImmediate(resolve));
    throw new SequenceError('UNAVAILABLE', 'The store was cut off by the page of the sample application.');
  }
}
