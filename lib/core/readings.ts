import type { Clock } from '../common/clock.js';
import type { DefinitionFigures, Figures } from './figures.js';
import type { SequenceCore } from './sequence-core.js';
import type { SequenceStats } from './sequence-stats.js';
import { cachedOf } from './sleeping-sequence.js';
import type { SleepingSequences } from './sleeping-sequences.js';

/** What one application can say of its sequences without asking anybody: no request is made, and no name woken. */
export class Readings {
  constructor(
    private readonly cores: ReadonlyMap<string, SequenceCore>,
    private readonly asleep: SleepingSequences,
    private readonly allFigures: Iterable<Figures>,
    private readonly clock: Clock,
  ) {}

  /** What is known of one name. Undefined: it was never used. */
  statsOf(name: string): SequenceStats | undefined {
    const core = this.cores.get(name);
    if (core !== undefined) return core.stats(this.clock.now(), this.#epoch());
    const asleep = this.asleep.get(name);
    return asleep && { name, cached: cachedOf(asleep), waiting: 0 };
  }

  /** As {@link statsOf}, of every name that was used. */
  stats(): SequenceStats[] {
    const now = this.clock.now();
    const epoch = this.#epoch();
    const stats: SequenceStats[] = [];
    for (const core of this.cores.values()) stats.push(core.stats(now, epoch));
    for (const [name, asleep] of this.asleep) stats.push({ name, cached: cachedOf(asleep), waiting: 0 });
    return stats;
  }

  /**
   * Sequences that were used in the last `milliseconds`, give or take an eighth of what each has cached. `rate`: ids per
   * second, not below what it was when the cache was last looked at: a pause of a second promises no longer cover.
   */
  *usedWithin(
    milliseconds: number,
  ): Generator<{ name: string; cached: number; waiting: number; rate: number }> {
    const now = this.clock.now();
    const since = now - milliseconds;
    for (const [name, core] of this.cores) {
      const { usedAt, allocator } = core;
      if (usedAt === undefined || (usedAt < since && core.uncounted === 0 && allocator.waiting === 0))
        continue;
      yield {
        name,
        cached: allocator.cached,
        waiting: allocator.waiting,
        rate: Math.max(core.rate(now), core.lastRate),
      };
    }
  }

  /** Callers who wait, over all sequences. */
  get waiting(): number {
    let waiting = 0;
    for (const { allocator } of this.cores.values()) waiting += allocator.waiting;
    return waiting;
  }

  /** The figures of every definition that was used. Costs one look at each name that is awake, none at those asleep. */
  figures(): DefinitionFigures[] {
    const now = this.clock.now();
    const rows = new Map<Figures, DefinitionFigures>();
    for (const figures of this.allFigures) {
      const { label, claims, ids, cachedAsleep: cached } = figures;
      rows.set(figures, { label, claims, ids, cached, waiting: 0, cover: undefined });
    }
    for (const core of this.cores.values()) {
      // A name that has only a handle was not used.
      if (core.usedAt === undefined) continue;
      const row = rows.get(core.figures);
      if (row === undefined) continue;
      const { cached, waiting } = core.allocator;
      row.ids += core.uncounted;
      row.cached += cached;
      row.waiting += waiting;
      const rate = core.rate(now);
      if (rate > 0) row.cover = Math.min(row.cover ?? Infinity, cached / rate);
    }
    return [...rows.values()];
  }

  /** What the clock's zero is in milliseconds since 1970. */
  #epoch(): number {
    return Date.now() - this.clock.now();
  }
}
