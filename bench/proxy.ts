import { once } from 'node:events';
import { createServer, createConnection, type AddressInfo, type Socket } from 'node:net';
import { say, start, type Running } from './contenders.js';

interface Task {
  port: number;
  /** Milliseconds added to each answer. */
  delay: number;
}

export const contenders = {
  /** Between a client and a server, in a process of its own so that it costs neither of them a turn. */
  async proxy({ port, delay }: Task): Promise<void> {
    const open = new Set<Socket>();
    let dark = false;
    const server = createServer({ noDelay: true }, (client) => {
      if (dark) {
        client.destroy();
        return;
      }
      const upstream = createConnection({ port, host: '127.0.0.1', noDelay: true });
      for (const socket of [client, upstream]) {
        open.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          open.delete(socket);
          client.destroy();
          upstream.destroy();
        });
      }
      client.on('data', (data) => void upstream.write(data));
      upstream.on('data', (data) => {
        if (delay === 0) client.write(data);
        else setTimeout(() => void client.write(data), delay);
      });
    });
    process.on('message', (message) => {
      dark = message === 'dark';
      if (dark) for (const socket of open) socket.destroy();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    say((server.address() as AddressInfo).port);
    await once(server, 'close');
  },
};

export interface Proxy {
  url: string;
  port: number;
  /** Ends all connections and refuses new ones. */
  darken(): void;
  lighten(): void;
  stop(): Promise<void>;
}

export async function startProxy(target: string, delay = 0): Promise<Proxy> {
  const running: Running<void> = start(import.meta.url, 'proxy', {
    port: Number(new URL(target).port),
    delay,
  });
  const port = await running.heard<number>();
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    darken: () => running.send('dark'),
    lighten: () => running.send('light'),
    stop: () => running.kill(),
  };
}
