import { execFileSync, spawn, type StdioOptions } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { cpus, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HistoryWriter, NEMESIS_FILE, type NemesisRecord, now, type Plan } from './history.js';
import { Nemesis } from './nemesis.js';
import type { ServerKind } from './store-plan.js';
import { ask, type TortureCluster } from './torture-cluster.js';
import { type PoolPlan, WorkerPool } from './worker-pool.js';

/** Milliseconds until workers that draw nothing are taken for stuck: no measure, only an end. */
const PATIENCE = 300_000;
const root = fileURLToPath(new URL('../', import.meta.url));

export interface TortureRun {
  name: string;
  seed: number;
  /** Of the run's own. */
  index: string;
  workers: number;
  sequences: PoolPlan['sequences'];
  lanes: number;
  /** Callers draw from many sequences at once, rather than from one each. */
  crowds?: boolean;
  /** Milliseconds without use until a sequence sleeps. */
  idleTime?: number;
  /** Mean pause between two turns of a caller, in milliseconds. */
  pause: number;
  timeout?: number;
  leastIds: number;
  /** @default 0 */
  leastTogether?: number;
  leastFaults: Plan['leastFaults'];
  failedCalls: Plan['failedCalls'];
  leastAfterHeal: number;
  /** Whether workers speak to the nodes themselves, where there are no faults. */
  direct?: boolean;
  /** Resolves when no further fault follows and all is healed. */
  torment(nemesis: Nemesis): Promise<void>;
}

/** Runs it on the cluster and answers with the folder of its history. */
export async function runTorture(cluster: TortureCluster, run: TortureRun): Promise<string> {
  const folder = historyFolder(run.name);
  const history = new HistoryWriter<NemesisRecord>(join(folder, NEMESIS_FILE));
  const {
    name,
    seed,
    index,
    workers,
    sequences,
    lanes,
    crowds,
    idleTime,
    pause,
    timeout,
    leastIds,
    leastTogether = 0,
    leastFaults,
    failedCalls,
    leastAfterHeal,
  } = run;
  const sizes = Object.entries(sequences).map(([sequence, { blockSizes }]) => [sequence, blockSizes]);
  history.write({
    kind: 'plan',
    plan: {
      ...describePlan(cluster, name, seed),
      workers,
      sequences: Object.fromEntries(sizes),
      leastIds,
      leastTogether,
      leastFaults,
      failedCalls,
      leastAfterHeal,
    },
  });
  for (const sequence of Object.keys(sequences)) history.write({ kind: 'first', sequence, value: 0 });

  const nodes = run.direct ? cluster.urls : cluster.proxyUrls;
  const store = { server: cluster.kind, nodes, index };
  const pool = new WorkerPool({
    folder,
    seed,
    store,
    workers,
    sequences,
    lanes,
    ...(crowds && { crowds }),
    ...(idleTime && { idleTime }),
    pause,
    ...(timeout && { timeout }),
  });
  try {
    await pool.begin();
    await pool.drawn(1, 0, PATIENCE);
    await cluster.green(index);
    await run.torment(new Nemesis(cluster, index, pool, history));
    history.write({ kind: 'calm' });
    await pool.drawn(leastAfterHeal, now(), PATIENCE);
  } finally {
    await pool.endAll();
  }
  for (const sequence of Object.keys(sequences)) await writeFinal(cluster, index, sequence, history);
  history.close();
  return folder;
}

/** An empty one. */
export function historyFolder(name: string): string {
  const folder = join(root, 'data', 'torture', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

export async function writeFinal(
  { urls }: TortureCluster,
  index: string,
  sequence: string,
  history: HistoryWriter<NemesisRecord>,
): Promise<void> {
  const path = `/${index}/_doc/${encodeURIComponent(sequence)}`;
  const document = await ask<{ _source?: { iid?: unknown } }>(urls[0]!, 'GET', path);
  const value = document?._source?.iid;
  if (typeof value !== 'number') throw new Error(`${sequence} has no counter: ${JSON.stringify(document)}`);
  history.write({ kind: 'final', sequence, value });
}

/** Runs the checker as a program of its own. Its exit code: 0 valid, 1 invalid, 2 unknown. */
export function runChecker(folder: string, report?: string): Promise<number> {
  const script = join(root, 'torture', 'check.ts');
  const args = ['--import', 'tsx', '--max-old-space-size=4096', script, folder];
  if (report !== undefined) args.push('--report', report);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

export function describePlan(
  cluster: TortureCluster,
  name: string,
  seed: number,
): Pick<Plan, 'name' | 'seed' | 'server' | 'strategy' | 'machine' | 'versions'> {
  const [cpu] = cpus();
  const clients: Record<ServerKind, string> = {
    'elasticsearch-9': '@elastic/elasticsearch',
    'elasticsearch-7': 'elasticsearch-7',
    opensearch: '@opensearch-project/opensearch',
  };
  const client = clients[cluster.kind];
  return {
    name,
    seed,
    server: cluster.name,
    strategy: cluster.kind === 'elasticsearch-9' ? 'cas' : 'script',
    machine: `${type()}, ${cpus().length} cores (${cpu?.model ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GB`,
    versions: {
      'nestjs-essequence': `${packageVersion('.')} (${revision()})`,
      [client]: packageVersion(join('node_modules', client)),
      node: process.version,
    },
  };
}

function packageVersion(folder: string): string {
  const text = readFileSync(join(root, folder, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function revision(): string {
  try {
    const stdio: StdioOptions = ['ignore', 'pipe', 'ignore'];
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: root,
      encoding: 'utf8',
      stdio,
    }).trim();
  } catch {
    return 'no revision';
  }
}
