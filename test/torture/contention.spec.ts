import { expect, it } from '@jest/globals';
import { SequenceError } from '../../lib/common/sequence-error.js';
import { SequenceRegistry } from '../../lib/core/sequence-registry.js';
import { type Block, type ClaimRequest, SequenceStore } from '../../lib/store/sequence-store.js';
import { resolveOptions } from '../../lib/nest/sequence-module.options.js';
import { VirtualClock } from '../support/virtual-clock.js';

/** One counter by compare-and-set on a server that serves one request after another: a crowd slows it down. */
class BusyStore extends SequenceStore {
  last = 0;
  lostRaces = 0;
  #claims = 0;
  #busyUntil = 0;

  /** `service`: milliseconds a reading takes; a write takes half as much again. */
  constructor(
    private readonly clock: VirtualClock,
    private readonly service: number,
  ) {
    super();
  }

  override async claim({ name, count }: ClaimRequest): Promise<Block> {
    await this.#serve(1);
    const seen = this.#claims;
    await this.#serve(1.5);
    if (this.#claims !== seen) {
      this.lostRaces++;
      throw new SequenceError('CONFLICT', 'another process was faster', { sequence: name });
    }
    this.#claims++;
    const first = this.last + 1;
    this.last += count;
    const block = { first, last: this.last };
    await this.#serve(1); // The history.
    return block;
  }

  override ensureAtLeast(): Promise<void> {
    throw new Error('Not asked for here');
  }

  override inspect(): Promise<undefined> {
    throw new Error('Not asked for here');
  }

  #serve(readings: number): Promise<void> {
    const { clock, service } = this;
    const takes = service * readings * (0.5 + clock.random());
    this.#busyUntil = Math.max(clock.now(), this.#busyUntil) + takes;
    return new Promise((resolve) => void clock.after(this.#busyUntil - clock.now(), resolve));
  }
}

it.each([
  [8, 5],
  [32, 2],
  [32, 4],
  [64, 2],
])(
  'lets no call fail when %i processes draw from one counter in blocks of ten, on a server that takes %i ms a request',
  async (processes, service) => {
    const clock = new VirtualClock();
    const store = new BusyStore(clock, service);
    const ids: number[] = [];
    const failed: unknown[] = [];
    const draw = async () => {
      const sequence = new SequenceRegistry(store, resolveOptions({ blockSize: 10 }), clock).get('orders');
      while (clock.now() < 60_000) {
        try {
          ids.push(await sequence.next());
        } catch (error) {
          failed.push(error);
        }
      }
    };
    const drawing = Array.from({ length: processes }, draw);
    await clock.advance(70_000);
    await Promise.all(drawing);
    expect(failed).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(store.lostRaces).toBeGreaterThan(100);
    expect(store.lostRaces).toBeLessThan(2 * (store.last / 10));
  },
);
