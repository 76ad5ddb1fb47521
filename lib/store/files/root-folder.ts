import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { systemClock } from '../../common/clock.js';
import { SequenceError } from '../../common/sequence-error.js';
import { codeOf, Folder, identityAt, isMissing } from './folder.js';

/** What is written and not linked yet. */
const TEMPORARY = 'tmp';
/** Milliseconds after which nobody can still want to link what a process wrote and left; else that process tries again. */
const LIFETIME = 60 * 60 * 1_000;

/** By the number that `statfs` gives on Linux. Their caches show other machines what was, not what is. */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0x01021997, '9P'],
  [0x00c36400, 'Ceph'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x786f4256, 'a VirtualBox shared folder'],
  [0xbacbacbc, 'a VMware shared folder'],
]);

/** What file systems without hard links answer. */
const NO_HARD_LINKS: ReadonlySet<string | undefined> = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EMLINK',
]);

/** The folder with all shards in it. */
export class RootFolder {
  readonly path: string;
  #folder: Folder | undefined;
  #opening: Promise<Folder | undefined> | undefined;
  /** Open, so that no later one is taken for them. */
  readonly #former: Folder[] = [];
  /** Nobody else's files begin like ours. */
  readonly #owner = randomUUID();
  #files = 0;
  #sweptAt = Number.NEGATIVE_INFINITY;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * What the path leads to now, checked when it is seen for the first time. `create`: made if it is missing. Undefined:
   * it is missing.
   */
  async current(create: boolean): Promise<Folder | undefined> {
    const identity = await identityAt(this.path);
    if (identity !== undefined && identity === this.#folder?.identity) return this.#folder;
    if (identity === undefined && !create) return undefined;
    this.#opening ??= this.#open(create).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /** A path for what is written and not linked yet, for a shard. */
  temporary(shard: string): string {
    return join(this.path, TEMPORARY, `${shard}-${this.#owner}-${this.#files++}`);
  }

  /** What others prepare for a shard, and what was left behind. */
  async prepared(shard: string): Promise<string[]> {
    const files = await readdir(join(this.path, TEMPORARY));
    return files.filter(
      (file) => file.startsWith(`${shard}-`) && !file.startsWith(`${shard}-${this.#owner}-`),
    );
  }

  /** Copies may lack it. */
  async makeTemporary(): Promise<void> {
    await mkdir(join(this.path, TEMPORARY)).catch(unless('EEXIST'));
  }

  async sync(): Promise<void> {
    await this.#folder?.sync();
  }

  /** Removes what processes left that ended before they had linked it. At most once in its lifetime. */
  async sweep(): Promise<void> {
    const now = systemClock.now();
    if (now < this.#sweptAt + LIFETIME) return;
    this.#sweptAt = now;
    const folder = join(this.path, TEMPORARY);
    for (const file of await readdir(folder)) {
      const path = join(folder, file);
      const { mtimeMs } = await stat(path);
      if (mtimeMs < Date.now() - LIFETIME) await rm(path, { recursive: true, force: true });
    }
  }

  async close(): Promise<void> {
    const folders = [...this.#former.splice(0), this.#folder];
    this.#folder = undefined;
    for (const folder of folders) await folder?.close();
  }

  async #open(create: boolean): Promise<Folder | undefined> {
    const created = create ? await mkdir(this.path, { recursive: true }) : undefined;
    const folder = await Folder.open(this.path);
    if (folder === undefined) return undefined;
    try {
      await assertLocal(this.path);
      await this.makeTemporary();
      await this.#assertHardLinks();
      await folder.sync();
      await syncParents(this.path, created);
    } catch (error) {
      await folder.close();
      if (isMissing(error)) return undefined;
      throw error;
    }
    if (this.#folder !== undefined) this.#former.push(this.#folder);
    this.#folder = folder;
    return folder;
  }

  async #assertHardLinks(): Promise<void> {
    const [file, other] = [this.temporary('trial'), this.temporary('trial')];
    try {
      await writeFile(file, '', { flag: 'wx' });
      await link(file, other).catch((cause: unknown) => {
        if (!NO_HARD_LINKS.has(codeOf(cause))) throw cause;
        throw new SequenceError(
          'UNSAFE_FOLDER',
          `The file system of ${JSON.stringify(this.path)} makes no hard links (${(cause as Error).message}), which keep ` +
            'processes apart. Nothing was claimed. Use a folder on a local disk, for example with ext4, xfs, APFS or NTFS.',
          { cause },
        );
      });
    } finally {
      await rm(file, { force: true });
      await rm(other, { force: true });
    }
  }
}

/** Elsewhere than on Linux the numbers mean other things. */
async function assertLocal(path: string): Promise<void> {
  if (process.platform !== 'linux') return;
  const { type } = await statfs(path);
  const network = NETWORK_FILE_SYSTEMS.get(type);
  if (network === undefined) return;
  throw new SequenceError(
    'UNSAFE_FOLDER',
    `${JSON.stringify(path)} is on a network file system (${network}), whose caches may show a state that was. Nothing was ` +
      'claimed. Use a folder on a local disk.',
  );
}

/** From the folder's parent up to that of the first folder that was `created`; else a power loss may take them away. */
async function syncParents(path: string, created: string | undefined): Promise<void> {
  const top = dirname(created ?? path);
  const steps = relative(top, path).split(sep).length;
  let parent = path;
  for (let step = 0; step < steps; step++) {
    parent = dirname(parent);
    try {
      const folder = await Folder.open(parent);
      await folder?.sync();
      await folder?.close();
    } catch (error) {
      // Without the right to list a parent folder there is no way to sync it.
      if (codeOf(error) !== 'EACCES') throw error;
    }
  }
}

function unless(code: string): (error: unknown) => void {
  return (error) => {
    if (codeOf(error) !== code) throw error;
  };
}
