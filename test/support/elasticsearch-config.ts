import { execFile } from 'node:child_process';
import { appendFile, copyFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { NodeCommand, NodePlace } from './server-node.js';
import type { Certificates } from './certificates.js';
import { giveToServers, serverUser } from './server-user.js';

const run = promisify(execFile);

export interface SecurityPlan {
  /** Of the file realm: the native realm and API keys need a module the artifact lacks. */
  users: Record<string, { password: string; roles: string[] }>;
  /** As in the roles API: `{ writer: { indices: [{ names: ['essequences*'], privileges: ['read', 'index'] }] } }`. */
  roles?: Record<string, object>;
  /** Speaks https with these. */
  certificates?: Certificates;
}

export interface ElasticsearchFiles {
  home: string;
  java: string;
  places: readonly NodePlace[];
  settings: Record<string, string>;
  security?: SecurityPlan | undefined;
}

/** Writes a config folder for each node and answers with the commands that run them. */
export async function writeNodes(files: ElasticsearchFiles): Promise<NodeCommand[]> {
  const { home, java, places, security } = files;
  const commands: NodeCommand[] = [];
  let written: string | undefined;
  for (const place of places) {
    const config = join(place.folder, 'config');
    await cp(written ?? join(home, 'config'), config, { recursive: true });
    await mkdir(join(place.folder, 'tmp'));
    const env = {
      ES_JAVA_HOME: java,
      JAVA_HOME: java,
      ES_PATH_CONF: config,
      ES_TMPDIR: join(place.folder, 'tmp'),
      ES_JAVA_OPTS: '-Xms512m -Xmx512m',
    };
    if (!written) {
      await keepLogsOutOfHome(config);
      if (security) await writeSecurity(security, config, home, env);
      written = config;
    }
    await writeFile(join(config, 'elasticsearch.yml'), yaml(nodeSettings(place, files)));
    commands.push({ command: join(home, 'bin', 'elasticsearch'), args: [], env });
  }
  return commands;
}

function nodeSettings(place: NodePlace, { places, settings }: ElasticsearchFiles): Record<string, string> {
  const discovery: Record<string, string> =
    places.length === 1
      ? { 'discovery.type': 'single-node' }
      : {
          'discovery.seed_hosts': places.map(({ transportPort }) => `127.0.0.1:${transportPort}`).join(),
          'cluster.initial_master_nodes': places.map(({ name }) => name).join(),
        };
  return {
    'cluster.name': 'essequence',
    'node.name': place.name,
    'network.host': '127.0.0.1',
    'http.port': String(place.httpPort),
    'transport.port': String(place.transportPort),
    'path.data': join(place.folder, 'data'),
    'path.logs': join(place.folder, 'logs'),
    // A developer's disk that is nearly full would make the indices read-only.
    'cluster.routing.allocation.disk.threshold_enabled': 'false',
    ...discovery,
    ...settings,
  };
}

/** Every setting may be given as a string, lists with commas. */
function yaml(settings: Record<string, string>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`)
    .join('');
}

/** The log of the garbage collector goes to the server's own folder by default, which is shared and not writable here. */
async function keepLogsOutOfHome(config: string): Promise<void> {
  const file = join(config, 'jvm.options');
  const lines = (await readFile(file, 'utf8')).split('\n');
  await writeFile(file, lines.filter((line) => !/gc\.log|ErrorFile|HeapDump/.test(line)).join('\n'));
}

async function writeSecurity(
  { users, roles = {}, certificates }: SecurityPlan,
  config: string,
  home: string,
  env: Record<string, string>,
): Promise<void> {
  const lines = Object.entries(roles).map(([name, role]) => `${name}: ${JSON.stringify(role)}\n`);
  await appendFile(join(config, 'roles.yml'), `\n${lines.join('')}`);
  if (certificates !== undefined) {
    await copyFile(certificates.key, join(config, 'http.key'));
    await copyFile(certificates.certificate, join(config, 'http.pem'));
  }
  giveToServers(config);
  // The tool takes seconds a user. Those with the same password get the same hash.
  const hashes = new Map<string, string>();
  const grants: string[] = [];
  for (const [name, { password, roles: granted }] of Object.entries(users)) {
    const hash = hashes.get(password);
    if (hash === undefined) {
      await run(join(home, 'bin', 'elasticsearch-users'), ['useradd', name, '-p', password], {
        ...serverUser,
        cwd: config,
        env: { PATH: process.env['PATH'], ...env },
      });
      const made = await readFile(join(config, 'users'), 'utf8');
      hashes.set(
        password,
        made
          .split('\n')
          .find((line) => line.startsWith(`${name}:`))!
          .slice(name.length + 1),
      );
    } else {
      await appendFile(join(config, 'users'), `${name}:${hash}\n`);
    }
    grants.push(...granted.map((role) => `${role}:${name}\n`));
  }
  await writeFile(join(config, 'users_roles'), grants.join(''));
}
