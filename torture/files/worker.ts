/**
 * A process that claims from a FileSequenceStore: `worker.js '<work as JSON>'`. Prints one line per block, before the
 * next claim begins, and a last one with what it noticed.
 */
import { writeSync } from 'node:fs';
import { cp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { SequenceError } from '../../lib/common/sequence-error.js';
import { FileSequenceStore } from '../../lib/store/files/file-sequence-store.js';

export interface Work {
  path: string;
  names: string[];
  /** Ids a claim. */
  count?: number;
  /** How many claims, or for how many milliseconds. */
  claims?: number;
  milliseconds?: number;
  /** Reads all files of the folder, and copies them here, every millisecond. */
  copies?: string;
}

/** What a worker prints of a claim, and at its end. */
export type Line =
  | [name: string, first: number, last: number]
  | { longestPause: number; longestWait: number }
  | { error: string };

const work = JSON.parse(process.argv[2]!) as Work;
const {
  path,
  names,
  count = 1,
  claims = Number.POSITIVE_INFINITY,
  milliseconds = Number.POSITIVE_INFINITY,
} = work;
const { signal } = new AbortController();
const delays = monitorEventLoopDelay({ resolution: 1 });
const store = new FileSequenceStore({ path });
let ended = false;
let longestWait = 0;

function print(line: Line): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

async function claimAll(name: string): Promise<void> {
  const until = performance.now() + milliseconds;
  for (let claimed = 0; claimed < claims && performance.now() < until;) {
    const begun = performance.now();
    for (let window = 5; ; window = Math.min(200, window * 1.5)) {
      try {
        const { first, last } = await store.claim({ name, count, start: 1, signal });
        print([name, first, last]);
        // Not what the start of the process costs.
        if (claimed++ === 0) delays.enable();
        break;
      } catch (error) {
        if (!(error instanceof SequenceError && error.code === 'CONFLICT')) throw error;
        await sleep(Math.random() * window);
      }
    }
    longestWait = Math.max(longestWait, performance.now() - begun);
  }
}

/** What a backup endpoint, a checksum or a static file server does. */
async function copyOwnFiles(to: string): Promise<void> {
  for (let time = 0; !ended; time++) {
    await sleep(1);
    await cp(path, join(to, String(time)), { recursive: true }).catch(() => {});
    await rm(join(to, String(time)), { recursive: true, force: true });
    for (const file of await readdir(path, { recursive: true }).catch(() => [])) {
      await readFile(join(path, file)).catch(() => {});
    }
  }
}

try {
  const copying = work.copies === undefined ? undefined : copyOwnFiles(work.copies);
  await Promise.all(names.map((name) => claimAll(name)));
  ended = true;
  await copying;
  await store.close();
  print({ longestPause: delays.max / 1e6, longestWait });
} catch (error) {
  print({ error: String(error) });
}
process.exit();
