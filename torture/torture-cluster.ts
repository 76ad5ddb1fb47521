import { setTimeout as sleep } from 'node:timers/promises';
import { startElasticsearch7, startElasticsearch9 } from '../test/support/elasticsearch-server.js';
import { startOpenSearch } from '../test/support/opensearch-server.js';
import type { ServerCluster } from '../test/support/server-cluster.js';
import type { ServerNode } from '../test/support/server-node.js';
import { FaultProxy } from './fault-proxy.js';
import type { ServerKind } from './store-plan.js';

const POLL = 200;

/** A cluster of its own, each node behind a proxy; looked at directly, so that no fault blinds the observer. */
export class TortureCluster {
  private constructor(
    readonly kind: ServerKind,
    private readonly cluster: ServerCluster,
    readonly proxies: readonly FaultProxy[],
  ) {}

  static async start(kind: ServerKind, nodes: number): Promise<TortureCluster> {
    if (nodes > 1 && kind !== 'elasticsearch-9') throw new Error(`${kind} runs as one node here`);
    const cluster = await {
      'elasticsearch-9': () => startElasticsearch9({ nodes }),
      'elasticsearch-7': startElasticsearch7,
      opensearch: startOpenSearch,
    }[kind]();
    const proxies = await Promise.all(cluster.nodes.map(({ httpPort }) => FaultProxy.start(httpPort)));
    return new TortureCluster(kind, cluster, proxies);
  }

  get name(): string {
    return `${this.cluster.name}, ${this.nodes.length === 1 ? '1 node' : `${this.nodes.length} nodes`}`;
  }

  get nodes(): readonly ServerNode[] {
    return this.cluster.nodes;
  }

  get repoPath(): string {
    return this.cluster.repoPath;
  }

  /** For workers: everything they say goes through the proxies. */
  get proxyUrls(): string[] {
    return this.proxies.map(({ url }) => url);
  }

  get urls(): string[] {
    return this.nodes.map(({ url }) => url);
  }

  /** The node that holds the primary of the index, as any of `observers` sees it. */
  async primary(index: string, observers = this.nodes): Promise<ServerNode | undefined> {
    for (const { url } of observers) {
      const state = await ask<ClusterState>(
        url,
        'GET',
        `/_cluster/state/nodes,routing_table/${index}?local=true`,
      );
      const [routing] = Object.values(state?.routing_table?.indices ?? {});
      const shard = routing?.shards['0']?.find((copy) => copy.primary && copy.state === 'STARTED');
      if (shard?.node === undefined) continue;
      // OpenSearch's runner names its one node itself.
      if (this.nodes.length === 1) return this.nodes[0];
      const name = state?.nodes?.[shard.node]?.name;
      return this.nodes.find((node) => node.name === name);
    }
    return undefined;
  }

  /** How many nodes the cluster has in the eyes of `observer`; undefined: it does not answer. */
  async size(observer: ServerNode): Promise<number | undefined> {
    const health = await ask<{ number_of_nodes?: number }>(
      observer.url,
      'GET',
      '/_cluster/health?local=true',
    );
    return health?.number_of_nodes;
  }

  /** Until every node is a member again and every copy of the index in step. */
  async settle(index: string): Promise<void> {
    for (const node of this.nodes) {
      if (!node.alive()) node.start();
      await node.kill('SIGCONT');
    }
    for (const node of this.nodes) await node.waitUntilReady({ nodes: this.nodes.length, timeout: 600_000 });
    await this.green(index);
  }

  /** Before that a kill of the primary's node may take the only copy away. */
  async green(index: string): Promise<void> {
    const path = `/_cluster/health/${index}?local=true`;
    const ready = await until(
      async () => (await ask<{ status?: string }>(this.nodes[0]!.url, 'GET', path))?.status === 'green',
      600_000,
    );
    if (!ready) throw new Error(`${index} did not get all its copies within 10 minutes`);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.proxies.map((proxy) => proxy.stop()), this.cluster.stop()]);
  }
}

interface ClusterState {
  nodes?: Record<string, { name: string }>;
  routing_table?: {
    indices: Record<string, { shards: Record<string, { primary: boolean; state: string; node?: string }[]> }>;
  };
}

/** The answer as it is, an error too; undefined: there was none. */
export async function ask<Answer = unknown>(
  url: string,
  method: string,
  path: string,
  body?: object,
): Promise<Answer | undefined> {
  try {
    const headers = { 'content-type': 'application/json' };
    const signal = AbortSignal.timeout(method === 'GET' ? 3_000 : 60_000);
    const content = body === undefined ? {} : { body: JSON.stringify(body), headers };
    const response = await fetch(`${url}${path}`, { method, signal, ...content });
    return (await response.json()) as Answer;
  } catch {
    return undefined;
  }
}

/** Whether it came true in time. */
export async function until(condition: () => Promise<unknown>, timeout: number): Promise<boolean> {
  const deadline = Date.now() + timeout;
  while (Date.now() < deadline) {
    if (await condition()) return true;
    await sleep(POLL);
  }
  return false;
}
