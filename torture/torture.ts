/**
 * `npm run torture -- [--minutes 30] [--seed 1] [--server elasticsearch-9|elasticsearch-7|opensearch] [--names 200]
 * [--report <folder>]`: eight worker processes draw ids while a nemesis kills, pauses and cuts off whatever it can; then a checker judges the
 * files they left. With `--names` every caller draws from many of so many sequences at once.
 */
import { parseArgs } from 'node:util';
import type { FaultKind, Nemesis } from './nemesis.js';
import { SeededRandom } from './seeded-random.js';
import type { ServerKind } from './store-plan.js';
import { runChecker, runTorture } from './torture-run.js';
import { TortureCluster } from './torture-cluster.js';
import { manySequences, MIXED_SEQUENCES } from './mixed-sequences.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    server: { type: 'string', default: 'elasticsearch-9' },
    names: { type: 'string', default: '0' },
    report: { type: 'string' },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
const server = values.server as ServerKind;
const names = Number(values.names);
if (!(minutes >= 1) || !Number.isSafeInteger(seed) || !Number.isSafeInteger(names))
  throw new Error('Expected --minutes of 1 or more, a --seed and --names as numbers');

const NODES: FaultKind[] = [
  'kill the primary',
  'kill the primary',
  'kill the primary',
  'pause the primary',
  'kill all nodes',
];
const LINES: FaultKind[] = ['reset connections', 'blackhole', 'delay', 'swallow answers', 'swallow answers'];
const WORKERS: FaultKind[] = ['kill a worker', 'kill a worker', 'end a worker'];

const cluster = await TortureCluster.start(server, server === 'elasticsearch-9' ? 3 : 1);
let code = 1;
try {
  const folder = await runTorture(cluster, {
    name: `${server}-${minutes}-minutes-${names > 0 ? `${names}-names-` : ''}seed-${seed}`,
    seed,
    index: 'essequences',
    workers: 8,
    ...(names > 0
      ? { sequences: manySequences(names), crowds: true, idleTime: 1_000, leastTogether: minutes * 200 }
      : { sequences: MIXED_SEQUENCES }),
    lanes: 2,
    pause: 300,
    leastIds: minutes * (names > 0 ? 25_000 : 100_000),
    leastFaults: Object.fromEntries(
      [...NODES, ...LINES, ...WORKERS].map((kind) => [kind, Math.ceil(minutes / 15)]),
    ),
    failedCalls: 'expected',
    leastAfterHeal: 1_000,
    torment,
  });
  code = await runChecker(folder, values.report);
} finally {
  await cluster.stop();
}
process.exit(code);

/** Three streams of faults at once, so that they overlap, each with numbers of its own from the one seed. */
async function torment(nemesis: Nemesis): Promise<void> {
  const deadline = Date.now() + minutes * 60_000;
  await Promise.all([
    nemesis.torment(NODES, [8_000, 20_000], new SeededRandom(seed), deadline),
    nemesis.torment(LINES, [5_000, 15_000], new SeededRandom(seed + 1), deadline),
    nemesis.torment(WORKERS, [4_000, 10_000], new SeededRandom(seed + 2), deadline),
  ]);
}
