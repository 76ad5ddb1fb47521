import type { DocumentOperation } from './document-operation.js';
import type { Answer, Asker } from './request.js';

/** All whose attempts came to the store in one turn of the event loop. */
export interface Group {
  size: number;
}

/** A group of more is a crowd. */
const MOST_OF_FEW = 20;

/** An operation that waits for its turn. */
export interface WaitingOperation {
  readonly name: string;
  readonly kind: 'read' | 'write';
  /** Its attempt has had an answer already: it goes before those that have had none. */
  readonly begun: boolean;
  readonly asker: Asker;
  readonly group: Group;
  /** Asked what to send when it is sent. Undefined: nothing has to be sent any more. */
  build(): DocumentOperation | undefined;
  resolve(answer: Answer | undefined): void;
  reject(error: unknown): void;
  /** It was given up, or it is on its way. */
  left: boolean;
  /** The request that carries it is told when it is given up. */
  onLeft: ((reason: unknown) => void) | undefined;
}

/** Those who came with few or alone, the crowds, or both. */
export type Whose = 'few' | 'crowd' | 'all';

/** Operations of one kind that wait. Those whose attempts have begun go first. */
export class WaitingOperations {
  readonly #begun = new Lines();
  readonly #fresh = new Lines();

  add(operation: WaitingOperation): void {
    (operation.begun ? this.#begun : this.#fresh).add(operation);
  }

  hasBegun(whose: Whose): boolean {
    return this.#begun.has(whose);
  }

  has(whose: Whose): boolean {
    return this.#begun.has(whose) || this.#fresh.has(whose);
  }

  /** Removes up to `most` of them, each name once. */
  take(most: number, whose: Whose): WaitingOperation[] {
    const taken = new Map<string, WaitingOperation>();
    this.#begun.take(taken, most, whose);
    this.#fresh.take(taken, most, whose);
    return [...taken.values()];
  }
}

/** A line for each group. Groups take turns: a lone caller is not held up by ten thousand who came before it. */
class Lines {
  readonly #lines = new Map<Group, WaitingOperation[]>();
  #oldestWasFirst = false;

  add(operation: WaitingOperation): void {
    const line = this.#lines.get(operation.group);
    if (line === undefined) this.#lines.set(operation.group, [operation]);
    else line.push(operation);
  }

  has(whose: Whose): boolean {
    for (const [group, line] of this.#lines) {
      if (!isOf(group, whose)) continue;
      if (line.some(({ left }) => !left)) return true;
      this.#lines.delete(group);
    }
    return false;
  }

  take(taken: Map<string, WaitingOperation>, most: number, whose: Whose): void {
    const lines = this.#inOrder(most - taken.size, whose);
    for (const [index, line] of lines.entries()) {
      takeFrom(line, taken, Math.ceil((most - taken.size) / (lines.length - index)));
    }
    for (const [group, { length }] of this.#lines) if (length === 0) this.#lines.delete(group);
  }

  /**
   * The shortest line first: it takes what it needs, and leaves the rest of its share to the others. Where there is not a
   * share for each, the oldest is first every other time, or small ones that keep coming would hold it up for ever.
   */
  #inOrder(most: number, whose: Whose): WaitingOperation[][] {
    const lines = [...this.#lines].flatMap(([group, line]) => (isOf(group, whose) ? [line] : []));
    if (most > 0) this.#oldestWasFirst = most < lines.length && !this.#oldestWasFirst;
    return this.#oldestWasFirst ? lines : lines.toSorted((one, other) => one.length - other.length);
  }
}

function isOf({ size }: Group, whose: Whose): boolean {
  return whose === 'all' || (whose === 'few') === size <= MOST_OF_FEW;
}

/** Up to `share`. Those whose name is taken already stay in line. */
function takeFrom(line: WaitingOperation[], taken: Map<string, WaitingOperation>, share: number): void {
  const kept: WaitingOperation[] = [];
  let next = 0;
  for (; next < line.length && share > 0; next++) {
    const operation = line[next]!;
    if (operation.left) continue;
    if (taken.has(operation.name)) {
      kept.push(operation);
      continue;
    }
    taken.set(operation.name, operation);
    share--;
  }
  line.splice(0, next, ...kept);
}
