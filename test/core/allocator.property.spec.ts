import * as fc from 'fast-check';
import { randomInt } from 'node:crypto';
import {
  type Block,
  type ClaimRequest,
  type CounterState,
  type EnsureAtLeastRequest,
  type FenceRequest,
  SequenceStore,
} from '../../lib/store/sequence-store.js';
import { type Backend, blockSizes, play, stories } from '../support/random-processes.js';
import { failure } from '../support/scripted-store.js';

/**
 * Random stories of callers, time and faults over a store double. RUNS=100000 tells more; a failure prints its seed and
 * path, SEED repeats a run.
 */
const RUNS = Number(process.env['RUNS'] ?? 1_000);
const SEED = Number(process.env['SEED'] ?? randomInt(2 ** 31));

const FAULTS = [
  'lost',
  'twice',
  'refused',
  'conflict',
  'hang',
  'late',
  'regressed',
  'other epoch',
  'verdict',
  'exhausted',
  'nothing',
  'fewer',
] as const;
type Fault = (typeof FAULTS)[number] | 'ok';

const faults = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constant<Fault>('ok') },
    { weight: 2, arbitrary: fc.constantFrom(...FAULTS) },
  ),
  { maxLength: 30 },
);

/** One counter. It tells the truth but where a fault says otherwise. */
class Counter implements Backend {
  readonly mayFailWith = new Set(['IDENTITY_CHANGED', 'EXHAUSTED', 'REGRESSED', 'CORRUPT', 'UNAVAILABLE']);
  last = 0;
  epoch = 0;

  constructor(
    readonly scheduler: fc.Scheduler,
    private readonly plan: Fault[],
  ) {}

  open(): SequenceStore {
    return new Session(this);
  }

  lifeOf(): unknown {
    return 'the only one';
  }

  fault(): Fault {
    return this.plan.shift() ?? 'ok';
  }

  claim(count: number): Block {
    const first = this.last + 1;
    this.last += count;
    return { first, last: this.last, epoch: `epoch-${this.epoch}` };
  }
}

/** What one process sees of it. */
class Session extends SequenceStore {
  #answered: Block | undefined;

  constructor(private readonly counter: Counter) {
    super();
  }

  override async claim({ count, signal }: ClaimRequest): Promise<Block> {
    const block = await this.#request(signal, () => this.counter.claim(count), this.#answered, 'claim');
    this.#answered = block;
    return block;
  }

  override async ensureAtLeast({ id, signal }: EnsureAtLeastRequest): Promise<void> {
    const raise = () => {
      this.counter.last = Math.max(this.counter.last, id);
    };
    await this.#request(signal, raise, undefined, 'ensureAtLeast');
  }

  override async inspect(): Promise<CounterState | undefined> {
    return { last: this.counter.last };
  }

  override async fence({ jump = 0, signal }: FenceRequest): Promise<CounterState> {
    const fence = () => {
      this.counter.last += jump;
      this.counter.epoch++;
      return { last: this.counter.last, epoch: `epoch-${this.counter.epoch}` };
    };
    return this.#request(signal, fence, undefined, 'fence');
  }

  async #request<Result>(
    signal: AbortSignal,
    apply: () => Result,
    before: Result | undefined,
    what: string,
  ): Promise<Result> {
    const { scheduler } = this.counter;
    await scheduler.schedule(Promise.resolve(), `${what} arrives`);
    const fault = this.counter.fault();
    switch (fault) {
      case 'refused':
        throw failure('UNAVAILABLE');
      case 'conflict':
        throw failure('CONFLICT');
      case 'verdict':
        throw failure('IDENTITY_CHANGED');
      case 'exhausted':
        throw failure('EXHAUSTED');
      default:
    }
    const regressed = fault === 'regressed' && before !== undefined;
    let result = regressed ? before : apply();
    if (fault === 'twice') result = apply();
    if (fault === 'hang') await new Promise(() => {});
    if (fault === 'late') {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    }
    await scheduler.schedule(Promise.resolve(), `${what} is answered`);
    if (fault === 'lost') throw failure('UNAVAILABLE', { ambiguous: true });
    if (fault === 'nothing' && what === 'claim') return undefined as Result;
    if (typeof result === 'object' && result !== null && 'first' in result) {
      if (fault === 'fewer') return { ...result, last: (result as unknown as Block).last - 1 };
      if (fault === 'other epoch') return { ...result, epoch: 'another' };
    }
    return result;
  }
}

const unhandled: unknown[] = [];
const listen = (reason: unknown) => unhandled.push(reason);
beforeAll(() => process.on('unhandledRejection', listen));
afterAll(() => void process.off('unhandledRejection', listen));

it(`hands out each id once, in order, to whoever still wants it: ${RUNS} stories (seed ${SEED})`, async () => {
  await fc.assert(
    fc.asyncProperty(
      stories(),
      fc.scheduler(),
      faults,
      blockSizes,
      fc.constantFrom(50, 5_000),
      fc.nat(),
      async (commands, scheduler, plan, blockSize, maxWaiters, seed) => {
        const options = { blockSize, maxWaiters, timeout: 5_000, closeTimeout: 1_000 };
        await play(commands, new Counter(scheduler, [...plan]), scheduler, options, seed);
        expect(unhandled).toEqual([]);
      },
    ),
    { numRuns: RUNS, seed: SEED },
  );
}, 3_600_000);
