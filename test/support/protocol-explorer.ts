import type { Model, State } from './protocol-model.js';

export interface Exploration {
  states: number;
  /** The longest story followed. */
  depth: number;
  /** Whether every state within the scenario's budget was seen. */
  complete: boolean;
  violation?: string;
  /** How it came to the violation. */
  story?: string[];
}

interface Node {
  state: State;
  depth: number;
  label: string;
  before: Node | undefined;
}

/** All states that can be reached, nearest first, until one breaks an invariant: the shortest story that does. */
export function explore(model: Model, most: number): Exploration {
  const start: Node = { state: model.start, depth: 0, label: 'start', before: undefined };
  const names = new Names();
  const seen = new Set([names.of(start.state)]);
  let level: Node[] = [start];
  let depth = 0;
  for (; level.length > 0; depth++) {
    const next: Node[] = [];
    for (const node of level) {
      for (const { label, state } of model.next(node.state)) {
        const reached: Node = { state, depth: depth + 1, label, before: node };
        if (state.violation !== undefined) return found(reached, seen.size);
        const name = names.of(state);
        if (seen.has(name)) continue;
        if (seen.size >= most) return { states: seen.size, depth, complete: false };
        seen.add(name);
        next.push(reached);
      }
    }
    level = next;
  }
  return { states: seen.size, depth, complete: true };
}

/** Random stories, each to its end. */
export function walk(model: Model, walks: number, random: () => number): Exploration {
  let states = 0;
  let depth = 0;
  for (let count = 0; count < walks; count++) {
    let node: Node = { state: model.start, depth: 0, label: 'start', before: undefined };
    for (;;) {
      const steps = [...model.next(node.state)];
      const step = steps[Math.floor(random() * steps.length)];
      if (step === undefined) break;
      node = { state: step.state, depth: node.depth + 1, label: step.label, before: node };
      states++;
      if (step.state.violation !== undefined) return found(node, states);
    }
    depth = Math.max(depth, node.depth);
  }
  return { states, depth, complete: false };
}

/** Names states: equal ones alike. States share most of their parts, so each part is named once. */
class Names {
  readonly #numbers = new Map<string, number>();
  readonly #known = new WeakMap<object, number>();

  of({ world, processes, late, budget, harmed, handed, epochs }: State): string {
    const parts = [world, budget, handed, ...processes, ...late].map((part) => this.#number(part));
    return `${parts.join()},${epochs},${harmed}`;
  }

  #number(part: object): number {
    let number = this.#known.get(part);
    if (number === undefined) {
      const text = JSON.stringify(part);
      number = this.#numbers.get(text) ?? this.#numbers.size;
      this.#numbers.set(text, number);
      this.#known.set(part, number);
    }
    return number;
  }
}

function found(node: Node, states: number): Exploration {
  const story: string[] = [];
  for (let at: Node | undefined = node; at?.before !== undefined; at = at.before) story.unshift(at.label);
  return { states, depth: node.depth, complete: false, violation: node.state.violation!, story };
}
