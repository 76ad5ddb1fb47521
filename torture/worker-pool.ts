import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { BlockSizeOption } from '../lib/core/block-size.js';
import { now, readHistory, workerFile, type WorkerRecord } from './history.js';
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
  crowds?: boolean;
  idleTime?: number;
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

  /** Lets all begin at once, when all have started: starting many processes is work by itself. */
  async begin(): Promise<void> {
    const { folder } = this.plan;
    const started = () =>
      this.#workers.every(({ life }, worker) => {
        const path = join(folder, workerFile(worker, life));
        return existsSync(path) && statSync(path).size > 0;
      });
    while (!started()) await sleep(200);
    for (const worker of this.#workers) go(worker);
  }

  /** Until every worker has drawn so many ids since then, on the monotonic clock. False: not all did in time. */
  async drawn(least: number, since: number, patience: number): Promise<boolean> {
    const deadline = now() + patience;
    const behind = new Set(this.#workers.keys());
    while (behind.size > 0 && now() < deadline) {
      await sleep(500);
      for (const worker of behind) if (this.#drawn(worker, since) >= least) behind.delete(worker);
    }
    return behind.size === 0;
  }

  /** By the worker's present life. */
  #drawn(worker: number, since: number): number {
    const { folder } = this.plan;
    const file = workerFile(worker, this.#workers[worker]!.life);
    if (!existsSync(join(folder, file))) return 0;
    let ids = 0;
    for (const record of readHistory<WorkerRecord>(folder, file)) {
      if (record.kind !== 'drew' || record.t < since) continue;
      for (const [first, last] of record.ranges) ids += last - first + 1;
    }
    return ids;
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
    const next = this.#spawn(worker, this.#workers[worker]!.life + 1);
    this.#workers[worker] = next;
    go(next);
  }

  endAll(): Promise<string[]> {
    return Promise.all(this.#workers.map((_, worker) => this.end(worker, 'SIGTERM')));
  }

  #spawn(worker: number, life: number): Worker {
    const { folder, seed, store, sequences, lanes, crowds = false, idleTime, pause, timeout } = this.plan;
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
      crowds,
      idleTime,
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

function go(worker: Worker): void {
  worker.process.stdin?.write('go\n');
}
