import { type FileHandle, open, stat } from 'node:fs/promises';

/** Folders can be neither opened nor synced there. */
const IS_WINDOWS = process.platform === 'win32';

/** An open folder. As long as it is open no other one gets its device and inode, by which folders are told apart. */
export class Folder {
  /** Whether the folder it is in is known to have it on disk. */
  parentSynced = false;

  private constructor(
    /** Where it is to be found. */
    readonly path: string,
    /** Device and inode. */
    readonly identity: string,
    private readonly handle: FileHandle | undefined,
  ) {}

  /** Opens what is `at` a path now, to be found at another `path` later. Undefined: there is nothing. */
  static async open(at: string, path = at): Promise<Folder | undefined> {
    try {
      const handle = IS_WINDOWS ? undefined : await open(at, 'r');
      const { dev, ino } = await (handle?.stat({ bigint: true }) ?? stat(at, { bigint: true }));
      return new Folder(path, `${dev}:${ino}`, handle);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Whether its path leads to it still. */
  async isSame(): Promise<boolean> {
    return (await identityAt(this.path)) === this.identity;
  }

  async sync(): Promise<void> {
    await this.handle?.sync();
  }

  async close(): Promise<void> {
    await this.handle?.close();
  }
}

/** Device and inode of what a path leads to; undefined: nothing is there. */
export async function identityAt(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT';
}

/** What the operating system calls an error. */
export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}
