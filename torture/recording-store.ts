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

  /** The count is decided when the store reads it, just before it sends: it is written down then, not before. */
  async claim(request: ClaimRequest): Promise<Block> {
    const { name: sequence, start, max, signal, progress } = request;
    const attempt = ++this.#attempts;
    let asked = false;
    const ask = (count: number) => {
      if (!asked) this.history.write({ kind: 'asked', sequence, attempt, count });
      asked = true;
      return count;
    };
    try {
      const block = await this.store.claim({
        name: sequence,
        start,
        max,
        signal,
        progress,
        get count() {
          return ask(request.count);
        },
        get floor() {
          return request.floor;
        },
      });
      this.history.write({ kind: 'answered', sequence, attempt, first: block.first, last: block.last });
      return block;
    } catch (error) {
      // Nothing was sent that asks for ids.
      ask(0);
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
