import { assertCounterName, assertName } from '../common/arguments.js';
import { macrotask } from '../common/clock.js';
import { afterClaim, type Counter, afterFence, afterRaise } from './counter.js';
import { SequenceError, sequenceError } from '../common/sequence-error.js';
import { assertClaim, assertEnsureAtLeast, assertFence } from './requests.js';
import {
  type Block,
  type ClaimRequest,
  type CounterState,
  type EnsureAtLeastRequest,
  type FenceRequest,
  type InspectRequest,
  type SeriesRecordRequest,
  SequenceStore,
  type StoreRequest,
} from './sequence-store.js';

export interface ChangeOptions extends Pick<StoreRequest, 'signal' | 'progress'> {
  fence: boolean;
}

export type RecordOptions = Pick<StoreRequest, 'signal' | 'progress'>;

/** Where a {@link CounterStore} keeps its counters. */
export interface Counters {
  read(name: string): Promise<Counter | undefined>;

  /**
   * Replaces a counter by what `next` makes of it, atomically against everybody. `next` may be called several times;
   * nothing is written when it throws or returns the very counter it got. `mark` is the highest value known here.
   * `fence`: what was known of the counter's identity does not matter.
   */
  change(
    name: string,
    next: (counter: Counter | undefined, mark: number) => Counter,
    options: ChangeOptions,
  ): Promise<Counter>;

  /**
   * Replaces the record of the number series `name` if it is `expected` or there is none, atomically against everybody, and gives the one
   * that is there then. A store over counters without this has no `recordSeries`.
   */
  record?(
    name: string,
    expected: string | undefined,
    record: string,
    options: RecordOptions,
  ): Promise<string>;

  /** For tests: forgets what {@link isRemoved} says. The stores that are exported have no way to call it. */
  remove(name: string | undefined): Promise<void>;

  close(): Promise<void>;
}

/** Whether a reset of `which` removes this counter. See `RESET_COUNTERS`. */
export function isRemoved(name: string, which: string | undefined): boolean {
  return which === undefined || name === which || (which.endsWith('~') && name.startsWith(which));
}

/** Whether a reset of `which` removes the record of this series. */
export function isRecordRemoved(series: string, which: string | undefined): boolean {
  return which === undefined || which === `${series}~`;
}

/** A store that does the arithmetic of the contract itself, wherever its counters are kept. */
export abstract class CounterStore extends SequenceStore {
  readonly #counters: Counters;
  readonly #running = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  /** Undefined where the counters keep no records. */
  declare recordSeries?: (request: SeriesRecordRequest) => Promise<string>;

  constructor(counters: Counters) {
    super();
    this.#counters = counters;
    if (counters.record === undefined) return;
    const record = counters.record.bind(counters);
    this.recordSeries = (request) =>
      this.#run(
        request,
        ({ name }) => assertName(name),
        ({ name, expected, record: next, signal, progress }) =>
          record(name, expected, next, { signal, progress }),
      );
  }

  override claim(request: ClaimRequest): Promise<Block> {
    return this.#run(request, assertInspect, async ({ name, signal, progress }) => {
      const next = (counter: Counter | undefined) => {
        // Not before: how many ids it asks for is decided when it is read.
        assertClaim(request);
        // Reading the count may have ended the attempt: then nobody wants it any more.
        signal.throwIfAborted();
        return afterClaim(counter, request);
      };
      const { last, epoch } = await this.#counters.change(name, next, { signal, progress, fence: false });
      return { first: last - request.count + 1, last, epoch };
    });
  }

  override ensureAtLeast(request: EnsureAtLeastRequest): Promise<void> {
    return this.#run(request, assertEnsureAtLeast, async ({ name, signal, progress }) => {
      const next = (counter: Counter | undefined) => afterRaise(counter, request);
      await this.#counters.change(name, next, { signal, progress, fence: false });
    });
  }

  override inspect(request: InspectRequest): Promise<CounterState | undefined> {
    return this.#run(request, assertInspect, async ({ name }) => {
      const counter = await this.#counters.read(name);
      return counter && { last: counter.last, epoch: counter.epoch };
    });
  }

  override fence(request: FenceRequest): Promise<CounterState> {
    return this.#run(request, assertFence, async ({ name, signal, progress }) => {
      const next = (counter: Counter | undefined, mark: number) => afterFence(counter, request, mark);
      const { last, epoch } = await this.#counters.change(name, next, { signal, progress, fence: true });
      return { last, epoch };
    });
  }

  /** Opens nothing. A store that outlived its application is found at start, not by the first draw. */
  override async open(): Promise<void> {
    if (this.#closing === undefined) return;
    throw new SequenceError(
      'CLOSED',
      'The store was closed with another application. Make one for each application, in the useFactory of SequenceModule.forRootAsync().',
    );
  }

  /** Waits for the calls that run. */
  override close(): Promise<void> {
    this.#closing ??= Promise.allSettled(this.#running).then(() => this.#counters.close());
    return this.#closing;
  }

  /** Starts in a later macrotask, so that a loop over a store that answers at once cannot starve timers and answers. */
  #run<Request extends InspectRequest, Result>(
    request: Request,
    assertRequest: (request: Request) => void,
    work: (request: Request) => Promise<Result>,
  ): Promise<Result> {
    const closed = this.#closing !== undefined;
    const running = macrotask().then(() => {
      const { name, signal } = request;
      assertRequest(request);
      if (closed) throw sequenceError(name, 'CLOSED', 'the store is closed. Nothing was changed.');
      signal.throwIfAborted();
      return work(request);
    });
    this.#running.add(running);
    const done = () => this.#running.delete(running);
    running.then(done, done);
    return running;
  }
}

function assertInspect({ name }: InspectRequest): void {
  assertCounterName(name);
}
