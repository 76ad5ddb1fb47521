/**
 * `npm run torture:contention -- [--processes 32] [--seconds 60] [--timeout 5000] [--server ...] [--report <folder>]`:
 * on a server with scripts and on one without, unless one is named.
 */
import { parseArgs } from 'node:util';
import { contendedRun, warmUp } from './contended-run.js';
import type { ServerKind } from './store-plan.js';
import { runChecker, runTorture } from './torture-run.js';
import { TortureCluster } from './torture-cluster.js';

const { values } = parseArgs({
  options: {
    processes: { type: 'string', default: '32' },
    seconds: { type: 'string', default: '60' },
    timeout: { type: 'string' },
    server: { type: 'string' },
    report: { type: 'string' },
  },
});
const processes = Number(values.processes);
const seconds = Number(values.seconds);
const servers: ServerKind[] =
  values.server === undefined ? ['elasticsearch-9', 'elasticsearch-7'] : [values.server as ServerKind];

let code = 0;
for (const server of servers) {
  const cluster = await TortureCluster.start(server, 1);
  try {
    const name = `contention-${processes}-processes-${server}`;
    const timeout = values.timeout === undefined ? {} : { timeout: Number(values.timeout) };
    const run = contendedRun({ name, processes, seconds, ...timeout });
    await warmUp(cluster, run.index);
    const folder = await runTorture(cluster, run);
    code = Math.max(code, await runChecker(folder, values.report));
  } finally {
    await cluster.stop();
  }
}
process.exit(code);
