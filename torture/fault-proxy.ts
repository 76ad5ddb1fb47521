import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * - `pass`: forwards.
 * - `reset`: ends every connection with a reset, new ones at once.
 * - `blackhole`: takes bytes of both sides and forwards none.
 * - `delay`: forwards late, in order.
 * - `swallow`: forwards requests and takes the answers: what was asked is done, and the asker never learns it.
 */
export type ProxyMode = 'pass' | 'reset' | 'blackhole' | 'delay' | 'swallow';

interface Connection {
  client: Socket;
  server: Socket;
  /** Bytes are missing from it: it must not be used again. */
  broken: boolean;
}

/** A TCP proxy in front of one node, on a port of its own, that can misbehave. */
export class FaultProxy {
  /** How often each misbehaviour met a connection or a chunk of bytes. */
  readonly hits: Record<ProxyMode, number> = { pass: 0, reset: 0, blackhole: 0, delay: 0, swallow: 0 };
  readonly #connections = new Set<Connection>();
  #mode: ProxyMode = 'pass';
  #delay = 0;

  private constructor(
    private readonly server: Server,
    private readonly targetPort: number,
  ) {
    server.on('connection', (client) => this.#accept(client));
  }

  static async start(targetPort: number): Promise<FaultProxy> {
    const server = createServer({ noDelay: true });
    const proxy = new FaultProxy(server, targetPort);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** `delay`: milliseconds, for that mode. */
  set(mode: ProxyMode, delay = 0): void {
    this.#mode = mode;
    this.#delay = delay;
    for (const connection of this.#connections) {
      if (connection.broken || mode === 'reset') this.#end(connection);
    }
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const connection of this.#connections) this.#end(connection);
    await closed;
  }

  #accept(client: Socket): void {
    if (this.#mode === 'reset') {
      this.hits.reset++;
      client.on('error', () => undefined);
      client.resetAndDestroy();
      return;
    }
    const server = connect({ port: this.targetPort, host: '127.0.0.1', noDelay: true });
    const connection: Connection = { client, server, broken: false };
    this.#connections.add(connection);
    this.#join(connection, client, server, ['blackhole']);
    this.#join(connection, server, client, ['blackhole', 'swallow']);
  }

  #join(connection: Connection, from: Socket, to: Socket, lostIn: readonly ProxyMode[]): void {
    let late = Promise.resolve();
    let waiting = 0;
    from.on('data', (bytes) => {
      const mode = this.#mode;
      if (connection.broken || lostIn.includes(mode)) {
        connection.broken = true;
        this.hits[mode]++;
      } else if (mode === 'delay' || waiting > 0) {
        // Whatever is behind late bytes is late too, also when the proxy is well again.
        this.hits.delay++;
        waiting++;
        const due = sleep(mode === 'delay' ? this.#delay : 0);
        late = late.then(async () => {
          await due;
          waiting--;
          if (!to.destroyed) to.write(bytes);
        });
      } else {
        to.write(bytes);
      }
    });
    from.on('error', () => this.#end(connection));
    from.on('close', () => this.#end(connection));
  }

  #end(connection: Connection): void {
    if (!this.#connections.delete(connection)) return;
    if (this.#mode === 'reset') this.hits.reset++;
    connection.client.resetAndDestroy();
    connection.server.destroy();
  }
}
