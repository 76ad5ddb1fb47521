import { type Known, NOTHING_KNOWN } from './protocol.js';

/** What one process knows of the counters of one store. */
export class KnownCounters {
  readonly #known = new Map<string, Known>();
  /** The counters that vouch for {@link home}. */
  readonly #own = new Set<string>();
  #home: string | undefined;

  /** The index this process knows its counters in; undefined: it knows none. */
  get home(): string | undefined {
    return this.#home;
  }

  get(name: string): Known {
    return this.#known.get(name) ?? NOTHING_KNOWN;
  }

  /**
   * Counters are created at home only. Another index may stand in for a lost one, with what was handed out still in use;
   * a counter first met there says nothing about it, however often it is claimed. A fence that one of its own follows
   * there does.
   */
  set(name: string, known: Known): void {
    const { pins } = known;
    if (pins === undefined) return;
    if (this.#home === undefined || this.#home === pins.index || this.#own.has(name)) {
      this.#own.add(name);
      this.#home = pins.index;
    }
    this.#known.set(name, known);
  }

  /** One counter, or all. Only a store for tests may lower a counter, and then must forget it. */
  forget(name?: string): void {
    for (const one of name === undefined ? [...this.#known.keys()] : [name]) {
      this.#known.delete(one);
      this.#own.delete(one);
    }
    if (this.#known.size === 0) this.#home = undefined;
  }
}
