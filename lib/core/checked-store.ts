import type { Floor } from './core-options.js';
import { MAX_COUNT, show } from '../common/arguments.js';
import type { CallOptions } from './call-options.js';
import { diagnostics, type ClaimMessage } from './diagnostics.js';
import { DirectCalls } from './counter-calls.js';
import { type Asks, type Patience, RetryLoop } from './attempts.js';
import { SequenceError, SequenceIdentityError } from '../common/sequence-error.js';
import type { Block, CounterState, SequenceStore } from '../store/sequence-store.js';
import type { Clock } from '../common/clock.js';

export interface ClaimerOptions {
  name: string;
  store: SequenceStore;
  /** The first id of a counter that does not exist yet, asked when it is needed. */
  start: () => number;
  /** Asked at first contact: no id at or below what it returns is ever claimed. */
  floor: ((name: string) => Floor | Promise<Floor>) | undefined;
  timeout: number;
  /** How many calls other than draws may be under way. */
  maxWaiters: number;
  clock: Clock;
}

/** Claims blocks of one sequence: the requests, the retries, and the check of every answer. */
export class Claimer {
  readonly retry: RetryLoop;
  /** What does not draw. */
  readonly calls: DirectCalls;
  readonly #options: ClaimerOptions;
  #contacted = false;

  constructor(options: ClaimerOptions) {
    this.#options = options;
    const { name, timeout, maxWaiters, clock } = options;
    this.retry = new RetryLoop(name, timeout, clock);
    this.calls = new DirectCalls(name, this.retry, timeout, maxWaiters, clock);
  }

  /**
   * `count` is asked before each attempt, and `ensured`: the counter is raised to it before the claim. `above` is the
   * highest id this process ever saw of the sequence.
   */
  async claim(
    count: () => number,
    above: () => number,
    patience: Patience,
    ensured: () => number | undefined = () => undefined,
  ): Promise<{ block: Block; took: number }> {
    const { name, store, start, clock } = this.#options;
    let begun = clock.now();
    const block = await this.retry.run(
      async (signal, asks) => {
        const floor = await this.#floorAtFirstContact(asks);
        signal.throwIfAborted();
        const wanted = count();
        const answer = await store.claim({
          name,
          count: wanted,
          start: start(),
          floor: higher(floor, ensured()),
          signal,
        });
        this.#verify(answer, wanted, above());
        return answer;
      },
      {
        ...patience,
        failed: (error) => {
          // Lost races are what a claim costs here; an outage is not, and must not size blocks after it is over.
          if (error.code !== 'CONFLICT') begun = clock.now();
          patience.failed(error);
        },
      },
    );
    this.#contacted = true;
    const took = clock.now() - begun;
    if (diagnostics.claim.hasSubscribers) {
      const { first, last } = block;
      diagnostics.claim.publish({ sequence: name, first, last, took } satisfies ClaimMessage);
    }
    return { block, took };
  }

  /** `failed` is told of every failed attempt. */
  ensureAtLeast(
    id: number,
    options: CallOptions | undefined,
    failed: (error: SequenceError) => void,
  ): Promise<void> {
    const { name, store, start } = this.#options;
    return this.calls.make(
      async (signal, asks) => {
        const floor = await this.#floorAtFirstContact(asks);
        signal.throwIfAborted();
        await store.ensureAtLeast({ name, id, start: start(), floor, signal });
      },
      options,
      { failed },
    );
  }

  inspect(options?: CallOptions): Promise<CounterState | undefined> {
    const { name, store } = this.#options;
    return this.calls.make((signal) => store.inspect({ name, signal }), options, { looks: true });
  }

  /** `failed` is told of every failed attempt. */
  fence(
    request: { jump: number; above: number | undefined; epoch: string },
    options: CallOptions | undefined,
    failed: (error: SequenceError) => void,
  ): Promise<CounterState> {
    const { name, store } = this.#options;
    return this.calls.make(
      async (signal, asks) => {
        if (store.fence === undefined) {
          throw new SequenceError(
            'REJECTED',
            `Sequence "${name}": this store cannot fence. Nothing was changed.`,
            { sequence: name },
          );
        }
        const floor = await this.#floor(asks);
        signal.throwIfAborted();
        return store.fence({ name, ...request, floor, signal });
      },
      options,
      { failed },
    );
  }

  /** Tests only: the counter starts anew, so the next claim is a first contact again. */
  forget(): void {
    this.#contacted = false;
    this.retry.forget();
  }

  /**
   * The allocator's own guard, whatever the store: a block that is no block of `count` safe integers, or does not lie
   * above every id seen before, is never handed out.
   */
  #verify({ first, last }: Block, count: number, above: number): void {
    const { name } = this.#options;
    if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last) || last - first + 1 !== count) {
      throw new SequenceError(
        'CORRUPT',
        `Sequence "${name}": the store answered a claim of ${count} ids with ${show(first)} to ${show(last)}. Nothing of it was handed out; the store is faulty.`,
        { sequence: name },
      );
    }
    if (first <= above) {
      throw new SequenceIdentityError(
        'REGRESSED',
        `Sequence "${name}": the store gave ${first} to ${last}, but this process has seen ${above} already. Cached ids were dropped. ` +
          'The counter went back (a restore?): stop, then run Sequence.fence().',
        { sequence: name },
      );
    }
  }

  #floorAtFirstContact(asks: Asks): Promise<number | undefined> | undefined {
    return this.#contacted ? undefined : this.#floor(asks);
  }

  async #floor(asks: Asks): Promise<number | undefined> {
    const { name, floor } = this.#options;
    if (floor === undefined) return undefined;
    let value: Floor;
    try {
      asks('the floor hook');
      value = await floor(name);
      asks('the store');
    } catch (cause) {
      throw new SequenceError('FLOOR', `Sequence "${name}": the floor hook failed. Nothing was claimed.`, {
        sequence: name,
        cause,
      });
    }
    if (value === null || value === undefined) return undefined;
    const number =
      typeof value === 'bigint' || (typeof value === 'string' && /^\d{1,16}$/.test(value))
        ? Number(value)
        : value;
    if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 0) {
      throw new SequenceError(
        'FLOOR',
        `Sequence "${name}": expected the floor hook to return null, undefined or an integer from 0 to 2^53 - 1 ` +
          `(number, bigint or decimal string), got ${show(value)}. Nothing was claimed.`,
        { sequence: name },
      );
    }
    return number;
  }
}

function higher(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other);
}

/** The greatest id `ensureAtLeast` accepts: a claim of any size must still fit below 2^53 - 1. */
export const MAX_ENSURED = Number.MAX_SAFE_INTEGER - MAX_COUNT;
