import type { SleepingSequence } from './sleeping-sequence.js';

/** Which names are over together, as all counters of one series are that count the same year. */
export interface Periods {
  /** Undefined: a name that is never over. */
  of(name: string): string | undefined;
  isOver(period: string): boolean;
}

/**
 * The rows of all names that sleep. A row is never given up: it tells this counter from another one. But a counter whose
 * period is over is not a name in use, and {@link counted} leaves it out. Rows are counted by period, so that no look
 * goes through all of them: there may be a million, and each new name may need a look.
 */
export class SleepingSequences implements Iterable<[string, SleepingSequence]> {
  readonly #rows = new Map<string, SleepingSequence>();
  /** How many rows are not known to be over. */
  #inUse = 0;
  /** Rows by period, where it is not known to be over. */
  readonly #running = new Map<string, number>();
  readonly #over = new Set<string>();

  constructor(private readonly periods: Periods | undefined) {}

  get(name: string): SleepingSequence | undefined {
    return this.#rows.get(name);
  }

  add(name: string, row: SleepingSequence): void {
    this.#rows.set(name, row);
    this.#count(name, 1);
  }

  /** Removes the row of a name that wakes, or is forgotten. */
  take(name: string): SleepingSequence | undefined {
    const row = this.#rows.get(name);
    if (row === undefined) return undefined;
    this.#rows.delete(name);
    this.#count(name, -1);
    return row;
  }

  /** How many are names in use, as far as is known; `most`: where they are no more, nobody looks. */
  counted(most: number): number {
    if (this.#inUse > most) {
      for (const [period, rows] of this.#running) {
        if (!this.periods!.isOver(period)) continue;
        this.#over.add(period);
        this.#running.delete(period);
        this.#inUse -= rows;
      }
    }
    return this.#inUse;
  }

  keys(): Iterable<string> {
    return this.#rows.keys();
  }

  [Symbol.iterator](): Iterator<[string, SleepingSequence]> {
    return this.#rows.entries();
  }

  #count(name: string, change: 1 | -1): void {
    const period = this.periods?.of(name);
    if (period !== undefined) {
      if (this.#over.has(period)) return;
      const rows = (this.#running.get(period) ?? 0) + change;
      if (rows > 0) this.#running.set(period, rows);
      else this.#running.delete(period);
    }
    this.#inUse += change;
  }
}
