import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { unpackDebianPackage } from './debian.js';
import { reservePorts } from '../test/support/ports.js';
import { giveToServers, serverUser, temporaryRoot } from '../test/support/server-user.js';

const run = promisify(execFile);

export interface PeerServer {
  url: string;
  stop(): Promise<void>;
}

/** A PostgreSQL of its own, as the package sets it up: durable. */
export async function startPostgres(): Promise<PeerServer> {
  const { command: initdb, env: found } = await find('postgresql', [
    '/usr/lib/postgresql/*/bin/initdb',
    '/usr/local/pgsql/bin/initdb',
    '/usr/bin/initdb',
  ]);
  return startServer('postgres', async (folder, port) => {
    const data = join(folder, 'data');
    const env = { ...found, HOME: folder };
    await run(initdb, ['-D', data, '-U', 'bench', '-A', 'trust'], { ...serverUser, env, cwd: folder });
    await appendFile(
      join(data, 'postgresql.conf'),
      `listen_addresses = '127.0.0.1'\nport = ${port}\nunix_socket_directories = ''\n`,
    );
    return { command: initdb.replace(/initdb$/, 'postgres'), args: ['-D', data], env };
  });
}

/** A Redis of its own that writes every change to disk before it answers: an id must not come back after a crash. */
export async function startRedis(): Promise<PeerServer> {
  const { command, env } = await find('redis-server', [
    '/usr/bin/redis-server',
    '/usr/local/bin/redis-server',
  ]);
  return startServer('redis', async (folder, port) => ({
    command,
    env,
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
  prepare: (
    folder: string,
    port: number,
  ) => Promise<{ command: string; args: string[]; env: NodeJS.ProcessEnv }>,
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
    const { command, args, env } = await prepare(folder, port);
    child = spawn(command, args, { ...serverUser, env, cwd: folder, stdio: 'ignore' });
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

/** A program of a Debian package: the machine's own, else one unpacked beside it. */
async function find(
  debianPackage: string,
  patterns: string[],
): Promise<{ command: string; env: NodeJS.ProcessEnv }> {
  const installed = match(patterns);
  if (installed !== undefined) return { command: installed, env: process.env };
  const root = await unpackDebianPackage(debianPackage).catch((error: Error) => {
    throw new Error(`install the Debian package ${debianPackage} (${error.message.split('\n')[0]})`);
  });
  const command = match(patterns.map((pattern) => `${root}${pattern}`));
  if (command === undefined)
    throw new Error(`the Debian package ${debianPackage} has none of ${patterns.join(', ')}`);
  const libraries = readdirSync(join(root, 'usr/lib')).map((name) => join(root, 'usr/lib', name));
  return { command, env: { ...process.env, LD_LIBRARY_PATH: libraries.join(':') } };
}

/** The first file that a pattern names; of several versions the last one. */
function match(patterns: string[]): string | undefined {
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
