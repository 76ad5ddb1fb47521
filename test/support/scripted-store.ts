import {
  SequenceError,
  type SequenceErrorCode,
  type SequenceErrorOptions,
} from '../../lib/common/sequence-error.js';
import {
  type Block,
  type ClaimRequest,
  type CounterState,
  type EnsureAtLeastRequest,
  type FenceRequest,
  SequenceStore,
} from '../../lib/store/sequence-store.js';
import type { VirtualClock } from './virtual-clock.js';

/** One request that waits for the test to say how it ends. */
export class Pending<Request, Result> {
  readonly promise: Promise<Result>;
  #resolve!: (result: Result) => void;
  #reject!: (error: unknown) => void;

  constructor(
    readonly request: Request,
    /** When it was sent. */
    readonly at: number,
    private readonly clock: VirtualClock,
  ) {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // The library may have given the attempt up; nobody listens then.
    this.promise.catch(() => {});
  }

  async answer(result: Result): Promise<void> {
    this.#resolve(result);
    await this.clock.turn();
  }

  async fail(error: unknown): Promise<void> {
    this.#reject(error);
    await this.clock.turn();
  }
}

export function failure(code: SequenceErrorCode, options: SequenceErrorOptions = {}): SequenceError {
  return new SequenceError(code, `the double says ${code}`, options);
}

/**
 * A store that answers when and what the test says. Every request is kept; those of `claims` are answered at once
 * while `instantly` is set: the next `count` ids, in a later macrotask.
 */
export class ScriptedStore extends SequenceStore {
  readonly claims: Pending<ClaimRequest, Block>[] = [];
  readonly ensures: Pending<EnsureAtLeastRequest, void>[] = [];
  readonly fences: Pending<FenceRequest, CounterState>[] = [];
  instantly = false;
  epoch: string | undefined = 'epoch-1';
  last = 0;
  inFlight = 0;
  mostInFlight = 0;
  closed = 0;

  constructor(private readonly clock: VirtualClock) {
    super();
  }

  override claim(request: ClaimRequest): Promise<Block> {
    // A copy has the count as it was when the request was sent.
    const claim = new Pending<ClaimRequest, Block>({ ...request }, this.clock.now(), this.clock);
    this.claims.push(claim);
    this.mostInFlight = Math.max(this.mostInFlight, ++this.inFlight);
    const end = () => void this.inFlight--;
    claim.promise.then(end, end);
    if (this.instantly) this.clock.soon(() => void claim.answer(this.next(request.count)));
    return claim.promise;
  }

  override ensureAtLeast(request: EnsureAtLeastRequest): Promise<void> {
    const ensure = new Pending<EnsureAtLeastRequest, void>(request, this.clock.now(), this.clock);
    this.ensures.push(ensure);
    return ensure.promise;
  }

  override async inspect(): Promise<CounterState | undefined> {
    return { last: this.last, epoch: this.epoch };
  }

  override fence(request: FenceRequest): Promise<CounterState> {
    const fence = new Pending<FenceRequest, CounterState>(request, this.clock.now(), this.clock);
    this.fences.push(fence);
    return fence.promise;
  }

  override async close(): Promise<void> {
    this.closed++;
  }

  next(count: number): Block {
    const first = this.last + 1;
    this.last += count;
    return { first, last: this.last, epoch: this.epoch };
  }

  /** The claim sent last. */
  get claimed(): Pending<ClaimRequest, Block> {
    const claim = this.claims.at(-1);
    if (claim === undefined) throw new Error('no claim was sent');
    return claim;
  }

  /** Answers the claim sent last with the ids it asks for. */
  grant(): Promise<void> {
    return this.claimed.answer(this.next(this.claimed.request.count));
  }
}
