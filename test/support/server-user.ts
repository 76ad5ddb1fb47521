import { execFileSync } from 'node:child_process';
import { realpathSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';

/** The servers refuse to run as root; started by root they run as nobody, else as whoever starts them. */
export const serverUser: { uid: number; gid: number } | Record<string, never> =
  process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

/** Whether the servers' user gets to a folder at all: one closed parent (such as root's home) is enough to say no. */
export function reachableByServers(folder: string): boolean {
  if (!('uid' in serverUser)) return true;
  for (let path = realpathSync(folder); ; path = dirname(path)) {
    if ((statSync(path).mode & 0o001) === 0) return false;
    if (path === dirname(path)) return true;
  }
}

export function giveToServers(folder: string): void {
  if ('uid' in serverUser) {
    execFileSync('chown', ['-R', `${serverUser.uid}:${serverUser.gid}`, folder]);
  }
}

/** The usual folder for temporary files, unless the servers' user can not get there. */
export function temporaryRoot(): string {
  return reachableByServers(tmpdir()) ? tmpdir() : '/tmp';
}
