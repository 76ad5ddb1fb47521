import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { reachableByServers } from './server-user.js';

const run = promisify(execFile);

export interface JavaRange {
  min: number;
  max?: number;
}

interface Jdk {
  home: string;
  version: number;
}

/**
 * Home of a JDK that fits. Asked are ES_JAVA_HOME, JAVA_HOME and the `java` on the PATH, then the folders
 * beside their homes: several JDKs usually stand side by side, and a server rarely wants the default one.
 */
export async function findJava({ min, max = Infinity }: JavaRange): Promise<string> {
  const named: Jdk[] = [];
  for (const command of namedCommands()) {
    const jdk = await ask(command);
    if (jdk) named.push(jdk);
  }
  const fits = ({ version }: Jdk): boolean => version >= min && version <= max;
  const found = new Map(named.map((jdk) => [jdk.home, jdk]));
  const first = named.find(fits);
  if (first) return first.home;

  for (const home of new Set(named.flatMap((jdk) => homesBeside(jdk.home)))) {
    if (found.has(home)) continue;
    const jdk = await ask(join(home, 'bin', 'java'));
    if (!jdk) continue;
    found.set(jdk.home, jdk);
    if (fits(jdk)) return jdk.home;
  }
  const wanted = max === Infinity ? `JDK ${min} or later` : `JDK ${min} to ${max}`;
  const seen = [...found.values()].map(({ version }) => version).join(', ') || 'none';
  throw new Error(
    `install a ${wanted} and name its home in ES_JAVA_HOME or JAVA_HOME, or put it beside the others (found: ${seen})`,
  );
}

function namedCommands(): string[] {
  const homes = [process.env['ES_JAVA_HOME'], process.env['JAVA_HOME']].filter((home) => !!home) as string[];
  return [...homes.map((home) => join(home, 'bin', 'java')), 'java'];
}

/** Asks the command itself for its home: a `java` on the PATH is often a link, a stub or a version manager's shim. */
async function ask(command: string): Promise<Jdk | undefined> {
  try {
    const { stderr } = await run(command, ['-XshowSettings:properties', '-version'], { timeout: 30_000 });
    const home = /^\s*java\.home = (.+)$/m.exec(stderr)?.[1]?.trim();
    const version = /^\s*java\.specification\.version = (?:1\.)?(\d+)/m.exec(stderr)?.[1];
    // A JRE has neither `jar` (unpacks the servers) nor a compiler (runs the OpenSearch main class from source).
    if (!home || !version || !existsSync(join(home, 'bin', 'jar')) || !reachableByServers(home))
      return undefined;
    return { home, version: Number(version) };
  } catch {
    return undefined;
  }
}

function homesBeside(home: string): string[] {
  const bundle = join('Contents', 'Home'); // macOS: <name>.jdk/Contents/Home
  const inner = home.endsWith(bundle) ? bundle : '';
  const folder = inner ? dirname(dirname(dirname(home))) : dirname(home);
  return readdirSync(folder)
    .toSorted()
    .map((name) => join(folder, name, inner))
    .filter((candidate) => existsSync(join(candidate, 'bin', 'java')));
}
