/** `npm run torture:smoke`: the torture run in short, for every change: one kill -9, lost answers, ended workers. */
import { MIXED_SEQUENCES } from './mixed-sequences.js';
import type { FaultKind, Nemesis } from './nemesis.js';
import { SeededRandom } from './seeded-random.js';
import { runChecker, runTorture } from './torture-run.js';
import { TortureCluster } from './torture-cluster.js';

const FAULTS: FaultKind[] = [
  'swallow answers',
  'kill a worker',
  'kill the primary',
  'end a worker',
  'reset connections',
];
const seed = 1;
const cluster = await TortureCluster.start('elasticsearch-9', 3);
let code = 1;
try {
  const folder = await runTorture(cluster, {
    name: 'smoke',
    seed,
    index: 'essequences',
    workers: 4,
    sequences: MIXED_SEQUENCES,
    lanes: 2,
    pause: 300,
    leastIds: 10_000,
    leastFaults: Object.fromEntries(FAULTS.map((kind) => [kind, 1])),
    failedCalls: 'expected',
    torment,
    recovery: 15_000,
  });
  code = await runChecker(folder);
} finally {
  await cluster.stop();
}
process.exit(code);

async function torment(nemesis: Nemesis): Promise<void> {
  const random = new SeededRandom(seed);
  for (const kind of FAULTS) await nemesis.strike(kind, random);
}
