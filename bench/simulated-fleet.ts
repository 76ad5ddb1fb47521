import type { Clock } from '../lib/common/clock.js';
import type { BlockSizeOption } from '../lib/core/block-size.js';
import type { SequenceCore } from '../lib/core/sequence-core.js';
import type { Sequence } from '../lib/core/sequence.js';
import type { SequenceStore } from '../lib/store/sequence-store.js';
import { resolveOptions, SequenceRegistry } from './shipped.js';
import { SimulatedClock } from './simulated-clock.js';
import { SimulatedStore, type StoreModel } from './simulated-store.js';

export interface FleetPlan {
  processes: number;
  /** Ids per second of one process, `at` milliseconds after the start of the simulation. */
  rate(at: number): number;
  store: StoreModel;
  seed?: number;
  /** Milliseconds between two draws of a process, on average; it draws what has fallen due meanwhile. */
  step?: number;
  /** Processes start spread over so many milliseconds. */
  startOver?: number;
  reserveTime?: number;
  blockSize?: BlockSizeOption;
  timeout?: number;
}

/** What happened between two calls of {@link Fleet.count}. */
export interface Count {
  /** Ids that callers got; waited for; never got (a typed error). */
  drawn: number;
  waited: number;
  failed: number;
  attempts: number;
  claims: number;
  conflicts: number;
  /** Milliseconds that 50, 99 and 99.9 of 100 ids were waited for, and the longest. */
  p50: number;
  p99: number;
  p999: number;
  longest: number;
}

interface Process {
  sequence: Sequence;
  core: SequenceCore;
  due: number;
  lastDue: number;
}

/** Real sequences; only the clock and the store are made up. */
export class Fleet {
  readonly clock: SimulatedClock;
  readonly store: SimulatedStore;
  readonly processes: Process[] = [];
  readonly #plan: FleetPlan;
  #waits = new Map<number, number>();
  #drawn = 0;
  #waited = 0;
  #failed = 0;
  #store = { attempts: 0, claims: 0, conflicts: 0 };
  #last: number[] = [];
  /** By process: when, on the clock, it drew an id last. */
  readonly #drewAt: number[] = [];

  constructor(plan: FleetPlan) {
    this.#plan = plan;
    this.clock = new SimulatedClock(plan.seed ?? 1);
    this.store = new SimulatedStore(this.clock, plan.store);
    const startOver = plan.startOver ?? 0;
    for (let index = 0; index < plan.processes; index++) {
      this.clock.at(this.clock.random() * startOver, () => this.#start(index));
    }
  }

  get cached(): number {
    return this.processes.reduce((sum, { core }) => sum + core.allocator.cached, 0);
  }

  /** How many processes have drawn no id since `time`. */
  without(time: number): number {
    let without = this.#plan.processes;
    for (const at of this.#drewAt) if (at !== undefined && at >= time) without--;
    return without;
  }

  run(until: number): Promise<void> {
    return this.clock.run(until);
  }

  count(): Count {
    const { attempts, claims, conflicts } = this.store;
    const total = this.#drawn;
    const sorted = [...this.#waits].toSorted(([one], [other]) => other - one);
    const slower = (share: number) => {
      let left = total * share;
      for (const [wait, ids] of sorted) {
        left -= ids;
        if (left < 0) return wait;
      }
      return 0;
    };
    const count: Count = {
      drawn: this.#drawn,
      waited: this.#waited,
      failed: this.#failed,
      attempts: attempts - this.#store.attempts,
      claims: claims - this.#store.claims,
      conflicts: conflicts - this.#store.conflicts,
      p50: slower(0.5),
      p99: slower(0.01),
      p999: slower(0.001),
      longest: sorted[0]?.[0] ?? 0,
    };
    this.#waits = new Map();
    this.#drawn = this.#waited = this.#failed = 0;
    this.#store = { attempts, claims, conflicts };
    return count;
  }

  #start(index: number): void {
    const { clock } = this;
    const { timeout, reserveTime, blockSize } = this.#plan;
    // Only what leaves the fast path reads the clock, and only then promises may have to settle.
    const stirring: Clock = {
      now: () => {
        clock.stir();
        return clock.now();
      },
      after: (delay, callback) => clock.after(delay, callback),
      soon: (callback) => clock.soon(callback),
      random: () => clock.random(),
    };
    const options = resolveOptions({ timeout, reserveTime, blockSize });
    const registry = new SequenceRegistry(this.store as unknown as SequenceStore, options, stirring);
    const sequence = registry.get('orders');
    const process: Process = { sequence, core: registry.core('orders'), due: 0, lastDue: clock.now() };
    this.#last[index] = 0;
    this.processes[index] = process;
    this.#wake(index, process);
  }

  /** Draws what fell due, and sleeps: exponentially, as calls of many users come. */
  #wake(index: number, process: Process): void {
    const { clock } = this;
    const { step = 100 } = this.#plan;
    const now = clock.now();
    process.due += ((now - process.lastDue) * this.#plan.rate(now)) / 1_000;
    process.lastDue = now;
    const ids = Math.floor(process.due);
    process.due -= ids;
    if (ids > 0) this.#draw(index, process.sequence, ids);
    const sleep = -Math.log(1 - clock.random()) * step;
    clock.at(now + sleep, () => this.#wake(index, process));
  }

  #draw(index: number, sequence: Sequence, ids: number): void {
    for (let left = ids; left > 0; left--) {
      let id: number | undefined;
      try {
        id = sequence.tryNext();
      } catch {
        this.#failed++;
        continue;
      }
      if (id === undefined) {
        this.#wait(index, sequence, left);
        return;
      }
      this.#ascends(index, id);
      this.#drawn++;
    }
  }

  #wait(index: number, sequence: Sequence, ids: number): void {
    const since = this.clock.now();
    this.clock.stir();
    sequence.take(ids).then(
      (taken) => {
        for (const id of taken) this.#ascends(index, id);
        const wait = Math.ceil(this.clock.now() - since);
        this.#drawn += ids;
        this.#waited += ids;
        this.#waits.set(wait, (this.#waits.get(wait) ?? 0) + ids);
      },
      () => {
        this.#failed += ids;
      },
    );
  }

  #ascends(index: number, id: number): void {
    if (id <= this.#last[index]!) throw new Error(`id ${id} after ${this.#last[index]}`);
    this.#last[index] = id;
    this.#drewAt[index] = this.clock.now();
  }
}
