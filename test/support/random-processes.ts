import * as fc from 'fast-check';
import { SequenceError } from '../../lib/common/sequence-error.js';
import { SequenceRegistry } from '../../lib/core/sequence-registry.js';
import {
  type Block,
  type ClaimRequest,
  type CounterState,
  type EnsureAtLeastRequest,
  type FenceRequest,
  type InspectRequest,
  SequenceStore,
} from '../../lib/store/sequence-store.js';
import { resolveOptions, type SequenceModuleOptions } from '../../lib/nest/sequence-module.options.js';
import { TestedSequence } from './scripted-process.js';
import { VirtualClock } from './virtual-clock.js';

/** What the processes of a run share: the servers, or what stands for them. */
export interface Backend {
  /** The store of one more process. */
  open(): SequenceStore;
  /** The counter that a block came from; copies and fences keep it. */
  lifeOf(block: Block): unknown;
  /** Waits until nothing is under way that the scheduler does not know of. */
  quiet?(): Promise<void>;
  /** Errors that callers may see besides those of time, load and closing. */
  readonly mayFailWith: ReadonlySet<string>;
}

interface Call {
  kind: 'next' | 'take';
  count: number;
  order: number;
  abort: AbortController;
  state: 'pending' | 'resolved' | 'rejected';
  ids: number[];
}

const ALWAYS_POSSIBLE = ['TIMEOUT', 'TOO_MANY_WAITERS', 'CLOSED'];

/** A store that keeps a record of what the store of a process accepts, and of what is in flight. */
class RecordingStore extends SequenceStore {
  readonly blocks: Block[] = [];
  claimsInFlight = 0;

  constructor(
    private readonly store: SequenceStore,
    private readonly broken: (what: string) => void,
  ) {
    super();
  }

  override async claim(request: ClaimRequest): Promise<Block> {
    if (++this.claimsInFlight > 1 && !request.signal.aborted) this.broken('two claims in flight');
    // A claim that was given up no longer counts.
    let counted = true;
    const end = () => {
      if (counted) this.claimsInFlight--;
      counted = false;
    };
    request.signal.addEventListener('abort', end, { once: true });
    try {
      const block = await this.store.claim(request);
      // A faulty store may answer anything.
      if (!request.signal.aborted && (block as Block | undefined) !== undefined) this.blocks.push(block);
      return block;
    } finally {
      end();
    }
  }

  override ensureAtLeast(request: EnsureAtLeastRequest): Promise<void> {
    return this.store.ensureAtLeast(request);
  }

  override inspect(request: InspectRequest): Promise<CounterState | undefined> {
    return this.store.inspect(request);
  }

  override fence(request: FenceRequest): Promise<CounterState> {
    if (this.store.fence === undefined) throw new Error('This store cannot fence.');
    return this.store.fence(request);
  }
}

/** One process: a registry with its cache, its callers, and what they got. */
class Process {
  readonly registry: SequenceRegistry;
  readonly orders: TestedSequence;
  readonly store: RecordingStore;
  readonly calls: Call[] = [];
  readonly delivered: number[] = [];
  closed = false;

  constructor(
    private readonly run: Run,
    options: SequenceModuleOptions,
  ) {
    this.store = new RecordingStore(run.backend.open(), (what) => run.broken(what));
    this.registry = new SequenceRegistry(this.store, resolveOptions(options), run.clock);
    this.orders = new TestedSequence(this.registry, 'orders');
  }

  draw(kind: Call['kind'], count: number, timeout: number | undefined): void {
    const abort = new AbortController();
    const call: Call = { kind, count, order: this.calls.length, abort, state: 'pending', ids: [] };
    this.calls.push(call);
    const options = { signal: abort.signal, ...(timeout === undefined ? {} : { timeout }) };
    const wasClosed = this.closed;
    const drawn = kind === 'next' ? this.orders.next(options) : this.orders.take(count, options);
    drawn.then(
      (ids) => {
        if (call.state !== 'pending') this.run.broken('a call settled twice');
        call.state = 'resolved';
        call.ids = [ids].flat();
        if (wasClosed) this.run.broken('a call made after close was served');
        if (call.ids.length !== count) this.run.broken(`take(${count}) gave ${call.ids.length} ids`);
        const behind = this.calls.find((other) => other.order < call.order && other.state === 'pending');
        if (behind !== undefined) this.run.broken('a caller was overtaken');
        this.#deliver(call.ids);
      },
      (error: unknown) => {
        if (call.state !== 'pending') this.run.broken('a call settled twice');
        call.state = 'rejected';
        this.run.refused(error, abort.signal);
      },
    );
  }

  tryNext(): void {
    try {
      const id = this.orders.tryNext();
      if (id === undefined) return;
      if (this.closed) this.run.broken('tryNext served after close');
      if (this.calls.some(({ state }) => state === 'pending')) {
        // Callers that were served in this very turn have their ids, but do not know yet.
        if (this.orders.waiting > 0) this.run.broken('tryNext overtook a caller');
      }
      this.later.push(id);
    } catch (error) {
      this.run.refused(error);
    }
  }

  /** Ids of tryNext, to be put in order with those that callers were promised before. */
  readonly later: number[] = [];

  settle(): void {
    this.#deliver(this.later.splice(0));
  }

  ensureAtLeast(id: number): void {
    this.registry
      .get('orders')
      .ensureAtLeast(id)
      .catch((error: unknown) => this.run.refused(error));
  }

  fence(): void {
    this.registry
      .get('orders')
      .fence({ jump: 1_000 })
      .catch((error: unknown) => this.run.refused(error));
  }

  /** Where nothing is under way. No id may be skipped by it. */
  sleep(): void {
    const { cached } = this.orders;
    if (!this.registry.putToSleep('orders') || this.closed) return;
    if (this.orders.cached !== cached) this.run.broken(`sleep skipped ${cached - this.orders.cached} ids`);
    this.registry.putToSleep('orders');
  }

  close(): void {
    this.closed = true;
    this.registry.close().catch((error: unknown) => this.run.broken(`close failed: ${String(error)}`));
  }

  #deliver(ids: readonly number[]): void {
    for (const id of ids) {
      const last = this.delivered.at(-1) ?? 0;
      if (id <= last) this.run.broken(`${id} after ${last}`);
      if (!this.store.blocks.some(({ first, last }) => first <= id && id <= last)) {
        this.run.broken(`${id} is in no block that this process claimed`);
      }
      this.delivered.push(id);
    }
  }
}

/** One run: some processes over one backend, on one virtual clock. */
export class Run {
  readonly clock: VirtualClock;
  readonly processes: Process[] = [];
  #broken: string | undefined;

  constructor(
    readonly backend: Backend,
    private readonly scheduler: fc.Scheduler,
    private readonly options: SequenceModuleOptions,
    seed: number,
  ) {
    this.clock = new VirtualClock(seed);
    this.start();
  }

  start(): void {
    this.processes.push(new Process(this, this.options));
  }

  broken(what: string): void {
    this.#broken ??= what;
  }

  /** A call failed: with what may happen, and not because another one was aborted. */
  refused(error: unknown, signal?: AbortSignal): void {
    if (signal?.aborted === true && error === signal.reason) return;
    const code = error instanceof SequenceError ? error.code : undefined;
    if (code !== undefined && (ALWAYS_POSSIBLE.includes(code) || this.backend.mayFailWith.has(code))) return;
    this.broken(`a call failed with ${String(error)}`);
  }

  /** Lets the next answer, or request, arrive. */
  async deliver(): Promise<void> {
    await this.turn();
    if (this.scheduler.count() > 0) await this.scheduler.waitNext(1);
    await this.turn();
  }

  async turn(): Promise<void> {
    await this.clock.turn();
    if (this.backend.quiet !== undefined) {
      await this.backend.quiet();
      await this.clock.turn();
    }
    for (const process of this.processes) process.settle();
  }

  /** All answers arrive, all time-outs pass; then every call has settled. */
  async end(): Promise<void> {
    for (let round = 0; round < 1_000; round++) {
      await this.turn();
      const pending = this.processes.some(({ calls }) => calls.some(({ state }) => state === 'pending'));
      if (!pending && this.scheduler.count() === 0) break;
      for (let answer = 0; answer < 20 && this.scheduler.count() > 0; answer++) await this.deliver();
      await this.clock.advance(500);
    }
    for (const process of this.processes) if (!process.closed) process.close();
    for (let round = 0; round < 50; round++) {
      await this.clock.advance(500);
      while (this.scheduler.count() > 0) await this.deliver();
    }
    await this.turn();
    for (const { calls } of this.processes) {
      if (calls.some(({ state }) => state === 'pending')) this.broken('a call never settled');
    }
  }

  check(): void {
    const handed = new Map<unknown, Set<number>>();
    for (const { store, delivered } of this.processes) {
      // A process stays with the counter it met first.
      const [met] = store.blocks;
      for (const id of delivered) {
        const block = store.blocks.find(({ first, last }) => first <= id && id <= last);
        for (const life of new Set([met, block].map((one) => one && this.backend.lifeOf(one)))) {
          const ids = handed.get(life) ?? new Set();
          handed.set(life, ids);
          if (ids.has(id)) this.broken(`${id} was handed out twice`);
          ids.add(id);
        }
      }
    }
    if (this.#broken !== undefined) throw new Error(this.#broken);
  }
}

type Command = fc.AsyncCommand<object, Run>;

class Act implements Command {
  constructor(
    private readonly label: string,
    private readonly act: (run: Run) => void | Promise<void>,
  ) {}

  check(): boolean {
    return true;
  }

  async run(_: object, run: Run): Promise<void> {
    await this.act(run);
    run.check();
  }

  toString(): string {
    return this.label;
  }
}

/** Something an operator or an accident does to the servers. */
export function event(label: string, act: () => void): fc.Arbitrary<Command> {
  return fc.constant(new Act(label, act));
}

const which = fc.nat(2);

function of(run: Run, index: number): Process {
  return run.processes[index % run.processes.length]!;
}

const draws: fc.Arbitrary<Command>[] = [
  fc
    .tuple(which, fc.option(fc.constantFrom(1, 100, 3_000), { nil: undefined, freq: 5 }))
    .map(
      ([index, timeout]) =>
        new Act(`next(${index}${timeout === undefined ? '' : `, ${timeout} ms`})`, (run) =>
          of(run, index).draw('next', 1, timeout),
        ),
    ),
  fc
    .tuple(which, fc.integer({ min: 1, max: 30 }))
    .map(
      ([index, count]) =>
        new Act(`take(${index}, ${count})`, (run) => of(run, index).draw('take', count, undefined)),
    ),
  which.map(
    (index) =>
      new Act(`tryNext(${index})`, async (run) => {
        of(run, index).tryNext();
        // Callers that were served before learn of it first.
        await run.clock.settle();
        of(run, index).settle();
      }),
  ),
  fc.constant(new Act('deliver', (run) => run.deliver())),
  fc.constantFrom(3, 10, 30).map(
    (most) =>
      new Act(`deliver(${most})`, async (run) => {
        for (let count = 0; count < most; count++) await run.deliver();
      }),
  ),
];

const others: fc.Arbitrary<Command>[] = [
  fc.tuple(which, fc.nat(20)).map(
    ([index, nth]) =>
      new Act(`abort(${index}, ${nth})`, (run) => {
        const { calls } = of(run, index);
        calls[nth % Math.max(1, calls.length)]?.abort.abort(new Error('aborted by the test'));
      }),
  ),
  fc
    .constantFrom(1, 250, 600, 3_000)
    .map((time) => new Act(`advance(${time})`, (run) => run.clock.advance(time))),
  fc
    .tuple(which, fc.integer({ min: 0, max: 200 }))
    .map(
      ([index, id]) => new Act(`ensureAtLeast(${index}, ${id})`, (run) => of(run, index).ensureAtLeast(id)),
    ),
];

const rare: fc.Arbitrary<Command>[] = [
  fc.constant(
    new Act('start', (run) => {
      if (run.processes.length < 3) run.start();
    }),
  ),
  which.map((index) => new Act(`fence(${index})`, (run) => of(run, index).fence())),
  which.map((index) => new Act(`sleep(${index})`, (run) => of(run, index).sleep())),
  which.map((index) => new Act(`close(${index})`, (run) => of(run, index).close())),
  which.map(
    (index) => new Act(`stopPrefetching(${index})`, (run) => of(run, index).registry.stopPrefetching()),
  ),
];

/** Stories of commands; `events` are what may happen to the servers meanwhile. */
export function stories(events: fc.Arbitrary<Command>[] = []): fc.Arbitrary<Iterable<Command>> {
  return fc.commands([...draws, ...draws, ...draws, ...others, ...others, ...rare, ...events], {
    maxCommands: 40,
  });
}

/** Plays a story to its end and checks every invariant on the way. */
export async function play(
  commands: Iterable<Command>,
  backend: Backend,
  scheduler: fc.Scheduler,
  options: SequenceModuleOptions,
  seed: number,
): Promise<void> {
  const run = new Run(backend, scheduler, options, seed);
  await fc.asyncModelRun(() => ({ model: {}, real: run }), commands);
  await run.end();
  run.check();
}

export const blockSizes: fc.Arbitrary<NonNullable<SequenceModuleOptions['blockSize']>> = fc.constantFrom(
  1,
  3,
  10,
  { min: 1 },
  { min: 5, max: 20 },
);
