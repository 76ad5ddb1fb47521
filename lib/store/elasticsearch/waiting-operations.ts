import { systemClock } from '../../common/clock.js';
import type { DocumentOperation } from './document-operation.js';
import type { Answer, Asker } from './request.js';

/** An operation that waits for its turn. */
export interface WaitingOperation {
  readonly name: string;
  readonly kind: 'read' | 'write';
  /** Its attempt has had an answer already: it goes before those that have had none. */
  readonly begun: boolean;
  readonly asker: Asker;
  /** Asked what to send when it is sent. Undefined: nothing has to be sent any more. */
  build(): DocumentOperation | undefined;
  resolve(answer: Answer | undefined): void;
  reject(error: unknown): void;
  /** It was given up, or it is on its way. */
  left: boolean;
}

/**
 * Operations of one kind that wait. Those whose attempts have begun go first. Of the others all that came in one turn of
 * the event loop are a crowd, and crowds take turns: a lone caller is not held up by ten thousand who came before it.
 */
export class WaitingOperations {
  #begun: WaitingOperation[] = [];
  #crowds: WaitingOperation[][] = [];
  #arriving: WaitingOperation[] | undefined;
  #oldestWasFirst = false;

  add(operation: WaitingOperation): void {
    if (operation.begun) {
      this.#begun.push(operation);
      return;
    }
    if (this.#arriving === undefined) {
      this.#arriving = [];
      this.#crowds.push(this.#arriving);
      systemClock.soon(() => (this.#arriving = undefined));
    }
    this.#arriving.push(operation);
  }

  get hasBegun(): boolean {
    this.#begun = this.#begun.filter(({ left }) => !left);
    return this.#begun.length > 0;
  }

  get isEmpty(): boolean {
    if (this.hasBegun) return false;
    for (const crowd of this.#crowds) removeLeft(crowd);
    this.#crowds = this.#crowds.filter((crowd) => crowd.length > 0 || crowd === this.#arriving);
    return this.#crowds.every((crowd) => crowd.length === 0);
  }

  /** Removes up to `most` of them, each name once. */
  take(most: number): WaitingOperation[] {
    const taken: WaitingOperation[] = [];
    const names = new Set<string>();
    const takeFrom = (queue: WaitingOperation[], share: number) => {
      const kept: WaitingOperation[] = [];
      let next = 0;
      for (; next < queue.length && share > 0; next++) {
        const operation = queue[next]!;
        if (operation.left) continue;
        if (names.has(operation.name)) {
          kept.push(operation);
          continue;
        }
        names.add(operation.name);
        taken.push(operation);
        share--;
      }
      queue.splice(0, next, ...kept);
    };
    takeFrom(this.#begun, most);
    const crowds = this.#inOrder(most - taken.length);
    for (const [index, crowd] of crowds.entries()) {
      takeFrom(crowd, Math.ceil((most - taken.length) / (crowds.length - index)));
    }
    return taken;
  }

  /**
   * The smallest crowd first: it takes what it needs, and leaves the rest of its share to the others. Where there is not a
   * share for each, the oldest is first every other time, or small ones that keep coming would hold it up for ever.
   */
  #inOrder(most: number): WaitingOperation[][] {
    this.#oldestWasFirst = most < this.#crowds.length && !this.#oldestWasFirst;
    if (this.#oldestWasFirst) return [...this.#crowds];
    return this.#crowds.toSorted((one, other) => one.length - other.length);
  }
}

/** In place: what else comes in this turn of the event loop is added to the same crowd. */
function removeLeft(crowd: WaitingOperation[]): void {
  let kept = 0;
  for (const operation of crowd) if (!operation.left) crowd[kept++] = operation;
  crowd.length = kept;
}
