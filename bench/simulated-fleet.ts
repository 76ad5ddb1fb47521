import type { BlockAllocator as Allocator } from '../lib/core/block-allocator.js';
import type { BlockSizeOption } from '../lib/core/block-size.js';
import type { Patience } from '../lib/core/attempts.js';
import type { SequenceStore } from '../lib/store/sequence-store.js';
import { BlockAllocator, BlockSize, Claimer } from './shipped.js';
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
  allocator: Allocator;
  blockSize: InstanceType<typeof BlockSize>;
  due: number;
  lastDue: number;
}

/** Real allocators, block sizes, claimers and retry loops; only the clock and the store are made up. */
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
    return this.processes.reduce((sum, { allocator }) => sum + allocator.cached, 0);
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
    const {
      timeout = 5_000,
      reserveTime = 5_000,
      blockSize: option = { min: 10, max: 1_000_000 },
    } = this.#plan;
    const name = 'orders';
    const maxWaiters = 100_000;
    const claimer = new StirringClaimer(clock, {
      name,
      store: this.store as unknown as SequenceStore,
      start: () => 1,
      floor: undefined,
      timeout,
      maxWaiters,
      clock,
    });
    const limits = { reserveTime, maxWaste: Number.MAX_SAFE_INTEGER };
    const blockSize = new BlockSize(option, limits, clock);
    const allocator = new BlockAllocator({ name, claimer, blockSize, timeout, maxWaiters, clock });
    const process: Process = { allocator, blockSize, due: 0, lastDue: clock.now() };
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
    if (ids > 0) this.#draw(index, process.allocator, ids);
    const sleep = -Math.log(1 - clock.random()) * step;
    clock.at(now + sleep, () => this.#wake(index, process));
  }

  #draw(index: number, allocator: Allocator, ids: number): void {
    for (let left = ids; left > 0; left--) {
      let id: number | undefined;
      try {
        id = allocator.tryNext();
      } catch {
        this.#failed++;
        continue;
      }
      if (id === undefined) {
        this.#wait(index, allocator, left);
        return;
      }
      this.#ascends(index, id);
      this.#drawn++;
    }
  }

  #wait(index: number, allocator: Allocator, ids: number): void {
    const since = this.clock.now();
    this.clock.stir();
    allocator.take(ids).then(
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
  }
}

/** Says when a claim begins: it is the one thing a draw can do after which promises have to settle. */
class StirringClaimer extends Claimer {
  constructor(
    private readonly stirred: SimulatedClock,
    options: ConstructorParameters<typeof Claimer>[0],
  ) {
    super(options);
  }

  override claim(count: () => number, above: () => number, patience: Patience) {
    this.stirred.stir();
    return super.claim(count, above, patience);
  }
}
