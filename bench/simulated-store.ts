import type { Block, ClaimRequest } from '../lib/store/sequence-store.js';
import type { SimulatedClock } from './simulated-clock.js';
import { SequenceError } from './shipped.js';

export interface StoreModel {
  /** How long a claim takes that nobody disturbs, in milliseconds. */
  claimTime: number;
  /**
   * `cas`: the process reads, then writes on condition that nobody wrote since; half of the claim time lies between.
   * `script`: the server does both, `execution` milliseconds apart, on so many threads, and tries again up to ten
   * times, behind those that wait by then.
   */
  strategy: 'cas' | 'script';
  execution?: number;
  threads?: number;
}

const SERVER_RETRIES = 10;

/** One counter of a server that never fails, but can be made to fall silent; only its timing is simulated. */
export class SimulatedStore {
  attempts = 0;
  claims = 0;
  conflicts = 0;
  /** Claims get no answer while this is set, and do not arrive. */
  silent = false;
  #value = 0;
  /** Changes with each write, as `_seq_no` does. */
  #writes = 0;
  #free: number;
  readonly #queue: (() => void)[] = [];

  constructor(
    private readonly clock: SimulatedClock,
    private readonly model: StoreModel,
  ) {
    this.#free = model.threads ?? 8;
  }

  get value(): number {
    return this.#value;
  }

  claim(request: ClaimRequest): Promise<Block> {
    this.attempts++;
    return this.model.strategy === 'cas' ? this.#compareAndSet(request) : this.#script(request);
  }

  #compareAndSet({ name, count, signal }: ClaimRequest): Promise<Block> {
    const quarter = this.model.claimTime / 4;
    return new Promise((resolve, reject) => {
      this.#travel(quarter, signal, () => {
        const seen = this.#writes;
        this.#travel(2 * quarter, signal, () => {
          const written = seen === this.#writes ? this.#write(count) : undefined;
          this.#travel(quarter, signal, () => this.#answer(written, name, resolve, reject));
        });
      });
    });
  }

  #script({ name, count, signal }: ClaimRequest): Promise<Block> {
    const execution = this.model.execution ?? 2;
    const way = (this.model.claimTime - execution) / 2;
    return new Promise((resolve, reject) => {
      let tries = 0;
      const run = () => {
        const seen = this.#writes;
        this.clock.at(this.clock.now() + execution, () => {
          this.#release();
          const written = seen === this.#writes ? this.#write(count) : undefined;
          if (written === undefined && ++tries <= SERVER_RETRIES) this.#acquire(run);
          else this.#travel(way, signal, () => this.#answer(written, name, resolve, reject));
        });
      };
      this.#travel(way, signal, () => this.#acquire(run));
    });
  }

  #write(count: number): Block {
    this.claims++;
    this.#writes++;
    this.#value += count;
    return { first: this.#value - count + 1, last: this.#value };
  }

  #answer(
    written: Block | undefined,
    name: string,
    resolve: (block: Block) => void,
    reject: (error: Error) => void,
  ): void {
    this.clock.stir();
    if (written !== undefined) {
      resolve(written);
      return;
    }
    this.conflicts++;
    reject(new SequenceError('CONFLICT', `Sequence "${name}": lost a race`, { sequence: name }));
  }

  #travel(time: number, signal: AbortSignal, arrive: () => void): void {
    if (this.silent) return;
    this.clock.at(this.clock.now() + time, () => {
      if (!this.silent && !signal.aborted) arrive();
    });
  }

  #acquire(run: () => void): void {
    if (this.#free > 0) {
      this.#free--;
      run();
    } else this.#queue.push(run);
  }

  #release(): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
