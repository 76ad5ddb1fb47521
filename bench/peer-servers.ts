import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { reservePorts } from '../test/support/ports.js';
import { giveToServers, serverUser, temporaryRoot } from '../test/support/server-user.js';

const run = promisify(execFile);

export interface PeerServer {
  url: string;
  stop(): Promise<void>;
}

/** A PostgreSQL of its own, as the package sets it up: durable. */
export async function startPostgres(): Promise<PeerServer> {
  const initdb = find(['/usr/lib/postgresql/*/bin/initdb', '/usr/local/pgsql/bin/initdb', '/usr/bin/initdb']);
  if (initdb === undefined) throw new Error('install the Debian package postgresql');
  return startServer('postgres', async (folder, port) => {
    const data = join(folder, 'data');
    const env = { ...process.env, HOME: folder };
    await run(initdb, ['-D', data, '-U', 'bench', '-A', 'trust'], { ...serverUser, env, cwd: folder });
    await appendFile(
      join(data, 'postgresql.conf'),
      `listen_addresses = '127.0.0.1'\nport = ${port}\nunix_socket_directories = ''\n`,
    );
    return { command: initdb.replace(/initdb$/, 'postgres'), args: ['-D', data] };
  });
}

/** A Redis of its own that writes every change to disk before it answers: an id must not come back after a crash. */
export async function startRedis(): Promise<PeerServer> {
  const command = find(['/usr/bin/redis-server', '/usr/local/bin/redis-server']);
  if (command === undefined) throw new Error('install the Debian package redis-server');
  return startServer('redis', async (folder, port) => ({
    command,
    args: [
      '--bind',
      '127.0.0.1',
      '--port',
      String(port),
      '--dir',
      folder,
      '--save',
      '',
      '--appendonly',
      'yes',
    ].concat(['--appendfsync', 'always']),
  }));
}

async function startServer(
  scheme: string,
  prepare: (folder: string, port: number) => Promise<{ command: string; args: string[] }>,
): Promise<PeerServer> {
  const folder = await mkdtemp(join(temporaryRoot(), 'essequence-peer-'));
  giveToServers(folder);
  const block = await reservePorts(1);
  const port = block.pairs[0]!.httpPort;
  let child: ChildProcess | undefined;
  const kill = () => void child?.kill('SIGKILL');
  process.once('exit', kill);
  const stop = async () => {
    process.removeListener('exit', kill);
    if (child !== undefined && child.exitCode === null) {
      const ended = new Promise((resolve) => child!.once('exit', resolve));
      // The fast shutdown of PostgreSQL, and a plain one of Redis.
      child.kill('SIGINT');
      await Promise.race([ended, sleep(5_000, undefined, { ref: false })]);
      kill();
    }
    block.release();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const { command, args } = await prepare(folder, port);
    child = spawn(command, args, { ...serverUser, cwd: folder, stdio: 'ignore' });
    child.once('error', () => {});
    const deadline = Date.now() + 30_000;
    while (!(await answers(port))) {
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${command} did not start`);
      await sleep(100);
    }
    return { url: `${scheme}://127.0.0.1:${port}`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}

function find(patterns: string[]): string | undefined {
  for (const pattern of patterns) {
    if (!pattern.includes('*')) {
      if (existsSync(pattern)) return pattern;
      continue;
    }
    const [folder, rest] = pattern.split('*') as [string, string];
    if (!existsSync(folder)) continue;
    const found = readdirSync(folder)
      .toSorted()
      .map((version) => `${folder}${version}${rest}`)
      .findLast((path) => existsSync(path));
    if (found !== undefined) return found;
  }
  return undefined;
}
