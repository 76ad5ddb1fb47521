import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultProxy, ProxyMode } from './fault-proxy.js';
import type { HistoryWriter, NemesisRecord } from './history.js';
import type { SeededRandom } from './seeded-random.js';
import { type TortureCluster, until } from './torture-cluster.js';
import type { WorkerPool } from './worker-pool.js';

/** Longer than Elasticsearch takes to give up a paused node (33 s measured). */
const PAUSE = 40_000;
/** Milliseconds to wait for the proof that a fault took effect. */
const PROOF = 240_000;

export type FaultKind =
  | 'kill the primary'
  | 'pause the primary'
  | 'kill all nodes'
  | 'reset connections'
  | 'blackhole'
  | 'delay'
  | 'swallow answers'
  | 'kill a worker'
  | 'end a worker';

const PROXY_MODES: Partial<Record<FaultKind, ProxyMode>> = {
  'reset connections': 'reset',
  blackhole: 'blackhole',
  delay: 'delay',
  'swallow answers': 'swallow',
};

/** Makes faults, one at a time per caller, and lets none count before it was seen from outside. */
export class Nemesis {
  #faults = 0;

  constructor(
    private readonly cluster: TortureCluster,
    private readonly index: string,
    private readonly workers: WorkerPool,
    private readonly history: HistoryWriter<NemesisRecord>,
  ) {}

  /** Faults from a shuffled bag with the pauses between them, until the deadline; the last one is healed then. */
  async torment(
    bag: readonly FaultKind[],
    [shortest, longest]: readonly [number, number],
    random: SeededRandom,
    deadline: number,
  ): Promise<void> {
    let left: FaultKind[] = [];
    for (;;) {
      await sleep(random.integer(shortest, longest));
      if (left.length === 0) left = random.shuffle(bag);
      const kind = left.pop()!;
      if (Date.now() + (kind === 'pause the primary' ? PAUSE : 0) >= deadline) return;
      await this.strike(kind, random);
    }
  }

  async strike(kind: FaultKind, random: SeededRandom): Promise<void> {
    const mode = PROXY_MODES[kind];
    if (mode !== undefined) await this.#disturb(kind, mode, random);
    else if (kind === 'kill all nodes') await this.#killAll(kind);
    else if (kind === 'kill the primary' || kind === 'pause the primary')
      await this.#strikePrimary(kind, random);
    else await this.#endWorker(kind, random);
  }

  async #strikePrimary(kind: FaultKind, random: SeededRandom): Promise<void> {
    const { cluster, index } = this;
    let victim = await cluster.primary(index);
    while (victim === undefined) {
      await sleep(1_000);
      victim = await cluster.primary(index);
    }
    const struck = victim;
    const others = cluster.nodes.filter((node) => node !== struck);
    const id = this.#begin(kind, struck.name);
    const pause = kind === 'pause the primary';
    const begun = Date.now();
    await struck.kill(pause ? 'SIGSTOP' : 'SIGKILL');
    if (others.length === 0) {
      await this.#prove(
        id,
        async () => (await cluster.size(struck)) === undefined && `${struck.name} does not answer`,
      );
    } else {
      await this.#prove(id, async () => {
        const sizes = await Promise.all(others.map((node) => cluster.size(node)));
        const primary = await cluster.primary(index, others);
        const left = sizes.find((size) => size !== undefined && size < cluster.nodes.length);
        if (left === undefined || primary === undefined || primary === struck) return false;
        return `${left} of ${cluster.nodes.length} nodes left, primary moved from ${struck.name} to ${primary.name}`;
      });
    }
    await sleep(pause ? Math.max(0, begun + PAUSE - Date.now()) : random.integer(0, 4_000));
    if (pause) await struck.kill('SIGCONT');
    else struck.start();
    await cluster.settle(index);
    this.#healed(id);
  }

  async #killAll(kind: FaultKind): Promise<void> {
    const { cluster, index } = this;
    const id = this.#begin(kind, 'all nodes');
    await Promise.all(cluster.nodes.map((node) => node.kill('SIGKILL')));
    await this.#prove(id, async () => {
      const sizes = await Promise.all(cluster.nodes.map((node) => cluster.size(node)));
      return sizes.every((size) => size === undefined) && `none of ${sizes.length} nodes answers`;
    });
    for (const node of cluster.nodes) node.start();
    await cluster.settle(index);
    this.#healed(id);
  }

  async #disturb(kind: FaultKind, mode: ProxyMode, random: SeededRandom): Promise<void> {
    const { proxies, nodes } = this.cluster;
    const only = random.integer(0, proxies.length);
    const struck = proxies[only] === undefined ? proxies : [proxies[only]];
    const target = proxies[only] === undefined ? 'all nodes' : nodes[only]!.name;
    const length = random.integer(1_000, 8_000);
    const delay = random.integer(50, 3_000);
    const hits = () => struck.reduce((sum: number, proxy: FaultProxy) => sum + proxy.hits[mode], 0);
    const before = hits();
    const id = this.#begin(kind, target);
    for (const proxy of struck) proxy.set(mode, delay);
    await sleep(length);
    await this.#prove(
      id,
      async () => hits() > before && `met ${hits() - before} connections or parts of answers`,
    );
    for (const proxy of struck) proxy.set('pass');
    this.#healed(id);
  }

  async #endWorker(kind: FaultKind, random: SeededRandom): Promise<void> {
    const { workers } = this;
    const worker = random.integer(0, workers.size - 1);
    const id = this.#begin(kind, `worker ${worker}`);
    const kill = kind === 'kill a worker';
    const how = await workers.end(worker, kill ? 'SIGKILL' : 'SIGTERM');
    // A process that has not begun yet ends by the signal itself.
    const seen = kill ? how === 'SIGKILL' : how === 'exit code 0' || how === 'SIGTERM';
    if (seen) this.history.write({ kind: 'seen', id, how });
    else process.stderr.write(`worker ${worker} ended with ${how} after ${kind}\n`);
    workers.restart(worker);
    this.#healed(id);
  }

  #begin(fault: FaultKind, target: string): number {
    const id = ++this.#faults;
    this.history.write({ kind: 'fault', id, fault, target });
    process.stdout.write(`${new Date().toISOString()} ${fault}: ${target}\n`);
    return id;
  }

  async #prove(id: number, proof: () => Promise<string | false>): Promise<void> {
    let how: string | false = false;
    await until(async () => (how = await proof()), PROOF);
    if (how) this.history.write({ kind: 'seen', id, how });
  }

  #healed(id: number): void {
    this.history.write({ kind: 'healed', id });
  }
}
