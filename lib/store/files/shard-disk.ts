import { type FileHandle, link, mkdir, open, readdir, rename, rm, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { codeOf, Folder, isMissing } from './folder.js';
import { fileOf, generationOf } from './generation.js';
import type { Dialogue, Question } from './protocol.js';
import type { RootFolder } from './root-folder.js';

/** Bytes: a shard of some 600 counters. */
const READ_AT_ONCE = 64 * 1_024;

/** The folder of a shard as the protocol asks it, during one attempt. */
export class ShardDisk {
  /** Whether something was written that others may see. */
  linked = false;
  #listed = false;
  #prepared: string | undefined;

  /** `folder`: what the path leads to when the attempt begins. */
  constructor(
    private readonly path: string,
    private readonly root: RootFolder,
    public folder: Folder | undefined,
  ) {}

  async carryOut<Result>(dialogue: Dialogue<Result>): Promise<Result> {
    let answer: unknown;
    for (;;) {
      const { done, value } = dialogue.next(answer);
      if (done) return value;
      answer = await this.#answer(value);
    }
  }

  /** Removes what was prepared, once it is linked or given up. */
  async discard(): Promise<void> {
    if (this.#prepared === undefined) return;
    // A folder only where it could not be renamed.
    await unlink(this.#prepared).catch(() => rm(this.#prepared!, { recursive: true, force: true }));
  }

  #answer(question: Question): Promise<unknown> {
    switch (question.ask) {
      case 'list':
        return this.#list();
      case 'read':
        return this.#read(question.generation);
      case 'prepare':
        return this.#prepare(question.text);
      case 'create':
        return this.#create();
      case 'link':
        return this.#link(question.generation);
      case 'sync':
        return this.#sync();
      case 'isSame':
        return this.folder?.isSame() ?? Promise.resolve(false);
      case 'remove':
        return this.#remove(question.generation);
    }
  }

  /**
   * The kernel answers a listing from one moment where it fits one system call (32 KB, some 1,000 files). So the folder
   * holds nothing but generations, of which few are kept: what is only prepared lies elsewhere.
   */
  async #list(): Promise<number[] | undefined> {
    if (this.folder === undefined) return undefined;
    try {
      const files = await readdir(this.path);
      this.#listed = true;
      return files.map(generationOf).filter((generation) => generation !== undefined);
    } catch (error) {
      if (!isMissing(error)) throw error;
      if (!this.#listed) this.folder = undefined;
      return undefined;
    }
  }

  async #read(generation: number): Promise<string | undefined> {
    try {
      return await readText(this.#file(generation));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** A file; where there is no folder yet, one with the file in it. */
  async #prepare(text: string): Promise<void> {
    const prepared = this.root.temporary(basename(this.path));
    try {
      await this.#write(prepared, text);
    } catch (error) {
      if (!isMissing(error)) throw error;
      await this.root.makeTemporary();
      await this.#write(prepared, text);
    }
  }

  async #write(prepared: string, text: string): Promise<void> {
    this.#prepared = prepared;
    if (this.folder === undefined) await mkdir(prepared);
    const file = await open(this.folder === undefined ? join(prepared, fileOf(1)) : prepared, 'wx');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      closeLater(file);
    }
  }

  /** `rename` replaces no folder that has something in it. */
  async #create(): Promise<boolean> {
    const folder = await Folder.open(this.#prepared!, this.path);
    try {
      await rename(this.#prepared!, this.path);
    } catch (error) {
      await folder?.close();
      if (['EEXIST', 'ENOTEMPTY', 'EPERM', 'ENOENT'].includes(codeOf(error)!)) return false;
      throw error;
    }
    this.linked = true;
    this.folder = folder;
    return true;
  }

  async #link(generation: number): Promise<boolean> {
    try {
      await link(this.#prepared!, this.#file(generation));
    } catch (error) {
      // Missing: swept away as too old, or the folder is gone, as the next attempt finds.
      if (codeOf(error) === 'EEXIST' || isMissing(error)) return false;
      throw error;
    }
    this.linked = true;
    return true;
  }

  /** The folder that it is in only once: an entry that is on disk stays there. */
  async #sync(): Promise<void> {
    const { folder } = this;
    if (folder === undefined) return;
    await folder.sync();
    if (folder.parentSynced) return;
    await this.root.sync();
    folder.parentSynced = true;
  }

  /** True also where it is gone already. */
  async #remove(generation: number): Promise<boolean> {
    try {
      await unlink(this.#file(generation));
      return true;
    } catch (error) {
      return isMissing(error);
    }
  }

  #file(generation: number): string {
    return join(this.path, fileOf(generation));
  }
}

/** As `readFile`, which asks the disk five times where this asks twice before it answers. */
async function readText(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const parts: Buffer[] = [];
    for (;;) {
      const buffer = Buffer.allocUnsafe(READ_AT_ONCE);
      const { bytesRead } = await file.read(buffer, 0, READ_AT_ONCE);
      parts.push(buffer.subarray(0, bytesRead));
      if (bytesRead < READ_AT_ONCE) return Buffer.concat(parts).toString('utf8');
    }
  } finally {
    closeLater(file);
  }
}

/** Nobody needs to wait for it: what was written is synced, and what was read is read. */
function closeLater(file: FileHandle): void {
  file.close().catch(() => {});
}
