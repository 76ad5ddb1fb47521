import { join } from 'node:path';
import { macrotask } from '../../common/clock.js';
import type { SequenceError } from '../../common/sequence-error.js';
import type { Counter } from '../counter.js';
import { Courtesy } from './courtesy.js';
import { emptyError, fileError, lostRace, mismatchError } from './errors.js';
import { Folder, identityAt } from './folder.js';
import {
  counterOf,
  type FileCounter,
  fileOf,
  type Generation,
  noGeneration,
  parseGeneration,
} from './generation.js';
import type { Sight } from './identity.js';
import type { KnownCounters } from './known-counters.js';
import { claim, look, tidy } from './protocol.js';
import type { RootFolder } from './root-folder.js';
import { ShardDisk } from './shard-disk.js';
import { grant, type Grants, isWanted, type Wish } from './wishes.js';

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
  /** The last attempt, if it lost the race: its prepared file is there still. */
  #lost: ShardDisk | undefined;
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

  /** The names of all that there is. */
  async names(): Promise<{ counters: string[]; series: string[] }> {
    try {
      const { counters, series } = await this.#read(undefined);
      return { counters: Object.keys(counters), series: Object.keys(series) };
    } catch (error) {
      throw fileError(this.#path, error);
    }
  }

  /** Waits for those who wait, and for what is tidied after them. */
  async close(): Promise<void> {
    await this.#working;
    await this.#tidying;
    await this.#lost?.discard().catch(() => {});
    const folders = [...this.#former.splice(0), this.#folder];
    this.#folder = undefined;
    for (const folder of folders) await folder?.close();
  }

  async #read(name: string | undefined): Promise<Generation> {
    const disk = new ShardDisk(this.#path, this.#root, await this.#current());
    const seen = await disk.carryOut(look());
    if (seen.found === 'nothing') return noGeneration();
    if (seen.found === 'lost') throw lostRace(name);
    if (seen.found === 'empty') throw this.#emptyError(name);
    return parseGeneration(seen.text, this.#file(seen.generation));
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      // What is asked for in the same turn of the event loop goes together.
      await macrotask();
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
      const sight = (generation: number, counter: FileCounter | undefined): Sight => ({
        root: root?.identity,
        folder: on.folder?.identity,
        generation,
        counter,
      });
      let grants: Grants = { counters: new Map(), records: new Map(), text: undefined };
      const { outcome, generation, outlived } = await disk.carryOut(
        claim((text, generation) => {
          grants = this.#grant(wishes, text, (counter) => sight(generation, counter));
          return grants.text;
        }),
      );
      this.#keep(disk.folder);
      const accepted = outcome === 'claimed' || outcome === 'unchanged';
      for (const [wish, counter] of accepted ? grants.counters : []) {
        this.#known.accept(this.#name, wish.name, sight(generation, counter));
        wish.resolve(counter);
      }
      for (const [wish, record] of accepted ? grants.records : []) wish.resolve(record);
      for (const { name, reject } of accepted ? [] : wishes) {
        reject(outcome === 'empty' ? this.#emptyError(name) : lostRace(name));
      }
      const looks = outcome === 'claimed' && this.#courtesy.looks(generation);
      this.#tidying = this.#tidy(this.#tidying, disk, outcome === 'lost', outlived, looks);
    } catch (error) {
      for (const { name, reject } of wishes) {
        reject(fileError(this.#path, error, name, disk?.linked));
      }
      this.#tidying = this.#tidy(this.#tidying, disk, false, [], false);
    }
  }

  /** Nobody waits for it; one after the other, for generations go in ascending order. What is left is swept away later. */
  async #tidy(
    before: Promise<void>,
    disk: ShardDisk | undefined,
    lost: boolean,
    outlived: readonly number[],
    looks: boolean,
  ): Promise<void> {
    await before;
    await this.#lost?.discard().catch(() => {});
    // What lost the race stays until the next attempt, so that the winner sees that others are about.
    this.#lost = lost ? disk : undefined;
    if (!lost) await disk?.discard().catch(() => {});
    await disk?.carryOut(tidy(outlived));
    if (looks) this.#courtesy.notice(await this.#root.prepared(this.#name).catch(() => []));
    await this.#root.sweep().catch(() => {});
  }

  #grant(
    wishes: readonly Wish[],
    text: string | undefined,
    sight: (counter: FileCounter | undefined) => Sight,
  ): Grants {
    const { folder, generation } = sight(undefined);
    return grant(
      wishes,
      text === undefined ? noGeneration() : parseGeneration(text, this.#file(generation)),
      (name) => this.#known.mark(name),
      (name, what) => {
        // Nothing is remembered of records: the folder counts, as for a counter that was never used.
        const [known, counter] = what === 'record' ? [`~${name}`, undefined] : [name, what];
        const mismatch = this.#known.mismatch(this.#name, known, sight(counter));
        if (mismatch !== undefined) throw mismatchError(name, this.#path, mismatch);
      },
      folder === undefined ? undefined : { folder, generation: generation + 1 },
    );
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
