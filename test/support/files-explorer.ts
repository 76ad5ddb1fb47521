import type { FilesModel, State } from './files-model.js';

export interface Exploration {
  states: number;
  /** The longest story followed. */
  depth: number;
  /** Whether every state was seen. */
  complete: boolean;
  violation?: string;
  /** How it came to the violation: the shortest story that does. */
  story?: string[];
}

interface Node {
  state: State;
  label: string;
  before: Node | undefined;
}

/** All states that can be reached, nearest first, until one breaks the promise. */
export function explore(model: FilesModel, most = Number.POSITIVE_INFINITY): Exploration {
  const seen = new Set([model.name(model.start)]);
  let level: Node[] = [{ state: model.start, label: 'start', before: undefined }];
  let depth = 0;
  for (; level.length > 0; depth++) {
    const next: Node[] = [];
    for (const node of level) {
      for (const { label, state } of model.next(node.state)) {
        const reached: Node = { state, label, before: node };
        if (state.violation !== undefined) {
          return {
            states: seen.size,
            depth: depth + 1,
            complete: false,
            violation: state.violation,
            story: story(reached),
          };
        }
        const name = model.name(state);
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

function story(node: Node): string[] {
  const labels: string[] = [];
  for (let at: Node | undefined = node; at?.before !== undefined; at = at.before) labels.unshift(at.label);
  return labels;
}
