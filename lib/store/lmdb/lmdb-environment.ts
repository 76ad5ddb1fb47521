import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers';
import { getSystemErrorMap } from 'node:util';
import { open, type RootDatabase } from 'lmdb';
import { systemClock } from '../../common/clock.js';
import { SequenceError, type SequenceErrorCode } from '../../common/sequence-error.js';

/**
 * - `noSubdir`: lmdb-js would take a path with a dot in it for a file.
 * - `overlappingSync: false`: LMDB then flushes the pages of a commit and writes its meta page synchronously before the
 *   promise resolves; otherwise it resolves first and a power loss takes acknowledged claims back.
 * - `useVersions`: each value carries a version, which makes conditional writes possible.
 * - `eventTurnBatching: false`: writes of one event turn form no block, for whose end the writing thread would wait for
 *   the main thread while it holds the lock.
 * - `encoding: 'binary'`: with `string` lmdb-js ends the process at a value that is shorter than a version.
 */
const OPTIONS = {
  noSubdir: false,
  overlappingSync: false,
  useVersions: true,
  eventTurnBatching: false,
  encoding: 'binary',
} as const;

/** Two meta pages of the smallest page size; LMDB writes both at once when it creates the file. */
const LEAST_SIZE = 8_192;
const MAGIC = 0xbeefc0de;

/**
 * One opened folder with `data.mdb` and `lock.mdb`.
 *
 * Several of one process on one folder, and their order of closing, need no care: lmdb-js finds the open environment by
 * device and inode of `data.mdb`, before it touches the lock file, and counts its users (`checkExistingEnvs` and
 * `closeEnv` in its env.cpp). That also keeps POSIX file locks whole, which end with the first close of any descriptor.
 */
export class LmdbEnvironment {
  readonly #database: RootDatabase<Buffer, string>;
  readonly #path: string;
  readonly files: LmdbFiles;

  /** Creates the folder if it is missing. Blocks for some milliseconds: lmdb-js opens synchronously. */
  constructor(path: string) {
    const created = mkdirSync(path, { recursive: true });
    assertUsable(path);
    this.#path = path;
    this.#database = open({ path, ...OPTIONS });
    syncFolders(path, created === undefined ? path : dirname(created));
    this.files = lmdbFiles(path);
  }

  read(name: string): { value: string; version: number } | undefined {
    // Otherwise reads of one event turn share a snapshot, and miss what other processes wrote since.
    this.#database.resetReadTxn();
    try {
      const entry = this.#database.getEntry(name);
      return entry && { value: entry.value.toString(), version: entry.version ?? 0 };
    } catch (error) {
      // How lmdb-js answers a value that is shorter than a version. By name: jest's Uint8Array throws another RangeError.
      if ((error as Error).name === 'RangeError') return { value: '', version: 0 };
      throw error;
    }
  }

  /**
   * Writes if the value still has the version `expected` (`null`: if there is none). Compared and written within one
   * write transaction, in lmdb-js's thread. A transaction with a callback would be no safer and can stop the process
   * for good: its thread holds the lock while it waits for the main thread, which may be waiting for the same lock to
   * open the folder a second time.
   */
  write(name: string, value: string, version: number, expected: number | null): Promise<boolean> {
    // lmdb-js inserts only if there is none when given null, which its types leave out.
    return startedAtOnce(() => this.#database.put(name, Buffer.from(value), version, expected as number));
  }

  async remove(name: string | undefined): Promise<void> {
    const database = this.#database;
    await startedAtOnce(() => (name === undefined ? database.clearAsync() : database.remove(name)));
  }

  /** Whether the path still leads to the files that are open here. */
  isCurrent(): boolean {
    const { data, lock } = lmdbFiles(this.#path);
    return data === this.files.data && lock === this.files.lock;
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}

/**
 * lmdb-js starts a commit by the global `setImmediate`. Where fake timers replaced it, which would stall the commit, it
 * is started at once; else writes of one turn share a commit.
 */
function startedAtOnce<Result>(write: () => Result): Result {
  const faked = globalThis.setImmediate;
  if (faked === setImmediate) return write();
  globalThis.setImmediate = ((start: () => void) => start()) as unknown as typeof setImmediate;
  try {
    return write();
  } finally {
    globalThis.setImmediate = faked;
  }
}

/** Which files a path leads to: device and inode, `undefined` where there is none. */
export interface LmdbFiles {
  data: string | undefined;
  lock: string | undefined;
}

export function lmdbFiles(path: string): LmdbFiles {
  // In this order: a folder that goes away in between has lost its data, not only its lock.
  const lock = identity(join(path, 'lock.mdb'));
  return { data: identity(join(path, 'data.mdb')), lock };
}

/** What lmdb-js or the file system said, as this library says it. */
export async function lmdbFailure(
  name: string,
  path: string,
  error: unknown,
  ambiguous: boolean,
): Promise<SequenceError> {
  if (error instanceof SequenceError) return error;
  // lmdb-js tells the reason of a failed commit by a second promise, which for some reasons never settles.
  const { commitError } = error as { commitError?: Promise<unknown> };
  const given = commitError?.catch((reason: unknown) => reason);
  const cause =
    (await Promise.race([given, new Promise<void>((resolve) => systemClock.soon(resolve))])) ?? error;
  const system = (cause as NodeJS.ErrnoException).code as string | number | undefined;
  const code = typeof system === 'number' ? (getSystemErrorMap().get(-system)?.[0] ?? system) : system;
  return new SequenceError(
    CODES.get(code) ?? 'UNAVAILABLE',
    `Sequence "${name}": the LMDB folder ${JSON.stringify(path)} cannot be used (${(cause as Error).message}). ` +
      (ambiguous ? 'At most a gap remains.' : 'Nothing was changed.'),
    { sequence: name, cause, ambiguous },
  );
}

/** Negative numbers are LMDB's own: MDB_PAGE_NOTFOUND, MDB_CORRUPTED, MDB_VERSION_MISMATCH, MDB_INVALID. */
const CODES: ReadonlyMap<unknown, SequenceErrorCode> = new Map<unknown, SequenceErrorCode>([
  ['EACCES', 'FORBIDDEN'],
  ['EPERM', 'FORBIDDEN'],
  ['EROFS', 'FORBIDDEN'],
  ['ENOTDIR', 'REJECTED'],
  ['EEXIST', 'REJECTED'],
  ['ENAMETOOLONG', 'REJECTED'],
  [-30797, 'CORRUPT'],
  [-30796, 'CORRUPT'],
  [-30794, 'CORRUPT'],
  [-30793, 'CORRUPT'],
  [MAGIC, 'CORRUPT'],
]);

/**
 * lmdb 3.5.6 ends the process (it frees memory twice) when opening fails after it looked at the data file: a lock file
 * without write permission, a data file that is none or is cut short. So these are looked for first.
 */
function assertUsable(path: string): void {
  const data = join(path, 'data.mdb');
  for (const file of [data, join(path, 'lock.mdb')]) {
    if (identity(file) !== undefined) accessSync(file, constants.R_OK | constants.W_OK);
  }
  const size = statSync(data, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0) return;
  if (size < LEAST_SIZE) throw new Error('data.mdb is being created or was cut short');
  const head = new DataView(new ArrayBuffer(32));
  const descriptor = openSync(data, 'r');
  try {
    readSync(descriptor, head);
  } finally {
    closeSync(descriptor);
  }
  // At 16 in data format 1, at 24 in format 2; in the byte order of the machine.
  const magic = [16, 24].flatMap((offset) => [head.getUint32(offset, true), head.getUint32(offset, false)]);
  if (!magic.includes(MAGIC)) throw Object.assign(new Error('data.mdb is no LMDB file'), { code: MAGIC });
}

/** Else a power loss may take a new file away, or the folder it is in, although its content is on disk. */
function syncFolders(path: string, top: string): void {
  for (let folder = path; ; folder = dirname(folder)) {
    try {
      const descriptor = openSync(folder, 'r');
      try {
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
    } catch {
      // Not to be had: on Windows, or without the right to list a parent folder.
    }
    if (folder === top || folder === dirname(folder)) return;
  }
}

function identity(file: string): string | undefined {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev}:${found.ino}`;
}
