/**
 * `npm run torture:smoke`: the torture run in short, for every change: one kill -9, lost answers, ended workers; eight
 * processes on one counter, by compare-and-set and by script; and the negative controls.
 */
import { contendedRun } from './contended-run.js';
import { MIXED_SEQUENCES } from './mixed-sequences.js';
import type { FaultKind, Nemesis } from './nemesis.js';
import { SeededRandom } from './seeded-random.js';
import { allFound, runControls } from './run-controls.js';
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
const [cluster, scripted] = await Promise.all([
  TortureCluster.start('elasticsearch-9', 3),
  TortureCluster.start('elasticsearch-7', 1),
]);
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
    leastAfterHeal: 1_000,
    torment,
  });
  const codes = [await runChecker(folder)];
  for (const server of [cluster, scripted]) {
    const name = `smoke-contention-${server.kind}`;
    const contended = contendedRun({ name, processes: 8, seconds: 10, timeout: 30_000 });
    codes.push(await runChecker(await runTorture(server, contended)));
  }
  const controls = await runControls(cluster, scripted.urls[0]!);
  code = Math.max(...codes, allFound(controls) ? 0 : 1);
} finally {
  await Promise.all([cluster.stop(), scripted.stop()]);
}
process.exit(code);

async function torment(nemesis: Nemesis): Promise<void> {
  const random = new SeededRandom(seed);
  for (const kind of FAULTS) await nemesis.strike(kind, random);
}
