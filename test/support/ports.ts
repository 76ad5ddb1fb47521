import { createServer, type Server } from 'node:net';

/**
 * Below the ranges from which systems take ports for outgoing connections: a client that keeps retrying a killed
 * node could otherwise be given that node's own port, connect to itself, and keep the node from coming back.
 */
const FIRST = 20_000;
const LAST = 32_000;
const BLOCK = 10;

export interface NodePorts {
  httpPort: number;
  transportPort: number;
}

export interface PortBlock {
  pairs: NodePorts[];
  release(): void;
}

/** Loopback ports nobody listens on. The first of each block stays open: a lock among all that start servers here. */
export async function reservePorts(nodes: number): Promise<PortBlock> {
  if (!(nodes >= 1 && 2 * nodes < BLOCK)) {
    throw new RangeError(`Expected 1 to ${Math.floor((BLOCK - 1) / 2)} nodes, got ${nodes}`);
  }
  for (;;) {
    const first = FIRST + BLOCK * Math.floor(Math.random() * ((LAST - FIRST) / BLOCK));
    const lock = await listen(first);
    if (!lock) continue;
    lock.unref();
    const pairs = Array.from({ length: nodes }, (_, index) => ({
      httpPort: first + 1 + 2 * index,
      transportPort: first + 2 + 2 * index,
    }));
    const free = await Promise.all(
      pairs.flatMap(({ httpPort, transportPort }) => [isFree(httpPort), isFree(transportPort)]),
    );
    if (free.every(Boolean)) return { pairs, release: () => void lock.close() };
    lock.close();
  }
}

export async function isFree(port: number): Promise<boolean> {
  const server = await listen(port);
  if (!server) return false;
  await new Promise((resolve) => server.close(resolve));
  return true;
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });
}
