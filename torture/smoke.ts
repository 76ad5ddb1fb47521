/**
 * `npm run torture:smoke`: the torture run in short, for every change: one kill -9, lost answers, ended workers; eight
 * processes on one counter; and the negative controls.
 */
import { contendedRun } from './contended-run.js';
import { MIXED_SEQUENCES } from './mixed-sequences.js';
import type { FaultKind, Nemesis } from './nemesis.js';
import { SeededRandom } from './seeded-random.js';
import { allFound, runControls } from './run-controls.js';
import { startScriptedServer } from './scripted-server.js';
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
  startScriptedServer(),
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
  const contended = contendedRun({ name: 'smoke-contention', processes: 8, seconds: 10, timeout: 30_000 });
  const codes = [await runChecker(folder), await runChecker(await runTorture(cluster, contended))];
  const controls = await runControls(cluster, scripted.url);
  code = Math.max(...codes, allFound(controls) ? 0 : 1);
} finally {
  await Promise.all([cluster.stop(), scripted.stop()]);
}
process.exit(code);

async function torment(nemesis: Nemesis): Promise<void> {
  const random = new SeededRandom(seed);
  for (const kind of FAULTS) await nemesis.strike(kind, random);
}
