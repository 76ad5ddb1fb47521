import { SequenceError } from '../lib/common/sequence-error.js';
import {
  type Block,
  type ClaimRequest,
  type CounterState,
  type EnsureAtLeastRequest,
  type InspectRequest,
  SequenceStore,
} from '../lib/store/sequence-store.js';
import type { HistoryWriter, WorkerRecord } from './history.js';

/** Writes down every attempt before it is made and what became of it, given up or not. */
export class RecordingStore extends SequenceStore {
  #attempts = 0;

  constructor(
    private readonly store: SequenceStore,
    private readonly history: HistoryWriter<WorkerRecord>,
  ) {
    super();
  }

  async claim(request: ClaimRequest): Promise<Block> {
    const { name: sequence, count } = request;
    const attempt = ++this.#attempts;
    this.history.write({ kind: 'asked', sequence, attempt, count });
    try {
      const block = await this.store.claim(request);
      this.history.write({ kind: 'answered', sequence, attempt, first: block.first, last: block.last });
      return block;
    } catch (error) {
      const { code, ambiguous } =
        error instanceof SequenceError ? error : { code: 'given up at the end', ambiguous: true };
      this.history.write({ kind: 'refused', sequence, attempt, code, ambiguous });
      throw error;
    }
  }

  ensureAtLeast(request: EnsureAtLeastRequest): Promise<void> {
    return this.store.ensureAtLeast(request);
  }

  inspect(request: InspectRequest): Promise<CounterState | undefined> {
    return this.store.inspect(request);
  }

  override async open(signal: AbortSignal): Promise<void> {
    await this.store.open?.(signal);
  }

  override async close(): Promise<void> {
    await this.store.close?.();
  }
}
