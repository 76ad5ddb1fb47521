import { isDeepStrictEqual } from 'node:util';
import { AbortListeners, within } from '../common/abort.js';
import { assertCounterName, assertName, show } from '../common/arguments.js';
import { type Clock, systemClock } from '../common/clock.js';
import { SequenceError } from '../common/sequence-error.js';
import type { SequenceStore } from '../store/sequence-store.js';
import type { Pace } from './block-allocator.js';
import { assertBlockSize, BlockSize, type BlockSizeOption } from './block-size.js';
import { MAX_TIMEOUT } from './call-options.js';
import { closedError, tooManySequencesError } from './core-errors.js';
import { assertDefinition, type CoreOptions, type SequenceDefinition } from './core-options.js';
import { IdleSweep } from './idle-sweep.js';
import { SequenceCore } from './sequence-core.js';
import { type DefinitionFigures, Figures, OTHER } from './figures.js';
import { Observers } from './observers.js';
import { cachedOf, type SleepingSequence } from './sleeping-sequence.js';
import type { SequenceStats } from './sequence-stats.js';
import { StoreWatch } from './store-watch.js';
import { type CoreSource, Sequence, type Transform } from './sequence.js';

/**
 * The sequences of one application over one store: each name once, however many handles. A reset puts another core in
 * the place of a name's, and only the registry knows of it.
 */
export class SequenceRegistry implements CoreSource {
  readonly abortListeners = new AbortListeners();
  readonly observers = new Observers();
  /** Whether the store works, from what was asked of it anyway. */
  readonly watch = new StoreWatch();
  readonly #figures = new Map<string, Figures>();
  readonly #figuresOf = (name: string): Figures => this.#figuresByLabel(this.#label(name));
  #label = (name: string): string => this.#definitionLabel(name);
  readonly #cores = new Map<string, SequenceCore>();
  /** Names that nobody has used for `idleTime`. Invariant: a name is here, among the cores, or was never used. */
  readonly #asleep = new Map<string, SleepingSequence>();
  readonly #sweep: IdleSweep;
  readonly #definitions = new Map<string, SequenceDefinition>();
  /** Names that the code spells out, without a definition. */
  readonly #declared = new Set<string>();
  /** Block sizes given to {@link get}: they outlive the core that they were given for. */
  readonly #blockSizes = new Map<string, BlockSizeOption>();
  readonly #pace: Pace = { answersSinceYield: 0 };
  /** Cores whose callers of before a reset are still being served. */
  readonly #retiring = new Set<SequenceCore>();
  /** Tests only: settles when the resets called so far are over. One waits for the other. */
  #resets: Promise<void> | undefined;
  /** Tests only: settles when the last reset of all counters is over. */
  #resetting: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #prefetches = true;

  constructor(
    readonly store: SequenceStore,
    private readonly options: CoreOptions,
    private readonly clock: Clock = systemClock,
  ) {
    this.observers.add(this.watch);
    this.#sweep = new IdleSweep(this.#cores, options.idleTime, clock, (name) => this.putToSleep(name));
  }

  /** Two definitions of one name may not disagree: which of them held would depend on the order of start-up. */
  define(name: string, definition: SequenceDefinition): void {
    assertName(name);
    assertDefinition(`the definition of sequence "${name}"`, definition);
    const known = this.#definition(name);
    for (const key of ['start', 'blockSize'] as const) {
      const [one, other] = [known[key], definition[key]];
      if (one !== undefined && other !== undefined && !isDeepStrictEqual(one, other)) {
        throw new TypeError(
          `Sequence "${name}" is defined twice with different ${key}: ${JSON.stringify(known)} and ${JSON.stringify(definition)}. ` +
            'Keep one definition, or make them agree.',
        );
      }
    }
    const merged = {
      start: known.start ?? definition.start,
      blockSize: known.blockSize ?? definition.blockSize,
    };
    this.#definitions.set(name, merged);
    if (definition.blockSize !== undefined) this.#cores.get(name)?.resize(definition.blockSize);
  }

  get<T = number>(name: string, transform?: Transform<T>, blockSize?: BlockSizeOption): Sequence<T> {
    if (transform !== undefined && typeof transform !== 'function') {
      throw new TypeError(
        `Expected transform of sequence ${show(name)} to be a function, got ${show(transform)}`,
      );
    }
    if (blockSize !== undefined) assertBlockSize(blockSize);
    assertName(name);
    const core = this.core(name);
    if (blockSize !== undefined) {
      this.#blockSizes.set(name, blockSize);
      core.resize(blockSize);
    }
    return new Sequence<T>(this, name, transform);
  }

  core(name: string): SequenceCore {
    return this.#cores.get(name) ?? this.#wake(name) ?? this.#create(name);
  }

  /** The names that were used, asleep or not. */
  get names(): Iterable<string> {
    return [...this.#cores.keys(), ...this.#asleep.keys()];
  }

  /** Whether a name has objects in memory. */
  isAwake(name: string): boolean {
    return this.#cores.has(name);
  }

  /** Gives up the objects of a sequence, unless something of it is under way. Returns whether it sleeps now. */
  putToSleep(name: string): boolean {
    const asleep = this.#cores.get(name)?.sleep();
    if (asleep === undefined) return this.#asleep.has(name);
    this.#cores.delete(name);
    this.#asleep.set(name, asleep);
    return true;
  }

  /** What is known of a name here. Undefined: it was never used. No request is made and nothing woken. */
  statsOf(name: string): SequenceStats | undefined {
    const core = this.#cores.get(name);
    if (core !== undefined) return core.stats(this.clock.now(), this.#epoch());
    const asleep = this.#asleep.get(name);
    return asleep && { name, cached: cachedOf(asleep), waiting: 0 };
  }

  /** As {@link statsOf}, of every name that was used. */
  stats(): SequenceStats[] {
    const now = this.clock.now();
    const epoch = this.#epoch();
    const stats: SequenceStats[] = [];
    for (const core of this.#cores.values()) stats.push(core.stats(now, epoch));
    for (const [name, asleep] of this.#asleep) stats.push({ name, cached: cachedOf(asleep), waiting: 0 });
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
    for (const [name, core] of this.#cores) {
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
    for (const { allocator } of this.#cores.values()) waiting += allocator.waiting;
    return waiting;
  }

  /** The figures of every definition that was used. Costs one look at each name that is awake, none at those asleep. */
  figures(): DefinitionFigures[] {
    const now = this.clock.now();
    const rows = new Map<Figures, DefinitionFigures>();
    for (const figures of this.#figures.values()) {
      const { label, claims, ids, cachedAsleep: cached } = figures;
      rows.set(figures, { label, claims, ids, cached, waiting: 0, cover: undefined });
    }
    for (const core of this.#cores.values()) {
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

  /** How names are counted together, from the next name on that is used first. Default: by definition, else `other`. */
  labelBy(label: (name: string) => string): void {
    this.#label = label;
  }

  labelOf(name: string): string {
    return this.#label(name);
  }

  /** A name that the code of the application spells out: it gets figures of its own. */
  declare(name: string): void {
    this.#declared.add(name);
  }

  /** One cheap look at the store: how many milliseconds it took. Undefined: this store has no such look. */
  async ping(timeout: number): Promise<number | undefined> {
    if (this.store.ping === undefined) return undefined;
    const controller = new AbortController();
    const begun = this.clock.now();
    const silence = () => new SequenceError('UNAVAILABLE', `The store gave no answer within ${timeout} ms.`);
    try {
      await within(this.store.ping(controller.signal), timeout, this.clock, silence);
      this.watch.answered();
      return this.clock.now() - begun;
    } catch (error) {
      controller.abort(error);
      if (error instanceof SequenceError) this.watch.silent(error);
      throw error;
    }
  }

  /** Verifies the store before the first claim, as far as it can be. */
  async open(): Promise<void> {
    const { timeout } = this.options;
    const controller = new AbortController();
    const opened = Promise.resolve(this.store.open?.(controller.signal));
    const silence = () => new SequenceError('UNAVAILABLE', `The store gave no answer within ${timeout} ms.`);
    try {
      await within(opened, timeout, this.clock, silence);
    } catch (error) {
      controller.abort(error);
      throw error;
    }
  }

  /** Also for names that are first used from now on. */
  stopPrefetching(): void {
    this.#prefetches = false;
    for (const core of this.#cores.values()) core.stopPrefetching();
  }

  /**
   * Tests only: runs `action`, which removes the counter of `name` or all counters, once the calls made before have
   * ended. Calls made after it go to a new core, which waits for that. What removes counters is not known here.
   */
  async startAnew(action: () => Promise<void>, name?: string): Promise<void> {
    if (this.#closing !== undefined) throw closedError(name ?? '*');
    const retired = name === undefined ? [...this.#cores] : [[name, this.core(name)] as const];
    const before = this.#resets;
    if (name === undefined) {
      this.#asleep.clear();
      for (const figures of this.#figures.values()) figures.cachedAsleep = 0;
    }
    const over = (async () => {
      await Promise.all([before, ...retired.map(([, core]) => this.#retire(core))]);
      if (this.#closing !== undefined) throw closedError(name ?? '*');
      await action();
    })();
    // Those who wait for the counter wait in any case. Only the caller of the reset is told that it failed.
    const ready = over.catch(() => {});
    this.#resets = ready;
    if (name === undefined) this.#resetting = ready;
    for (const [each] of retired) this.#cores.set(each, this.#build(each, ready));
    // The timers of an attempt that nobody waits for are unref'd: under node:test the process would end here.
    const release = this.clock.after(MAX_TIMEOUT, () => {});
    try {
      await over;
    } finally {
      release();
      if (this.#resetting === ready) this.#resetting = undefined;
    }
  }

  /** Refuses new calls, serves waiters within `closeTimeout`, then closes the store: once. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { closeTimeout } = this.options;
    this.#sweep.stop();
    const cores = [...this.#cores.values(), ...this.#retiring];
    await Promise.all(cores.map((core) => core.close(closeTimeout)));
    await this.store.close?.();
  }

  async #retire(core: SequenceCore): Promise<void> {
    this.#retiring.add(core);
    await core.retire();
    this.#retiring.delete(core);
  }

  #create(name: string): SequenceCore {
    assertCounterName(name);
    if (this.#closing !== undefined) throw closedError(name);
    const used = this.#cores.size + this.#asleep.size;
    if (used >= this.options.maxSequences) throw tooManySequencesError(name, used);
    return this.#add(name, this.#build(name, this.#resetting));
  }

  #wake(name: string): SequenceCore | undefined {
    const asleep = this.#asleep.get(name);
    if (asleep === undefined) return undefined;
    this.#asleep.delete(name);
    asleep.figures.cachedAsleep -= cachedOf(asleep);
    const core = this.#add(name, this.#build(name, undefined, asleep));
    // As for a name that was awake: its handles are there, and their calls are refused.
    if (this.#closing !== undefined) void core.close(0);
    return core;
  }

  #add(name: string, core: SequenceCore): SequenceCore {
    this.#cores.set(name, core);
    this.#sweep.start();
    return core;
  }

  #build(name: string, ready: Promise<void> | undefined, asleep?: SleepingSequence): SequenceCore {
    const { options, clock, store, abortListeners, observers } = this;
    const { timeout, maxWaiters, floor } = options;
    const size = this.#blockSizes.get(name) ?? this.#definition(name).blockSize ?? options.blockSize;
    const core = new SequenceCore({
      name,
      store,
      start: () => this.#definition(name).start ?? 1,
      floor,
      blockSize: new BlockSize(size, options, clock),
      timeout,
      maxWaiters,
      clock,
      pace: this.#pace,
      abortListeners,
      observers,
      figuresOf: this.#figuresOf,
      ready,
      asleep,
    });
    if (!this.#prefetches) core.stopPrefetching();
    return core;
  }

  /** What the clock's zero is in milliseconds since 1970. */
  #epoch(): number {
    return Date.now() - this.clock.now();
  }

  #figuresByLabel(label: string): Figures {
    let figures = this.#figures.get(label);
    if (figures === undefined) this.#figures.set(label, (figures = new Figures(label)));
    return figures;
  }

  #definitionLabel(name: string): string {
    return this.#definitions.has(name) || this.#declared.has(name) ? name : OTHER;
  }

  #definition(name: string): SequenceDefinition {
    return this.#definitions.get(name) ?? this.options.definition(name);
  }
}
