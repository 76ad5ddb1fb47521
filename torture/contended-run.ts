import { setTimeout as sleep } from 'node:timers/promises';
import type { TortureRun } from './torture-run.js';

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
