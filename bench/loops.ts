import { performance } from 'node:perf_hooks';
import { median } from './row.js';

/** Something that gives ids at once. */
export interface Counter {
  tryNext(): number | undefined;
}

/** The least any cached counter can do: increment a field, check a bound. */
export class LeastCounter implements Counter {
  last = 0;
  limit = 0;

  tryNext(): number | undefined {
    if (this.last < this.limit) return ++this.last;
    return undefined;
  }
}

/** The same, but when it is empty it calls for more, as any counter has to that does not end. */
export class LeastRefilledCounter implements Counter {
  last = 0;
  limit = 0;
  #refills = 0;

  constructor(private readonly block: number) {}

  tryNext(): number | undefined {
    return this.last < this.limit ? ++this.last : this.#refill();
  }

  #refill(): number {
    this.#refills++;
    this.limit = this.#refills * this.block;
    return ++this.last;
  }
}

/** Ids are consumed by xor, so that no engine may leave the loop out; integers only, so that it costs next to nothing. */
export function drain(counter: Counter, count: number): number {
  let consumed = 0;
  for (let drawn = 0; drawn < count; drawn++) consumed ^= counter.tryNext() as number;
  return consumed;
}

/**
 * Ids per second over `milliseconds` of `batch`, which answers how many ids it drew in how many milliseconds: the median
 * of all batches, so that a moment in which the machine did something else does not count.
 */
export async function rateOf(
  batch: () => { ids: number; took: number } | Promise<{ ids: number; took: number }>,
  milliseconds: number,
): Promise<number> {
  const rates: number[] = [];
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    const { ids, took } = await batch();
    rates.push((ids * 1_000) / took);
  }
  return median(rates);
}
