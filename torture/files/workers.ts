import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Line, Work } from './worker.js';

export interface Run {
  /** Another Node than this one. */
  node?: string;
  env?: Record<string, string>;
  /** A command that runs the worker, such as `unshare`. */
  inside?: readonly string[];
}

/** All that workers claimed, and what was wrong with it. */
export class Ledger {
  claims = 0;
  longestPause = 0;
  longestWait = 0;
  readonly errors: string[] = [];
  readonly #blocks = new Map<string, [first: number, last: number][]>();

  add(line: Line): void {
    if (Array.isArray(line)) {
      const [name, first, last] = line;
      this.claims++;
      const blocks = this.#blocks.get(name) ?? [];
      if (blocks.length === 0) this.#blocks.set(name, blocks);
      blocks.push([first, last]);
    } else if ('error' in line) {
      this.errors.push(line.error);
    } else {
      this.longestPause = Math.max(this.longestPause, line.longestPause);
      this.longestWait = Math.max(this.longestWait, line.longestWait);
    }
  }

  /** Blocks that overlap, for each name. */
  get twice(): string[] {
    const found: string[] = [];
    for (const [name, blocks] of this.#blocks) {
      const ascending = blocks.toSorted(([one], [other]) => one - other);
      for (const [index, [first, last]] of ascending.entries()) {
        const before = ascending[index - 1];
        if (before !== undefined && before[1] >= first) found.push(`${name}: ${before} and ${first},${last}`);
      }
    }
    return found;
  }

  highest(name: string): number {
    return Math.max(0, ...(this.#blocks.get(name) ?? []).map(([, last]) => last));
  }
}

export interface Worker {
  readonly process: ChildProcess;
  /** How many blocks it printed so far. */
  claims(): number;
  /** Resolves when all that it printed is in the ledger. */
  readonly ended: Promise<void>;
}

/** `build`: the folder that `build()` made. */
export function startWorker(build: string, work: Work, ledger: Ledger, run: Run = {}): Worker {
  const { node = process.execPath, env = {}, inside = [] } = run;
  const [command, ...args] = [
    ...inside,
    node,
    join(build, 'torture', 'files', 'worker.js'),
    JSON.stringify(work),
  ];
  const child = spawn(command!, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  });
  const exited = once(child, 'close');
  let claims = 0;
  const lines = createInterface({ input: child.stdout! });
  lines.on('line', (line) => {
    // The last line of a process that was killed may be cut short: its ids were not handed out then.
    const whole = parsed(line);
    if (whole === undefined) return;
    if (Array.isArray(whole)) claims++;
    ledger.add(whole);
  });
  return { process: child, claims: () => claims, ended: exited.then(() => {}) };
}

function parsed(line: string): Line | undefined {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return undefined;
  }
}
