/** A range of ids that one claim took from the store: `first` to `last`, both included. */
export interface Block {
  /** The first id of the block, 1 to 2^53 - 1. */
  first: number;
  /** The last id of the block, `first + count - 1`, at most 2^53 - 1. */
  last: number;
  /** The life of the counter. A block with another epoch than the one before tells the allocator to drop its cache. */
  epoch?: string | undefined;
}

/** What {@link SequenceStore.claim} gets. */
export interface ClaimRequest {
  /** A valid sequence name. */
  name: string;
  /** How many ids: an integer from 1 to 1,000,000. */
  count: number;
  /** The first id of a counter that does not exist yet: an integer from 1 to 2^53 - 1. */
  start: number;
  /** The counter is raised to this value before the claim, if it is below: an integer from 0 to 2^53 - 1. */
  floor?: number | undefined;
  /** Aborts when the attempt is given up. What the attempt answers after that is ignored. */
  signal: AbortSignal;
}

/** What {@link SequenceStore.ensureAtLeast} gets. */
export interface EnsureAtLeastRequest {
  /** A valid sequence name. */
  name: string;
  /** The least value the counter must have afterwards: an integer from 0 to 2^53 - 1 - 1,000,000. */
  id: number;
  /** A missing counter is created at `max(id, start - 1, floor)`. An integer from 1 to 2^53 - 1. */
  start: number;
  /** As `id`, from the `floor` hook: an integer from 0 to 2^53 - 1. */
  floor?: number | undefined;
  /** Aborts when the attempt is given up. */
  signal: AbortSignal;
}

/** What {@link SequenceStore.inspect} gets. */
export interface InspectRequest {
  /** A valid sequence name. */
  name: string;
  /** Aborts when the attempt is given up. */
  signal: AbortSignal;
}

/** What {@link SequenceStore.fence} gets. */
export interface FenceRequest {
  /** A valid sequence name. */
  name: string;
  /** How far to jump past every value known, a random part on top: an integer from 0 to 2^53 - 1. */
  jump: number;
  /** A value known from elsewhere that the fence must lie above: an integer from 0 to 2^53 - 1. */
  above?: number | undefined;
  /** As `above`, from the `floor` hook. */
  floor?: number | undefined;
  /** The new epoch, chosen once per call, so that a repeated attempt finds its own work done. */
  epoch: string;
  /** Aborts when the attempt is given up. */
  signal: AbortSignal;
}

/** A counter as it is stored. */
export interface CounterState {
  /** The highest id claimed by anybody, 0 to 2^53 - 1; `start - 1` or less when none was. */
  last: number;
  /** The life of the counter: chosen at its creation, and by each fence. Undefined: a counter that has none. */
  epoch?: string | undefined;
  /** The history the counter is stamped with, on stores that have one. Undefined there: a fresh process cannot notice a restore; `fence` stamps it. */
  history?: string | undefined;
}

/**
 * Where counters live. The contract, the injection token and the documentation in one:
 * `overrideProvider(SequenceStore).useValue(store)` replaces the store of an application under test.
 *
 * The rules every store keeps, checked by `describeSequenceStore` of `nestjs-essequence/testing`:
 * - One call is ONE attempt; the caller retries. A retry is a new claim, never the old one looked up.
 * - Two claims of one name never overlap, in whatever process, and a later claim lies above an earlier one.
 * - A stored value only ever rises.
 * - A method never settles in the microtask it was called in.
 * - Failures are `SequenceError`s: `retryable`, `ambiguous` (it may have been applied) and `dropsCache` (ids cached
 *   so far are no longer safe) tell the caller what to do.
 * - Constructors open nothing; the first use does.
 */
export abstract class SequenceStore {
  /** Takes `count` ids: `last - first + 1 === count`. Creates a counter that never existed, its first id `start`. */
  abstract claim(request: ClaimRequest): Promise<Block>;

  /** Raises the counter to at least `id`, atomically. Never lowers it. */
  abstract ensureAtLeast(request: EnsureAtLeastRequest): Promise<void>;

  /** Looks without consuming. `undefined`: there is no such counter. */
  abstract inspect(request: InspectRequest): Promise<CounterState | undefined>;

  /** An operator's repair after a restore or loss: jumps past everything known and gives the counter a new epoch. */
  fence?(request: FenceRequest): Promise<CounterState>;

  /** Called once when the application starts: verifies what can be verified before the first claim. */
  open?(signal: AbortSignal): Promise<void>;

  /** Called once, after the last use. A second call is harmless. */
  close?(): Promise<void>;
}
