import type { Block } from './sequence-store.js';

/**
 * Ids claimed and not yet handed out. Constant memory whatever the size of a block: a block is two numbers, and one
 * that continues the block before it becomes part of it.
 *
 * Invariant: ids leave in strictly ascending order, each once; every block added lies above {@link highest}.
 */
export class BlockCache {
  /** Ids cached now. */
  size = 0;
  /** The highest id ever added. */
  highest = 0;
  #blocks: { first: number; last: number }[] = [];

  /** `above`: ids at or below are left out. */
  add({ first, last }: Block, above: number): void {
    this.highest = last;
    const from = Math.max(first, above + 1);
    if (from > last) return;
    const tail = this.#blocks.at(-1);
    if (tail !== undefined && tail.last + 1 === from) tail.last = last;
    else this.#blocks.push({ first: from, last });
    this.size += last - from + 1;
  }

  /** Takes up to `limit` contiguous ids from the front, if there are any. */
  takeRun(limit: number): Block | undefined {
    const block = this.#blocks[0];
    if (block === undefined) return undefined;
    const first = block.first;
    const last = Math.min(block.last, first + limit - 1);
    if (last === block.last) this.#blocks.shift();
    else block.first = last + 1;
    this.size -= last - first + 1;
    return { first, last };
  }

  /** Puts back what {@link takeRun} gave and nobody was handed. */
  putBack({ first, last }: Block): void {
    if (first > last) return;
    const head = this.#blocks[0];
    if (head !== undefined && head.first === last + 1) head.first = first;
    else this.#blocks.unshift({ first, last });
    this.size += last - first + 1;
  }

  /** Drops all ids at or below `id`. */
  dropThrough(id: number): void {
    while (this.#blocks[0] !== undefined && this.#blocks[0].first <= id) {
      const { last } = this.takeRun(id - this.#blocks[0].first + 1)!;
      if (last === id) return;
    }
  }

  clear(): void {
    this.#blocks = [];
    this.size = 0;
  }
}
