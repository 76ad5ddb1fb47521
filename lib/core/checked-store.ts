import { show } from '../common/arguments.js';
import { SequenceError, sequenceError, SequenceIdentityError } from '../common/sequence-error.js';
import type { Block, CounterState, FenceRequest } from '../store/sequence-store.js';
import type { Attempt } from './attempt.js';
import type { Floor } from './core-options.js';
import type { Surroundings } from './surroundings.js';

/** What a claim asks for, decided when its request is sent. */
export interface ClaimDecision {
  count: number;
  /** The highest id that this process has seen: the block must lie above. */
  above: number;
  /** The counter is raised to this value before the claim. */
  ensured: number | undefined;
}

/** What the caller of a fence decides. */
export type FenceDecision = Pick<FenceRequest, 'jump' | 'above' | 'to' | 'epoch'>;

/** One sequence's store. Each method is one attempt: the floor hook is asked where it is due, and the answer is checked. */
export class CheckedStore {
  readonly #name: string;
  readonly #surroundings: Surroundings;
  #contacted: boolean;

  /** `contacted`: a write to this counter succeeded before, so the floor hook is not asked again. */
  constructor(name: string, surroundings: Surroundings, contacted = false) {
    this.#name = name;
    this.#surroundings = surroundings;
    this.#contacted = contacted;
  }

  get contacted(): boolean {
    return this.#contacted;
  }

  /** `decide` is asked once, when the store reads the count: a store that queues claims reads it when it sends them. */
  async claim(attempt: Attempt, decide: () => ClaimDecision): Promise<Block> {
    const name = this.#name;
    const { store } = this.#surroundings;
    const { signal, progress } = attempt;
    const { max } = this;
    const floor = await this.#floorAtFirstContact(attempt);
    signal.throwIfAborted();
    let decided: ClaimDecision | undefined;
    const decision = () => (decided ??= decide());
    try {
      // Getters of its own, so that a copy of the request has what they gave.
      const block = await store.claim({
        name,
        start: this.#start,
        get count() {
          return decision().count;
        },
        get floor() {
          return higher(floor, decision().ensured);
        },
        max,
        signal,
        progress,
      });
      this.#verify(block, decision(), max);
      this.#contacted = true;
      return block;
    } catch (error) {
      if (decided !== undefined) this.#verifyRefusal(error, decided);
      throw error;
    }
  }

  /** The last id. Undefined: 2^53 - 1. */
  get max(): number | undefined {
    return this.#surroundings.definitions.of(this.#name).max;
  }

  get #start(): number {
    return this.#surroundings.definitions.of(this.#name).start ?? 1;
  }

  async ensureAtLeast(attempt: Attempt, id: number): Promise<void> {
    const name = this.#name;
    const { store } = this.#surroundings;
    const { signal, progress } = attempt;
    const floor = await this.#floorAtFirstContact(attempt);
    signal.throwIfAborted();
    await store.ensureAtLeast({ name, id, start: this.#start, floor, signal, progress });
    this.#contacted = true;
  }

  inspect({ signal, progress }: Attempt): Promise<CounterState | undefined> {
    const name = this.#name;
    const { store } = this.#surroundings;
    return store.inspect({ name, signal, progress });
  }

  /** What the counter stands at for a claim made now: the `floor` counts where the first contact is to come. */
  async look(attempt: Attempt): Promise<number> {
    const floor = await this.#floorAtFirstContact(attempt);
    attempt.signal.throwIfAborted();
    const state = await this.inspect(attempt);
    return Math.max(state?.last ?? this.#start - 1, floor ?? 0);
  }

  async fence(attempt: Attempt, decision: FenceDecision): Promise<CounterState> {
    const name = this.#name;
    const { store } = this.#surroundings;
    const { signal, progress } = attempt;
    if (store.fence === undefined) {
      throw sequenceError(name, 'REJECTED', 'this store cannot fence. Nothing was changed.');
    }
    const floor = await this.#floor(attempt);
    signal.throwIfAborted();
    return store.fence({ name, ...decision, floor, signal, progress });
  }

  /**
   * The allocator's own guard, whatever the store: a block is handed out only if it has `count` safe integers, all above
   * every id seen before and none beyond the last one.
   */
  #verify({ first, last }: Block, { count, above }: ClaimDecision, max = Number.MAX_SAFE_INTEGER): void {
    const name = this.#name;
    if (!Number.isSafeInteger(first) || !(last <= max) || last - first + 1 !== count) {
      throw sequenceError(
        name,
        'CORRUPT',
        `the store answered a claim of ${count} ids up to ${max} with ${show(first)} to ${show(last)}. Nothing of it was handed out; the store is faulty.`,
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

  /** A refusal that says there are too few ids, and then names enough of them, would be repeated without end. */
  #verifyRefusal(error: unknown, { count }: ClaimDecision): void {
    if (!(error instanceof SequenceError) || error.left === undefined) return;
    if (Number.isSafeInteger(error.left) && error.left >= 0 && error.left < count) return;
    throw sequenceError(
      this.#name,
      'CORRUPT',
      `the store refused a claim of ${count} ids, but says that ${show(error.left)} are left. Nothing was handed out; the store is faulty.`,
      { cause: error },
    );
  }

  #floorAtFirstContact(attempt: Attempt): Promise<number | undefined> | undefined {
    return this.#contacted ? undefined : this.#floor(attempt);
  }

  async #floor(attempt: Attempt): Promise<number | undefined> {
    const name = this.#name;
    const { floor } = this.#surroundings;
    if (floor === undefined) return undefined;
    attempt.waitFor('the floor hook');
    let value: Floor;
    try {
      value = await floor(name);
    } catch (cause) {
      throw sequenceError(name, 'FLOOR', 'the floor hook failed. Nothing was claimed.', { cause });
    }
    attempt.waitFor('the store');
    return value === null || value === undefined ? undefined : floorOf(name, value);
  }
}

function floorOf(name: string, value: NonNullable<Floor>): number {
  const isText = typeof value === 'bigint' || (typeof value === 'string' && /^\d{1,16}$/.test(value));
  const number = isText ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
  throw sequenceError(
    name,
    'FLOOR',
    'expected the floor hook to return null, undefined or an integer from 0 to 2^53 - 1 (number, bigint or decimal ' +
      `string), got ${show(value)}. Nothing was claimed.`,
  );
}

function higher(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other);
}
