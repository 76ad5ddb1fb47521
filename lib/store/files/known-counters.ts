import {
  type Home,
  type Knowledge,
  type Mismatch,
  mismatchOf,
  type Pin,
  type Sight,
  wentBack,
} from './identity.js';

/** What one process knows of the counters of one folder. */
export class KnownCounters {
  readonly #pins = new Map<string, Pin>();
  /** By shard: the folder that counters of our own are in. */
  readonly #homes = new Map<string, Home>();
  /** The folder of all shards that counters of our own are in. */
  #root: string | undefined;

  /** Whether any counter was used. What was used must not be made anew. */
  get any(): boolean {
    return this.#pins.size > 0;
  }

  /** The highest value of a counter that this process itself set or saw accepted. */
  mark(name: string): number {
    return this.#pins.get(name)?.mark ?? 0;
  }

  /** Whether anything of a shard is known. */
  knows(shard: string): boolean {
    return this.#homes.has(shard);
  }

  mismatch(shard: string, name: string, sight: Sight): Mismatch | undefined {
    const knowledge = this.#knowledge(shard, name);
    noteWentBack(sight, knowledge);
    return mismatchOf(sight, knowledge);
  }

  /** Remembers what a claim or a fence made of a counter. A look is never remembered. */
  accept(shard: string, name: string, sight: Sight): void {
    const { counter, folder, generation, root } = sight;
    if (counter === undefined || folder === undefined) return;
    const knowledge = this.#knowledge(shard, name);
    noteWentBack(sight, knowledge);
    const { pin, home, root: known } = knowledge;
    const fits = (one: Home | undefined) =>
      one !== undefined && one.folder === folder && !wentBack(sight, one);
    const first = home === undefined && (known === undefined || known === root);
    const own = fits(home) || (pin?.home.own ?? first);
    const present = [home, pin?.home].find((one) => fits(one) && one?.own === own);
    const kept = present ?? { folder, own, generation };
    kept.generation = generation;
    if (own) {
      this.#homes.set(shard, kept);
      this.#root = root;
    }
    this.#pins.set(name, { epoch: counter.epoch, mark: Math.max(counter.last, pin?.mark ?? 0), home: kept });
  }

  /** One counter, or all. Only a store for tests may lower a counter, and then must forget it. */
  forget(name?: string): void {
    if (name !== undefined) {
      this.#pins.delete(name);
      return;
    }
    this.#pins.clear();
    this.#homes.clear();
    this.#root = undefined;
  }

  #knowledge(shard: string, name: string): Knowledge {
    return { pin: this.#pins.get(name), home: this.#homes.get(shard), root: this.#root };
  }
}

/** Once seen it is remembered: generations rise again, and what was forgotten does not come back with them. */
function noteWentBack(sight: Sight, { pin, home }: Knowledge): void {
  for (const one of [pin?.home, home]) {
    if (one !== undefined && one.folder === sight.folder && wentBack(sight, one))
      one.wentBackAt ??= sight.generation;
  }
}
