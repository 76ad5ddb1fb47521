import { assertInteger, assertKnownKeys, assertName, show } from '../../common/arguments.js';
import { systemClock } from '../../common/clock.js';
import { MemoryCounters } from '../../store/memory-sequence-store.js';
import { RESET_COUNTERS, ResettableCounterStore } from '../resettable-store.js';
import { MAX_TIMEOUT } from '../../core/call-options.js';
import { SequenceError, SequenceIdentityError } from '../../common/sequence-error.js';
import type { Block, ClaimRequest, EnsureAtLeastRequest, FenceRequest } from '../../store/sequence-store.js';

export interface FaultOptions {
  /** Only a claim of this sequence meets the fault. Default: the next claim of any. */
  sequence?: string | undefined;
}

interface Fault extends FaultOptions {
  play(request: ClaimRequest, claim: () => Promise<Block>): Promise<Block>;
}

/**
 * Counters in memory that fail on request, for tests of what an application does then. Faults are met in the order they
 * were scripted, one per claim *attempt*. The library repeats an attempt that failed retryably, half a second later at
 * the earliest unless it only lost a race, so callers see such a fault when their `timeout` is over before that. With a
 * fixed `blockSize` claims are made only when no id is cached, which makes it certain when.
 *
 * `resetSequences` also forgets the script and repairs what was damaged.
 *
 * @example
 * const store = new FaultySequenceStore();
 * const moduleRef = await Test.createTestingModule({
 *   imports: [SequenceTestingModule.forRoot({ store, blockSize: 10, timeout: 1_000 })],
 * }).compile();
 */
export class FaultySequenceStore extends ResettableCounterStore {
  readonly #counters: MemoryCounters;
  #script: Fault[] = [];
  readonly #lost = new Set<string>();
  /** The values before counters were rolled back. */
  readonly #marks = new Map<string, number>();

  constructor() {
    const counters = new MemoryCounters();
    super(counters);
    this.#counters = counters;
  }

  /** How many scripted faults no claim has met yet. */
  get pendingFaults(): number {
    return this.#script.length;
  }

  /**
   * The next claim fails and takes no ids. Default error: `UNAVAILABLE`, which the library retries.
   *
   * @example
   * store.failNextClaim(new SequenceError('FORBIDDEN', 'no privilege'));
   * await expect(service.next('orders')).rejects.toMatchObject({ code: 'FORBIDDEN' });
   */
  failNextClaim(error: Error = unavailable('was not reached', false), options?: FaultOptions): void {
    if (!(error instanceof Error)) throw new TypeError(`Expected an Error to fail with, got ${show(error)}`);
    this.#push(options, async () => {
      await macrotask();
      throw error;
    });
  }

  /**
   * The next claim takes its ids, but the answer is lost. The library claims anew, and the ids become a gap.
   *
   * @example
   * store.failNextClaimAfterApply();
   * expect(await service.next('orders')).toBe(11); // with blockSize: 10
   */
  failNextClaimAfterApply(options?: FaultOptions): void {
    this.#push(options, async (_, claim) => {
      await claim();
      throw unavailable('gave no answer', true);
    });
  }

  /**
   * The next claim waits before it takes its ids: some milliseconds of real time, whatever fake timers say, or until a
   * promise settles, which needs no time at all.
   *
   * @example
   * let proceed = () => {};
   * store.delayNextClaim(new Promise<void>((resolve) => (proceed = resolve)));
   * const id = service.next('orders');
   * expect(service.tryNext('orders')).toBeUndefined();
   * proceed();
   * expect(await id).toBe(1);
   */
  delayNextClaim(until: number | PromiseLike<unknown>, options?: FaultOptions): void {
    if (typeof until === 'number') assertInteger('the delay', until, 0, MAX_TIMEOUT);
    else if (typeof (until as Partial<PromiseLike<unknown>> | null)?.then !== 'function') {
      throw new TypeError(`Expected milliseconds or a promise to wait for, got ${show(until)}`);
    }
    this.#push(options, async ({ signal }, claim) => {
      await untilAborted(signal, (proceed) => {
        if (typeof until === 'number') return systemClock.after(until, proceed);
        until.then(proceed, proceed);
        return () => {};
      });
      return claim();
    });
  }

  /**
   * The next claim is never answered and takes no ids. It ends when the library gives the attempt up: after half of
   * the module's `timeout`, or on close. Choose a short `timeout`.
   *
   * @example
   * store.hangNextClaim();
   * await expect(service.next('orders', { timeout: 10 })).rejects.toMatchObject({ code: 'TIMEOUT' });
   */
  hangNextClaim(options?: FaultOptions): void {
    this.#push(options, ({ signal }) => untilAborted(signal, () => () => {}) as Promise<never>);
  }

  /**
   * The next `count` claims lose the race against other processes (`CONFLICT`); the library repeats them within
   * milliseconds.
   *
   * @example
   * store.conflictStorm(5);
   * expect(await service.next('orders')).toBe(1);
   */
  conflictStorm(count: number, options?: FaultOptions): void {
    assertInteger('count', count, 1, Number.MAX_SAFE_INTEGER);
    for (let lost = 0; lost < count; lost++) {
      this.failNextClaim(new SequenceError('CONFLICT', 'Another process was faster (scripted).'), options);
    }
  }

  /**
   * The counter is gone, as after the loss of its index: claims are `VANISHED` and drop the cached ids, a fence finds
   * it `MISSING`, until a reset.
   *
   * @example
   * await service.next('orders');
   * await store.loseCounter('orders');
   * await expect(service.take('orders', 10)).rejects.toMatchObject({ code: 'VANISHED' }); // with blockSize: 10
   */
  async loseCounter(name: string): Promise<void> {
    assertName(name);
    this.#marks.delete(name);
    this.#lost.add(name);
    await this.#counters.remove(name);
  }

  /**
   * The counter goes back to `last`, as after the restore of an old snapshot: claims are `REGRESSED` and drop the
   * cached ids, until `Sequence.fence()` or a reset.
   *
   * @throws RangeError when the counter does not stand above `last`.
   * @example
   * await service.take('orders', 10);
   * await store.rollBackCounter('orders', 5);
   * await expect(service.next('orders')).rejects.toMatchObject({ code: 'REGRESSED' });
   * await service.get('orders').fence();
   * expect(await service.next('orders')).toBeGreaterThan(10);
   */
  async rollBackCounter(name: string, last: number): Promise<void> {
    assertName(name);
    const before = (await this.#counters.read(name))?.last ?? 0;
    if (before === 0) throw new RangeError(`Expected a counter "${name}" that can go back, got none`);
    assertInteger('last', last, 0, before - 1);
    await this.#counters.change(name, (counter) => ({ ...counter!, last }));
    this.#marks.set(name, Math.max(before, this.#marks.get(name) ?? 0));
  }

  override claim(request: ClaimRequest): Promise<Block> {
    const claim = () => this.#intact(request.name, () => super.claim(request));
    const index = this.#script.findIndex(
      ({ sequence }) => sequence === undefined || sequence === request.name,
    );
    const [fault] = index === -1 ? [] : this.#script.splice(index, 1);
    return fault === undefined ? claim() : fault.play(request, claim);
  }

  override ensureAtLeast(request: EnsureAtLeastRequest): Promise<void> {
    return this.#intact(request.name, () => super.ensureAtLeast(request));
  }

  override async fence(request: FenceRequest): ReturnType<ResettableCounterStore['fence']> {
    const mark = this.#marks.get(request.name) ?? 0;
    const state = await super.fence({ ...request, above: Math.max(request.above ?? 0, mark) });
    this.#marks.delete(request.name);
    return state;
  }

  override async [RESET_COUNTERS](name?: string): Promise<void> {
    if (name === undefined) {
      this.#script = [];
      this.#lost.clear();
      this.#marks.clear();
    } else {
      this.#script = this.#script.filter(({ sequence }) => sequence !== name);
      this.#lost.delete(name);
      this.#marks.delete(name);
    }
    await super[RESET_COUNTERS](name);
  }

  #push(options: FaultOptions = {}, play: Fault['play']): void {
    assertKnownKeys('the fault options', options, ['sequence']);
    const { sequence } = options;
    if (sequence !== undefined) assertName(sequence);
    this.#script.push({ sequence, play });
  }

  async #intact<Result>(name: string, call: () => Promise<Result>): Promise<Result> {
    await macrotask();
    const code = this.#lost.has(name) ? 'VANISHED' : this.#marks.has(name) ? 'REGRESSED' : undefined;
    if (code === undefined) return call();
    throw new SequenceIdentityError(
      code,
      `Sequence "${name}": its counter ${code === 'VANISHED' ? 'is gone' : 'went back'} (scripted). Nothing was changed, cached ids were dropped.`,
      { sequence: name },
    );
  }
}

function unavailable(what: string, ambiguous: boolean): SequenceError {
  return new SequenceError('UNAVAILABLE', `The store ${what} (scripted).`, { ambiguous });
}

function macrotask(): Promise<void> {
  return new Promise((resolve) => systemClock.soon(resolve));
}

/** `begin` returns how to cancel. */
function untilAborted(signal: AbortSignal, begin: (proceed: () => void) => () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const proceed = () => {
      signal.removeEventListener('abort', abort);
      resolve();
    };
    const abort = () => {
      cancel();
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    const cancel = begin(proceed);
    if (signal.aborted) abort();
  });
}
