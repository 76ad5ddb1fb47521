import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { reachableByServers } from './server-user.js';

const ABANDONED_AFTER = 60 * 60_000;

/**
 * Where unpacked servers are kept: ESSEQUENCE_CACHE, else the user's cache folder, else (for root, whose home is
 * often closed to the user the servers run as) the system's.
 */
export function cacheFolder(): string {
  const given = process.env['ESSEQUENCE_CACHE'];
  const own = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'nestjs-essequence');
  const candidates = given ? [resolve(given)] : [own, '/var/cache/nestjs-essequence'];
  for (const folder of candidates) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o755 });
      if (reachableByServers(folder)) return folder;
    } catch {
      // Not ours to write: the next one.
    }
  }
  throw new Error(
    `no cache folder that can be written and that the servers' user can read: name one in ESSEQUENCE_CACHE (tried ${candidates.join(', ')})`,
  );
}

/**
 * The folder of a server, built on first use. It is built under another name and renamed when complete, so a folder
 * of that name is always whole; of two processes that build at once the first rename wins and the other one's is dropped.
 */
export async function cached(name: string, build: (folder: string) => Promise<void>): Promise<string> {
  const cache = cacheFolder();
  const folder = join(cache, name);
  if (existsSync(folder)) return folder;

  await removeAbandoned(cache);
  const draft = await mkdtemp(join(cache, `.${name}-`));
  try {
    process.stderr.write(`${name}: fetching into ${cache}\n`);
    await build(draft);
    execFileSync('chmod', ['-R', 'a+rX', draft]);
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

/** Drafts of processes that were killed while they built. */
async function removeAbandoned(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (!name.startsWith('.')) continue;
    const draft = join(cache, name);
    const made = (await stat(draft).catch(() => undefined))?.mtimeMs; // Undefined: its builder has just renamed it.
    if (made !== undefined && Date.now() - made > ABANDONED_AFTER)
      await rm(draft, { recursive: true, force: true });
  }
}
