import type { Block } from '../store/sequence-store.js';
import { blocksOf, type CachedRanges, rangesOf } from './cached-ranges.js';

/**
 * Ids claimed and not yet handed out. Constant memory whatever the size of a block: a block is two numbers, and one
 * that continues the block before it becomes part of it.
 *
 * Invariant: ids leave in strictly ascending order, each once; `last` only rises, and every block added lies above
 * `highest`.
 *
 * The *run* `last + 1 .. limit` is the part open to the fast path, which is `++last` while `last < limit`. It ends
 * where the allocator wants to look again.
 */
export class BlockCache {
  /** The id handed out last. */
  last = 0;
  /** The end of the run; equal to `last`: the run is closed. */
  limit = 0;
  /** The highest id ever added. */
  highest = 0;
  /** Ids outside the run. */
  #stored = 0;
  #blocks: Block[] = [];
  #runStart = 0;
  #drawn = 0;

  /** `ranges`: the ids cached before this sequence slept. */
  constructor(highest = 0, ranges?: CachedRanges) {
    this.highest = highest;
    this.#blocks = blocksOf(ranges, highest);
    for (const { first, last } of this.#blocks) this.#stored += last - first + 1;
  }

  /** The cached ids. Undefined if nothing is cached. */
  get ranges(): CachedRanges | undefined {
    this.closeRun();
    return rangesOf(this.#blocks, this.highest);
  }

  get size(): number {
    return this.#stored + this.limit - this.last;
  }

  /** `above`: ids at or below are left out. */
  add({ first, last }: Block, above: number): void {
    this.highest = last;
    const from = Math.max(first, above + 1);
    if (from > last) return;
    const tail = this.#blocks.at(-1);
    if (tail !== undefined && tail.last + 1 === from) tail.last = last;
    // `push` makes room for 17: 130 bytes that a name with one block never uses.
    else if (tail === undefined) this.#blocks = [{ first: from, last }];
    else this.#blocks.push({ first: from, last });
    this.#stored += last - from + 1;
  }

  /** The id that leaves next. Undefined: none is cached. */
  get next(): number | undefined {
    return this.last < this.limit ? this.last + 1 : this.#blocks[0]?.first;
  }

  /** Opens a run of at most `length` contiguous ids, if any are cached. */
  openRun(length: number): void {
    const { first, last } = this.#shift(length);
    this.last = this.#runStart = first - 1;
    this.limit = last;
  }

  closeRun(): void {
    this.#drawn += this.last - this.#runStart;
    if (this.last < this.limit) {
      const [head] = this.#blocks;
      if (head !== undefined && head.first === this.limit + 1) head.first = this.last + 1;
      else this.#blocks.unshift({ first: this.last + 1, last: this.limit });
      this.#stored += this.limit - this.last;
    }
    this.limit = this.#runStart = this.last;
  }

  /** How many ids left through runs since {@link countDrawn}. Changes nothing. */
  get drawn(): number {
    return this.#drawn + this.last - this.#runStart;
  }

  /** How many ids left through runs since the last call. Needs a closed run. */
  countDrawn(): number {
    const drawn = this.#drawn;
    this.#drawn = 0;
    return drawn;
  }

  /** Needs a closed run and at least one id. */
  takeOne(): number {
    this.last = this.limit = this.#runStart = this.#shift(1).last;
    return this.last;
  }

  /** Needs a closed run and at least `count` ids. */
  takeMany(count: number): number[] {
    const ids = new Array<number>(count);
    for (let index = 0; index < count;) {
      const { first, last } = this.#shift(count - index);
      for (let id = first; id <= last; id++) ids[index++] = id;
      this.last = this.limit = this.#runStart = last;
    }
    return ids;
  }

  /** Takes `count` ids of the run, which must have as many. */
  takeFromRun(count: number): number[] {
    const ids = new Array<number>(count);
    let id = this.last;
    for (let index = 0; index < count; index++) ids[index] = ++id;
    this.last = id;
    return ids;
  }

  /** Drops all ids at or below `id`, and says how many. */
  dropThrough(id: number): number {
    this.closeRun();
    const before = this.#stored;
    for (let [head] = this.#blocks; head !== undefined && head.first <= id; [head] = this.#blocks) {
      this.#shift(id - head.first + 1);
    }
    return before - this.#stored;
  }

  /** Drops all ids. */
  clear(): void {
    this.closeRun();
    this.#blocks = [];
    this.#stored = 0;
  }

  /** Removes up to `most` contiguous ids from the front. */
  #shift(most: number): Block {
    const [head] = this.#blocks;
    if (head === undefined) throw new Error('The block cache is empty.');
    const { first } = head;
    const last = Math.min(head.last, first + most - 1);
    if (last === head.last) this.#blocks.shift();
    else head.first = last + 1;
    this.#stored -= last - first + 1;
    return { first, last };
  }
}
