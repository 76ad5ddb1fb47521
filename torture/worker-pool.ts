import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { BlockSizeOption } from '../lib/block-size.js';
import { workerFile } from './history.js';
import type { StorePlan } from './store-plan.js';
import type { SequencePlan, WorkerPlan } from './worker.js';

const SCRIPT = fileURLToPath(new URL('worker.ts', import.meta.url));
/** Milliseconds after SIGTERM until a worker that does not end is killed. */
const PATIENCE = 60_000;

export interface PoolPlan {
  folder: string;
  seed: number;
  store: StorePlan;
  workers: number;
  sequences: Record<
    string,
    Omit<SequencePlan, 'blockSize'> & { blockSizes: readonly [BlockSizeOption, BlockSizeOption] }
  >;
  lanes: number;
  pause: number;
  timeout?: number;
}

interface Worker {
  life: number;
  process: ChildProcess;
  ended: Promise<string>;
}

/** Real processes, each with its own copy of the library, its own client and its own history. */
export class WorkerPool {
  readonly #workers: Worker[] = [];

  constructor(private readonly plan: PoolPlan) {
    for (let worker = 0; worker < plan.workers; worker++) this.#workers.push(this.#spawn(worker, 1));
  }

  get size(): number {
    return this.#workers.length;
  }

  /** Until every worker has drawn its first ids. */
  async drawing(): Promise<void> {
    const { folder } = this.plan;
    const draws = (worker: number, life: number) => {
      const path = join(folder, workerFile(worker, life));
      return existsSync(path) && readFileSync(path, 'utf8').includes('"kind":"drew"');
    };
    while (!this.#workers.every(({ life }, worker) => draws(worker, life))) await sleep(500);
  }

  /** Signals one life; resolves to how it ended: a signal's name, or the exit code. */
  async end(worker: number, signal: 'SIGKILL' | 'SIGTERM'): Promise<string> {
    const { process, ended } = this.#workers[worker]!;
    process.kill(signal);
    const timer = setTimeout(() => process.kill('SIGKILL'), PATIENCE);
    try {
      return await ended;
    } finally {
      clearTimeout(timer);
    }
  }

  restart(worker: number): void {
    this.#workers[worker] = this.#spawn(worker, this.#workers[worker]!.life + 1);
  }

  endAll(): Promise<string[]> {
    return Promise.all(this.#workers.map((_, worker) => this.end(worker, 'SIGTERM')));
  }

  #spawn(worker: number, life: number): Worker {
    const { folder, seed, store, sequences, lanes, pause, timeout } = this.plan;
    const own = Object.entries(sequences).map(([name, { blockSizes, turn }]): [string, SequencePlan] => [
      name,
      { blockSize: blockSizes[worker % 2 === 0 ? 0 : 1], turn },
    ]);
    const plan: WorkerPlan = {
      file: join(folder, workerFile(worker, life)),
      worker,
      life,
      seed: seed + 1_000 * worker + life,
      store,
      sequences: Object.fromEntries(own),
      lanes,
      pause,
      timeout,
    };
    const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, JSON.stringify(plan)], {
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    child.stdin?.on('error', () => undefined);
    const ended = new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    return { life, process: child, ended };
  }
}
