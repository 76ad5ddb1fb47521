import type { Clock } from '../common/clock.js';
import type { SequenceCore } from './sequence-core.js';

/** How often a core is looked at within the time after which it counts as idle. */
const LOOKS = 4;
/** Cores looked at in one turn of the event loop, so that many names hold up nobody. */
const SLICE = 1_000;

interface Seen {
  uses: number;
  /** When, on the clock, that number of uses was seen first. */
  since: number;
}

/**
 * Finds the sequences that nobody has used for `idleTime`. Nothing is counted per id: a look compares how far a core has
 * come with what the last look saw, so a sequence is found between `idleTime` and a quarter more after its last use.
 */
export class IdleSweep {
  readonly #seen = new WeakMap<SequenceCore, Seen>();
  #cancel: (() => void) | undefined;
  #stopped = false;

  constructor(
    private readonly cores: ReadonlyMap<string, SequenceCore>,
    private readonly idleTime: number,
    private readonly clock: Clock,
    /** Puts a sequence to sleep, unless something is under way. */
    private readonly putToSleep: (name: string) => void,
  ) {}

  /** Looks from now on, until no sequence is awake. */
  start(): void {
    if (this.#stopped) return;
    this.#cancel ??= this.clock.after(this.idleTime / LOOKS, () => this.#look(this.cores.keys()), {
      unref: true,
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  #look(names: Iterator<string>): void {
    if (this.#stopped) return;
    for (let looked = 0; looked < SLICE; looked++) {
      const { done, value: name } = names.next();
      if (done === true) {
        this.#cancel = undefined;
        if (this.cores.size > 0) this.start();
        return;
      }
      if (this.#isIdle(this.cores.get(name)!)) this.putToSleep(name);
    }
    this.clock.soon(() => this.#look(names));
  }

  #isIdle(core: SequenceCore): boolean {
    const { uses } = core;
    const seen = this.#seen.get(core);
    const now = this.clock.now();
    if (seen?.uses === uses) return now - seen.since >= this.idleTime;
    if (seen === undefined) this.#seen.set(core, { uses, since: now });
    else Object.assign(seen, { uses, since: now });
    return false;
  }
}
