import { join } from 'node:path';
import { systemClock } from '../../common/clock.js';
import type { SequenceError } from '../../common/sequence-error.js';
import type { Counter } from '../counter.js';
import type { ChangeOptions } from '../counter-store.js';
import { Courtesy } from './courtesy.js';
import { emptyError, fileError, lostRace, mismatchError } from './errors.js';
import { Folder, identityAt } from './folder.js';
import {
  counterOf,
  type FileCounter,
  fileOf,
  formatGeneration,
  type Generation,
  parseGeneration,
  stored,
} from './generation.js';
import type { Sight } from './identity.js';
import type { KnownCounters } from './known-counters.js';
import { claim, look, tidy } from './protocol.js';
import type { RootFolder } from './root-folder.js';
import { ShardDisk } from './shard-disk.js';

/** What somebody wants of one counter. */
export interface Wish extends ChangeOptions {
  readonly name: string;
  /** Undefined as a result: the counter is removed. Nothing is written if it is the very counter that it got. */
  next(counter: Counter | undefined, mark: number): Counter | undefined;
  resolve(counter: Counter | undefined): void;
  reject(error: unknown): void;
}

/** One folder of generations, and those who wait for it. Whatever waits at one moment becomes one generation. */
export class Shard {
  readonly #name: string;
  readonly #path: string;
  readonly #root: RootFolder;
  readonly #known: KnownCounters;
  #waiting: Wish[] = [];
  /** Undefined: nobody waits. */
  #working: Promise<void> | undefined;
  #tidying = Promise.resolve();
  readonly #courtesy = new Courtesy();
  #folder: Folder | undefined;
  /** Open, so that no later one is taken for them. */
  readonly #former: Folder[] = [];

  constructor(name: string, root: RootFolder, known: KnownCounters) {
    this.#name = name;
    this.#path = join(root.path, name);
    this.#root = root;
    this.#known = known;
  }

  add(wish: Wish): void {
    wish.progress?.queued();
    this.#waiting.push(wish);
    this.#working ??= this.#work();
  }

  async read(name: string): Promise<Counter | undefined> {
    try {
      return counterOf(await this.#read(name), name);
    } catch (error) {
      throw fileError(this.#path, error, name);
    }
  }

  /** Of all counters there are. */
  async names(): Promise<string[]> {
    try {
      return Object.keys(await this.#read(undefined));
    } catch (error) {
      throw fileError(this.#path, error);
    }
  }

  /** Waits for those who wait, and for what is tidied after them. */
  async close(): Promise<void> {
    await this.#working;
    await this.#tidying;
    const folders = [...this.#former.splice(0), this.#folder];
    this.#folder = undefined;
    for (const folder of folders) await folder?.close();
  }

  async #read(name: string | undefined): Promise<Generation> {
    const disk = new ShardDisk(this.#path, this.#root, await this.#current());
    const seen = await disk.carryOut(look());
    if (seen.found === 'nothing') return {};
    if (seen.found === 'lost') throw lostRace(name);
    if (seen.found === 'empty') throw this.#emptyError(name);
    return parseGeneration(seen.text, this.#file(seen.generation));
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      // What is asked for in the same turn of the event loop goes together.
      await new Promise<void>((resolve) => systemClock.soon(resolve));
      const wishes = this.#waiting;
      this.#waiting = [];
      await this.#attempt(wishes.filter(isWanted));
    }
    this.#working = undefined;
  }

  /** Settles every wish. */
  async #attempt(wishes: readonly Wish[]): Promise<void> {
    if (wishes.length === 0) return;
    for (const { progress } of wishes) progress?.sent();
    if (this.#courtesy.yields()) {
      for (const { name, reject } of wishes) reject(lostRace(name));
      return;
    }
    let disk: ShardDisk | undefined;
    try {
      const folder = await this.#current();
      // After the shard: where both are replaced in between, the shard must not pass for one in the former root.
      const root = await this.#root.current(!this.#known.any);
      const on = (disk = new ShardDisk(this.#path, this.#root, folder));
      const granted = new Map<Wish, FileCounter | undefined>();
      const sight = (generation: number, counter: FileCounter | undefined): Sight => ({
        root: root?.identity,
        folder: on.folder?.identity,
        generation,
        counter,
      });
      const { outcome, generation, outlived } = await disk.carryOut(
        claim((text, generation) => this.#change(text, generation, wishes, granted, sight)),
      );
      this.#keep(disk.folder);
      const accepted = outcome === 'claimed' || outcome === 'unchanged';
      for (const [wish, counter] of accepted ? granted : []) {
        this.#known.accept(this.#name, wish.name, sight(generation, counter));
        wish.resolve(counter);
      }
      for (const { name, reject } of accepted ? [] : wishes) {
        reject(outcome === 'empty' ? this.#emptyError(name) : lostRace(name));
      }
      const looks = outcome === 'claimed' && this.#courtesy.looks(generation);
      this.#tidying = this.#tidy(this.#tidying, disk, outlived, looks);
    } catch (error) {
      for (const { name, reject } of wishes) {
        reject(fileError(this.#path, error, name, disk?.linked));
      }
      this.#tidying = this.#tidy(this.#tidying, disk, [], false);
    }
  }

  /** Nobody waits for it; one after the other, for generations go in ascending order. What is left is swept away later. */
  async #tidy(
    before: Promise<void>,
    disk: ShardDisk | undefined,
    outlived: readonly number[],
    looks: boolean,
  ): Promise<void> {
    await before;
    await disk?.discard().catch(() => {});
    await disk?.carryOut(tidy(outlived));
    if (looks) this.#courtesy.notice(await this.#root.prepared(this.#name).catch(() => []));
    await this.#root.sweep().catch(() => {});
  }

  /** The text with all wishes granted that can be; each that cannot fails by itself. Undefined: nothing changes. */
  #change(
    text: string | undefined,
    generation: number,
    wishes: readonly Wish[],
    granted: Map<Wish, FileCounter | undefined>,
    sight: (generation: number, counter: FileCounter | undefined) => Sight,
  ): string | undefined {
    const counters = text === undefined ? {} : parseGeneration(text, this.#file(generation));
    let changed = false;
    for (const wish of wishes) {
      const { name, fence } = wish;
      try {
        const counter = counterOf(counters, name);
        const seen = sight(generation, counter);
        const mismatch = fence ? undefined : this.#known.mismatch(this.#name, name, seen);
        if (mismatch !== undefined) throw mismatchError(name, this.#path, mismatch);
        const next = wish.next(counter, this.#known.mark(name));
        granted.set(wish, next);
        if (next === counter) continue;
        changed = true;
        if (next === undefined) delete counters[name];
        else counters[name] = stored(fence ? { ...next, fenced: fencedAt(seen) } : next);
      } catch (error) {
        wish.reject(error);
      }
    }
    return changed ? formatGeneration(counters) : undefined;
  }

  /** The folder that the path leads to now. */
  async #current(): Promise<Folder | undefined> {
    const identity = await identityAt(this.#path);
    if (identity === undefined) return undefined;
    if (identity !== this.#folder?.identity) this.#keep(await Folder.open(this.#path));
    return this.#folder;
  }

  #keep(folder: Folder | undefined): void {
    if (folder === undefined || folder === this.#folder) return;
    if (this.#folder !== undefined) this.#former.push(this.#folder);
    this.#folder = folder;
  }

  #emptyError(name: string | undefined): SequenceError {
    return emptyError(name, this.#path, this.#known.knows(this.#name));
  }

  #file(generation: number): string {
    return JSON.stringify(join(this.#path, fileOf(generation)));
  }
}

function isWanted({ signal, reject }: Wish): boolean {
  if (signal.aborted) reject(signal.reason);
  return !signal.aborted;
}

function fencedAt({ folder, generation }: Sight): FileCounter['fenced'] {
  return folder === undefined ? undefined : { folder, generation: generation + 1 };
}
