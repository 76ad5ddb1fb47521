import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { reservePorts } from './ports.js';
import { ServerGuard } from './server-guard.js';
import { ServerNode, type Credentials, type NodeCommand, type NodePlace } from './server-node.js';
import { giveToServers, temporaryRoot } from './server-user.js';

/** Real servers of one kind that form one cluster. They end with stop(), or with the process that started them. */
export interface ServerCluster {
  name: string;
  /** Of the first node. */
  url: string;
  nodes: [ServerNode, ...ServerNode[]];
  /** An operator's account, where security is on. */
  auth: Credentials | undefined;
  /** PEM of the authority that signed its certificate, where it speaks https. */
  ca: string | undefined;
  /** A folder all nodes accept for snapshot repositories (`path.repo`). */
  repoPath: string;
  /** Ends the nodes at once and removes their data; harmless a second time. */
  stop(): Promise<void>;
}

export interface ClusterPlan {
  name: string;
  nodes?: number | undefined;
  /** The first node's, instead of a free one. */
  httpPort?: number | undefined;
  repoPath?: string | undefined;
  auth?: Credentials | undefined;
  ca?: string | undefined;
  /** Writes what the nodes need into their folders and tells how each is run. */
  prepare(places: readonly NodePlace[], repoPath: string): Promise<NodeCommand[]>;
}

export async function startCluster(plan: ClusterPlan): Promise<ServerCluster> {
  const count = plan.nodes ?? 1;
  const block = await reservePorts(count);
  const folder = await mkdtemp(join(temporaryRoot(), 'essequence-server-'));
  const guard = new ServerGuard(folder);
  const nodes: ServerNode[] = [];
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopped ??= (async () => {
      try {
        await Promise.all(nodes.map((node) => node.kill()));
      } finally {
        await guard.close();
        block.release();
      }
    })());

  try {
    const repoPath = plan.repoPath ?? join(folder, 'snapshots');
    await mkdir(repoPath, { recursive: true });
    giveToServers(repoPath);
    const places = block.pairs.map((pair, index): NodePlace => {
      const name = `node-${index + 1}`;
      const httpPort = index === 0 ? (plan.httpPort ?? pair.httpPort) : pair.httpPort;
      return { ...pair, httpPort, name, folder: join(folder, name) };
    });
    for (const place of places) await mkdir(place.folder);
    giveToServers(folder); // The preparation may run tools as the servers' user, and leaves files of this process's own.
    const commands = await plan.prepare(places, repoPath);
    giveToServers(folder);
    for (const [index, place] of places.entries()) {
      const command = commands[index];
      if (command) nodes.push(new ServerNode(place, command, guard, plan.auth, plan.ca));
    }
    await Promise.all(nodes.map((node) => node.waitUntilReady({ nodes: count })));
    const [first, ...others] = nodes;
    if (!first) throw new Error(`${plan.name} was prepared without a node`);
    return {
      name: plan.name,
      url: first.url,
      nodes: [first, ...others],
      auth: plan.auth,
      ca: plan.ca,
      repoPath,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
