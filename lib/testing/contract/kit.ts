import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { macrotask } from '../../common/clock.js';
import { RESET_COUNTERS, type ResettableSequenceStore } from '../resettable-store.js';
import { SequenceError } from '../../common/sequence-error.js';
import type { Block, CounterState, SequenceStore } from '../../store/sequence-store.js';

/** Where the data of a store under test live: a folder, an index or an object. */
export interface SequenceStoreEnvironment {
  /**
   * Opens a new store over the data of this environment, as another process would. Every store is closed when the
   * case ends.
   */
  open(): SequenceStore;
  /** Removes the data. Called at the end of the case, when its stores have been closed. */
  close?(): Promise<void> | void;
}

export type ContractCases = Record<string, (kit: ContractKit) => Promise<void>>;

interface ClaimOptions {
  start?: number;
  floor?: number;
  max?: number;
}

interface FenceOptions {
  jump?: number;
  above?: number;
  floor?: number;
  epoch?: string;
}

export const MAX_ID = Number.MAX_SAFE_INTEGER;

/** An attempt may fail with a retryable error. A store that fails this often in a row never succeeds. */
const MOST_ATTEMPTS = 1_000;

export class ContractKit {
  readonly #environment: SequenceStoreEnvironment;
  readonly #handles: StoreHandle[] = [];

  constructor(environment: SequenceStoreEnvironment) {
    this.#environment = environment;
  }

  /** Cases may share a database, so each uses names of its own. */
  name(prefix = 'contract'): string {
    return `${prefix}:${randomUUID()}`;
  }

  open(): StoreHandle {
    const handle = new StoreHandle(this.#environment.open());
    this.#handles.push(handle);
    return handle;
  }

  async close(): Promise<void> {
    try {
      for (const { store } of this.#handles) await store.close?.();
    } finally {
      await this.#environment.close?.();
    }
  }
}

/** Calls a store as the library does: it makes a new attempt after each retryable failure. */
export class StoreHandle {
  readonly store: SequenceStore;

  constructor(store: SequenceStore) {
    this.store = store;
  }

  async claim(name: string, count: number, { start = 1, floor, max }: ClaimOptions = {}): Promise<Block> {
    const block = await retrying((signal) => this.store.claim({ name, count, start, floor, max, signal }));
    const { first, last } = block;
    assert.ok(
      Number.isSafeInteger(first) && Number.isSafeInteger(last),
      `expected first and last to be ids, got ${first} and ${last}`,
    );
    assert.equal(last - first + 1, count, `expected ${count} ids, got ${first} to ${last}`);
    return block;
  }

  /** The first and the last id of a claim. */
  async range(name: string, count: number, options?: ClaimOptions): Promise<[number, number]> {
    const { first, last } = await this.claim(name, count, options);
    return [first, last];
  }

  ensureAtLeast(name: string, id: number, { start = 1, floor }: ClaimOptions = {}): Promise<void> {
    return retrying((signal) => this.store.ensureAtLeast({ name, id, start, floor, signal }));
  }

  inspect(name: string): Promise<CounterState | undefined> {
    return retrying((signal) => this.store.inspect({ name, signal }));
  }

  /** The highest id that anybody has claimed, or `undefined` when there is no counter. */
  async last(name: string): Promise<number | undefined> {
    return (await this.inspect(name))?.last;
  }

  get canFence(): boolean {
    return this.store.fence !== undefined;
  }

  fence(
    name: string,
    { jump = 1_000, above, floor, epoch = randomUUID() }: FenceOptions = {},
  ): Promise<CounterState> {
    return retrying((signal) => {
      assert.ok(this.store.fence);
      return this.store.fence({ name, jump, above, floor, epoch, signal });
    });
  }

  get canRecord(): boolean {
    return this.store.recordSeries !== undefined;
  }

  recordSeries(name: string, expected: string | undefined, record: string): Promise<string> {
    return retrying((signal) => {
      assert.ok(this.store.recordSeries);
      return this.store.recordSeries({ name, expected, record, signal });
    });
  }

  get canReset(): boolean {
    return RESET_COUNTERS in this.store;
  }

  reset(name?: string): Promise<void> {
    return (this.store as unknown as ResettableSequenceStore)[RESET_COUNTERS](name);
  }
}

async function retrying<Result>(attempt: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const { signal } = new AbortController();
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt(signal);
    } catch (error) {
      if (!(error instanceof SequenceError && error.retryable) || attempts === MOST_ATTEMPTS) throw error;
      await macrotask();
    }
  }
}

export function assertDisjoint(blocks: readonly Block[]): void {
  const ascending = blocks.toSorted((one, other) => one.first - other.first);
  for (const [index, block] of ascending.entries()) {
    const before = ascending[index - 1];
    assert.ok(
      before === undefined || before.last < block.first,
      `${before?.first} to ${before?.last} and ${block.first} to ${block.last} were both handed out`,
    );
  }
}

/** The error with which a call rejects, or which it throws. */
export async function failure(call: () => Promise<unknown>): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  return assert.fail('expected the call to fail');
}

/** A claim that would pass the last id. Its error says how many are left, for a smaller one. */
export async function assertExhausted(left: number, call: () => Promise<unknown>): Promise<void> {
  const error = await failure(call);
  assert.ok(error instanceof SequenceError, `expected a SequenceError, got ${String(error)}`);
  assert.deepEqual({ code: error.code, left: error.left }, { code: 'EXHAUSTED', left });
}

export async function assertFails(code: string, call: () => Promise<unknown>): Promise<void> {
  const error = await failure(call);
  assert.ok(
    error instanceof SequenceError,
    `expected a SequenceError with code ${code}, got ${String(error)}`,
  );
  assert.equal(error.code, code);
}
