import type { Block, ClaimRequest } from '../lib/store/sequence-store.js';
import type { SimulatedClock } from './simulated-clock.js';
import { SequenceError, SERVER_RETRIES } from './shipped.js';

export interface StoreModel {
  /** How long a claim takes that nobody disturbs, in milliseconds. */
  claimTime: number;
  /**
   * `cas`: the process reads, then writes on condition that nobody wrote since; half of the claim time lies between.
   * `script`: the server does both, `execution` milliseconds apart, on so many threads, and tries again as
   * often as the store asks for, behind those that wait by then.
   */
  strategy: 'cas' | 'script';
  execution?: number;
  threads?: number;
}

/**
 * One counter of a server that never fails, but can be made to fall silent or slow; only its timing is simulated. An
 * attempt is told how far it is, and a request that nobody waits for stays open, as the Elasticsearch store does it.
 */
export class SimulatedStore {
  attempts = 0;
  claims = 0;
  conflicts = 0;
  /** Claims get no answer while this is set, and do not arrive. */
  silent = false;
  /** Milliseconds that a request waits before it arrives. */
  #slowness = 0;
  /** Requests that wait for that. */
  readonly #held = new Set<() => void>();
  #value = 0;
  /** Changes with each write, as `_seq_no` does. */
  #writes = 0;
  #free: number;
  readonly #queue: (() => void)[] = [];
  #queueHead = 0;

  constructor(
    private readonly clock: SimulatedClock,
    private readonly model: StoreModel,
  ) {
    this.#free = model.threads ?? 8;
  }

  get value(): number {
    return this.#value;
  }

  /** From now on. 0: it recovers, and what waits arrives at once. */
  slowDown(milliseconds: number): void {
    this.#slowness = milliseconds;
    if (milliseconds > 0) return;
    for (const arrive of this.#held) arrive();
    this.#held.clear();
  }

  claim(request: ClaimRequest): Promise<Block> {
    this.attempts++;
    return this.model.strategy === 'cas' ? this.#compareAndSet(request) : this.#script(request);
  }

  async #compareAndSet(request: ClaimRequest): Promise<Block> {
    const quarter = this.model.claimTime / 4;
    const seen = await this.#request<number>(request, quarter, (answer) => answer(this.#writes));
    const { count, name } = request;
    const written = await this.#request<Block | undefined>(request, quarter, (answer) =>
      answer(seen === this.#writes ? this.#write(count) : undefined),
    );
    return written ?? this.#lostRace(name);
  }

  async #script(request: ClaimRequest): Promise<Block> {
    const { count, name } = request;
    const execution = this.model.execution ?? 2;
    const way = (this.model.claimTime - execution) / 2;
    const written = await this.#request<Block | undefined>(request, way, (answer) => {
      let tries = 0;
      const run = () => {
        const seen = this.#writes;
        this.clock.at(this.clock.now() + execution, () => {
          this.#release();
          const block = seen === this.#writes ? this.#write(count) : undefined;
          if (block === undefined && ++tries <= SERVER_RETRIES) this.#acquire(run);
          else answer(block);
        });
      };
      this.#acquire(run);
    });
    return written ?? this.#lostRace(name);
  }

  /** A request that has arrived is served, also when nobody waits for it any more. */
  #request<Answer>(
    { signal, progress }: ClaimRequest,
    way: number,
    serve: (answer: (value: Answer) => void) => void,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      let isOpen = true;
      let isGivenUp = false;
      const giveUp = () => {
        isGivenUp = true;
        isOpen = progress?.staysOpen(() => (isOpen = false)) === true;
        reject(signal.reason);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      progress?.sent();
      const answer = (value: Answer) =>
        this.#travel(way, () => {
          if (!isGivenUp) signal.removeEventListener('abort', giveUp);
          if (!isOpen) return;
          this.clock.stir();
          progress?.answered();
          resolve(value);
        });
      this.#travel(way, () => {
        const arrive = () => serve(answer);
        if (this.#slowness === 0) arrive();
        else this.#hold(arrive);
      });
    });
  }

  #hold(arrive: () => void): void {
    this.#held.add(arrive);
    this.clock.at(this.clock.now() + this.#slowness, () => {
      if (this.#held.delete(arrive)) arrive();
    });
  }

  #write(count: number): Block {
    this.claims++;
    this.#writes++;
    this.#value += count;
    return { first: this.#value - count + 1, last: this.#value };
  }

  #lostRace(name: string): never {
    this.conflicts++;
    throw new SequenceError('CONFLICT', `Sequence "${name}": lost a race`, { sequence: name });
  }

  #travel(time: number, arrive: () => void): void {
    if (this.silent) return;
    this.clock.at(this.clock.now() + time, () => {
      if (!this.silent) arrive();
    });
  }

  #acquire(run: () => void): void {
    if (this.#free > 0) {
      this.#free--;
      run();
    } else this.#queue.push(run);
  }

  #release(): void {
    const next = this.#queue[this.#queueHead];
    if (next === undefined) {
      this.#free++;
      return;
    }
    // Taking it from the front would copy a queue of ten thousands each time.
    if (++this.#queueHead === 1_000) {
      this.#queue.splice(0, this.#queueHead);
      this.#queueHead = 0;
    }
    next();
  }
}
