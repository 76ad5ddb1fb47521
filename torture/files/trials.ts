import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FileSequenceStore } from '../../lib/store/files/file-sequence-store.js';
import { Ledger, type Run, startWorker, type Worker } from './workers.js';

export interface Ground {
  /** The folder that `build()` made. */
  build: string;
  /** Where trials may put their folders. */
  folder: string;
  /** A number from 0 up to but not including 1. */
  random(): number;
}

/** A folder for the counters of one trial. */
export function fresh({ folder }: Ground): string {
  return join(mkdtempSync(join(folder, 'trial-')), 'sequences');
}

/** Processes that claim one name at once. */
export async function together(
  ground: Ground,
  processes: number,
  work: { claims?: number; milliseconds?: number; copies?: boolean },
  run: Run = {},
): Promise<Ledger> {
  const [path, ledger] = [fresh(ground), new Ledger()];
  const workers = Array.from({ length: processes }, (_, index) => {
    const copies = work.copies ? join(ground.folder, `copies-${index}`) : undefined;
    return startWorker(ground.build, { path, names: ['orders'], ...work, copies }, ledger, run);
  });
  await Promise.all(workers.map(({ ended }) => ended));
  return ledger;
}

/** Processes that are killed, or stopped for a while, at any moment; others take their place. */
export async function harassed(
  ground: Ground,
  { kills, stops, run }: { kills: number; stops: number; run?: Run },
): Promise<Ledger> {
  const [path, ledger] = [fresh(ground), new Ledger()];
  const start = () =>
    startWorker(ground.build, { path, names: ['orders', 'invoices'], count: 3 }, ledger, run);
  const workers: Worker[] = [start(), start(), start()];
  const all = [...workers];
  const harms = [...Array<'kill'>(kills).fill('kill'), ...Array<'stop'>(stops).fill('stop')];
  for (const harm of harms.toSorted(() => ground.random() - 0.5)) {
    const index = Math.floor(ground.random() * workers.length);
    const { process } = workers[index]!;
    await claimed(workers[index]!, 1);
    await sleep(ground.random() * 50);
    if (harm === 'kill') {
      process.kill('SIGKILL');
      all.push((workers[index] = start()));
    } else {
      process.kill('SIGSTOP');
      setTimeout(() => process.kill('SIGCONT'), ground.random() * 300);
    }
  }
  await Promise.all(workers.map((worker) => claimed(worker, worker.claims() + 1)));
  for (const { process } of workers) process.kill('SIGKILL');
  await Promise.all(all.map(({ ended }) => ended));
  return ledger;
}

/** Resolves once a worker has claimed so often. */
async function claimed(worker: Worker, times: number): Promise<void> {
  while (worker.claims() < times && worker.process.exitCode === null) await sleep(2);
}

/** Whether this process may mount file systems of its own. */
export function canMount(ground: Ground): boolean {
  const disk = new Disk(ground);
  const mounted = disk.mount();
  disk.remove();
  return mounted;
}

/**
 * Power losses: a disk of its own, of which only what was synced is copied while processes claim; what is on the copy
 * must stand at or above all that was claimed before.
 */
export async function powerLosses(
  ground: Ground,
  losses: number,
): Promise<{ ledger: Ledger; lost: string[] }> {
  const [ledger, lost, disk] = [new Ledger(), [] as string[], new Disk(ground)];
  try {
    if (!disk.mount()) throw new Error('The disk could not be mounted.');
    for (let loss = 0; loss < losses; loss++) {
      const path = join(disk.folder, 'sequences');
      const workers = [0, 1, 2].map(() =>
        startWorker(ground.build, { path, names: ['orders', 'invoices'] }, ledger),
      );
      await Promise.all(workers.map((worker) => claimed(worker, 2 + ground.random() * 20)));
      for (const { process } of workers) process.kill('SIGSTOP');
      // What they printed before is in the ledger once they have ended; the disk is copied as it stands now.
      await sleep(20);
      disk.losePower();
      for (const { process } of workers) process.kill('SIGKILL');
      await Promise.all(workers.map(({ ended }) => ended));
      const store = new FileSequenceStore({ path });
      for (const name of ['orders', 'invoices']) {
        const { signal } = new AbortController();
        const { last = 0 } = (await store.inspect({ name, signal })) ?? {};
        if (last < ledger.highest(name)) lost.push(`${name}: ${last} instead of ${ledger.highest(name)}`);
      }
      await store.close();
    }
  } finally {
    disk.remove();
  }
  return { ledger, lost };
}

/** A file system in a file, which writes nothing by itself for five minutes. */
class Disk {
  readonly folder: string;
  #image: string;
  #mounts: string[] = [];

  constructor(ground: Ground) {
    const place = mkdtempSync(join(ground.folder, 'disk-'));
    this.#image = join(place, 'image');
    this.folder = join(place, 'mounted');
    mkdirSync(this.folder);
  }

  mount(): boolean {
    const made =
      run('truncate', '-s', '24M', this.#image) &&
      run('mkfs.ext4', '-q', '-E', 'lazy_itable_init=0', this.#image);
    return made && this.#mountImage();
  }

  /** The copy takes the disk's place. */
  losePower(): void {
    const copy = `${this.#image}'`;
    copyFileSync(this.#image, copy);
    this.#image = copy;
    // Lazily: those who are stopped have files open on the old one.
    run('umount', '--lazy', this.folder);
    if (!this.#mountImage()) throw new Error('What the power loss left could not be mounted.');
  }

  remove(): void {
    for (const mount of this.#mounts) run('umount', '--lazy', mount);
    rmSync(join(this.folder, '..'), { recursive: true, force: true });
  }

  #mountImage(): boolean {
    const mounted = run('mount', '-o', 'loop,commit=300', this.#image, this.folder);
    if (mounted) this.#mounts.push(this.folder);
    return mounted;
  }
}

function run(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}
