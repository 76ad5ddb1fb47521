import { brand } from '../common/brand.js';

/** A range of ids that one claim took from the store: `first` to `last`, both included. */
export interface Block {
  /** The first id of the block, 1 to 2^53 - 1. */
  first: number;
  /** The last id of the block, `first + count - 1`, at most 2^53 - 1. */
  last: number;
  /** The life of the counter. A block with another epoch than the one before tells the allocator to drop its cache. */
  epoch?: string | undefined;
}

/**
 * How a store tells the caller of an attempt how far it is, so that the time limit of the attempt measures silence and
 * nothing else. A store that answers each attempt with one request at once may ignore it.
 */
export interface AttemptProgress {
  /** The attempt waits in a queue of the store. No time limit runs until {@link sent}. */
  queued(): void;
  /** A request of the attempt goes out. Its time limit starts anew. */
  sent(): void;
  /**
   * A request of the attempt was answered, and the time limit starts anew. Also for an attempt that was given up
   * meanwhile: such an answer tells the caller that the store is slow rather than silent.
   */
  answered(): void;
  /**
   * Asked when the signal aborts while a request is on its way: whether to leave that request open, only to tell
   * {@link answered}. At most one of a sequence stays open, for up to {@link LONGEST_ANSWER} milliseconds. `end`: how to
   * end it, which the caller does when that time is over, or when it closes.
   */
  staysOpen(end: () => void): boolean;
}

/** How long, in milliseconds, the answer to a request may take and still be noticed. */
export const LONGEST_ANSWER = 60_000;

/** What every request carries. */
export interface StoreRequest {
  /** A valid sequence name. */
  name: string;
  /** Aborts when the attempt is given up. What the attempt answers after that is ignored. */
  signal: AbortSignal;
  /** Where to tell how far the attempt is. */
  progress?: AttemptProgress | undefined;
}

/** What {@link SequenceStore.claim} gets. */
export interface ClaimRequest extends StoreRequest {
  /**
   * How many ids: an integer from 1 to 1,000,000. It is decided when it is read first, so a store that queues claims
   * reads it when it sends the request. If everybody who waited on demand has left by then, reading it aborts
   * {@link signal}: a store that looks at the signal afterwards claims nothing for nobody.
   */
  count: number;
  /** The first id of a counter that does not exist yet: an integer from 1 to 2^53 - 1. */
  start: number;
  /**
   * The counter is raised to this value before the claim, if it is below: an integer from 0 to 2^53 - 1. Decided
   * together with `count`.
   */
  floor?: number | undefined;
  /**
   * The last id that the counter may give: an integer from 1 to 2^53 - 1. A claim that would pass it fails with
   * `EXHAUSTED` and changes nothing; a missing counter is not created. The error says in `left` how many ids there are
   * still, and the caller may claim those.
   *
   * @default 2^53 - 1
   */
  max?: number | undefined;
}

/** What {@link SequenceStore.ensureAtLeast} gets. */
export interface EnsureAtLeastRequest extends StoreRequest {
  /** The least value the counter must have afterwards: an integer from 0 to 2^53 - 1 - 1,000,000. */
  id: number;
  /** A missing counter is created at `max(id, start - 1, floor)`. An integer from 1 to 2^53 - 1. */
  start: number;
  /** As `id`, from the `floor` hook: an integer from 0 to 2^53 - 1. */
  floor?: number | undefined;
}

/** What {@link SequenceStore.inspect} gets. */
export type InspectRequest = StoreRequest;

/** What {@link SequenceStore.fence} gets: `to`, or `jump` with or without `above`. */
export interface FenceRequest extends StoreRequest {
  /** How far to jump past every value known, a random part on top: an integer from 0 to 2^53 - 1. Not beside `to`. */
  jump?: number | undefined;
  /** A value known from elsewhere that the fence must lie above: an integer from 0 to 2^53 - 1. Not beside `to`. */
  above?: number | undefined;
  /**
   * The highest id in use, for an operator who knows it: an integer from 0 to 2^53 - 1. The counter stands exactly there
   * afterwards, so the next id is `to + 1`: no jump, no random part. Below the stored value, the `floor` or a value that
   * this process has seen the fence fails with `REJECTED` and nothing is written. Unlike a jump it must not be repeated
   * blindly: the same `to` after a second restore gives the ids of the time between again.
   */
  to?: number | undefined;
  /** A value from the `floor` hook that the fence must not lie below: an integer from 0 to 2^53 - 1. */
  floor?: number | undefined;
  /** The new epoch, chosen once per call, so that a repeated attempt finds its own work done. */
  epoch: string;
}

/** What {@link SequenceStore.recordSeries} gets. */
export interface SeriesRecordRequest {
  /** The name of a number series: a valid sequence name. */
  name: string;
  /** What the stored record has to be if it is to be replaced. Where there is none, `record` is written in any case. */
  expected: string | undefined;
  /** The new record: at most 30,000 characters. */
  record: string;
  /** Aborts when the attempt is given up. */
  signal: AbortSignal;
  /** Where the store tells how far the attempt has come. */
  progress?: AttemptProgress | undefined;
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
 * - A claim takes all that it asks for or nothing: one that is refused moves no counter.
 * - A method never settles in the microtask it was called in.
 * - Failures are `SequenceError`s: `retryable`, `ambiguous` (it may have been applied) and `dropsCache` (ids cached
 *   so far are no longer safe) tell the caller what to do.
 * - Constructors open nothing; the first use does.
 * - The name of a request is at most 210 characters of `A-Z a-z 0-9 . _ : - ~`. Counters of number series have names in
 *   three parts, `invoices~acme~2026`.
 */
export abstract class SequenceStore {
  static {
    brand(this, 'SequenceStore');
  }

  /** Takes `count` ids: `last - first + 1 === count`. Creates a counter that never existed, its first id `start`. */
  abstract claim(request: ClaimRequest): Promise<Block>;

  /** Raises the counter to at least `id`, atomically. Never lowers it. */
  abstract ensureAtLeast(request: EnsureAtLeastRequest): Promise<void>;

  /** Looks without consuming. `undefined`: there is no such counter. */
  abstract inspect(request: InspectRequest): Promise<CounterState | undefined>;

  /** An operator's repair after a restore or loss: takes the counter past everything known, under a new epoch. */
  fence?(request: FenceRequest): Promise<CounterState>;

  /**
   * Keeps one text for each number series, apart from all counters: no other call sees it. Writes `record`, atomically, if
   * the stored one is `expected` or there is none. Gives the one that is stored afterwards, so a call that changed nothing is a look.
   * Without it processes with different definitions of one series do not learn of each other.
   */
  recordSeries?(request: SeriesRecordRequest): Promise<string>;

  /** Called once when the application starts: verifies what can be verified before the first claim. */
  open?(signal: AbortSignal): Promise<void>;

  /**
   * One cheap look that shows whether the store answers now, for health checks. Creates nothing. Without it health is
   * judged by the claims alone.
   */
  ping?(signal: AbortSignal): Promise<void>;

  /**
   * From now on `listener` is told what fails nothing and operators should know all the same, such as a history that
   * cannot be read: each once. Returns how to stop. A store to which nobody listens tells `process.emitWarning`.
   */
  onWarning?(listener: (text: string) => void): () => void;

  /** Called once, after the last use. A second call is harmless. */
  close?(): Promise<void>;
}
