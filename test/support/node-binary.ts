import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './project-copy.js';
import { cached } from './server-cache.js';

/** Another version of Node, which npm has as a package for each platform. Fetched on first use. */
export async function nodeBinary(version: string): Promise<{ path: string; version: string }> {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const name = `node-${platform}-${process.arch}`;
  const exact = await versionOf(name, version);
  const folder = await cached(`${name}-${exact}`, async (draft) => {
    await run('npm', ['install', '--no-save', '--prefix', draft, `${name}@${exact}`], draft);
  });
  const home = join(folder, 'node_modules', name);
  const { bin } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { bin: { node: string } };
  return { path: join(home, bin.node), version: exact };
}

/** The newest version in a range, as `npm install` would take it. */
async function versionOf(name: string, range: string): Promise<string> {
  if (/^\d+\.\d+\.\d+$/.test(range)) return range;
  const printed = JSON.parse(
    await run('npm', ['view', `${name}@${range}`, 'version', '--json'], process.cwd()),
  ) as string | string[];
  const versions = [printed].flat();
  const parts = (version: string) => version.split('.').map(Number);
  return versions.toSorted((one, other) => {
    const [a, b] = [parts(one), parts(other)];
    return a[0]! - b[0]! || a[1]! - b[1]! || a[2]! - b[2]!;
  })[versions.length - 1]!;
}
