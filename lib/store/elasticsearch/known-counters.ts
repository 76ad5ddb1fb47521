import { type Known, NOTHING_KNOWN } from './protocol.js';

/** What one process knows of the counters of one store. */
export class KnownCounters {
  readonly #known = new Map<string, Known>();
  /** The counters that do not vouch for {@link home}. The others are many: as a set they weighed 35 bytes each. */
  readonly #strangers = new Set<string>();
  /** By index: the highest primary term of an accepted answer, of whatever counter. */
  readonly #terms = new Map<string, number>();
  #home: string | undefined;

  /** The index this process knows its counters in; undefined: it knows none. */
  get home(): string | undefined {
    return this.#home;
  }

  get(name: string): Known {
    return this.#known.get(name) ?? NOTHING_KNOWN;
  }

  /**
   * As {@link get}, for a claim in `index`: the term is that of all counters there. One that this process did not use since
   * would not notice by itself that the index was set back, and others may have drawn from it meanwhile.
   */
  forClaim(name: string, index: string): Known {
    const known = this.get(name);
    const term = this.#terms.get(known.pins?.index ?? index) ?? 0;
    return term > known.term ? { ...known, term } : known;
  }

  /**
   * Counters are created at home only. Another index may stand in for a lost one, with what was handed out still in use;
   * a counter first met there says nothing about it, however often it is claimed. A fence that one of its own follows
   * there does. `fence`: it was fenced, so the terms of its index may have begun lower again.
   */
  set(name: string, known: Known, fence?: 'fence'): void {
    const { pins, term } = known;
    if (pins === undefined) return;
    const before = fence === undefined ? (this.#terms.get(pins.index) ?? 0) : 0;
    this.#terms.set(pins.index, Math.max(before, term));
    if (this.#home === undefined || this.#home === pins.index || this.#isOwn(name)) {
      this.#strangers.delete(name);
      this.#home = pins.index;
    } else this.#strangers.add(name);
    this.#known.set(name, known);
  }

  /** One counter, or all. Only a store for tests may lower a counter, and then must forget it. */
  forget(name?: string): void {
    for (const one of name === undefined ? [...this.#known.keys()] : [name]) {
      this.#known.delete(one);
      this.#strangers.delete(one);
    }
    if (this.#known.size > 0) return;
    this.#home = undefined;
    this.#terms.clear();
  }

  #isOwn(name: string): boolean {
    return this.#known.has(name) && !this.#strangers.has(name);
  }
}
