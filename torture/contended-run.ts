import { setTimeout as sleep } from 'node:timers/promises';
import { openStore } from './store-plan.js';
import type { TortureCluster } from './torture-cluster.js';
import type { TortureRun } from './torture-run.js';

const WARM_UP = 500;

/** Many processes, one counter, blocks of ten: a claim for every ten ids, all at once. No call may fail. */
export function contendedRun(options: {
  name: string;
  processes: number;
  seconds: number;
  timeout?: number;
}): TortureRun {
  const { name, processes, seconds, timeout } = options;
  return {
    name,
    seed: 1,
    index: `contended-${processes}`,
    workers: processes,
    sequences: { contended: { blockSizes: [10, 10], turn: 10 } },
    lanes: 1,
    pause: 0,
    ...(timeout && { timeout }),
    leastIds: 10 * processes,
    leastFaults: {},
    failedCalls: 'none',
    leastAfterHeal: 0,
    direct: true,
    torment: () => sleep(seconds * 1_000).then(() => undefined),
  };
}

/** A server that has just started needs seconds for what takes it milliseconds later, an index some more. */
export async function warmUp({ kind, urls }: TortureCluster, index: string): Promise<void> {
  const { store, close } = openStore({ server: kind, nodes: urls, index });
  for (let left = WARM_UP; left > 0; left--) {
    await store.claim({ name: 'warm-up', count: 1, start: 1, signal: AbortSignal.timeout(60_000) });
  }
  await close();
}
