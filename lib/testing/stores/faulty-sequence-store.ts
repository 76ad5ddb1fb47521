import { assertCounterName, assertInteger, show } from '../../common/arguments.js';
import { macrotask, systemClock } from '../../common/clock.js';
import { SequenceError, SequenceIdentityError } from '../../common/sequence-error.js';
import { MAX_TIMEOUT } from '../../core/call-options.js';
import { isRemoved } from '../../store/counter-store.js';
import { MemoryCounters } from '../../store/memory-sequence-store.js';
import type { Block, ClaimRequest, EnsureAtLeastRequest, FenceRequest } from '../../store/sequence-store.js';
import { RESET_COUNTERS, ResettableCounterStore } from '../resettable-store.js';
import { type FaultOptions, FaultScript, untilAborted } from './fault-script.js';

/**
 * Counters in memory that fail when a test asks for it, to test how an application handles failures. Claims meet the
 * faults in the order in which they were scripted, one fault per *attempt*.
 *
 * The library repeats an attempt after a retryable error. It waits half a second or longer, except after a lost race
 * (`CONFLICT`). A caller therefore sees a retryable fault only if its `timeout` is over before that. Use a fixed
 * `blockSize` to know when claims are made: only when no id is cached.
 *
 * `resetSequences` also removes scripted faults and repairs damaged counters.
 *
 * @example
 * const store = new FaultySequenceStore();
 * const moduleRef = await Test.createTestingModule({
 *   imports: [SequenceTestingModule.forRoot({ store, blockSize: 10, timeout: 1_000 })],
 * }).compile();
 */
export class FaultySequenceStore extends ResettableCounterStore {
  readonly #counters: MemoryCounters;
  readonly #script = new FaultScript();
  readonly #lost = new Set<string>();
  /** The values of rolled-back counters before they went back. */
  readonly #marks = new Map<string, number>();

  constructor() {
    const counters = new MemoryCounters();
    super(counters);
    this.#counters = counters;
  }

  /** The number of scripted faults that no claim has met yet. */
  get pendingFaults(): number {
    return this.#script.length;
  }

  /**
   * The next claim fails and takes no ids.
   *
   * @param error Default: `UNAVAILABLE`, which the library retries.
   * @throws TypeError when `error` is not an Error.
   * @example
   * store.failNextClaim(new SequenceError('FORBIDDEN', 'no privilege'));
   * await expect(service.next('orders')).rejects.toMatchObject({ code: 'FORBIDDEN' });
   */
  failNextClaim(error: Error = unavailable('was not reached', false), options?: FaultOptions): void {
    if (!(error instanceof Error)) throw new TypeError(`Expected error to be an Error, got ${show(error)}`);
    this.#script.add(options, async () => {
      await macrotask();
      throw error;
    });
  }

  /**
   * The next claim takes its ids, but the answer is lost. The library makes a new claim, and the lost ids become a gap.
   *
   * @example
   * store.failNextClaimAfterApply();
   * expect(await service.next('orders')).toBe(11); // with blockSize: 10
   */
  failNextClaimAfterApply(options?: FaultOptions): void {
    this.#script.add(options, async (_, claim) => {
      await claim();
      throw unavailable('gave no answer', true);
    });
  }

  /**
   * The next claim waits before it takes its ids.
   *
   * @param until Milliseconds of real time, even under fake timers, or a promise: the claim waits until it settles.
   * @throws TypeError or RangeError when `until` is neither.
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
      throw new TypeError(`Expected a number of milliseconds or a promise, got ${show(until)}`);
    }
    this.#script.add(options, async ({ signal }, claim) => {
      await untilAborted(signal, (proceed) => {
        if (typeof until === 'number') return systemClock.after(until, proceed);
        until.then(proceed, proceed);
        return () => {};
      });
      return claim();
    });
  }

  /**
   * The next claim is never answered and takes no ids. It ends when the library gives up the attempt: after half of the
   * module's `timeout`, or when the module is closed. Choose a short `timeout`.
   *
   * @example
   * store.hangNextClaim();
   * await expect(service.next('orders', { timeout: 10 })).rejects.toMatchObject({ code: 'TIMEOUT' });
   */
  hangNextClaim(options?: FaultOptions): void {
    this.#script.add(options, ({ signal }) => untilAborted(signal, () => () => {}) as Promise<never>);
  }

  /**
   * The next `count` claims lose a race against other processes (`CONFLICT`). The library repeats them within
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
   * Removes the counter, as if its index had been lost. Until a reset, claims fail with `VANISHED` and drop the cached
   * ids, and a fence fails with `MISSING`.
   *
   * @example
   * await service.next('orders');
   * await store.loseCounter('orders');
   * await expect(service.take('orders', 10)).rejects.toMatchObject({ code: 'VANISHED' }); // with blockSize: 10
   */
  async loseCounter(name: string): Promise<void> {
    assertCounterName(name);
    this.#marks.delete(name);
    this.#lost.add(name);
    await this.#counters.remove(name);
  }

  /**
   * Sets the counter back to `last`, as if an old snapshot had been restored. Until `Sequence.fence()` or a reset, claims
   * fail with `REGRESSED` and drop the cached ids.
   *
   * @throws RangeError when the counter is not above `last`.
   * @example
   * await service.take('orders', 10);
   * await store.rollBackCounter('orders', 5);
   * await expect(service.next('orders')).rejects.toMatchObject({ code: 'REGRESSED' });
   * await service.get('orders').fence();
   * expect(await service.next('orders')).toBeGreaterThan(10);
   */
  async rollBackCounter(name: string, last: number): Promise<void> {
    assertCounterName(name);
    const before = (await this.#counters.read(name))?.last ?? 0;
    if (before === 0)
      throw new RangeError(`Expected a counter "${name}" above 0 to set back, but there is none`);
    assertInteger('last', last, 0, before - 1);
    await this.#counters.change(name, (counter) => ({ ...counter!, last }));
    this.#marks.set(name, Math.max(before, this.#marks.get(name) ?? 0));
  }

  override claim(request: ClaimRequest): Promise<Block> {
    const claim = () => this.#intact(request.name, () => super.claim(request));
    const fault = this.#script.take(request.name);
    return fault === undefined ? claim() : fault.play(request, claim);
  }

  override ensureAtLeast(request: EnsureAtLeastRequest): Promise<void> {
    return this.#intact(request.name, () => super.ensureAtLeast(request));
  }

  override async fence(request: FenceRequest): ReturnType<ResettableCounterStore['fence']> {
    const mark = this.#marks.get(request.name) ?? 0;
    const { to, above = 0, floor = 0 } = request;
    const known = to === undefined ? { above: Math.max(above, mark) } : { floor: Math.max(floor, mark) };
    const state = await super.fence({ ...request, ...known });
    this.#marks.delete(request.name);
    return state;
  }

  override async [RESET_COUNTERS](name?: string): Promise<void> {
    this.#script.clear(name);
    for (const one of this.#lost) if (isRemoved(one, name)) this.#lost.delete(one);
    for (const one of this.#marks.keys()) if (isRemoved(one, name)) this.#marks.delete(one);
    await super[RESET_COUNTERS](name);
  }

  async #intact<Result>(name: string, call: () => Promise<Result>): Promise<Result> {
    await macrotask();
    const code = this.#lost.has(name) ? 'VANISHED' : this.#marks.has(name) ? 'REGRESSED' : undefined;
    if (code === undefined) return call();
    throw new SequenceIdentityError(
      code,
      `Sequence "${name}": its counter ${code === 'VANISHED' ? 'is gone' : 'went back'} (scripted). Nothing was changed. Cached ids were dropped.`,
      { sequence: name },
    );
  }
}

function unavailable(what: string, ambiguous: boolean): SequenceError {
  return new SequenceError('UNAVAILABLE', `The store ${what} (scripted).`, { ambiguous });
}
