import type { Clock } from '../common/clock.js';
import type { SleepingSequence } from './sleeping-sequence.js';

/** Milliseconds between two looks for rows that have ended: each look costs one step for every row that has not. */
const PATIENCE = 1_000;

/**
 * The rows of all names that sleep. A row is never given up: it tells this counter from another one. But what has ended,
 * as the counter of last year has, is not a name in use, and {@link counted} leaves it out.
 */
export class SleepingSequences implements Iterable<[string, SleepingSequence]> {
  readonly #current = new Map<string, SleepingSequence>();
  readonly #ended = new Map<string, SleepingSequence>();
  #lookedAt = -Infinity;

  constructor(
    private readonly hasEnded: (name: string) => boolean,
    private readonly clock: Clock,
  ) {}

  get(name: string): SleepingSequence | undefined {
    return this.#current.get(name) ?? this.#ended.get(name);
  }

  add(name: string, row: SleepingSequence): void {
    this.#current.set(name, row);
  }

  /** Removes the row of a name that wakes, or is forgotten. */
  take(name: string): SleepingSequence | undefined {
    const row = this.get(name);
    if (!this.#current.delete(name)) this.#ended.delete(name);
    return row;
  }

  /** How many are names in use, as far as is known; `most`: where they are no more, nobody looks. */
  counted(most: number): number {
    const now = this.clock.now();
    if (this.#current.size > most && now >= this.#lookedAt + PATIENCE) {
      this.#lookedAt = now;
      for (const [name, row] of this.#current) {
        if (!this.hasEnded(name)) continue;
        this.#current.delete(name);
        this.#ended.set(name, row);
      }
    }
    return this.#current.size;
  }

  *keys(): Generator<string> {
    yield* this.#current.keys();
    yield* this.#ended.keys();
  }

  *[Symbol.iterator](): Generator<[string, SleepingSequence]> {
    yield* this.#current;
    yield* this.#ended;
  }
}
