import { SequenceRegistry } from '../../lib/core/sequence-registry.js';
import { Sequence } from '../../lib/core/sequence.js';
import { resolveOptions, type SequenceModuleOptions } from '../../lib/nest/sequence-module.options.js';
import { ScriptedStore } from './scripted-store.js';
import { VirtualClock } from './virtual-clock.js';
import { range } from './watched.js';

/**
 * The handle that an application gets, and what a test wants to know besides. Specs of the core reach its parts
 * through here only, so that a change in how the core is wired changes this file and no spec.
 */
export class TestedSequence extends Sequence {
  readonly #registry: SequenceRegistry;

  constructor(registry: SequenceRegistry, name: string) {
    super(registry, name);
    this.#registry = registry;
  }

  /** Ids in the memory of the process, told at once: `inspect()` asks the store first. */
  get cached(): number {
    return this.#allocator.cached;
  }

  /** Callers in line, told at once. */
  get waiting(): number {
    return this.#allocator.waiting;
  }

  /** Forgets the cached ids. */
  drop(): void {
    this.#registry.core(this.name).drop();
  }

  /** Starts the counter anew, as the reset of a testing module does; `action` is what the store does about it. */
  startAnew(action: () => Promise<void>): Promise<void> {
    return this.#registry.startAnew(action, this.name);
  }

  get #allocator() {
    return this.#registry.core(this.name).allocator;
  }
}

/** A process with one sequence, over a store and a clock that do what the test says. */
export function start(options: SequenceModuleOptions = {}) {
  const clock = new VirtualClock();
  const store = new ScriptedStore(clock);
  const registry = new SequenceRegistry(store, resolveOptions({ blockSize: 10, ...options }), clock);
  return { clock, store, registry, orders: new TestedSequence(registry, 'orders') };
}

/** A process that has drawn 1 of its first block. */
export async function running(options: SequenceModuleOptions = {}) {
  const process = start(options);
  const first = process.orders.next();
  await process.clock.turn();
  await process.store.grant();
  expect(await first).toBe(1);
  return process;
}

/** A process whose demand is so high that its cache, the ids 32 to 100, is low: a refill is under way. */
export async function prefetching(options: SequenceModuleOptions = {}) {
  const process = await running({ blockSize: { min: 100 }, ...options });
  const { orders, clock, store } = process;
  expect(await orders.take(30)).toEqual(range(2, 31));
  await clock.turn();
  expect(store.claims).toHaveLength(2);
  expect(orders.cached).toBe(69);
  return process;
}

/** Repeats a call that is answered at once until the next one would wait for its macrotask; returns the last answer. */
export async function drawUntilPause<Result>(
  registry: SequenceRegistry,
  call: () => Promise<Result>,
): Promise<Result> {
  for (;;) {
    const result = await call();
    if (registry.surroundings.pace.answersLeft <= 0) return result;
  }
}

/** Draws by `tryNext` until it finds nothing. */
export function drain(sequence: { tryNext(): number | undefined }): number[] {
  const ids: number[] = [];
  for (let id = sequence.tryNext(); id !== undefined; id = sequence.tryNext()) ids.push(id);
  return ids;
}
