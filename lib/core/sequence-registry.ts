import { AbortListeners } from '../common/abort.js';
import { assertCounterName, assertName, show } from '../common/arguments.js';
import { type Clock, systemClock } from '../common/clock.js';
import type { SequenceStore } from '../store/sequence-store.js';
import { assertBlockSize, BlockSize, type BlockSizeOption } from './block-size.js';
import { MAX_TIMEOUT } from './call-options.js';
import { closedError, tooManySequencesError } from './core-errors.js';
import type { CoreOptions, SequenceDefinition } from './core-options.js';
import { Definitions } from './definitions.js';
import { OTHER } from './figures.js';
import { IdleSweep } from './idle-sweep.js';
import { LabelledFigures } from './labelled-figures.js';
import { Observers } from './observers.js';
import { Pace } from './pace.js';
import { Readings } from './readings.js';
import { SequenceCore } from './sequence-core.js';
import { type CoreSource, Sequence, type Transform } from './sequence.js';
import { cachedOf, type SleepingSequence } from './sleeping-sequence.js';
import { SleepingSequences } from './sleeping-sequences.js';
import { StoreLooks } from './store-looks.js';
import { StoreWatch } from './store-watch.js';
import type { Surroundings } from './surroundings.js';

/**
 * The sequences of one application over one store: each name once, however many handles. A reset puts another core in
 * the place of a name's, and only the registry knows of it.
 */
export class SequenceRegistry implements CoreSource {
  readonly abortListeners = new AbortListeners();
  readonly observers = new Observers();
  /** Whether the store works, from what was asked of it anyway. */
  readonly watch = new StoreWatch();
  readonly #cores = new Map<string, SequenceCore>();
  /** Names that nobody has used for `idleTime`. Invariant: a name is here, among the cores, or was never used. */
  readonly #asleep: SleepingSequences;
  readonly #sweep: IdleSweep;
  readonly #definitions: Definitions;
  /** By definition, else as one of `other`, until {@link labelBy} says otherwise. */
  readonly #figures = new LabelledFigures((name) => this.#definitions.labelOf(name) ?? OTHER);
  readonly readings: Readings;
  /** What all sequences of this application have in common. */
  readonly surroundings: Surroundings;
  readonly #looks: StoreLooks;
  /** Block sizes given to {@link get}: they outlive the core that they were given for. */
  readonly #blockSizes = new Map<string, BlockSizeOption>();
  /** Cores whose callers of before a reset are still being served. */
  readonly #retiring = new Set<SequenceCore>();
  /** Tests only: settles when the resets called so far are over. One waits for the other. */
  #resets: Promise<void> | undefined;
  /** Tests only: resets of many counters that are not over, the last one last, and when they are. */
  #resetting: { covers: (name: string) => boolean; ready: Promise<void> }[] = [];
  #closing: Promise<void> | undefined;
  readonly #closed = new AbortController();
  #prefetches = true;

  constructor(
    readonly store: SequenceStore,
    private readonly options: CoreOptions,
    private readonly clock: Clock = systemClock,
  ) {
    this.observers.add(this.watch);
    this.#definitions = new Definitions(options);
    this.#asleep = new SleepingSequences(options.periods);
    this.readings = new Readings(this.#cores, this.#asleep, this.#figures, clock);
    const { timeout, maxWaiters, floor } = options;
    const { abortListeners, observers } = this;
    const [definitions, figuresOf] = [this.#definitions, this.#figures.of];
    this.surroundings = {
      store,
      definitions,
      floor,
      timeout,
      maxWaiters,
      clock,
      pace: new Pace(clock),
      abortListeners,
      observers,
      figuresOf,
    };
    this.#looks = new StoreLooks(store, this.watch, clock);
    this.#sweep = new IdleSweep(this.#cores, options.idleTime, clock, (name) => this.putToSleep(name));
  }

  define(name: string, definition: SequenceDefinition): void {
    this.#definitions.define(name, definition);
    if (definition.blockSize !== undefined) this.#cores.get(name)?.resize(definition.blockSize);
  }

  /** A name that the code of the application spells out: it gets figures of its own. */
  declare(name: string): void {
    this.#definitions.declare(name);
  }

  /** How names are counted together, from the next name on that is used first. */
  labelBy(label: (name: string) => string): void {
    this.#figures.label = label;
  }

  labelOf(name: string): string {
    return this.#figures.label(name);
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
    if (asleep === undefined) return this.#asleep.get(name) !== undefined;
    this.#cores.delete(name);
    this.#asleep.add(name, asleep);
    return true;
  }

  /** Verifies the store before the first claim, as far as it can be. */
  open(): Promise<void> {
    return this.#looks.open(this.options.timeout);
  }

  /** One cheap look at the store: how many milliseconds it took. Undefined: the store offers none. */
  ping(timeout: number): Promise<number | undefined> {
    return this.#looks.ping(timeout);
  }

  /** Also for names that are first used from now on. */
  stopPrefetching(): void {
    this.#prefetches = false;
    for (const core of this.#cores.values()) core.stopPrefetching();
  }

  /**
   * Tests only: runs `action`, which removes the counter of `which` name, or all that it covers, once the calls made before
   * have ended. Calls made after it go to a new core, which waits for that. What removes counters is not known here.
   * `joined`: when all calls made before are in line, where that may be later.
   */
  async startAnew(
    action: () => Promise<void>,
    which: string | ((name: string) => boolean) = () => true,
    joined: (name: string) => Promise<void> | undefined = () => undefined,
  ): Promise<void> {
    const name = typeof which === 'string' ? which : '*';
    if (this.#closing !== undefined) throw closedError(name);
    const before = this.#resets;
    if (typeof which === 'function') this.#forgetAsleep(which);
    const retired =
      typeof which === 'string'
        ? [[which, this.core(which)] as const]
        : [...this.#cores].filter(([each]) => which(each));
    const over = (async () => {
      await Promise.all([before, ...retired.map(([each, core]) => this.#retire(core, joined(each)))]);
      if (this.#closing !== undefined) throw closedError(name);
      await action();
    })();
    // Those who wait for the counter wait in any case. Only the caller of the reset is told that it failed.
    const ready = over.catch(() => {});
    this.#resets = ready;
    const resetting = { covers: typeof which === 'string' ? () => false : which, ready };
    this.#resetting.push(resetting);
    for (const [each] of retired) this.#cores.set(each, this.#build(each, ready));
    // The timers of an attempt that nobody waits for are unref'd: under node:test the process would end here.
    const release = this.clock.after(MAX_TIMEOUT, () => {});
    try {
      await over;
    } finally {
      release();
      this.#resetting = this.#resetting.filter((one) => one !== resetting);
    }
  }

  /** Refuses new calls, serves waiters within `closeTimeout`, then closes the store: once. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Aborts when the application begins to shut down. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  async #close(): Promise<void> {
    const { closeTimeout } = this.options;
    this.#sweep.stop();
    this.#closed.abort();
    const cores = [...this.#cores.values(), ...this.#retiring];
    await Promise.all(cores.map((core) => core.close(closeTimeout)));
    await this.store.close?.();
  }

  #forgetAsleep(covers: (name: string) => boolean): void {
    for (const name of [...this.#asleep.keys()].filter(covers)) {
      const asleep = this.#asleep.take(name)!;
      asleep.figures.cachedAsleep -= cachedOf(asleep);
    }
  }

  async #retire(core: SequenceCore, joined: Promise<void> | undefined): Promise<void> {
    this.#retiring.add(core);
    // Else at once: a handle goes on with the next core as soon as this one is retired.
    if (joined !== undefined) await joined;
    await core.retire();
    this.#retiring.delete(core);
  }

  #create(name: string): SequenceCore {
    assertCounterName(name);
    if (this.#closing !== undefined) throw closedError(name);
    const { maxSequences } = this.options;
    const used = this.#cores.size + this.#asleep.counted(maxSequences - this.#cores.size - 1);
    if (used >= maxSequences) throw tooManySequencesError(name, used);
    return this.#add(name, this.#build(name, this.#resetting.findLast(({ covers }) => covers(name))?.ready));
  }

  #wake(name: string): SequenceCore | undefined {
    const asleep = this.#asleep.take(name);
    if (asleep === undefined) return undefined;
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
    const { options, clock } = this;
    const size = this.#blockSizes.get(name) ?? this.#definitions.of(name).blockSize ?? options.blockSize;
    const blockSize = new BlockSize(size, options, clock);
    const core = new SequenceCore(name, this.surroundings, { blockSize, ready, asleep });
    if (!this.#prefetches) core.stopPrefetching();
    return core;
  }
}
