import { execFile } from 'node:child_process';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from '../test/support/server-cache.js';

const run = promisify(execFile);

/**
 * The files of a Debian package and of what it needs beyond this machine's packages, unpacked into the cache of servers:
 * nothing is installed, and no list of the machine's own is touched. Resolves to the folder that stands for `/`.
 */
export async function unpackDebianPackage(name: string): Promise<string> {
  return cached(`debian-${name}`, async (folder) => {
    const state = join(folder, 'apt');
    for (const part of ['lists/partial', 'archives/partial'])
      await mkdir(join(state, part), { recursive: true });
    const apt = async (...args: string[]) => {
      const options = [
        `Dir::State::lists=${join(state, 'lists')}`,
        `Dir::Cache::archives=${join(state, 'archives')}`,
        'Debug::NoLocking=1',
        // Without it apt downloads as a user that cannot write here.
        'APT::Sandbox::User=root',
      ];
      await run('apt-get', ['-q', ...options.flatMap((option) => ['-o', option]), ...args]);
    };
    await apt('update');
    await apt('install', '--yes', '--download-only', '--no-install-recommends', name);
    const archives = join(state, 'archives');
    for (const file of await readdir(archives)) {
      if (file.endsWith('.deb')) await run('dpkg-deb', ['--extract', join(archives, file), folder]);
    }
    await rm(state, { recursive: true });
  });
}
